#include "services/registry/domain/decide.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/clock/business_time.h"
#include "common/sealed/marks.h"
#include "google/protobuf/descriptor.h"
#include "sanyuan/common/v1/access.pb.h"

namespace sanyuan::registry {

using common::v1::REASON_INVALID_FIELD;

void CheckCode(std::string_view text, bool optional, std::string field, Refusals& refusals) {
  if ((optional && text.empty()) || Code::IsValid(text)) return;
  Refuse(refusals, REASON_INVALID_FIELD, std::move(field));
}

void CheckLength(std::string_view text, size_t max, std::string field, Refusals& refusals) {
  CheckRange(static_cast<int64_t>(text.size()), 0, static_cast<int64_t>(max), std::move(field), refusals);
}

void CheckDate(std::string_view text, bool optional, std::string field, Refusals& refusals) {
  if ((optional && text.empty()) || ParseDate(text)) return;
  Refuse(refusals, REASON_INVALID_FIELD, std::move(field));
}

void CheckPeriod(std::string_view from, std::string_view to, const std::string& path, Refusals& refusals) {
  CheckDate(from, false, path + ".valid_from", refusals);
  CheckDate(to, true, path + ".valid_to", refusals);
  const std::optional<Date> first = ParseDate(from);
  const std::optional<Date> last = ParseDate(to);
  if (first && last && *last < *first) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".valid_to", "before valid_from");
  }
}

void CheckSealed(const google::protobuf::Message& message, const std::string& path, Refusals& refusals) {
  for (std::string& found : sealed::UnprotectedPaths(message, path)) {
    Refuse(refusals, common::v1::REASON_NOT_SEALED, std::move(found));
  }
}

bool IsRecordedAttempt(const Stamp& stamp) {
  // "/package.Service/Method" is "package.Service.Method" to the descriptors.
  std::string name = stamp.method.empty() ? std::string() : stamp.method.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (method == nullptr) return false;
  const common::v1::Access& access = method->options().GetExtension(common::v1::access);
  return std::find(access.recorded().begin(), access.recorded().end(), stamp.actor.role) !=
         access.recorded().end();
}

v1::ForbiddenActionAttempted ForbiddenAttempt(const Stamp& stamp, const std::string& county_code,
                                              const std::string& licence) {
  v1::ForbiddenActionAttempted attempt;
  attempt.set_county_code(county_code);
  attempt.set_actor_id(stamp.actor.id);
  attempt.set_actor_role(stamp.actor.role);
  attempt.set_method(stamp.method);
  attempt.set_licence(licence);
  return attempt;
}

Outcome Forbidden(const Stamp& stamp, const std::string& county_code, const std::string& licence) {
  Outcome outcome;
  auto event = std::make_unique<v1::Event>();
  *event->mutable_forbidden_action_attempted() = ForbiddenAttempt(stamp, county_code, licence);
  outcome.events.push_back(std::move(event));
  Refuse(outcome.refusals, common::v1::REASON_FORBIDDEN_ACTION, "");
  return outcome;
}

void CheckBatchSize(int size, std::string field, Refusals& refusals) {
  if (size >= 1 && size <= kMaxBatch) return;
  common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_BATCH_SIZE, std::move(field));
  refusal.set_limit(size < 1 ? 1 : kMaxBatch);
  refusal.set_value(size);
}

Outcome Sized(Outcome outcome, const std::string& field) {
  size_t bytes = outcome.response != nullptr ? outcome.response->ByteSizeLong() : 0;
  for (const partition::EventPtr& event : outcome.events) bytes += event->ByteSizeLong();
  if (bytes <= kMaxOutcomeBytes) return outcome;
  Refusals refusals;
  common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_TOO_LARGE, field);
  refusal.set_limit(static_cast<int64_t>(kMaxOutcomeBytes));
  refusal.set_value(static_cast<int64_t>(bytes));
  return Refused(std::move(refusals));
}

}  // namespace sanyuan::registry
