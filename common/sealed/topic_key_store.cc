#include "common/sealed/topic_key_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

// Missing keys that are remembered.
constexpr size_t kMostMissing = 100'000;

}  // namespace

absl::StatusOr<std::unique_ptr<TopicKeyStore>> TopicKeyStore::Open(const OpenKeyTable& open,
                                                                   const std::string& master_key,
                                                                   const TopicKeyOptions& options) {
  auto topic = KeyTopic::Open(open, options.patience);
  if (!topic.ok()) return topic.status();
  std::unique_ptr<TopicKeyStore> store(new TopicKeyStore(*std::move(topic), master_key, options));
  if (absl::Status chosen = store->ChooseHashKey(); !chosen.ok()) return chosen;
  store->keeper_ = std::thread([raw = store.get()] { raw->Keep(); });
  return store;
}

TopicKeyStore::~TopicKeyStore() {
  {
    const auto lock = topic_->Hold();
    stopping_ = true;
  }
  topic_->Stop();
  if (keeper_.joinable()) keeper_.join();
}

absl::Status TopicKeyStore::ChooseHashKey() {
  auto lock = topic_->Hold();
  const KeyRows& rows = topic_->rows();
  if (rows.rotating()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: a change of the master key was not finished; sanyuanctl keys rotate goes on with it",
                    kKeysTopic));
  }
  rotations_ = rows.rotations();
  if (rows.hash_keys().empty()) {
    if (!options_.may_begin) return absl::NotFoundError(fmt::format("{} holds no keys", kKeysTopic));
    // Another server may do the same now. When the own one comes back, what lies before it has been read too.
    absl::Status made = topic_->Write(
        lock, {HashKeyRow(RandomBytes(kKeyIdBytes), WrapHashKey(master_key_, RandomBytes(kKeyBytes)))});
    if (!made.ok()) return made;
    if (rows.hash_keys().empty()) {
      return absl::UnavailableError(fmt::format("{}: the hash key was taken away again", kKeysTopic));
    }
  }
  // Those behind the first go at once, so that none of them can ever be found first.
  std::vector<KeyRow> others;
  for (size_t i = 1; i < rows.hash_keys().size(); ++i) {
    others.push_back({HashKeyRow(rows.hash_keys()[i].id, "").key, ""});
  }
  const std::string wrapped = rows.hash_keys().front().wrapped;
  if (absl::Status dropped = topic_->Write(lock, others); !dropped.ok()) return dropped;
  auto key = UnwrapHashKey(master_key_, wrapped);
  if (!key) {
    return absl::FailedPreconditionError(
        fmt::format("the master key is not the one that {} was made with", kKeysTopic));
  }
  hash_key_ = *std::move(key);
  return absl::OkStatus();
}

absl::Status TopicKeyStore::Halted() const {
  if (!topic_->broken().ok()) return absl::UnavailableError(topic_->broken().message());
  if (topic_->rows().rotations() == rotations_) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("{}: the master key was changed; start again with the new one", kKeysTopic));
}

absl::StatusOr<std::optional<PersonKey>> TopicKeyStore::UsableKey(const std::string& person) const {
  bool damaged = false;
  for (const KeyRows::Key& key : topic_->rows().KeysOf(person)) {
    if (topic_->IsUnderWay(PersonKeyRow({person, key.id}, "").key)) continue;
    auto unwrapped = UnwrapPersonKey(master_key_, person, key.wrapped);
    if (unwrapped) return PersonKey{key.id, *std::move(unwrapped)};
    damaged = true;
  }
  if (damaged) return absl::DataLossError(fmt::format("the key of {} in {} is damaged", person, kKeysTopic));
  return std::nullopt;
}

absl::StatusOr<PersonKeys> TopicKeyStore::KeysFor(const std::vector<std::string>& people) {
  auto lock = topic_->Hold();
  while (true) {
    if (absl::Status halted = Halted(); !halted.ok()) return halted;
    PersonKeys keys;
    std::vector<KeyTopic::LandingPtr> awaited;
    std::vector<std::string> without;
    for (const std::string& person : people) {
      const auto [entry, fresh] = keys.try_emplace(person);
      if (!fresh || topic_->rows().IsForgotten(person)) continue;
      auto key = UsableKey(person);
      if (!key.ok()) return key.status();
      entry->second = *std::move(key);
      if (entry->second) continue;
      if (const auto made = making_.find(person); made != making_.end() && !made->second->settled()) {
        awaited.push_back(made->second);
      } else {
        without.push_back(person);
      }
    }
    if (awaited.empty() && without.empty()) return keys;
    std::vector<KeyRow> rows;
    rows.reserve(without.size());
    for (const std::string& person : without) {
      rows.push_back(PersonKeyRow({person, RandomBytes(kKeyIdBytes)},
                                  WrapPersonKey(master_key_, person, RandomBytes(kKeyBytes))));
    }
    const auto landings = topic_->Begin(rows);
    if (!landings.ok()) return landings.status();
    for (size_t i = 0; i < without.size(); ++i) making_[without[i]] = (*landings)[i];
    awaited.insert(awaited.end(), landings->begin(), landings->end());
    const absl::Status landed = topic_->Await(lock, awaited);
    std::erase_if(making_, [](const auto& entry) { return entry.second->settled(); });
    if (!landed.ok()) return landed;
  }
}

absl::StatusOr<FoundKeys> TopicKeyStore::Find(const std::vector<KeyName>& names) {
  auto lock = topic_->Hold();
  bool sure = false;
  while (true) {
    if (absl::Status halted = Halted(); !halted.ok()) return halted;
    FoundKeys found;
    bool unknown = false;
    for (const KeyName& name : names) {
      const auto [entry, fresh] = found.try_emplace(name);
      if (!fresh || topic_->rows().IsForgotten(name.person)) continue;
      const auto& keys = topic_->rows().KeysOf(name.person);
      const auto key =
          std::find_if(keys.begin(), keys.end(), [&](const KeyRows::Key& one) { return one.id == name.id; });
      if (key != keys.end()) {
        entry->second = UnwrapPersonKey(master_key_, name.person, key->wrapped);
        if (!entry->second) {
          return absl::DataLossError(fmt::format("the key of {} in {} is damaged", name.person, kKeysTopic));
        }
      } else if (sure) {
        if (missing_.size() >= kMostMissing) missing_.clear();
        missing_.insert(name);
      } else if (!missing_.contains(name)) {
        unknown = true;
      }
    }
    if (!unknown) return found;
    // Another server may have made it a moment ago. To take it for gone would show an empty text.
    if (absl::Status read = topic_->ReadOn(lock); !read.ok()) return read;
    sure = true;
  }
}

absl::Status TopicKeyStore::Forget(const std::string& person, bool with_receivers) {
  auto lock = topic_->Hold();
  if (absl::Status halted = Halted(); !halted.ok()) return halted;
  std::vector<KeyRow> marks;
  for (const std::string& name : NamesToForget(person, with_receivers)) {
    if (!topic_->rows().forgotten().contains(name)) marks.push_back(ForgottenRow(name));
  }
  if (absl::Status marked = topic_->Write(lock, marks); !marked.ok()) return marked;
  // Every key of that person that lies before the mark has been read now; whoever reads one behind it takes it away.
  return TakeAwayCondemned(lock);
}

absl::Status TopicKeyStore::TakeAwayCondemned(KeyTopic::Lock& lock) {
  std::vector<KeyRow> rows;
  for (const std::string& key : topic_->rows().condemned()) rows.push_back({key, ""});
  return topic_->Write(lock, rows);
}

void TopicKeyStore::Keep() {
  auto lock = topic_->Hold();
  const KeyRows& rows = topic_->rows();
  uint64_t deletions = rows.deletions();
  absl::Time take_at = absl::Now();
  // Whoever deleted last may have ended before it finished the segment.
  absl::Time finish_at = absl::Now() + options_.finish_after;
  while (!stopping_) {
    const absl::Time now = absl::Now();
    if (rows.deletions() != deletions) finish_at = now + options_.finish_after;
    deletions = rows.deletions();
    const auto condemned = [&] { return !rows.condemned().empty() && Halted().ok(); };
    if (condemned() && now >= take_at) {
      (void)TakeAwayCondemned(lock);  // What was in vain is tried again.
      take_at = absl::Now() + options_.patience;
    } else if (now >= finish_at) {
      const absl::Status finished = topic_->ReadOn(lock);
      finish_at = finished.ok() ? absl::InfiniteFuture() : absl::Now() + options_.patience;
    } else {
      const bool waits = condemned();
      topic_->Wait(lock, waits ? std::min(take_at, finish_at) : finish_at,
                   [&] { return stopping_ || rows.deletions() != deletions || (!waits && condemned()); });
    }
  }
}

}  // namespace sanyuan::sealed
