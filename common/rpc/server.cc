#include "common/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/dispatch.h"
#include "common/rpc/errors.h"
#include "common/rpc/stream.h"
#include "common/tracing/log_trace.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::Message;

std::optional<absl::Time> DeadlineOf(const grpc::GenericCallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  return absl::FromChrono(deadline);
}

// Nothing that a caller could have done otherwise.
bool IsOurFault(int code) {
  return code == static_cast<int>(grpc::StatusCode::INTERNAL) ||
         code == static_cast<int>(grpc::StatusCode::UNKNOWN) ||
         code == static_cast<int>(grpc::StatusCode::DATA_LOSS);
}

// As OpenTelemetry's conventions tell servers' spans that have failed from those that have refused.
bool IsFailureOfServer(int code) {
  return IsOurFault(code) || code == static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED) ||
         code == static_cast<int>(grpc::StatusCode::UNIMPLEMENTED) ||
         code == static_cast<int>(grpc::StatusCode::UNAVAILABLE);
}

struct Shared {
  ServerOptions options;
  const MethodTable& methods;
  const DispatchServices& dispatch;
  CallObserver* observer;
};

// One unary call, from its bytes to its answer. Deletes itself when gRPC is done with it.
class Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(const Shared& shared, grpc::GenericCallbackServerContext& context)
      : shared_(shared), context_(context), begun_(absl::Now()) {
    if (shared_.observer != nullptr) shared_.observer->OnCallBegun();
    StartRead(&request_bytes_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "", "no request"));
    Handle();
  }
  void OnDone() override { delete this; }

 private:
  void Handle() {
    trace_ = tracing::BeginCall(TraceOf(context_), shared_.options.recording);
    method_ = shared_.methods.Find(context_.method());
    if (method_ == nullptr) {
      return FinishError(static_cast<int>(grpc::StatusCode::UNIMPLEMENTED), "", "no such method", "");
    }
    absl::StatusOr<Caller> caller = CallerOf(shared_.options.trust_metadata, context_);
    if (!caller.ok()) {
      return FinishWith(
          MakeRefusal(common::v1::REASON_UNAUTHENTICATED, "", std::string(caller.status().message())));
    }
    caller->trace = trace_;
    const std::optional<absl::Time> deadline = DeadlineOf(context_);
    if (!deadline) return FinishWith(MakeRefusal(common::v1::REASON_DEADLINE_MISSING));
    caller->deadline = *deadline;

    std::unique_ptr<Message> request = method_->NewRequest();
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&request_bytes_, request.get()).ok()) {
      return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "",
                                    fmt::format("the request is not a {}", request->GetTypeName())));
    }
    Dispatch(shared_.dispatch, *method_, *std::move(caller), std::move(request), *deadline,
             [this](std::unique_ptr<Message> response, const google::rpc::Status& error) {
               if (response == nullptr) return FinishProto(error);
               FinishOk(*response);
             });
  }

  void FinishOk(const Message& response) {
    bool own = false;
    const grpc::Status serialized =
        grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(response, &response_bytes_, &own);
    if (!serialized.ok()) return FinishError(static_cast<int>(serialized.error_code()), "", "response", "");
    Observe(0, "");
    StartWriteAndFinish(&response_bytes_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void FinishWith(common::v1::Refusal refusal) {
    FinishProto(ErrorOf(partition::Refusals{std::move(refusal)}));
  }
  void FinishProto(const google::rpc::Status& error) {
    FinishError(error.code(), ReasonOf(error), error.message(), error.SerializeAsString());
  }
  void FinishError(int code, const std::string& reason, const std::string& message,
                   const std::string& details) {
    if (IsOurFault(code)) {
      const tracing::LogTrace log(trace_.context);
      spdlog::error("{} failed: {}", context_.method(), message);
    }
    Observe(code, reason);
    Finish(grpc::Status(static_cast<grpc::StatusCode>(code), message, details));
  }
  void Observe(int code, const std::string& reason) {
    if (trace_.sink != nullptr) TakeSpan(code, reason);
    if (shared_.observer == nullptr) return;
    shared_.observer->OnCall(method_ == nullptr ? "unknown" : method_->path, code, reason,
                             absl::Now() - begun_);
  }

  void TakeSpan(int code, const std::string& reason) const {
    const std::string_view path = std::string_view(context_.method()).substr(1);
    const size_t slash = path.rfind('/');
    tracing::Span span;
    span.name = path;
    span.kind = tracing::Span::Kind::kServer;
    span.context = trace_.context;
    span.parent = trace_.parent;
    span.start = begun_;
    span.end = std::max(absl::Now(), begun_);
    span.failed = IsFailureOfServer(code);
    span.texts = {{"rpc.system", "grpc"},
                  {"rpc.service", std::string(path.substr(0, slash))},
                  {"rpc.method", std::string(path.substr(slash + 1))}};
    if (!reason.empty()) span.texts.emplace_back("sanyuan.reason", reason);
    span.numbers = {{"rpc.grpc.status_code", code}};
    trace_.sink->Take(std::move(span));
  }

  const Shared& shared_;
  grpc::GenericCallbackServerContext& context_;
  const absl::Time begun_;
  tracing::CallTrace trace_;
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer response_bytes_;
  const Method* method_ = nullptr;
};

class GrpcServer final : public Server, private grpc::CallbackGenericService {
 public:
  GrpcServer(const ServerOptions& options, const MethodTable& methods, const DispatchServices& services,
             CallObserver* observer)
      : shared_{options, methods, services, observer},
        streams_({options.trust_metadata, options.heartbeat, services.hosts, services.views,
                  services.blocking, observer}) {}

  absl::Status Listen() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(shared_.options.listen, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    builder.SetMaxReceiveMessageSize(shared_.options.max_message_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, shared_.options.max_concurrent_streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8192);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(fmt::format("can't listen on {}", shared_.options.listen));
    }
    return absl::OkStatus();
  }

  void Drain(absl::Duration grace) override {
    SetServing(false);
    streams_.Drain();
    server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    server_->Wait();
  }
  int port() const override { return port_; }
  void SetServing(bool serving) override {
    if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(serving);
  }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const Method* method = shared_.methods.Find(context->method());
    if (method != nullptr && method->feed != nullptr) return streams_.Start(*method, *context);
    return new Call(shared_, *context);  // Owns itself.
  }

  Shared shared_;
  StreamSet streams_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const MethodTable& methods,
                                                      const DispatchServices& services,
                                                      CallObserver* observer) {
  auto server = std::make_unique<GrpcServer>(options, methods, services, observer);
  if (absl::Status listening = server->Listen(); !listening.ok()) return listening;
  return server;
}

}  // namespace sanyuan::rpc
