#include "common/sealed/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/status/status.h"
#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

absl::Status Error(const std::string& path) {
  const std::string text = fmt::format("master key {}: {}", path, strerror(errno));
  if (errno == ENOENT) return absl::NotFoundError(text);
  return errno == EACCES ? absl::PermissionDeniedError(text) : absl::UnavailableError(text);
}

class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

}  // namespace

absl::StatusOr<std::string> ReadMasterKey(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0) return Error(path);
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("master key {}: others than its owner may use it (mode {:o}); chmod 600 it", path,
                    about.st_mode & 07777U));
  }
  std::string key(kKeyBytes + 1, '\0');
  const ssize_t got = read(file.get(), key.data(), key.size());
  if (got < 0) return Error(path);
  if (got != static_cast<ssize_t>(kKeyBytes)) {
    return absl::InvalidArgumentError(fmt::format("master key {}: exactly 32 bytes are wanted", path));
  }
  key.resize(kKeyBytes);
  return key;
}

absl::StatusOr<std::string> ReadOrMakeMasterKey(const std::string& path) {
  auto known = ReadMasterKey(path);
  if (!absl::IsNotFound(known.status())) return known;
  const std::string key = RandomBytes(kKeyBytes);
  // Under another name first: a start that is cut short leaves no half of a key.
  const std::string half = path + ".new";
  {
    const File file(open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.get() < 0 || write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
        fsync(file.get()) != 0) {
      return Error(half);
    }
  }
  if (rename(half.c_str(), path.c_str()) != 0) return Error(path);
  return key;
}

}  // namespace sanyuan::sealed
