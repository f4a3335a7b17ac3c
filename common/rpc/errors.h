// Errors on the wire: google.rpc.Status with one ErrorInfo (reason, domain "sanyuan"), field violations with
// texts in both languages, everything that stands against a command, and when a retry helps.
// Pure, any thread.
#ifndef SANYUAN_COMMON_RPC_ERRORS_H_
#define SANYUAN_COMMON_RPC_ERRORS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/partition/domain.h"
#include "common/partition/effects.h"
#include "google/rpc/status.pb.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::rpc {

// Something that stands against a call before or beside its decider.
common::v1::Refusal MakeRefusal(common::v1::Reason reason, std::string field = "", std::string detail = "");

// REQUIRES: at least one refusal. The first one gives the code and the ErrorInfo.
google::rpc::Status ErrorOf(const partition::Refusals& refusals);
// For answers that are not a decided success.
google::rpc::Status ErrorOf(const partition::Answer& answer);
// For errors of queries; a reason is chosen by the code.
google::rpc::Status ErrorOf(const absl::Status& status);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_ERRORS_H_
