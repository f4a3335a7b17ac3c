// What every decision here is made of: refusals, checks of common fields, and the rules in force.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DECIDE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DECIDE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/calendar.h"
#include "common/partition/domain.h"
#include "common/reference/refusals.h"
#include "common/reference/wire_time.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "services/three_member_interaction/domain/state.h"

namespace sanyuan::three_member_interaction {

// A whole in basis points.
inline constexpr int64_t kWholeBp = 10'000;

using common::v1::Reason;
using google::protobuf::Timestamp;
using partition::Outcome;
using partition::Refusals;
using partition::Stamp;
using reference::FromWireTime;
using reference::Refuse;
using reference::ToWireTime;
using Evidence = google::protobuf::RepeatedPtrField<std::string>;

// The interaction policy in force and what deadlines are counted with. Good until the state changes.
struct Rules {
  const registry::v1::PolicyVersion* version = nullptr;
  WorkingCalendar calendar;
  std::vector<WorkingHours> hours;

  const registry::v1::InteractionPolicy& policy() const { return version->interaction(); }
  Timestamp AfterWorkingDays(absl::Time from, int32_t days) const;
};
// nullopt while no interaction policy of the county has begun.
std::optional<Rules> RulesFor(const State& state, County county, absl::Time at);

Outcome Refused(Refusals refusals);
// Nothing can be decided yet: no interaction policy was read.
Outcome NoPolicyYet();
// Answers a call with `Response`, without position.
template <typename Response>
Outcome Answered(std::vector<partition::EventPtr> events, Response response = {}) {
  Outcome outcome;
  outcome.events = std::move(events);
  outcome.response = std::make_unique<Response>(std::move(response));
  return outcome;
}
// FORBIDDEN_ACTION, and a record of who tried it on what.
Outcome Forbidden(const std::string& county_code, const std::string& subject, const Stamp& stamp);

// INVALID_FIELD unless it is six digits that are a county.
std::optional<County> CheckCounty(const std::string& county_code, Refusals& refusals);
// INVALID_FIELD unless the enum value is known and not UNSPECIFIED.
template <typename Enum>
void CheckEnum(Enum value, bool (*is_valid)(int), std::string field, Refusals& refusals) {
  if (value == 0 || !is_valid(value)) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, std::move(field));
  }
}
// At most 20 digests of 32 bytes, none twice.
void CheckEvidence(const Evidence& evidence, Refusals& refusals);
// A text comes sealed, of a size that fits, with the key of one of those that it may be about (`owners`).
void CheckSealedText(const v1::SealedText& text, const std::string& field,
                     const std::vector<std::string>& owners, Refusals& refusals);
// INVALID_FIELD of "case_number" unless it is 1 to 64 visible ASCII characters.
void CheckCaseNumber(const std::string& number, Refusals& refusals);

// A business row of `county` that a request names.
template <typename Table>
auto FindThing(const Table& table, County county, const std::string& id) {
  const auto* row = table.Find({county, id});
  return row == nullptr ? nullptr : &row->get();
}

void RefuseState(Refusals& refusals, std::string field, const std::string& state_name);
absl::Status CantFold(const std::string& what);

// The first eight bytes of a digest as a number from 0 to 9999: what draws by lot compare with a share in basis
// points. REQUIRES of callers: `what` holds something that nobody who gains by the draw could choose.
int32_t DrawBp(const std::string& what);
std::string DrawSalt(const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DECIDE_H_
