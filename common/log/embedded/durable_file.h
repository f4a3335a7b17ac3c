// Files and names that survive a power loss. Any thread.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_DURABLE_FILE_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_DURABLE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sanyuan::log {

// Makes the names of files in `directory` durable.
absl::Status SyncDirectory(const std::string& directory);

// Gives the file `from` the name `to`, of the same directory, in place of what had it. After a crash the name
// stands for the old or the new file as a whole. REQUIRES: the content of `from` is durable.
absl::Status RenameDurably(const std::string& from, const std::string& to);

// Puts `content` at `path`, durably and as a whole or not at all.
absl::Status WriteFileDurably(const std::string& path, std::string_view content);

// NotFound when there is no such file.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_DURABLE_FILE_H_
