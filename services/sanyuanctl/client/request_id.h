// Request ids of commands: UUIDv7, the time and 74 other bits. Any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLIENT_REQUEST_ID_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLIENT_REQUEST_ID_H_

#include <string>

#include "absl/time/time.h"
#include "common/digest/digest.h"

namespace sanyuan::ctl {

// `at` is the server's time; the other bits come from the digest, so equal digests of one time give one id.
std::string RequestId(absl::Time at, const Digest& digest);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLIENT_REQUEST_ID_H_
