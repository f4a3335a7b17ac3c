#include "services/delivery_tracking/domain/decision.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace sanyuan::delivery_tracking {

namespace reason = common::v1;

Draft::Draft(const State& state)
    : runs(state.runs),
      run_skus(state.run_skus),
      stops(state.stops),
      receipts(state.receipts),
      receipt_phones(state.receipt_phones),
      pool(state.pool),
      streams(state.streams),
      rejected(state.rejected),
      planned_orders(state.planned_orders),
      hashes(state.hashes),
      boots(state.boots),
      uses(state.uses),
      moments(state.moments),
      waiting(state.waiting),
      timers(state.timers),
      retailers(state.retailers),
      members(state.members),
      staff(state.staff),
      staff_phones(state.staff_phones),
      devices(state.devices),
      routes(state.routes),
      policies(state.policies),
      calendars(state.calendars) {}

void Draft::FlushTo(State& state) {
  runs.FlushTo(state.runs);
  run_skus.FlushTo(state.run_skus);
  stops.FlushTo(state.stops);
  receipts.FlushTo(state.receipts);
  receipt_phones.FlushTo(state.receipt_phones);
  pool.FlushTo(state.pool);
  streams.FlushTo(state.streams);
  rejected.FlushTo(state.rejected);
  planned_orders.FlushTo(state.planned_orders);
  hashes.FlushTo(state.hashes);
  boots.FlushTo(state.boots);
  uses.FlushTo(state.uses);
  moments.FlushTo(state.moments);
  waiting.FlushTo(state.waiting);
  timers.FlushTo(state.timers);
  retailers.FlushTo(state.retailers);
  members.FlushTo(state.members);
  staff.FlushTo(state.staff);
  staff_phones.FlushTo(state.staff_phones);
  devices.FlushTo(state.devices);
  routes.FlushTo(state.routes);
  policies.FlushTo(state.policies);
  calendars.FlushTo(state.calendars);
}

void Decision::Emit(v1::Event event) {
  const absl::Status folded = Apply(draft_, event, stamp_);
  // What is decided here names only what was looked up in this very draft.
  assert(folded.ok());
  static_cast<void>(folded);
  bytes_ += event.ByteSizeLong();
  outcome_.events.push_back(std::make_unique<v1::Event>(std::move(event)));
}

common::v1::Refusal Refuse(common::v1::Reason reason, std::string field, std::string detail) {
  common::v1::Refusal refusal;
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::move(detail));
  return refusal;
}

common::v1::Refusal RefuseLimit(common::v1::Reason reason, std::string field, int64_t limit, int64_t value,
                                std::string detail) {
  common::v1::Refusal refusal = Refuse(reason, std::move(field), std::move(detail));
  refusal.set_limit(limit);
  refusal.set_value(value);
  return refusal;
}

std::string Indexed(std::string_view list, int index) { return fmt::format("{}[{}]", list, index); }

Outcome Refused(Refusals refusals) {
  Outcome outcome;
  outcome.refusals = std::move(refusals);
  return outcome;
}

Outcome Forbidden(const std::string& county_code, const Stamp& stamp, std::string subject) {
  auto event = std::make_unique<v1::Event>();
  auto& attempt = *event->mutable_forbidden_action_attempted();
  attempt.set_county_code(county_code);
  attempt.set_staff_id(stamp.actor.id);
  attempt.set_role(stamp.actor.role);
  attempt.set_action(stamp.method);
  attempt.set_subject(std::move(subject));
  attempt.set_reason(reason::REASON_FORBIDDEN_ACTION);
  Outcome outcome;
  outcome.events.push_back(std::move(event));
  outcome.refusals.push_back(Refuse(reason::REASON_FORBIDDEN_ACTION, ""));
  return outcome;
}

std::optional<County> CheckCounty(const std::string& text, Refusals& refusals) {
  const auto county = CountyOfCode(text);
  if (!county) refusals.push_back(Refuse(reason::REASON_INVALID_FIELD, "county_code"));
  return county;
}

std::optional<RunKey> CheckRunId(County county, const std::string& text, Refusals& refusals) {
  const auto key = ParseRunId(county, text);
  if (!key) refusals.push_back(Refuse(reason::REASON_INVALID_FIELD, "run_id"));
  return key;
}

std::optional<StopKey> CheckStopId(County county, const std::string& text, const std::string& field,
                                   Refusals& refusals) {
  const auto key = ParseStopId(county, text);
  if (!key) refusals.push_back(Refuse(reason::REASON_INVALID_FIELD, field));
  return key;
}

}  // namespace sanyuan::delivery_tracking
