#include "common/rpc/reasons.h"

namespace sanyuan::rpc {

using common::v1::Reason;

std::string ReasonName(Reason reason) {
  constexpr std::string_view kPrefix = "REASON_";
  const std::string name = common::v1::Reason_Name(reason);
  return name.starts_with(kPrefix) && reason != common::v1::REASON_UNSPECIFIED ? name.substr(kPrefix.size())
                                                                               : name;
}

const common::v1::ReasonText& TextOf(Reason reason) {
  const auto* value = common::v1::Reason_descriptor()->FindValueByNumber(reason);
  if (value == nullptr) value = common::v1::Reason_descriptor()->FindValueByNumber(0);
  return value->options().GetExtension(common::v1::text);
}

absl::StatusCode CodeOf(Reason reason) {
  const std::string name = ReasonName(reason);
  if (name.ends_with("_UNKNOWN") || reason == common::v1::REASON_NOT_FOUND)
    return absl::StatusCode::kNotFound;
  switch (reason) {
    case common::v1::REASON_INVALID_FIELD:
    case common::v1::REASON_REQUEST_ID_OUT_OF_WINDOW:
    case common::v1::REASON_DEADLINE_MISSING:
    case common::v1::REASON_LICENCE_FORMAT:
    case common::v1::REASON_SKU_FORMAT:
    case common::v1::REASON_NO_LINES:
    case common::v1::REASON_TOO_MANY_LINES:
    case common::v1::REASON_QUANTITY_RANGE:
    case common::v1::REASON_RATIO_RANGE:
    case common::v1::REASON_TOO_LARGE:
    case common::v1::REASON_TOKEN_INVALID:
      return absl::StatusCode::kInvalidArgument;
    case common::v1::REASON_REQUEST_ID_REUSED:
    case common::v1::REASON_ALREADY_EXISTS:
      return absl::StatusCode::kAlreadyExists;
    case common::v1::REASON_UNAUTHENTICATED:
      return absl::StatusCode::kUnauthenticated;
    case common::v1::REASON_ROLE_NOT_ALLOWED:
    case common::v1::REASON_UNIT_NOT_ALLOWED:
    case common::v1::REASON_FORBIDDEN_ACTION:
    case common::v1::REASON_STAFF_ACTOR:
    case common::v1::REASON_NOT_OWN_LICENCE:
    case common::v1::REASON_FOUR_EYES:
      return absl::StatusCode::kPermissionDenied;
    case common::v1::REASON_OVERLOADED:
      return absl::StatusCode::kResourceExhausted;
    case common::v1::REASON_ELSEWHERE:
    case common::v1::REASON_NOT_READY:
    case common::v1::REASON_PARTITION_HALTED:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kFailedPrecondition;
  }
}

}  // namespace sanyuan::rpc
