// The keys of people, each wrapped by the master key, in `keys.db` beside the journals: a file of their own, so that
// a key can be deleted although nothing in a journal ever can.
//
// A person is "620121/620121100001": county and licence, receiver id or staff id. Who was forgotten stays in the
// table without a key and never gets one again.
//
// Errors are those of SQLite (common/sqlite/database.h). Thread safety: all methods may be called from any thread;
// they block on the disk.
#ifndef SANYUAN_COMMON_SEALED_KEY_STORE_H_
#define SANYUAN_COMMON_SEALED_KEY_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/database.h"

namespace sanyuan::sealed {

struct PersonKey {
  // 8 random bytes, which stand in front of what the key sealed: they tell a deleted key from a damaged text.
  std::string id;
  std::string key;
};
// Nothing for who was forgotten.
using PersonKeys = std::map<std::string, std::optional<PersonKey>>;

class KeyStore {
 public:
  static std::string PathIn(const std::string& directory);
  // Made anew when there is none. FailedPrecondition when it was made with another master key.
  static absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& directory,
                                                        const std::string& master_key);

  // The keys of these people; who has none gets one, which is durable before this returns.
  absl::StatusOr<PersonKeys> KeysFor(const std::vector<std::string>& people);
  // nullopt for who has none or was forgotten.
  absl::StatusOr<std::optional<PersonKey>> Find(const std::string& person);

  // Deletes the person's key, and `with_receivers` those of all that were ever named after a licence
  // ("620121/620121100001-1"). Durable, and overwritten in the file, before this returns. Again changes nothing.
  absl::Status Forget(const std::string& person, bool with_receivers);

  // Wraps every key anew, all or none. From then on only the new master key opens the file. REQUIRES: no other
  // process has it open.
  absl::Status Rewrap(const std::string& new_master_key);
  // A copy of the directory's keys at a new file, wrapped as they are, also beside a process that has them open. Who
  // is forgotten later is still in it: copies are to be deleted too.
  static absl::Status Copy(const std::string& directory, const std::string& path);

  // What keyed hashes are made with: random, wrapped like the others, the same for the life of the file.
  const std::string& hash_key() const { return hash_key_; }

 private:
  KeyStore(std::unique_ptr<sqlite::Database> database, std::string master_key)
      : database_(std::move(database)), master_key_(std::move(master_key)) {}
  absl::Status Prepare();
  absl::StatusOr<std::optional<PersonKey>> Read(const std::string& person, bool& known);
  absl::Status Transaction(const std::function<absl::Status()>& work);
  absl::Status RewrapTable(const char* table, const std::string& new_master_key);

  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> database_;
  std::string master_key_;
  std::string hash_key_;
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_KEY_STORE_H_
