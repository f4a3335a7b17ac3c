#include "common/log/embedded/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace sanyuan::log {
namespace {

absl::Status Error(std::string_view doing, const std::string& path, int error) {
  const std::string message = fmt::format("{} {}: {}", doing, path, strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(message);  // There may be room later.
  }
  return absl::InternalError(message);
}

// A file descriptor that is closed in the end.
class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

absl::Status SyncDirectory(const std::string& directory) {
  const File file(directory, O_RDONLY | O_DIRECTORY);
  if (file.descriptor() < 0 || fsync(file.descriptor()) != 0) return Error("sync", directory, errno);
  return absl::OkStatus();
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return Error("rename", from, errno);
  const std::string directory = std::filesystem::path(to).parent_path();
  return SyncDirectory(directory.empty() ? "." : directory);
}

absl::Status WriteFileDurably(const std::string& path, std::string_view content) {
  const std::string unfinished = path + ".unfinished";
  {
    const File file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.descriptor() < 0) return Error("create", unfinished, errno);
    while (!content.empty()) {
      const ssize_t written = write(file.descriptor(), content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Error("write", unfinished, errno);
      content.remove_prefix(static_cast<size_t>(written));
    }
    if (fsync(file.descriptor()) != 0) return Error("sync", unfinished, errno);
  }
  return RenameDurably(unfinished, path);
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.descriptor() < 0) return Error("open", path, errno);
  std::string content;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = read(file.descriptor(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Error("read", path, errno);
    if (size == 0) return content;
    content.append(buffer.data(), static_cast<size_t>(size));
  }
}

}  // namespace sanyuan::log
