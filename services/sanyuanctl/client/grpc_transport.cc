#include "services/sanyuanctl/client/grpc_transport.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <future>
#include <utility>

#include "common/auth/identity.h"
#include "common/rpc/remote_status.h"
#include "services/sanyuanctl/client/trace.h"

namespace sanyuan::ctl {
namespace {

using google::protobuf::Message;

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(const std::string& server)
      : channel_(grpc::CreateChannel(server, grpc::InsecureChannelCredentials())) {}

  google::rpc::Status Call(const Caller& caller, const google::protobuf::MethodDescriptor& method,
                           const Message& request, absl::Time deadline, Message& response) override {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    context.set_wait_for_ready(true);
    context.AddMetadata(std::string(auth::kActorKey), caller.id);
    context.AddMetadata(std::string(auth::kRoleKey), caller.role);
    if (!caller.unit.empty()) context.AddMetadata(std::string(auth::kUnitKey), caller.unit);
    AddTraceOfEnvironment(context);
    response.Clear();
    grpc::TemplatedGenericStub<Message, Message> stub(channel_);
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, fmt::format("/{}/{}", method.service()->full_name(), method.name()),
                   grpc::StubOptions(), &request, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    return rpc::RemoteStatus(done.get_future().get());
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace

std::unique_ptr<Transport> NewGrpcTransport(const std::string& server) {
  return std::make_unique<GrpcTransport>(server);
}

}  // namespace sanyuan::ctl
