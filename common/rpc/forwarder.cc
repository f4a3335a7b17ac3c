#include "common/rpc/forwarder.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "common/auth/identity.h"
#include "common/rpc/call_context.h"
#include "common/rpc/remote_status.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::Message;
using Stub = grpc::TemplatedGenericStub<Message, Message>;

class GrpcForwarder final : public Forwarder {
 public:
  ~GrpcForwarder() override {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return under_way_ == 0; });
  }

  void Forward(const std::string& address, const Method& method, const Caller& caller, const Message& request,
               absl::Time received_at, absl::Time deadline, DispatchDone done) override {
    // Owns itself until its answer came.
    auto* call = new Under{std::move(done), {}, method.NewResponse(), StubOf(address)};
    call->context.set_deadline(absl::ToChronoTime(deadline));
    AddIdentity(call->context, caller.actor, caller.unit);
    AddTrace(call->context, caller.trace);
    call->context.AddMetadata(std::string(auth::kForwardedKey),
                              std::to_string(absl::ToUnixMicros(received_at)));
    call->stub->UnaryCall(&call->context, method.path, grpc::StubOptions(), &request, call->response.get(),
                          [this, call](const grpc::Status& status) {
                            const std::unique_ptr<Under> ended(call);
                            if (status.ok()) {
                              ended->done(std::move(ended->response),
                                          google::rpc::Status::default_instance());
                            } else {
                              ended->done(nullptr, RemoteStatus(status));
                            }
                            const std::lock_guard lock(mutex_);
                            if (--under_way_ == 0) idle_.notify_all();
                          });
  }

 private:
  struct Under {
    DispatchDone done;
    grpc::ClientContext context;
    std::unique_ptr<Message> response;
    std::shared_ptr<Stub> stub;
  };

  std::shared_ptr<Stub> StubOf(const std::string& address) {
    const std::lock_guard lock(mutex_);
    ++under_way_;
    std::shared_ptr<Stub>& stub = stubs_[address];
    if (stub == nullptr) {
      grpc::ChannelArguments arguments;
      // An instance that was started again is wanted at once.
      arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
      // One that answers nothing any more (a network that was cut) is given up.
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2'000);
      stub = std::make_shared<Stub>(
          grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    }
    return stub;
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  int under_way_ = 0;
  std::map<std::string, std::shared_ptr<Stub>> stubs_;
};

}  // namespace

std::unique_ptr<Forwarder> NewGrpcForwarder() { return std::make_unique<GrpcForwarder>(); }

}  // namespace sanyuan::rpc
