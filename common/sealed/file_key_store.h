// The keys of people in `keys.db` beside the journals, for one server. A deleted key is overwritten in the file.
//
// Thread safety and errors as the port's.
#ifndef SANYUAN_COMMON_SEALED_FILE_KEY_STORE_H_
#define SANYUAN_COMMON_SEALED_FILE_KEY_STORE_H_

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/sealed/key_store.h"
#include "common/sealed/wrapping.h"
#include "common/sqlite/database.h"

namespace sanyuan::sealed {

class FileKeyStore final : public KeyStore {
 public:
  static std::string PathIn(const std::string& directory);
  // Made anew when there is none. FailedPrecondition when it was made with another master key.
  static absl::StatusOr<std::unique_ptr<FileKeyStore>> Open(const std::string& directory,
                                                            const std::string& master_key);

  absl::StatusOr<PersonKeys> KeysFor(const std::vector<std::string>& people) override;
  absl::StatusOr<FoundKeys> Find(const std::vector<KeyName>& names) override;
  absl::Status Forget(const std::string& person, bool with_receivers) override;
  const std::string& hash_key() const override { return hash_key_; }

  // Wraps every key anew, all or none. From then on only the new master key opens the file. REQUIRES: no other
  // process has it open.
  absl::Status Rewrap(const std::string& new_master_key);
  // A copy of the directory's keys at a new file, wrapped as they are, also beside a process that has them open. Who
  // is forgotten later is still in it: copies are to be deleted too.
  static absl::Status Copy(const std::string& directory, const std::string& path);

 private:
  FileKeyStore(std::unique_ptr<sqlite::Database> database, std::string master_key)
      : database_(std::move(database)), master_key_(std::move(master_key)) {}
  absl::Status Prepare();
  absl::StatusOr<bool> IsForgotten(const std::string& person);
  // The first of the person's keys.
  absl::StatusOr<std::optional<PersonKey>> FirstKey(const std::string& person);

  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> database_;
  std::string master_key_;
  std::string hash_key_;
};

// Of a store at rest: keys.db, or a copy of keys. NotFound, DataLoss; FailedPrecondition: it holds no hash key.
absl::StatusOr<StoredKeys> ReadKeyFile(const std::string& path);
// A new file that a FileKeyStore can open. AlreadyExists.
absl::Status WriteKeyFile(const std::string& path, const StoredKeys& keys);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_FILE_KEY_STORE_H_
