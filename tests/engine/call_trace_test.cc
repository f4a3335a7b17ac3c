// The trace of a call over a real channel: what comes in, what goes on to another instance, what is recorded and logged.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/auth/identity.h"
#include "common/log/embedded/embedded_log.h"
#include "common/rpc/forwarder.h"
#include "common/rpc/server.h"
#include "common/view/embedded/embedded_view_store.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "services/sanyuan/logging.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::rpc {
namespace {

namespace ops = operations::v1;
using tracing::CallTrace;
using tracing::ParseTrace;
using tracing::Span;
using tracing::Text;

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kPath[] = "/sanyuan.operations.v1.OperationsService/GetClock";

class Spans final : public tracing::SpanSink {
 public:
  void Take(Span span) override {
    const std::lock_guard lock(mutex_);
    spans_.push_back(std::move(span));
  }
  std::vector<Span> all() {
    const std::lock_guard lock(mutex_);
    return spans_;
  }

 private:
  std::mutex mutex_;
  std::vector<Span> spans_;
};

// A server whose every call tells the trace that it has, and then succeeds or not.
class CallTraceTest : public ::testing::Test {
 protected:
  CallTraceTest() : snapshots_(directory_.path() + "/snapshots") {
    log::EmbeddedLogOptions log_options;
    log_options.directory = directory_.path();
    log_ = *log::EmbeddedLog::Open(log_options);
    views_ = *view::EmbeddedViewStore::Open(directory_.path(), [](const absl::Status&) {});
    hosts_ = std::make_unique<host::HostGroup>(host::HostGroupOptions{}, std::vector<host::ContextSpec>{},
                                               *log_, *views_, snapshots_);
    const auto& service = *ops::GetClockRequest::descriptor()->file()->FindServiceByName("OperationsService");
    std::map<std::string, LocalFn> functions;
    for (int i = 0; i < service.method_count(); ++i) {
      functions[std::string(service.method(i)->name())] = [this](const Caller& caller,
                                                                 const google::protobuf::Message&)
          -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
        const std::lock_guard lock(mutex_);
        seen_ = caller.trace;
        if (!answer_.ok()) return answer_;
        return std::make_unique<ops::GetClockResponse>();
      };
    }
    methods_.AddLocalService(service, std::move(functions));
    services_ = std::make_unique<DispatchServices>(DispatchServices{*hosts_, *views_, queries_});
  }
  ~CallTraceTest() override {
    if (server_ != nullptr) server_->Drain(absl::Seconds(10));
    queries_.Stop();
    hosts_->Stop();
  }

  void Serve(tracing::Recording recording) {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.trust_metadata = true;
    options.recording = recording;
    server_ = *Server::Start(options, methods_, *services_, nullptr);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  // The trace that the server has of a call with these metadata.
  CallTrace Call(const std::vector<std::pair<std::string, std::string>>& metadata) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    context.AddMetadata(std::string(auth::kActorKey), "op-1");
    context.AddMetadata(std::string(auth::kRoleKey), "OPERATOR");
    for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
    ops::GetClockResponse response;
    const auto stub =
        ops::OperationsService::NewStub(grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
    status_ = stub->GetClock(&context, {}, &response);
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(seen_) << status_.error_message();
    return std::exchange(seen_, std::nullopt).value_or(CallTrace());
  }

  ScratchDirectory directory_;
  host::FileSnapshotStore snapshots_;
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<view::EmbeddedViewStore> views_;
  std::unique_ptr<host::HostGroup> hosts_;
  host::Executor queries_{1};
  MethodTable methods_;
  std::unique_ptr<DispatchServices> services_;
  Spans spans_;
  std::unique_ptr<Server> server_;
  std::mutex mutex_;
  std::optional<CallTrace> seen_;
  absl::Status answer_;
  grpc::Status status_;
};

TEST_F(CallTraceTest, WhatTheMetadataSayIsTheCallsTrace) {
  Serve({});
  const CallTrace trace = Call({{"traceparent", kParent}, {"tracestate", "a=1"}, {"tracestate", "b=2"}});
  EXPECT_EQ(trace.context, *ParseTrace(kParent, "a=1,b=2"));
  EXPECT_TRUE(trace.carried);
}

TEST_F(CallTraceTest, MalformedOnesCountAsNone) {
  Serve({});
  const std::vector<std::vector<std::pair<std::string, std::string>>> without = {
      {},
      {{"traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"}},
      {{"traceparent", kParent}, {"traceparent", kParent}},
      {{"tracestate", "a=1"}},
  };
  for (const auto& metadata : without) {
    const CallTrace trace = Call(metadata);
    EXPECT_NE(Text(trace.context.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_TRUE(ParseTrace(Traceparent(trace.context), ""));
    EXPECT_EQ(trace.context.state, "");
    EXPECT_FALSE(trace.carried);
  }
}

TEST_F(CallTraceTest, ACallThatIsPassedOnTakesItsTraceAlong) {
  Serve({});
  const auto forwarder = NewGrpcForwarder();
  const auto forwarded = [&](const CallTrace& trace) {
    Caller caller;
    caller.actor = {"op-1", common::v1::ROLE_OPERATOR};
    caller.trace = trace;
    std::mutex mutex;
    std::condition_variable answered;
    bool done = false;
    forwarder->Forward(
        address(), *methods_.Find(kPath), caller, ops::GetClockRequest(), absl::Now(),
        absl::Now() + absl::Seconds(60),
        [&](std::unique_ptr<google::protobuf::Message> response, const google::rpc::Status& error) {
          EXPECT_NE(response, nullptr) << error.message();
          const std::lock_guard lock(mutex);
          done = true;
          answered.notify_one();
        });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return done; });
    const std::lock_guard seen(mutex_);
    return std::exchange(seen_, std::nullopt).value_or(CallTrace());
  };
  const auto context = *ParseTrace(kParent, "a=1");
  EXPECT_EQ(forwarded({.context = context, .carried = true}).context, context);
  // One that was made up for a log stays there.
  EXPECT_FALSE(forwarded({.context = tracing::NewTrace()}).carried);
}

TEST_F(CallTraceTest, ARecordedCallIsASpanBehindItsCallers) {
  Serve({&spans_, 1});
  const CallTrace trace = Call({{"traceparent", kParent}});
  ASSERT_EQ(spans_.all().size(), 1);
  const Span span = spans_.all()[0];
  EXPECT_EQ(span.name, "sanyuan.operations.v1.OperationsService/GetClock");
  EXPECT_EQ(span.kind, Span::Kind::kServer);
  EXPECT_EQ(Text(span.context.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(Text(span.parent), "00f067aa0ba902b7");
  EXPECT_EQ(span.context.span_id, trace.context.span_id);
  EXPECT_NE(span.context.span_id, span.parent);
  EXPECT_LE(span.start, span.end);
  EXPECT_FALSE(span.failed);
  EXPECT_THAT(span.texts, ::testing::Contains(::testing::Pair("rpc.method", "GetClock")));
  EXPECT_THAT(span.numbers, ::testing::Contains(::testing::Pair("rpc.grpc.status_code", 0)));
}

TEST_F(CallTraceTest, OneThatItsCallerDoesNotRecordIsNone) {
  Serve({&spans_, 1});
  Call({{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}});
  EXPECT_TRUE(spans_.all().empty());
}

TEST_F(CallTraceTest, WhatFailsByOurFaultIsLoggedWithItsTraceAndIsAFailedSpan) {
  LogAsJson();
  Serve({&spans_, 1});
  answer_ = absl::InternalError("it broke");
  ::testing::internal::CaptureStderr();
  const CallTrace trace = Call({{"traceparent", kParent}});
  std::istringstream lines(::testing::internal::GetCapturedStderr());
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INTERNAL);
  std::vector<nlohmann::json> about;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json object = nlohmann::json::parse(line);
    if (object.contains("trace_id")) about.push_back(object);
  }
  ASSERT_EQ(about.size(), 1);
  EXPECT_EQ(about[0]["level"], "error");
  EXPECT_EQ(about[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(about[0]["span_id"], Text(trace.context.span_id));
  EXPECT_THAT(about[0]["message"].get<std::string>(), ::testing::HasSubstr("GetClock"));
  ASSERT_EQ(spans_.all().size(), 1);
  EXPECT_TRUE(spans_.all()[0].failed);

  answer_ = absl::InvalidArgumentError("why: a reason is wanted");
  ::testing::internal::CaptureStderr();
  Call({{"traceparent", kParent}});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(spans_.all()[1].failed);
}

}  // namespace
}  // namespace sanyuan::rpc
