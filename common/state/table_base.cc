#include "common/state/table_base.h"

#include <utility>

namespace sanyuan::state {
namespace {

// When so many versions wait for it, the next acceptance takes them into the table's sums: who asks for a digest then
// waits for few, and outdated ones are not held for long.
constexpr size_t kSumAfter = 512;

}  // namespace

TableBase::TableBase(Store& store, std::string name, Content content)
    : store_(store), name_(std::move(name)), content_(content) {
  store_.tables_.push_back(this);
}

void TableBase::Supersede(VersionPtr& current, VersionPtr next) {
  Retire(current);
  undo_.push_back({record(), next, std::move(current)});
  fresh_.push_back(next);
  if (tracked_) changes_.push_back({this, false, next});
  current = std::move(next);
}

void TableBase::Erased(VersionPtr version) {
  Retire(version);
  if (tracked_) changes_.push_back({this, true, version});
  undo_.push_back({record(), version, std::move(version)});
}

void TableBase::Retire(const VersionPtr& version) {
  if (version && version->in_sum) retired_.push_back(version);
}

bool TableBase::IsCurrent(const VersionPtr& version) {
  const VersionPtr* place = PlaceOf(*version);
  return place != nullptr && *place == version;
}

std::string_view TableBase::Bytes(const Version& version) {
  buffer_.clear();
  Encode(version, buffer_);
  return buffer_;
}

void TableBase::AcceptTo(uint64_t height) {
  while (!undo_.empty() && undo_.front().record <= height) undo_.pop_front();
  if (fresh_.size() + retired_.size() >= kSumAfter) UpdateSums();
}

void TableBase::UndoAbove(uint64_t height) {
  for (; !undo_.empty() && undo_.back().record > height; undo_.pop_back()) {
    const Undo& undo = undo_.back();
    if (VersionPtr* place = PlaceOf(*undo.named)) {
      Retire(*place);
      if (undo.before) {
        *place = undo.before;
      } else {
        Remove(*undo.named);
      }
    } else if (undo.before) {
      Insert(undo.before);
    }
    if (undo.before && !undo.before->in_sum) fresh_.push_back(undo.before);
  }
}

void TableBase::UpdateSums() {
  for (const VersionPtr& version : retired_) {
    if (!version->in_sum || IsCurrent(version)) continue;
    sums_[CountyOf(*version)].Remove(Bytes(*version));
    version->in_sum = false;
  }
  retired_.clear();
  for (const VersionPtr& version : fresh_) {
    if (version->in_sum || !IsCurrent(version)) continue;
    sums_[CountyOf(*version)].Add(Bytes(*version));
    version->in_sum = true;
  }
  fresh_.clear();
}

std::map<County, SetDigest> TableBase::SumsWithoutPlaces() {
  if (holds_places_) return {};
  if (!ForgetsPlaces()) {
    UpdateSums();
    return sums_;
  }
  std::map<County, SetDigest> sums;
  std::string bytes;
  ForEachVersion([&](const VersionPtr& version) {
    bytes.clear();
    EncodeWithoutPlaces(*version, bytes);
    sums[CountyOf(*version)].Add(bytes);
  });
  return sums;
}

std::vector<std::shared_ptr<const Version>> TableBase::CurrentVersions() const {
  std::vector<std::shared_ptr<const Version>> versions;
  versions.reserve(size());
  ForEachVersion([&](const VersionPtr& version) { versions.push_back(version); });
  return versions;
}

std::vector<std::shared_ptr<const Version>> TableBase::AcceptedVersions() const {
  // What stood before the first change that is not accepted.
  const auto is_before = [this](const Version* a, const Version* b) { return IsBefore(*a, *b); };
  std::map<const Version*, VersionPtr, decltype(is_before)> before(is_before);
  for (const Undo& undo : undo_) before.try_emplace(undo.named.get(), undo.before);
  std::vector<std::shared_ptr<const Version>> versions;
  versions.reserve(size());
  ForEachVersion([&](const VersionPtr& version) {
    if (!before.contains(version.get())) versions.push_back(version);
  });
  for (const auto& [named, version] : before) {
    if (version) versions.push_back(version);
  }
  return versions;
}

bool TableBase::Load(std::string_view bytes) {
  VersionPtr version = Decode(bytes);
  const Version* last = Last();
  if (!version || (last != nullptr && !IsBefore(*last, *version))) return false;
  // The row as it was understood, not as it lies there: what is lost in decoding must show in the digest.
  sums_[CountyOf(*version)].Add(Bytes(*version));
  version->in_sum = true;
  Insert(std::move(version));
  return true;
}

void TableBase::Clear() {
  RemoveAll();
  undo_.clear();
  fresh_.clear();
  retired_.clear();
  changes_.clear();
  sums_.clear();
}

}  // namespace sanyuan::state
