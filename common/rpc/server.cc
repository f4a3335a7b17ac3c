#include "common/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/errors.h"
#include "common/rpc/stream.h"
#include "sanyuan/common/v1/position.pb.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::Message;

// "0190163d-8694-739b-aea5-966c26f8ad91" with version 7; nullopt for everything else.
std::optional<partition::RequestId> ParseRequestId(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  partition::RequestId id{};
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else {
      return std::nullopt;
    }
    id[nibble / 2] = static_cast<uint8_t>(id[nibble / 2] << 4 | value);
    ++nibble;
  }
  return (id[6] >> 4) == 7 && (id[8] >> 6) == 2 ? std::optional(id) : std::nullopt;
}

std::optional<absl::Time> DeadlineOf(const grpc::GenericCallbackServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  return absl::FromChrono(deadline);
}

struct Shared {
  ServerOptions options;
  const MethodTable& methods;
  host::HostGroup& hosts;
  view::ViewStore& views;
  host::Executor& blocking;
  CallObserver* observer;
};

// One unary call, from its bytes to its answer. Deletes itself when gRPC is done with it.
class Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(const Shared& shared, grpc::GenericCallbackServerContext& context)
      : shared_(shared), context_(context), begun_(absl::Now()) {
    StartRead(&request_bytes_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "", "no request"));
    Handle();
  }
  void OnDone() override { delete this; }

 private:
  void Handle() {
    method_ = shared_.methods.Find(context_.method());
    if (method_ == nullptr) {
      return FinishError(static_cast<int>(grpc::StatusCode::UNIMPLEMENTED), "", "no such method", "");
    }
    const absl::StatusOr<Caller> caller = CallerOf(shared_.options.trust_metadata, context_);
    if (!caller.ok()) {
      return FinishWith(
          MakeRefusal(common::v1::REASON_UNAUTHENTICATED, "", std::string(caller.status().message())));
    }
    caller_ = *caller;
    if (!DeadlineOf(context_)) return FinishWith(MakeRefusal(common::v1::REASON_DEADLINE_MISSING));

    request_ = method_->NewRequest();
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&request_bytes_, request_.get()).ok()) {
      return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "",
                                    "the request is not a " + request_->GetTypeName()));
    }
    const std::string county_code = CountyCodeOf(*request_);
    if (auto refusal = CheckAccess(*method_, caller_, *request_)) return FinishWith(std::move(*refusal));
    if (method_->local != nullptr) {
      // Its own thread: such a call may wait for everything that runs on the others.
      std::thread([this] { RunLocal(); }).detach();
      return;
    }
    if (method_->context != "registry.reference") {
      const std::optional<County> county = CountyOfId(county_code);
      if (!county || county_code.size() != 6) {
        return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "county_code", county_code));
      }
      county_ = *county;
    }
    host_ = method_->context == "registry.reference" ? shared_.hosts.FindPartition(method_->context, 0)
                                                     : shared_.hosts.Find(method_->context, county_);
    if (host_ == nullptr) return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "not served here"));
    if (method_->command) {
      HandleCommand();
    } else {
      HandleQuery();
    }
  }

  void HandleCommand() {
    const auto& header = static_cast<const common::v1::CommandHeader&>(*HeaderOf(*request_));
    const std::optional<partition::RequestId> id = ParseRequestId(header.request_id());
    if (!id) {
      return FinishWith(
          MakeRefusal(common::v1::REASON_INVALID_FIELD, "header.request_id", "a UUIDv7 is wanted"));
    }
    std::vector<partition::Dependency> after;
    for (const common::v1::Position& position : header.after()) {
      after.push_back({position.journal_id(), position.height()});
    }
    partition::Command command;
    command.county = county_;
    command.actor = caller_.actor;
    command.method = method_->path;
    command.request_id = *id;
    command.received_at = shared_.hosts.Now();
    // Of what the client sent: the same text is sealed into another one each time.
    std::string content = ContentOf(*request_);
    if (shared_.options.sealer == nullptr || !sealed::Sealer::HasPersonal(*request_)) {
      return Submit(std::move(command), std::move(content), std::move(after));
    }
    content = shared_.options.sealer->KeyedContent(content);
    shared_.blocking.Post([this, command = std::move(command), content = std::move(content),
                           after = std::move(after)]() mutable {
      if (Seal()) Submit(std::move(command), std::move(content), std::move(after));
    });
  }

  // False when the call is answered already.
  bool Seal() {
    const auto refusals = shared_.options.sealer->Seal(*request_, CountyCodeOf(*request_));
    if (refusals.ok() && refusals->empty()) return true;
    FinishProto(refusals.ok() ? ErrorOf(*refusals) : ErrorOf(refusals.status()));
    return false;
  }

  void Submit(partition::Command command, std::string content, std::vector<partition::Dependency> after) {
    command.request = std::shared_ptr<const Message>(std::move(request_));
    host_->Submit(std::move(command), std::move(content), std::move(after),
                  [this](partition::Answer answer) { Answered(std::move(answer)); });
  }

  void Answered(partition::Answer answer) {
    if (answer.kind != partition::Answer::Kind::kDecided || !answer.refusals.empty()) {
      return FinishProto(ErrorOf(answer));
    }
    if (!method_->answer_after_view) return Decided(answer);
    const uint64_t height = answer.height;
    host_->projector().WhenReached(
        height, *DeadlineOf(context_), [this, answer = std::move(answer)](bool reached) {
          if (reached) return Decided(answer);
          FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "",
                                 "it is decided, but the view is not that far yet"));
        });
  }

  void Decided(const partition::Answer& answer) {
    std::unique_ptr<Message> response = method_->NewResponse();
    response->ParseFromString(answer.response);
    if (const auto* field = response->GetDescriptor()->FindFieldByName("position");
        field != nullptr && field->message_type() == common::v1::Position::descriptor()) {
      auto& position = static_cast<common::v1::Position&>(
          *response->GetReflection()->MutableMessage(response.get(), field));
      position.set_journal_id(answer.journal_id.data(), answer.journal_id.size());
      position.set_height(answer.height);
    }
    FinishOk(*response);
  }

  void HandleQuery() {
    uint64_t wanted = 0;
    const auto& reflection = *request_->GetReflection();
    if (const auto* field = request_->GetDescriptor()->FindFieldByName("after");
        field != nullptr && field->is_repeated() &&
        field->message_type() == common::v1::Position::descriptor()) {
      for (int i = 0; i < reflection.FieldSize(*request_, field); ++i) {
        const auto& position =
            static_cast<const common::v1::Position&>(reflection.GetRepeatedMessage(*request_, field, i));
        wanted = std::max(wanted, position.height());
      }
    }
    host_->projector().WhenReached(wanted, *DeadlineOf(context_), [this](bool reached) {
      shared_.blocking.Post([this, reached] { RunQuery(reached); });
    });
  }

  void RunQuery(bool reached) {
    if (!reached)
      return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "the view is not that far yet"));
    const auto reader = shared_.views.Reader({method_->context, host_->journal().partition});
    const auto response = method_->query(*reader, caller_.actor, *request_);
    if (!response.ok()) return FinishProto(ErrorOf(response.status()));
    if (shared_.options.sealer != nullptr) {
      const absl::Status opened = shared_.options.sealer->Open(**response, CountyCodeOf(*request_));
      if (!opened.ok()) return FinishProto(ErrorOf(opened));
    }
    FinishOk(**response);
  }

  void RunLocal() {
    const auto response = method_->local(caller_, *request_);
    if (!response.ok()) return FinishProto(ErrorOf(response.status()));
    FinishOk(**response);
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
    Observe(code, reason);
    Finish(grpc::Status(static_cast<grpc::StatusCode>(code), message, details));
  }
  void Observe(int code, const std::string& reason) {
    if (shared_.observer == nullptr) return;
    shared_.observer->OnCall(method_ == nullptr ? "unknown" : method_->path, code, reason,
                             absl::Now() - begun_);
  }

  const Shared& shared_;
  grpc::GenericCallbackServerContext& context_;
  const absl::Time begun_;
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer response_bytes_;
  const Method* method_ = nullptr;
  Caller caller_;
  County county_ = 0;
  host::PartitionHost* host_ = nullptr;
  std::unique_ptr<Message> request_;
};

class GrpcServer final : public Server, private grpc::CallbackGenericService {
 public:
  GrpcServer(ServerOptions options, const MethodTable& methods, host::HostGroup& hosts,
             view::ViewStore& views, host::Executor& blocking, CallObserver* observer)
      : shared_{std::move(options), methods, hosts, views, blocking, observer},
        streams_(
            {shared_.options.trust_metadata, shared_.options.heartbeat, hosts, views, blocking, observer}) {}

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
                                                      const MethodTable& methods, host::HostGroup& hosts,
                                                      view::ViewStore& views, host::Executor& blocking,
                                                      CallObserver* observer) {
  auto server = std::make_unique<GrpcServer>(options, methods, hosts, views, blocking, observer);
  if (absl::Status listening = server->Listen(); !listening.ok()) return listening;
  return server;
}

}  // namespace sanyuan::rpc
