// What the rows of the topic `registry.keys` come to, in their order.
//
//   hash <id>             the key of keyed hashes, wrapped; of several the first counts, for good
//   key <id> <person>     a key of a person, wrapped
//   forgotten <name>      the person, or all receivers of a licence (wrapping.h), have no keys from here on
//   rotation              the master key is being changed: some keys may be wrapped by the next one already
//   barrier <id>          never there: it is only taken away, to learn what was written before it, and to finish segments
//
// Ids are 16 hexadecimal digits. A value is "1", the version, and a wrapped key; a row that is taken away has none.
// These texts are the topic's format and must not change their meaning.
//
// No threads, no I/O.
#ifndef SANYUAN_COMMON_SEALED_KEY_ROWS_H_
#define SANYUAN_COMMON_SEALED_KEY_ROWS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/sealed/wrapping.h"

namespace sanyuan::sealed {

struct KeyRow {
  std::string key;
  std::string value;

  auto operator<=>(const KeyRow&) const = default;
};

KeyRow HashKeyRow(std::string_view id, std::string_view wrapped);
KeyRow PersonKeyRow(const KeyName& name, std::string_view wrapped);
KeyRow ForgottenRow(std::string_view name);
KeyRow RotationRow(bool begins);
KeyRow BarrierRow(std::string_view id);

class KeyRows {
 public:
  struct Key {
    std::string id;
    std::string wrapped;
  };

  // A row that is not understood is one of a later version: FailedPrecondition, and nothing may be relied on any more.
  absl::Status Apply(const KeyRow& row);

  bool IsForgotten(std::string_view person) const;
  // The person's keys, the first one first; none for who was forgotten.
  const std::vector<Key>& KeysOf(const std::string& person) const;
  const std::map<std::string, std::vector<Key>>& people() const { return people_; }
  const std::set<std::string>& forgotten() const { return forgotten_; }
  // By id and wrapped, in the order in which they came; the first is the one that counts.
  const std::vector<Key>& hash_keys() const { return hash_keys_; }
  bool rotating() const { return rotating_; }
  // How often a change of the master key began, and something was deleted.
  uint64_t rotations() const { return rotations_; }
  uint64_t deletions() const { return deletions_; }

  // Keys of rows that must be taken away: what they hold belongs to people who were forgotten. It is kept nowhere here.
  const std::set<std::string>& condemned() const { return condemned_; }

 private:
  absl::Status ApplyKey(std::string_view rest, const KeyRow& row);
  absl::Status ApplyHashKey(std::string_view id, const KeyRow& row);
  void Forget(const std::string& name);
  void Condemn(const std::string& person);

  std::map<std::string, std::vector<Key>> people_;
  std::set<std::string> forgotten_;
  std::vector<Key> hash_keys_;
  std::set<std::string> condemned_;
  bool rotating_ = false;
  uint64_t rotations_ = 0;
  uint64_t deletions_ = 0;
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_KEY_ROWS_H_
