#include "common/rpc/errors.h"

#include <utility>

#include "common/rpc/reasons.h"

namespace sanyuan::rpc {
namespace {

constexpr int kRetryMillis = 100;

// A detail that can't be packed, being over 2 GiB, is left out.
void AddDetail(google::rpc::Status& status, const google::protobuf::Message& detail) {
  if (!status.add_details()->PackFrom(detail)) status.mutable_details()->RemoveLast();
}

void AddRetry(google::rpc::Status& status) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(kRetryMillis * 1'000'000);
  AddDetail(status, retry);
}

bool RetryHelps(int code) {
  return code == static_cast<int>(absl::StatusCode::kUnavailable) ||
         code == static_cast<int>(absl::StatusCode::kResourceExhausted);
}

google::rpc::Status Single(common::v1::Reason reason, std::string detail) {
  return ErrorOf(partition::Refusals{MakeRefusal(reason, "", std::move(detail))});
}

}  // namespace

common::v1::Refusal MakeRefusal(common::v1::Reason reason, std::string field, std::string detail) {
  common::v1::Refusal refusal;
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::move(detail));
  return refusal;
}

google::rpc::Status ErrorOf(const partition::Refusals& refusals) {
  google::rpc::Status status;
  const common::v1::Refusal& first = refusals.front();
  status.set_code(static_cast<int>(CodeOf(first.reason())));
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonName(first.reason()));
  info.set_domain("sanyuan");
  google::rpc::BadRequest fields;
  common::v1::RefusalDetails all;
  std::string message;
  for (const common::v1::Refusal& refusal : refusals) {
    const common::v1::ReasonText& text = TextOf(refusal.reason());
    if (!message.empty()) message += "; ";
    message += text.en();
    if (!refusal.field().empty()) {
      message += " (" + refusal.field() + ")";
      auto* violation = fields.add_field_violations();
      violation->set_field(refusal.field());
      violation->set_description(text.en() + " / " + text.zh());
    }
    if (!refusal.detail().empty()) message += ": " + refusal.detail();
    *all.add_refusals() = refusal;
    *all.add_texts() = text;
  }
  status.set_message(message);
  AddDetail(status, info);
  if (fields.field_violations_size() > 0) AddDetail(status, fields);
  AddDetail(status, all);
  google::rpc::LocalizedMessage chinese;
  chinese.set_locale("zh-CN");
  chinese.set_message(TextOf(first.reason()).zh());
  AddDetail(status, chinese);
  if (RetryHelps(status.code())) AddRetry(status);
  return status;
}

google::rpc::Status ErrorOf(const partition::Answer& answer) {
  using Kind = partition::Answer::Kind;
  switch (answer.kind) {
    case Kind::kDecided:
    case Kind::kInvalid: {
      google::rpc::Status status = ErrorOf(answer.refusals);
      for (auto& detail : *status.mutable_details()) {
        common::v1::RefusalDetails all;
        if (answer.kind != Kind::kDecided || !detail.UnpackTo(&all)) continue;
        all.set_journal_id(answer.journal_id.data(), answer.journal_id.size());
        all.set_height(answer.height);
        google::protobuf::Any placed;
        if (placed.PackFrom(all)) detail = std::move(placed);
      }
      return status;
    }
    case Kind::kReused:
      return Single(common::v1::REASON_REQUEST_ID_REUSED, "");
    case Kind::kOutOfWindow:
      return Single(common::v1::REASON_REQUEST_ID_OUT_OF_WINDOW, answer.text);
    case Kind::kElsewhere:
      return Single(common::v1::REASON_ELSEWHERE, answer.text);
    case Kind::kNotReady:
    case Kind::kUnavailable:
      return Single(common::v1::REASON_NOT_READY, answer.text);
    case Kind::kOverloaded:
      return Single(common::v1::REASON_OVERLOADED, answer.text);
    case Kind::kInternal:
      break;
  }
  google::rpc::Status status;
  status.set_code(static_cast<int>(absl::StatusCode::kInternal));
  status.set_message(answer.text);
  return status;
}

google::rpc::Status ErrorOf(const absl::Status& status) {
  const std::string detail(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return Single(common::v1::REASON_NOT_FOUND, detail);
    case absl::StatusCode::kInvalidArgument:
      return Single(common::v1::REASON_INVALID_FIELD, detail);
    case absl::StatusCode::kPermissionDenied:
      return Single(common::v1::REASON_UNIT_NOT_ALLOWED, detail);
    case absl::StatusCode::kUnavailable:
      return Single(common::v1::REASON_NOT_READY, detail);
    default: {
      google::rpc::Status other;
      other.set_code(static_cast<int>(status.code()));
      other.set_message(detail);
      return other;
    }
  }
}

}  // namespace sanyuan::rpc
