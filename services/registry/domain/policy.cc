#include "services/registry/domain/policy.h"

#include <set>

#include "common/reference/policies.h"
#include "common/reference/wire_time.h"

namespace sanyuan::registry {
namespace {

using reference::FromWireTime;

// The moved days of a calendar before `today`, with a sign that tells off from worked.
std::set<std::string> MovedBefore(const v1::Calendar& calendar, Date today) {
  const std::string limit = DateText(today);
  std::set<std::string> moved;
  for (const std::string& day : calendar.days_off()) {
    // A weekend among the days off is off with or without the notice.
    const std::optional<Date> date = ParseDate(day);
    if (day < limit && date && IsoWeekday(*date) <= 5) moved.insert("-" + day);
  }
  for (const std::string& day : calendar.days_worked()) {
    if (day < limit) moved.insert("+" + day);
  }
  return moved;
}

}  // namespace

Outcome DecidePublishPolicy(const ReferenceState& state, const v1::PublishPolicyRequest& request,
                            const Stamp& stamp) {
  Outcome outcome;
  if (IsRecordedAttempt(stamp)) {
    auto event = std::make_unique<v1::ReferenceEvent>();
    *event->mutable_forbidden_action_attempted() = ForbiddenAttempt(stamp, "", "");
    outcome.events.push_back(std::move(event));
    Refuse(outcome.refusals, common::v1::REASON_FORBIDDEN_ACTION, "");
    return outcome;
  }
  const v1::PolicyVersion& policy = request.policy();
  outcome.refusals = reference::CheckPolicy(policy, "policy");
  if (outcome.refused()) return outcome;

  auto response = std::make_unique<v1::PublishPolicyResponse>();
  response->set_version(policy.version());
  if (state.policies.Holds(policy)) {
    outcome.response = std::move(response);
    return outcome;
  }
  if (const v1::PolicyVersion* same = state.policies.Version(policy.version()); same != nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_ALREADY_EXISTS, "policy.version",
           reference::JoinPaths(reference::ChangedPaths(*same, policy)));
  }
  const absl::Time from = FromWireTime(policy.effective_from());
  if (const auto* last = state.policies.Last(reference::KindOf(policy), policy.county_prefix());
      last != nullptr) {
    if (from <= FromWireTime(last->effective_from())) {
      Refuse(outcome.refusals, common::v1::REASON_VERSION_NOT_NEXT, "policy.effective_from", last->version());
    }
    if (from < stamp.decided_at) {
      Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "policy.effective_from",
             absl::FormatTime(absl::RFC3339_full, stamp.decided_at, absl::UTCTimeZone()));
    }
  }
  if (outcome.refused()) return outcome;
  auto event = std::make_unique<v1::ReferenceEvent>();
  *event->mutable_policy_published()->mutable_policy() = policy;
  event->mutable_policy_published()->set_published_by(stamp.actor.id);
  outcome.events.push_back(std::move(event));
  outcome.response = std::move(response);
  return outcome;
}

absl::Status Evolve(ReferenceState& state, const v1::PolicyPublished& event, const Stamp& /*stamp*/) {
  return state.policies.Add(event.policy());
}

Outcome DecidePublishCalendar(const ReferenceState& state, const v1::PublishCalendarRequest& request,
                              const Stamp& stamp) {
  Outcome outcome;
  const v1::Calendar& calendar = request.calendar();
  outcome.refusals = reference::CheckCalendar(calendar, "calendar");
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::PublishCalendarResponse>();
  const reference::CalendarKey key{calendar.year()};
  const reference::CalendarRow* held = state.calendars.rows().Find(key);
  v1::Calendar before;
  if (held != nullptr) before = reference::CalendarOf(key, *held);
  if (held != nullptr && reference::ChangedPaths(before, calendar).empty()) {
    outcome.response = std::move(response);
    return outcome;
  }
  if (calendar.revision() != before.revision() + 1) {
    common::v1::Refusal& refusal =
        Refuse(outcome.refusals, common::v1::REASON_VERSION_NOT_NEXT, "calendar.revision");
    refusal.set_limit(before.revision() + 1);
    refusal.set_value(calendar.revision());
  }
  const Date today = BusinessDate(stamp.decided_at);
  if (held != nullptr && MovedBefore(before, today) != MovedBefore(calendar, today)) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "calendar", DateText(today));
  }
  if (outcome.refused()) return outcome;
  auto event = std::make_unique<v1::ReferenceEvent>();
  *event->mutable_calendar_published()->mutable_calendar() = calendar;
  event->mutable_calendar_published()->set_published_by(stamp.actor.id);
  outcome.events.push_back(std::move(event));
  outcome.response = std::move(response);
  return outcome;
}

absl::Status Evolve(ReferenceState& state, const v1::CalendarPublished& event, const Stamp& /*stamp*/) {
  return state.calendars.Add(event.calendar());
}

}  // namespace sanyuan::registry
