#include "common/sealed/key_topic_tools.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sealed/cipher.h"
#include "common/sealed/file_key_store.h"

namespace sanyuan::sealed {
namespace {

absl::Status NoKeys() { return absl::NotFoundError(fmt::format("{} holds no keys", kKeysTopic)); }

// The rows of people's keys that the former master key still wraps, wrapped by the new one.
absl::StatusOr<std::vector<KeyRow>> RewrappedRows(const KeyRows& rows, const std::string& master_key,
                                                  const std::string& new_master_key) {
  std::vector<KeyRow> rewrapped;
  for (const auto& [person, keys] : rows.people()) {
    for (const KeyRows::Key& key : keys) {
      if (const auto plain = UnwrapPersonKey(master_key, person, key.wrapped)) {
        rewrapped.push_back(PersonKeyRow({person, key.id}, WrapPersonKey(new_master_key, person, *plain)));
      } else if (!UnwrapPersonKey(new_master_key, person, key.wrapped)) {
        return absl::DataLossError(fmt::format("the key of {} in {} is damaged", person, kKeysTopic));
      }
    }
  }
  return rewrapped;
}

}  // namespace

absl::Status RewrapKeyTopic(const OpenKeyTable& open, const std::string& master_key,
                            const std::string& new_master_key, absl::Duration patience) {
  const auto topic = KeyTopic::Open(open, patience);
  if (!topic.ok()) return topic.status();
  auto lock = (*topic)->Hold();
  const KeyRows& rows = (*topic)->rows();
  if (rows.hash_keys().empty()) return NoKeys();
  // The first one's row goes to the end when it is written anew, so no other may be left.
  std::vector<KeyRow> others;
  for (size_t i = 1; i < rows.hash_keys().size(); ++i) {
    others.push_back({HashKeyRow(rows.hash_keys()[i].id, "").key, ""});
  }
  if (absl::Status dropped = (*topic)->Write(lock, others); !dropped.ok()) return dropped;
  const std::string id = rows.hash_keys().front().id;
  const auto hash_key = UnwrapHashKey(master_key, rows.hash_keys().front().wrapped);
  if (!hash_key) {
    if (!UnwrapHashKey(new_master_key, rows.hash_keys().front().wrapped)) {
      return absl::FailedPreconditionError(
          fmt::format("the master key is not the one that {} was made with", kKeysTopic));
    }
    if (!rows.rotating()) return absl::OkStatus();  // It is done.
  }
  if (absl::Status begun = (*topic)->Write(lock, {RotationRow(true)}); !begun.ok()) return begun;
  while (true) {  // Again for what a server wrote meanwhile.
    const auto rewrapped = RewrappedRows(rows, master_key, new_master_key);
    if (!rewrapped.ok()) return rewrapped.status();
    if (rewrapped->empty()) break;
    if (absl::Status written = (*topic)->Write(lock, *rewrapped); !written.ok()) return written;
  }
  // The last: it is what a server looks at.
  if (hash_key) {
    absl::Status written = (*topic)->Write(lock, {HashKeyRow(id, WrapHashKey(new_master_key, *hash_key))});
    if (!written.ok()) return written;
  }
  return (*topic)->Write(lock, {RotationRow(false)});
}

absl::StatusOr<StoredKeys> ReadKeyTopic(const OpenKeyTable& open, absl::Duration patience) {
  const auto topic = KeyTopic::Open(open, patience);
  if (!topic.ok()) return topic.status();
  const auto lock = (*topic)->Hold();
  const KeyRows& rows = (*topic)->rows();
  if (rows.hash_keys().empty()) return NoKeys();
  if (rows.rotating()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: a change of the master key was not finished", kKeysTopic));
  }
  StoredKeys stored;
  stored.hash_key = rows.hash_keys().front().wrapped;
  for (const auto& [person, keys] : rows.people()) {
    for (const KeyRows::Key& key : keys) stored.keys.push_back({{person, key.id}, key.wrapped});
  }
  stored.forgotten.assign(rows.forgotten().begin(), rows.forgotten().end());
  return stored;
}

absl::Status CopyKeyTopic(const OpenKeyTable& open, const std::string& path, absl::Duration patience) {
  const auto stored = ReadKeyTopic(open, patience);
  return stored.ok() ? WriteKeyFile(path, *stored) : stored.status();
}

absl::StatusOr<size_t> RestoreKeyTopic(const OpenKeyTable& open, const std::string& path,
                                       absl::Duration patience) {
  const auto stored = ReadKeyFile(path);
  return stored.ok() ? WriteKeyTopic(open, *stored, patience) : stored.status();
}

absl::StatusOr<size_t> WriteKeyTopic(const OpenKeyTable& open, const StoredKeys& stored,
                                     absl::Duration patience) {
  const auto topic = KeyTopic::Open(open, patience);
  if (!topic.ok()) return topic.status();
  auto lock = (*topic)->Hold();
  if (!(*topic)->rows().hash_keys().empty()) {
    return absl::FailedPreconditionError(fmt::format("{} holds keys already", kKeysTopic));
  }
  std::vector<KeyRow> rows;
  for (const std::string& name : stored.forgotten) rows.push_back(ForgottenRow(name));
  if (absl::Status written = (*topic)->Write(lock, rows); !written.ok()) return written;
  rows.clear();
  for (const StoredKeys::Key& key : stored.keys) {
    if (!(*topic)->rows().IsForgotten(key.name.person)) rows.push_back(PersonKeyRow(key.name, key.wrapped));
  }
  if (absl::Status written = (*topic)->Write(lock, rows); !written.ok()) return written;
  // The last: without it the topic holds no keys.
  const absl::Status written = (*topic)->Write(lock, {HashKeyRow(RandomBytes(kKeyIdBytes), stored.hash_key)});
  if (!written.ok()) return written;
  return rows.size();
}

}  // namespace sanyuan::sealed
