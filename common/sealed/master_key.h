// The master key: 32 bytes in a file that only its owner can read. It never leaves the process and locks nothing but
// the keys in keys.db. Any thread.
#ifndef SANYUAN_COMMON_SEALED_MASTER_KEY_H_
#define SANYUAN_COMMON_SEALED_MASTER_KEY_H_

#include <string>

#include "absl/status/statusor.h"

namespace sanyuan::sealed {

// NotFound: no such file. PermissionDenied: others than the owner may read or write it. InvalidArgument: it holds
// anything else than 32 bytes.
absl::StatusOr<std::string> ReadMasterKey(const std::string& path);

// For development: what the file holds, made at random with the right permissions when there is none.
absl::StatusOr<std::string> ReadOrMakeMasterKey(const std::string& path);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_MASTER_KEY_H_
