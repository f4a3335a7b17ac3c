// Passes a call on to the instance that decides it, in one hop.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_RPC_FORWARDER_H_
#define SANYUAN_COMMON_RPC_FORWARDER_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/rpc/dispatch.h"
#include "common/rpc/method_table.h"

namespace sanyuan::rpc {

class Forwarder {
 public:
  virtual ~Forwarder() = default;
  // `address`: HOST:PORT. The caller's identity and trace go along, and `received_at`. `done` as with Dispatch; without an answer the error is
  // UNAVAILABLE and has no details. `request` must live until then.
  virtual void Forward(const std::string& address, const Method& method, const Caller& caller,
                       const google::protobuf::Message& request, absl::Time received_at, absl::Time deadline,
                       DispatchDone done) = 0;
};

// By gRPC, with a channel for each address. Ends when all its calls have ended.
std::unique_ptr<Forwarder> NewGrpcForwarder();

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_FORWARDER_H_
