// How calls reach the product: over gRPC, or in one process with it.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRANSPORT_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRANSPORT_H_

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"

namespace sanyuan::ctl {

struct Caller {
  std::string id;
  std::string role;  // "RETAILER".
  // What he belongs to; empty for operators and auditors, who belong to everything.
  std::string unit = "620121";
};

// Thread safety: any thread.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends one unary call and waits for its answer until `deadline`. Code 0: `response` is the answer; else the error
  // as the server made it, or UNAVAILABLE and DEADLINE_EXCEEDED without details when there was no answer.
  virtual google::rpc::Status Call(const Caller& caller, const google::protobuf::MethodDescriptor& method,
                                   const google::protobuf::Message& request, absl::Time deadline,
                                   google::protobuf::Message& response) = 0;
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRANSPORT_H_
