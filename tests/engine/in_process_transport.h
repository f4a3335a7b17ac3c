// Calls a deployment in the same process: what a server does with a call, without gRPC. Any thread.
#ifndef SANYUAN_TESTS_ENGINE_IN_PROCESS_TRANSPORT_H_
#define SANYUAN_TESTS_ENGINE_IN_PROCESS_TRANSPORT_H_

#include "services/sanyuan/deployment.h"
#include "services/sanyuanctl/client/transport.h"

namespace sanyuan {

class InProcessTransport final : public ctl::Transport {
 public:
  // The deployment outlives every call.
  explicit InProcessTransport(Deployment& deployment) : deployment_(deployment) {}

  google::rpc::Status Call(const ctl::Caller& caller, const google::protobuf::MethodDescriptor& method,
                           const google::protobuf::Message& request, absl::Time deadline,
                           google::protobuf::Message& response) override;

 private:
  Deployment& deployment_;
};

}  // namespace sanyuan

#endif  // SANYUAN_TESTS_ENGINE_IN_PROCESS_TRANSPORT_H_
