#include "services/allocation/domain/allowance.h"

#include <algorithm>

#include "services/allocation/domain/agreement_term.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/timers.h"

namespace sanyuan::allocation {
namespace {

constexpr int kMaxOccurrences = 31;
constexpr int kMonthsAhead = 2;
constexpr size_t kPageBytes = 300 * 1024;
constexpr absl::Duration kOpensBefore = absl::Hours(24 * 7);

void AddAllowance(const Policy& policy, const MonthKey& key, const Month& month,
                  const std::string& agreement_id, const Agreement& agreement, const Retailer& retailer,
                  std::vector<partition::EventPtr>& events) {
  auto* event = AddEvent(events).mutable_allowance_opened();
  event->set_county_code(CountyText(key.county));
  event->set_licence(agreement.licence.str());
  event->set_month(MonthText(key.month));
  event->set_agreement_id(agreement_id);
  event->set_agreed_total_cartons(agreement.total);
  event->set_scale(retailer.scale);
  event->set_float_bp(FloatOf(policy, retailer.scale));
  const int64_t ceiling = CeilingOf(policy, agreement.total, retailer.scale);
  event->set_ceiling_cartons(ceiling);
  for (int64_t pace : PacingOf(policy, key.month, month.occurrences, ceiling)) {
    event->add_pacing_ceilings_cartons(pace);
  }
  event->set_policy_version(policy.version);
}

void AddOpening(const MonthKey& key, int32_t occurrences, const Policy& policy, Outcome& outcome) {
  auto* event = AddEvent(outcome).mutable_month_opening_started();
  event->set_county_code(CountyText(key.county));
  event->set_month(MonthText(key.month));
  event->set_occurrences(occurrences);
  event->set_policy_version(policy.version);
}

}  // namespace

Outcome DecideOpenMonth(const State& state, const v1::OpenMonthRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto month = MonthField(outcome.refusals, "month", request.month());
  InRange(outcome.refusals, "occurrences", request.occurrences(), 1, kMaxOccurrences);
  if (!county || !month) return outcome;
  const MonthIndex now = MonthOf(stamp.decided_at);
  if (*month < now || *month > now + kMonthsAhead) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "month", MonthText(now));
  }
  const MonthKey key{*county, *month};
  const Month* opened = state.months.Find(key);
  if (opened != nullptr && opened->occurrences != request.occurrences()) {
    Refuse(outcome.refusals, common::v1::REASON_ALREADY_EXISTS, "occurrences", opened->occurrences,
           request.occurrences());
  }
  const Policy* policy = PolicyOfMonth(state, *county, *month, stamp.decided_at);
  if (policy == nullptr) Refuse(outcome.refusals, common::v1::REASON_POLICY_UNKNOWN, "month");
  if (outcome.refused()) return outcome;
  if (opened == nullptr) AddOpening(key, request.occurrences(), *policy, outcome);
  Respond<v1::OpenMonthResponse>(outcome);
  return outcome;
}

Outcome FireOpenMonth(const State& state, const TimerKey& timer, const Stamp& stamp) {
  Outcome outcome;
  const MonthKey key{timer.owner, *ParseMonth(timer.id)};
  AddOpening(key, state.open_at.Find(key)->occurrences,
             *PolicyOfMonth(state, key.county, key.month, stamp.decided_at), outcome);
  return outcome;
}

Outcome FireOpeningPage(const State& state, const TimerKey& timer, const Stamp& /*stamp*/) {
  Outcome outcome;
  const MonthKey key{timer.owner, *ParseMonth(timer.id)};
  const Month& month = *state.months.Find(key);
  const Policy& policy = *PolicyNamed(state, key.county, month.policy_version);
  const Code after = state.openings.Find(key)->licence;
  size_t bytes = 0;
  Code last = after;
  state.agreements_of.ForEachFrom({key.county, after, ""}, [&](const LicenceIdKey& place, const NoRow&) {
    if (place.county != key.county || bytes >= kPageBytes) return false;
    if (place.licence == last) return true;
    last = place.licence;
    const Retailer* retailer = state.retailers.Find({key.county, last});
    if (retailer == nullptr || !retailer->active) return true;
    if (state.allowances.Contains({key.county, key.month, last})) return true;
    const InForce found = AgreementFor(state, policy, key.county, last, key.month);
    if (found.row == nullptr) return true;
    if (found.carry) {
      auto* carried = AddEvent(outcome).mutable_agreement_carried();
      carried->set_agreement_id(found.id);
      carried->set_to_month(MonthText(key.month));
      bytes += outcome.events.back()->ByteSizeLong();
    }
    AddAllowance(policy, key, month, found.id, *found.row, *retailer, outcome.events);
    bytes += outcome.events.back()->ByteSizeLong();
    return true;
  });
  if (bytes < kPageBytes) {
    auto* event = AddEvent(outcome).mutable_allowances_opened();
    event->set_county_code(CountyText(key.county));
    event->set_month(MonthText(key.month));
  }
  return outcome;
}

void AddAllowancesOfOpenMonths(const State& state, const IdKey& key, const Agreement& row, const Stamp& stamp,
                               std::vector<partition::EventPtr>& events) {
  const Retailer* retailer = state.retailers.Find({key.county, row.licence});
  if (retailer == nullptr) return;
  const MonthIndex first = std::max(row.from, MonthOf(stamp.decided_at));
  state.months.ForEachFrom({key.county, first}, [&](const MonthKey& place, const Month& month) {
    if (place.county != key.county || place.month > row.to) return false;
    // An opening that has not come to this licence yet will.
    const Opening* opening = state.openings.Find(place);
    if (opening != nullptr && opening->licence < row.licence) return true;
    const Policy* policy = PolicyNamed(state, place.county, month.policy_version);
    if (policy != nullptr && !state.allowances.Contains({place.county, place.month, row.licence})) {
      AddAllowance(*policy, place, month, key.id, row, *retailer, events);
    }
    return true;
  });
}

void PlanOpening(State& state, const WindowKey& window, int32_t occurrences, const Stamp& stamp) {
  const MonthKey key{window.county, MonthOf(window)};
  if (state.months.Contains(key) || state.open_at.Contains(key)) return;
  if (MonthStart(key.month + 1) <= stamp.decided_at) return;
  const absl::Time due = std::max(stamp.decided_at, MonthStart(key.month) - kOpensBefore);
  if (PolicyOfMonth(state, key.county, key.month, due) == nullptr) return;
  state.open_at.Put(key, {absl::ToUnixMicros(due), occurrences});
  SetTimer(state, due, TimerKind::kOpenMonth, key.county, MonthText(key.month));
}

absl::Status Evolve(State& state, const v1::MonthOpeningStarted& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.county_code());
  const auto month = ParseMonth(event.month());
  if (!county || !month) return Misfit("MonthOpeningStarted");
  const MonthKey key{*county, *month};
  const Policy* policy = PolicyNamed(state, *county, event.policy_version());
  if (policy == nullptr || state.months.Contains(key)) return Misfit("MonthOpeningStarted");
  Month row;
  row.occurrences = event.occurrences();
  row.policy_version = event.policy_version();
  row.reserve_bp = policy->reserve_bp;
  state.months.Put(key, std::move(row));
  state.openings.Put(key, {Code(), absl::ToUnixMicros(stamp.decided_at)});
  SetTimer(state, stamp.decided_at, TimerKind::kOpeningPage, *county, event.month());
  if (const OpenAt* planned = state.open_at.Find(key)) {
    ClearTimer(state, absl::FromUnixMicros(planned->due_us), TimerKind::kOpenMonth, *county, event.month());
    state.open_at.Erase(key);
  }
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllowanceOpened& event, const Stamp& /*stamp*/) {
  const auto county = CountyOfId(event.county_code());
  const auto month = ParseMonth(event.month());
  const auto licence = Code::Parse(event.licence());
  if (!county || !month || !licence) return Misfit("AllowanceOpened");
  const MonthKey key{*county, *month};
  const AllowanceKey place{*county, *month, *licence};
  if (!state.months.Contains(key) || state.allowances.Contains(place)) return Misfit("AllowanceOpened");
  Month& row = state.months.Mutate(key);
  ++row.licences;
  row.agreed += event.agreed_total_cartons();
  row.ceiling += event.ceiling_cartons();
  state.allowances.Put(place,
                       {event.agreement_id(),
                        event.agreed_total_cartons(),
                        event.scale(),
                        event.float_bp(),
                        event.ceiling_cartons(),
                        {event.pacing_ceilings_cartons().begin(), event.pacing_ceilings_cartons().end()},
                        event.policy_version()});
  if (const Opening* opening = state.openings.Find(key); opening != nullptr && opening->licence < *licence) {
    state.openings.Mutate(key).licence = *licence;
  }
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllowancesOpened& event, const Stamp& /*stamp*/) {
  const auto county = CountyOfId(event.county_code());
  const auto month = ParseMonth(event.month());
  if (!county || !month) return Misfit("AllowancesOpened");
  const MonthKey key{*county, *month};
  const Opening* opening = state.openings.Find(key);
  if (opening == nullptr) return Misfit("AllowancesOpened");
  ClearTimer(state, absl::FromUnixMicros(opening->due_us), TimerKind::kOpeningPage, *county, event.month());
  state.openings.Erase(key);
  state.months.Mutate(key).state = v1::MONTH_STATE_OPEN;
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
