// How a call to another process ended, as google.rpc.Status.
// Pure, any thread.
#ifndef SANYUAN_COMMON_RPC_REMOTE_STATUS_H_
#define SANYUAN_COMMON_RPC_REMOTE_STATUS_H_

#include <grpcpp/support/status.h>

#include "google/rpc/status.pb.h"

namespace sanyuan::rpc {

// With the details that the other process gave. REQUIRES: the caller has not cancelled the call. gRPC's server cancels
// calls that come in while it shuts down, without details: nobody has looked at them, so that is UNAVAILABLE, as it is
// where the connection is refused a moment later.
google::rpc::Status RemoteStatus(const grpc::Status& status);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_REMOTE_STATUS_H_
