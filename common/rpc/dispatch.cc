#include "common/rpc/dispatch.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/rpc/errors.h"
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
        done_(std::move(done)) {}

  void Run() {
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
    host_ = method_.context == "registry.reference" ? services_.hosts.FindPartition(method_.context, 0)
                                                    : services_.hosts.Find(method_.context, county_);
    if (host_ == nullptr) return FinishWith(MakeRefusal(common::v1::REASON_NOT_READY, "", "not served here"));
    if (method_.command) {
      HandleCommand();
    } else {
      HandleQuery();
    }
  }

 private:
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
    command.received_at = services_.hosts.Now();
    // Of what the client sent: the same text is sealed into another one each time.
    std::string content = ContentOf(*request_);
    if (services_.sealer == nullptr || !sealed::Sealer::HasPersonal(*request_)) {
      return Submit(std::move(command), std::move(content), std::move(after));
    }
    content = services_.sealer->KeyedContent(content);
    services_.blocking.Post([this, command = std::move(command), content = std::move(content),
                             after = std::move(after)]() mutable {
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
    host_->Submit(std::move(command), std::move(content), std::move(after),
                  [this](partition::Answer answer) { Answered(std::move(answer)); });
  }

  void Answered(partition::Answer answer) {
    if (answer.kind != partition::Answer::Kind::kDecided || !answer.refusals.empty()) {
      return FinishProto(ErrorOf(answer));
    }
    if (!method_.answer_after_view) return Decided(answer);
    const uint64_t height = answer.height;
    host_->projector().WhenReached(height, deadline_, [this, answer = std::move(answer)](bool reached) {
      if (reached) return Decided(answer);
      FinishWith(
          MakeRefusal(common::v1::REASON_NOT_READY, "", "it is decided, but the view is not that far yet"));
    });
  }

  void Decided(const partition::Answer& answer) {
    std::unique_ptr<Message> response = method_.NewResponse();
    response->ParseFromString(answer.response);
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
        wanted = std::max(wanted, position.height());
      }
    }
    host_->projector().WhenReached(wanted, deadline_, [this](bool reached) {
      services_.blocking.Post([this, reached] { RunQuery(reached); });
    });
  }

  void RunQuery(bool reached) {
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
    auto response = method_.local(caller_, *request_);
    if (!response.ok()) return FinishProto(ErrorOf(response.status()));
    FinishOk(*std::move(response));
  }

  void FinishOk(std::unique_ptr<Message> response) {
    done_(std::move(response), google::rpc::Status::default_instance());
    delete this;
  }
  void FinishWith(common::v1::Refusal refusal) {
    FinishProto(ErrorOf(partition::Refusals{std::move(refusal)}));
  }
  void FinishProto(const google::rpc::Status& error) {
    done_(nullptr, error);
    delete this;
  }

  const DispatchServices& services_;
  const Method& method_;
  const Caller caller_;
  std::unique_ptr<Message> request_;
  const absl::Time deadline_;
  const DispatchDone done_;
  County county_ = 0;
  host::PartitionHost* host_ = nullptr;
};

}  // namespace

void Dispatch(const DispatchServices& services, const Method& method, Caller caller,
              std::unique_ptr<Message> request, absl::Time deadline, DispatchDone done) {
  // Owns itself.
  (new Dispatched(services, method, std::move(caller), std::move(request), deadline, std::move(done)))->Run();
}

}  // namespace sanyuan::rpc
