// Reasons for people: their texts, and which gRPC status code says the same to a program.
// Pure, any thread.
#ifndef SANYUAN_COMMON_RPC_REASONS_H_
#define SANYUAN_COMMON_RPC_REASONS_H_

#include <string>

#include "absl/status/status.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::rpc {

// "OVER_TOTAL", without the prefix of the enum.
std::string ReasonName(common::v1::Reason reason);
// From the options of the enum value; both languages are there for every reason (tested).
const common::v1::ReasonText& TextOf(common::v1::Reason reason);
absl::StatusCode CodeOf(common::v1::Reason reason);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_REASONS_H_
