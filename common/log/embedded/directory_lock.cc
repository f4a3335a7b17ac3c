#include "common/log/embedded/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"

namespace sanyuan::log {
namespace {

std::string HolderOf(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : fmt::format("process {}", pid);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Acquire(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    const int error = errno;
    const std::string message = fmt::format("open {}: {}", path, strerror(error));
    return error == ENOENT ? absl::NotFoundError(message) : absl::InternalError(message);
  }
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return absl::InternalError(fmt::format("lock {}: {}", path, strerror(errno)));
    return absl::FailedPreconditionError(fmt::format(
        "the data directory {} is in use by {}; only one server may run on it", directory, HolderOf(file)));
  }
  // The id is for the message alone; a full disk must not keep the server from starting.
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(file, 0) == 0) static_cast<void>(pwrite(file, pid.data(), pid.size(), 0) > 0);
  return lock;
}

DirectoryLock::~DirectoryLock() { close(file_); }

}  // namespace sanyuan::log
