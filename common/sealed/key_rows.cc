#include "common/sealed/key_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/digest/digest.h"

namespace sanyuan::sealed {
namespace {

constexpr std::string_view kHash = "hash ";
constexpr std::string_view kKey = "key ";
constexpr std::string_view kForgotten = "forgotten ";
constexpr std::string_view kRotation = "rotation";
constexpr std::string_view kBarrier = "barrier ";
constexpr std::string_view kVersion = "1";
constexpr size_t kHexBytes = 2 * kKeyIdBytes;

std::string Hex(std::string_view id) { return absl::BytesToHexString({id.data(), id.size()}); }

// nullopt: not 16 hexadecimal digits.
std::optional<std::string> IdOf(std::string_view hex) {
  if (hex.size() != kHexBytes) return std::nullopt;
  return BytesFromHex(std::string(hex));
}

// What is not understood is named by its key: the value may be a key of somebody.
absl::Status NotUnderstood(const KeyRow& row) {
  return absl::FailedPreconditionError(
      fmt::format("registry.keys: row \"{}\" is none that this version knows", absl::CEscape(row.key)));
}

std::vector<KeyRows::Key>::iterator FindId(std::vector<KeyRows::Key>& keys, const std::string& id) {
  return std::find_if(keys.begin(), keys.end(), [&](const KeyRows::Key& key) { return key.id == id; });
}

}  // namespace

KeyRow HashKeyRow(std::string_view id, std::string_view wrapped) {
  return {fmt::format("{}{}", kHash, Hex(id)), fmt::format("{}{}", kVersion, wrapped)};
}
KeyRow PersonKeyRow(const KeyName& name, std::string_view wrapped) {
  return {fmt::format("{}{} {}", kKey, Hex(name.id), name.person), fmt::format("{}{}", kVersion, wrapped)};
}
KeyRow ForgottenRow(std::string_view name) {
  return {fmt::format("{}{}", kForgotten, name), std::string(kVersion)};
}
KeyRow RotationRow(bool begins) { return {std::string(kRotation), begins ? std::string(kVersion) : ""}; }
KeyRow BarrierRow(std::string_view id) { return {fmt::format("{}{}", kBarrier, Hex(id)), ""}; }

absl::Status KeyRows::Apply(const KeyRow& row) {
  const std::string_view key(row.key);
  if (!row.value.empty() && !std::string_view(row.value).starts_with(kVersion)) return NotUnderstood(row);
  if (key.starts_with(kKey)) return ApplyKey(key.substr(kKey.size()), row);
  if (key.starts_with(kHash)) return ApplyHashKey(key.substr(kHash.size()), row);
  if (key.starts_with(kForgotten)) {
    // Nobody takes such a row away; should somebody do it all the same, they stay forgotten.
    if (!row.value.empty()) Forget(row.key.substr(kForgotten.size()));
    return absl::OkStatus();
  }
  if (key == kRotation) {
    rotating_ = !row.value.empty();
    if (rotating_) ++rotations_;
    return absl::OkStatus();
  }
  return key.starts_with(kBarrier) ? absl::OkStatus() : NotUnderstood(row);
}

absl::Status KeyRows::ApplyKey(std::string_view rest, const KeyRow& row) {
  const auto id = IdOf(rest.substr(0, kHexBytes));
  if (!id || rest.size() < kHexBytes + 2 || rest[kHexBytes] != ' ') return NotUnderstood(row);
  const std::string person(rest.substr(kHexBytes + 1));
  if (row.value.empty()) {
    ++deletions_;
    condemned_.erase(row.key);
    const auto known = people_.find(person);
    if (known == people_.end()) return absl::OkStatus();
    std::erase_if(known->second, [&](const Key& key) { return key.id == *id; });
    if (known->second.empty()) people_.erase(known);
    return absl::OkStatus();
  }
  if (IsForgotten(person)) {
    condemned_.insert(row.key);
    return absl::OkStatus();
  }
  std::vector<Key>& keys = people_[person];
  std::string wrapped = row.value.substr(kVersion.size());
  if (const auto known = FindId(keys, *id); known != keys.end()) {
    known->wrapped = std::move(wrapped);
  } else {
    keys.push_back({*id, std::move(wrapped)});
  }
  return absl::OkStatus();
}

absl::Status KeyRows::ApplyHashKey(std::string_view hex, const KeyRow& row) {
  const auto id = IdOf(hex);
  if (!id) return NotUnderstood(row);
  const auto known = FindId(hash_keys_, *id);
  if (row.value.empty()) {
    if (known != hash_keys_.end()) hash_keys_.erase(known);
  } else if (known != hash_keys_.end()) {
    known->wrapped = row.value.substr(kVersion.size());
  } else {
    hash_keys_.push_back({*id, row.value.substr(kVersion.size())});
  }
  return absl::OkStatus();
}

void KeyRows::Forget(const std::string& name) {
  forgotten_.insert(name);
  const auto licence = LicenceOf(name);
  if (!licence) return Condemn(name);
  const std::string receivers = std::string(*licence) + "-";
  for (auto person = people_.lower_bound(receivers);
       person != people_.end() && person->first.starts_with(receivers);) {
    const std::string receiver = (person++)->first;
    Condemn(receiver);
  }
}

void KeyRows::Condemn(const std::string& person) {
  const auto known = people_.find(person);
  if (known == people_.end()) return;
  for (const Key& key : known->second) condemned_.insert(PersonKeyRow({person, key.id}, "").key);
  people_.erase(known);
}

bool KeyRows::IsForgotten(std::string_view person) const {
  for (const std::string& name : NamesOf(person)) {
    if (forgotten_.contains(name)) return true;
  }
  return false;
}

const std::vector<KeyRows::Key>& KeyRows::KeysOf(const std::string& person) const {
  static const auto& none = *new std::vector<Key>;
  const auto known = people_.find(person);
  return known == people_.end() ? none : known->second;
}

}  // namespace sanyuan::sealed
