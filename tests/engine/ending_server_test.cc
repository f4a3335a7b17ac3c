// What callers are told by a server that ends: gRPC cancels the calls that come in while it shuts down.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/rpc/forwarder.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "services/sanyuanctl/client/grpc_transport.h"

namespace sanyuan::rpc {
namespace {

using absl::StatusCode;
using operations::v1::GetStatusRequest;
using operations::v1::GetStatusResponse;

class Cancelled final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Cancelled(const std::string& details) { Finish({grpc::StatusCode::CANCELLED, "", details}); }
  void OnDone() override { delete this; }
};

// Cancels whatever comes, with these details.
class Canceller final : public grpc::CallbackGenericService {
 public:
  explicit Canceller(std::string details) : details_(std::move(details)) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Cancelled(details_);
  }

 private:
  const std::string details_;
};

class EndingServerTest : public testing::Test {
 protected:
  void Serve(const google::rpc::Status& details) {
    service_ = std::make_unique<Canceller>(details.SerializeAsString());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    address_ = "127.0.0.1:" + std::to_string(port);
  }

  static const google::protobuf::MethodDescriptor& GetStatus() {
    return *GetStatusRequest::descriptor()->file()->service(0)->FindMethodByName("GetStatus");
  }
  absl::Time Deadline() const { return absl::Now() + absl::Seconds(20); }

  StatusCode AskedByClient() {
    GetStatusResponse response;
    const auto transport = ctl::NewGrpcTransport(address_);
    return static_cast<StatusCode>(
        transport->Call({"somebody", "OPERATOR"}, GetStatus(), GetStatusRequest(), Deadline(), response)
            .code());
  }
  StatusCode PassedOn() {
    Method method;
    method.path = "/sanyuan.operations.v1.OperationsService/GetStatus";
    method.request = &GetStatusRequest::default_instance();
    method.response = &GetStatusResponse::default_instance();
    std::promise<StatusCode> code;
    const auto forwarder = NewGrpcForwarder();
    forwarder->Forward(address_, method, {}, GetStatusRequest::default_instance(), absl::Now(), Deadline(),
                       [&code](std::unique_ptr<google::protobuf::Message>, const google::rpc::Status& error) {
                         code.set_value(static_cast<StatusCode>(error.code()));
                       });
    return code.get_future().get();
  }

 private:
  std::unique_ptr<Canceller> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(EndingServerTest, WhatNobodyLookedAtIsUnavailable) {
  Serve({});
  EXPECT_EQ(AskedByClient(), StatusCode::kUnavailable);
  EXPECT_EQ(PassedOn(), StatusCode::kUnavailable);
}

TEST_F(EndingServerTest, WhatTheServerItselfHasCancelledStaysSo) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(StatusCode::kCancelled));
  details.add_details();
  Serve(details);
  EXPECT_EQ(AskedByClient(), StatusCode::kCancelled);
  EXPECT_EQ(PassedOn(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace sanyuan::rpc
