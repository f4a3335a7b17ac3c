// The keys of people, each wrapped by the master key and kept apart from the journals, so that a key can be deleted
// although nothing in a journal ever can. A port with two stores: a file beside the journals (file_key_store.h) and a
// topic of Kafka that several servers share (topic_key_store.h).
//
// A person is "620121/620121100001": county and licence, receiver id or staff id. Who was forgotten never gets a key
// again.
//
// Thread safety: all methods may be called from any thread; they block on the disk or, for some seconds at most, on
// brokers. Errors: Unavailable (brokers are away; the same again may succeed later), DataLoss (a key is damaged), those of
// SQLite (common/sqlite/database.h).
#ifndef SANYUAN_COMMON_SEALED_KEY_STORE_H_
#define SANYUAN_COMMON_SEALED_KEY_STORE_H_

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sanyuan::sealed {

inline constexpr size_t kKeyIdBytes = 8;

struct PersonKey {
  // Random bytes, which stand in front of what the key sealed: a person may have several keys.
  std::string id;
  std::string key;
};
// What to seal with; nothing for who was forgotten.
using PersonKeys = std::map<std::string, std::optional<PersonKey>>;

// Which key of whom.
struct KeyName {
  std::string person;
  std::string id;

  auto operator<=>(const KeyName&) const = default;
};
// Nothing for a key that is gone: its person was forgotten, or it was lost.
using FoundKeys = std::map<KeyName, std::optional<std::string>>;

class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // A key to seal with for each of these people; who has none gets one, which is durable before this returns.
  virtual absl::StatusOr<PersonKeys> KeysFor(const std::vector<std::string>& people) = 0;
  // The keys that sealed something.
  virtual absl::StatusOr<FoundKeys> Find(const std::vector<KeyName>& names) = 0;

  // Deletes the person's keys, and `with_receivers` those of all that are named after a licence
  // ("620121/620121100001-1"), now or later. Durable before this returns. Again changes nothing.
  virtual absl::Status Forget(const std::string& person, bool with_receivers) = 0;

  // What keyed hashes are made with: random, wrapped like the others, the same for the life of the store.
  virtual const std::string& hash_key() const = 0;
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_KEY_STORE_H_
