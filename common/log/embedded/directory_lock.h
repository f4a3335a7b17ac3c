// One process at a time for a data directory: an advisory lock on the file `lock` in it, which the kernel
// gives back when the process ends in whatever way. The file holds the process id, for people.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_DIRECTORY_LOCK_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_DIRECTORY_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sanyuan::log {

class DirectoryLock {
 public:
  // FailedPrecondition names the process that has it; NotFound: there is no such directory.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Acquire(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  const int file_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_DIRECTORY_LOCK_H_
