#include "common/rpc/dispatch.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/rpc/errors.h"
#include "common/rpc/forwarder.h"
#include "common/tracing/log_trace.h"
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

// Between two looks at who leads.
constexpr absl::Duration kLookPause = absl::Milliseconds(20);
// So long before its deadline a call is answered rather than passed on.
constexpr absl::Duration kLastMoment = absl::Milliseconds(50);
// What another instance says of when it received a call counts within these bounds of the own clock: the grace period of
// order windows, and what clocks may differ.
constexpr absl::Duration kReceivedBefore = absl::Minutes(5);
constexpr absl::Duration kReceivedAfter = absl::Seconds(2);

// One call. Deletes itself when it is answered.
class Dispatched {
 public:
  Dispatched(const DispatchServices& services, const Method& method, Caller caller,
             std::unique_ptr<Message> request, absl::Time deadline, DispatchDone done)
      : services_(services),
        method_(method),
        caller_(std::move(caller)),
        request_(std::move(request)),
        deadline_(deadline),
        done_(std::move(done)),
        received_at_(services.hosts.Now()) {
    if (caller_.forwarded_at && *caller_.forwarded_at > received_at_ - kReceivedBefore &&
        *caller_.forwarded_at < received_at_ + kReceivedAfter) {
      received_at_ = *caller_.forwarded_at;
    }
  }

  void Run() {
    const tracing::LogTrace log(caller_.trace.context);
    const std::string county_code = CountyCodeOf(*request_);
    if (auto refusal = CheckAccess(method_, caller_, *request_)) return FinishWith(std::move(*refusal));
    if (method_.local != nullptr) {
      // Its own thread: such a call may wait for everything that runs on the others.
      std::thread([this] { RunLocal(); }).detach();
      return;
    }
    if (method_.context != "registry.reference") {
      const std::optional<County> county = CountyOfId(county_code);
      if (!county || county_code.size() != 6) {
        return FinishWith(MakeRefusal(common::v1::REASON_INVALID_FIELD, "county_code", county_code));
      }
      county_ = *county;
    }
    share_ = method_.context == "registry.reference" ? ownership::Share{method_.context, 0}
                                                     : services_.hosts.ShareOf(method_.context, county_);
    if (!share_) return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "not served here"));
    host_ = services_.hosts.FindPartition(share_->context, share_->partition);
    Route();
  }

 private:
  void Route() {
    if (host_ != nullptr && (services_.forwarder == nullptr || host_->leading())) return Handle();
    if (services_.forwarder == nullptr) {
      return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "not served here"));
    }
    if (caller_.forwarded_at) return FinishWith(MakeRefusal(common::v1::REASON_ELSEWHERE));
    const auto leader = services_.hosts.directory().LeaderOf(*share_);
    if (!leader || leader->instance == *services_.hosts.instance()) return TryAgain();
    services_.forwarder->Forward(leader->address, method_, caller_, *request_, received_at_, deadline_,
                                 [this](std::unique_ptr<Message> response, const google::rpc::Status& error) {
                                   if (response != nullptr) return FinishOk(std::move(response));
                                   // Without details nobody has answered.
                                   const bool unanswered =
                                       error.code() == static_cast<int>(absl::StatusCode::kUnavailable) &&
                                       (error.details_size() == 0 || IsElsewhere(error));
                                   if (unanswered) return TryAgain();
                                   FinishProto(error);
                                 });
  }

  static bool IsElsewhere(const google::rpc::Status& error) {
    common::v1::RefusalDetails all;
    return std::any_of(error.details().begin(), error.details().end(), [&all](const auto& detail) {
      return detail.UnpackTo(&all) && all.refusals_size() > 0 &&
             all.refusals(0).reason() == common::v1::REASON_ELSEWHERE;
    });
  }

  // Somebody else leads, or nobody does just now.
  void TryAgain() {
    times_ = {};
    if (services_.forwarder == nullptr || caller_.forwarded_at ||
        absl::Now() + kLookPause + kLastMoment > deadline_) {
      // Where nobody leads that may be why.
      const host::ClockGuard* guard = services_.hosts.clock_guard();
      return FinishWith(
          MakeRefusal(common::v1::REASON_ELSEWHERE, "", guard != nullptr ? guard->trouble() : ""));
    }
    services_.blocking.PostAfter(kLookPause, [this] {
      const tracing::LogTrace log(caller_.trace.context);
      if (request_ == nullptr) request_ = CopyOf(*given_);
      Route();
    });
  }

  static std::unique_ptr<Message> CopyOf(const Message& message) {
    std::unique_ptr<Message> copy(message.New());
    copy->CopyFrom(message);
    return copy;
  }

  void Handle() {
    if (method_.command) {
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
    command.method = method_.path;
    command.request_id = *id;
    command.received_at = received_at_;
    // Of what the client sent: the same text is sealed into another one each time.
    std::string content = ContentOf(*request_);
    if (services_.sealer == nullptr || !sealed::Sealer::HasPersonal(*request_)) {
      return Submit(std::move(command), std::move(content), std::move(after));
    }
    content = services_.sealer->KeyedContent(content);
    if (services_.forwarder != nullptr) given_ = CopyOf(*request_);  // Sealed texts are taken from nobody.
    services_.blocking.Post([this, command = std::move(command), content = std::move(content),
                             after = std::move(after)]() mutable {
      const tracing::LogTrace log(caller_.trace.context);
      if (Seal()) Submit(std::move(command), std::move(content), std::move(after));
    });
  }

  // False when the call is answered already.
  bool Seal() {
    const auto refusals = services_.sealer->Seal(*request_, CountyCodeOf(*request_));
    if (refusals.ok() && refusals->empty()) return true;
    FinishProto(refusals.ok() ? ErrorOf(*refusals) : ErrorOf(refusals.status()));
    return false;
  }

  void Submit(partition::Command command, std::string content, std::vector<partition::Dependency> after) {
    command.request = std::shared_ptr<const Message>(std::move(request_));
    if (given_ == nullptr) given_ = command.request;
    host_->Submit(
        std::move(command), std::move(content), std::move(after),
        [this](partition::Answer answer) { Answered(std::move(answer)); },
        caller_.trace.carried ? tracing::ToTraceHeaders(caller_.trace.context) : log::RecordHeaders(),
        &times_);
  }

  void Answered(partition::Answer answer) {
    height_ = answer.height;
    if (answer.kind == partition::Answer::Kind::kElsewhere) return TryAgain();
    if (answer.kind != partition::Answer::Kind::kDecided || !answer.refusals.empty()) {
      return FinishProto(ErrorOf(answer));
    }
    if (!method_.answer_after_view) return Decided(answer);
    const uint64_t height = answer.height;
    host_->projector().WhenReached(height, deadline_, [this, answer = std::move(answer)](bool reached) {
      if (reached) return Decided(answer);
      if (services_.forwarder != nullptr && !host_->leading()) return TryAgain();
      FinishWith(
          MakeRefusal(common::v1::REASON_NOT_READY, "", "it is decided, but the view is not that far yet"));
    });
  }

  void Decided(const partition::Answer& answer) {
    std::unique_ptr<Message> response = method_.NewResponse();
    if (!response->ParseFromString(answer.response)) {
      return FinishProto(ErrorOf(absl::InternalError("the response that was decided can't be read")));
    }
    if (const auto* field = response->GetDescriptor()->FindFieldByName("position");
        field != nullptr && field->message_type() == common::v1::Position::descriptor()) {
      auto& position = static_cast<common::v1::Position&>(
          *response->GetReflection()->MutableMessage(response.get(), field));
      position.set_journal_id(answer.journal_id.data(), answer.journal_id.size());
      position.set_height(answer.height);
    }
    FinishOk(std::move(response));
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
        if (host_->IsOlder(position.journal_id(), position.height())) continue;
        wanted = std::max(wanted, position.height());
      }
    }
    host_->projector().WhenReached(wanted, deadline_, [this](bool reached) {
      services_.blocking.Post([this, reached] { RunQuery(reached); });
    });
  }

  void RunQuery(bool reached) {
    const tracing::LogTrace log(caller_.trace.context);
    if (!reached && services_.forwarder != nullptr && !host_->leading()) return TryAgain();
    if (!reached)
      return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "the view is not that far yet"));
    const auto reader = services_.views.Reader({method_.context, host_->journal().partition});
    auto response = method_.query(*reader, caller_.actor, *request_);
    if (!response.ok()) return FinishProto(ErrorOf(response.status()));
    if (services_.sealer != nullptr) {
      const absl::Status opened = services_.sealer->Open(**response, CountyCodeOf(*request_));
      if (!opened.ok()) return FinishProto(ErrorOf(opened));
    }
    FinishOk(*std::move(response));
  }

  void RunLocal() {
    const tracing::LogTrace log(caller_.trace.context);
    auto response = method_.local(caller_, *request_);
    if (!response.ok()) return FinishProto(ErrorOf(response.status()));
    FinishOk(*std::move(response));
  }

  void FinishOk(std::unique_ptr<Message> response) {
    done_(std::move(response), google::rpc::Status::default_instance());
    End();
  }
  void FinishWith(common::v1::Refusal refusal) {
    FinishProto(ErrorOf(partition::Refusals{std::move(refusal)}));
  }
  void FinishProto(const google::rpc::Status& error) {
    done_(nullptr, error);
    End();
  }

  void End() {
    if (times_.written != absl::InfinitePast()) {
      const absl::Time now = absl::Now();
      host_->measures().Observe(host::Stage::kAnswering, now - times_.answered);
      if (caller_.trace.sink != nullptr) TakeSpans(now);
    }
    delete this;
  }

  void TakeSpans(absl::Time now) const {
    const absl::Time times[] = {times_.submitted, times_.deciding, times_.written, times_.answered, now};
    for (size_t i = 0; i < host::kStages.size(); ++i) {
      tracing::Span span;
      span.name = host::kStages[i];
      span.context = caller_.trace.context;
      span.context.span_id = tracing::NewSpanId();
      span.parent = caller_.trace.context.span_id;
      span.start = times[i];
      span.end = std::max(times[i + 1], times[i]);
      span.texts = {{"sanyuan.context", share_->context}};
      span.numbers = {{"sanyuan.partition", share_->partition},
                      {"sanyuan.height", static_cast<int64_t>(height_)}};
      caller_.trace.sink->Take(std::move(span));
    }
  }

  const DispatchServices& services_;
  const Method& method_;
  const Caller caller_;
  std::unique_ptr<Message> request_;
  std::shared_ptr<const Message> given_;  // As it came, while the partition has it.
  const absl::Time deadline_;
  const DispatchDone done_;
  absl::Time received_at_;
  County county_ = 0;
  std::optional<ownership::Share> share_;
  host::PartitionHost* host_ = nullptr;
  host::CommandTimes times_;  // Of a command that is decided here.
  uint64_t height_ = 0;
};

}  // namespace

void Dispatch(const DispatchServices& services, const Method& method, Caller caller,
              std::unique_ptr<Message> request, absl::Time deadline, DispatchDone done) {
  // Owns itself.
  (new Dispatched(services, method, std::move(caller), std::move(request), deadline, std::move(done)))->Run();
}

}  // namespace sanyuan::rpc
