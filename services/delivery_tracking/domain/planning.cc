#include "services/delivery_tracking/domain/planning.h"

#include <algorithm>
#include <set>
#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_ROUTE_UNKNOWN;

constexpr int32_t kUsualDepartureMinute = 8 * 60;
constexpr int32_t kMaximumMinutesPerStop = 240;

struct Due {
  PoolKey key;
  const PoolRow* row;
};

// What the pool holds for one shop on this day, in order of the orders' ids.
std::vector<Due> DueFor(const Draft& draft, County county, const Code& licence, Date date) {
  std::vector<Due> due;
  draft.pool.ForEachFrom({county, licence, "", 0}, [&](const PoolKey& key, const PoolRow& row) {
    if (key.county != county || key.licence != licence) return false;
    if (row.order_day <= date && row.not_before <= date) due.push_back({key, &row});
    return true;
  });
  return due;
}

// The first shop of the round, after `cursor`, with something to deliver.
std::optional<MemberKey> NextShop(const Draft& draft, const RunKey& run, const MemberKey& cursor) {
  std::optional<MemberKey> found;
  draft.members.ForEachFrom(cursor, [&](const MemberKey& member, const Present&) {
    if (member.county != run.county || member.route != run.route) return false;
    if (member == cursor) return true;
    if (!DueFor(draft, run.county, member.licence, run.date).empty()) found = member;
    return !found;
  });
  return found;
}

MemberKey BeforeFirstShop(const RunKey& run) { return {run.county, run.route, -1, Code()}; }

// Runs of this route and day, oldest first.
std::vector<std::pair<RunKey, v1::RunState>> RunsOf(const Draft& draft, County county, Date date,
                                                    const Code& route) {
  std::vector<std::pair<RunKey, v1::RunState>> runs;
  draft.runs.ForEachFrom({county, date, route, 0}, [&](const RunKey& key, const Run& run) {
    if (key.county != county || key.date != date || key.route != route) return false;
    runs.emplace_back(key, run.state);
    return true;
  });
  return runs;
}

void PlanStop(Decision& decision, const RunKey& key, const Run& run, const MemberKey& shop) {
  const Draft& draft = decision.draft();
  const Retailer* retailer = draft.retailers.Find({key.county, shop.licence});
  const StopKey stop = StopOf(key, run.stop_count + 1);
  v1::Event event;
  v1::StopPlanned& planned = *event.mutable_stop_planned();
  planned.set_stop_id(IdText(stop));
  planned.set_county_code(CountyText(key.county));
  planned.set_run_id(IdText(key));
  planned.set_number(stop.number);
  planned.set_licence(shop.licence.str());
  int32_t attempt = 1;
  for (const Due& due : DueFor(draft, key.county, shop.licence, key.date)) {
    PartTo({due.key.order_id, due.key.debit_number, due.row->lines}, *planned.add_orders());
    attempt = std::max(attempt, due.row->attempt);
    if (due.row->redelivery_of) planned.set_redelivery_of_stop_id(IdText(*due.row->redelivery_of));
  }
  planned.set_attempt(attempt);
  const absl::Time promised = retailer && retailer->promised_minute > 0
                                  ? TimeAt(key.date, retailer->promised_minute)
                                  : run.first_stop_at + absl::Minutes(run.minutes_per_stop) * run.stop_count;
  const Rules& rules = RulesOf(draft, run);
  const absl::Duration half =
      absl::Minutes(run.urban ? rules.urban_window_minutes : rules.rural_window_minutes);
  *planned.mutable_promised_at() = ToProto(promised);
  *planned.mutable_window_start() = ToProto(promised - half);
  *planned.mutable_window_end() = ToProto(promised + half);
  decision.Emit(std::move(event));
}

Refusals Validate(const v1::PlanRunsRequest& request, const Stamp& stamp) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  const auto date = ParseDate(request.delivery_date());
  if (!date || *date < DateAt(stamp.received_at)) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "delivery_date", DateText(DateAt(stamp.received_at))));
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.route_ids_size(); ++i) {
    if (!Code::IsValid(request.route_ids(i)) || !seen.insert(request.route_ids(i)).second) {
      refusals.push_back(Refuse(REASON_INVALID_FIELD, Indexed("route_ids", i)));
    }
  }
  if (request.minutes_per_stop() < 0 || request.minutes_per_stop() > kMaximumMinutesPerStop) {
    refusals.push_back(RefuseLimit(REASON_INVALID_FIELD, "minutes_per_stop", kMaximumMinutesPerStop,
                                   request.minutes_per_stop()));
  }
  if (request.has_first_stop_at() && (!IsValidTime(request.first_stop_at()) || !date ||
                                      DateAt(FromProto(request.first_stop_at())) != *date)) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "first_stop_at"));
  }
  return refusals;
}

std::vector<Code> RoutesAskedFor(const Draft& draft, County county, const v1::PlanRunsRequest& request,
                                 Refusals& refusals) {
  std::vector<Code> routes;
  for (int i = 0; i < request.route_ids_size(); ++i) {
    const Code route(request.route_ids(i));
    if (draft.routes.Contains({county, route})) {
      routes.push_back(route);
    } else {
      refusals.push_back(Refuse(REASON_ROUTE_UNKNOWN, Indexed("route_ids", i), request.route_ids(i)));
    }
  }
  if (request.route_ids().empty()) {
    draft.routes.ForEachFrom({county, Code()}, [&](const RouteKey& key, const Route&) {
      if (key.county != county) return false;
      routes.push_back(key.route);
      return true;
    });
  }
  std::sort(routes.begin(), routes.end());
  return routes;
}

void StartRun(Decision& decision, const RunKey& key, const v1::PlanRunsRequest& request,
              const PolicyInForce& policy) {
  const Draft& draft = decision.draft();
  const Route& route = *draft.routes.Find({key.county, key.route});
  v1::Event event;
  v1::RunPlanningStarted& started = *event.mutable_run_planning_started();
  started.set_run_id(IdText(key));
  started.set_county_code(CountyText(key.county));
  started.set_route_id(key.route.str());
  started.set_delivery_date(DateText(key.date));
  for (const Code& id : route.crew) {
    const Staff* staff = draft.staff.Find({key.county, id});
    if (staff && staff->active && staff->delivers) started.add_crew_staff_ids(id.str());
  }
  started.set_urban(route.urban);
  if (request.has_first_stop_at()) {
    *started.mutable_first_stop_at() = request.first_stop_at();
  } else {
    const int32_t minute = route.departure_minute > 0 ? route.departure_minute : kUsualDepartureMinute;
    *started.mutable_first_stop_at() = ToProto(TimeAt(key.date, minute));
  }
  const int32_t usual =
      route.urban ? policy.rules->urban_minutes_per_stop : policy.rules->rural_minutes_per_stop;
  started.set_minutes_per_stop(request.minutes_per_stop() > 0 ? request.minutes_per_stop() : usual);
  started.set_policy_version(*policy.version);
  decision.Emit(std::move(event));
}

}  // namespace

Outcome DecidePlanRuns(const State& state, const v1::PlanRunsRequest& request, const Stamp& stamp) {
  Refusals refusals = Validate(request, stamp);
  if (!refusals.empty()) return Refused(std::move(refusals));
  const County county = *CountyOfId(request.county_code());
  const Date date = *ParseDate(request.delivery_date());
  Decision decision(state, stamp);
  const auto policy = PolicyFor(decision.draft(), county, stamp.received_at);
  if (!policy) {
    Outcome outcome;
    outcome.not_ready = "no delivery policy is known for county " + request.county_code();
    return outcome;
  }
  const std::vector<Code> routes = RoutesAskedFor(decision.draft(), county, request, refusals);
  if (!refusals.empty()) return Refused(std::move(refusals));

  auto response = std::make_unique<v1::PlanRunsResponse>();
  for (const Code& route : routes) {
    auto runs = RunsOf(decision.draft(), county, date, route);
    const bool unfinished = !runs.empty() && runs.back().second == v1::RUN_STATE_PLANNING;
    const int32_t next = runs.empty() ? 1 : runs.back().first.number + 1;
    const RunKey key{county, date, route, next};
    if (!unfinished && NextShop(decision.draft(), key, BeforeFirstShop(key))) {
      StartRun(decision, key, request, *policy);
      runs.emplace_back(key, v1::RUN_STATE_PLANNING);
      if (decision.bytes() < kDecisionBytes) ContinuePlanning(decision, key);
    }
    for (const auto& [run, run_state] : runs) response->add_run_ids(IdText(run));
  }
  return std::move(decision).Finish(std::move(response));
}

void ContinuePlanning(Decision& decision, const RunKey& key) {
  while (decision.bytes() < kDecisionBytes) {
    const Run& run = *decision.draft().runs.Find(key);
    const MemberKey cursor =
        run.cursor_licence.empty()
            ? BeforeFirstShop(key)
            : MemberKey{key.county, key.route, run.cursor_stop_number, run.cursor_licence};
    const auto shop = NextShop(decision.draft(), key, cursor);
    if (shop) {
      PlanStop(decision, key, run, *shop);
      continue;
    }
    v1::Event event;
    v1::RunPlanned& planned = *event.mutable_run_planned();
    planned.set_run_id(IdText(key));
    planned.set_county_code(CountyText(key.county));
    planned.set_route_id(key.route.str());
    planned.set_delivery_date(DateText(key.date));
    planned.set_stop_count(run.stop_count);
    planned.set_planned_cartons(run.planned_cartons);
    CodesTo(run.crew, *planned.mutable_crew_staff_ids());
    decision.Emit(std::move(event));
    return;
  }
}

absl::Status Fold(Draft& draft, const v1::RunPlanningStarted& event) {
  const auto key = ParseRunId(event.run_id());
  auto crew = CodesFrom(event.crew_staff_ids());
  if (!key || !crew || draft.runs.Contains(*key)) return CantFold("RunPlanningStarted");
  Run run;
  run.state = v1::RUN_STATE_PLANNING;
  run.urban = event.urban();
  run.crew = *std::move(crew);
  run.policy_version = event.policy_version();
  run.first_stop_at = FromProto(event.first_stop_at());
  run.minutes_per_stop = event.minutes_per_stop();
  draft.runs.Put(*key, std::move(run));
  // Always due: the plan goes on with the next decision.
  draft.timers.Put(TimerAt(absl::UnixEpoch(), TimerKind::kPlanning, StopOf(*key, 0)), {});
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::StopPlanned& event) {
  const auto key = ParseStopId(event.stop_id());
  const auto licence = Code::Parse(event.licence());
  if (!key || !licence || !draft.runs.Contains(key->run())) return CantFold("StopPlanned");
  Run& run = draft.runs.Mutate(key->run());
  Stop stop;
  stop.licence = *licence;
  stop.promised_at = FromProto(event.promised_at());
  stop.window_start = FromProto(event.window_start());
  stop.window_end = FromProto(event.window_end());
  stop.attempt = event.attempt();
  if (!event.redelivery_of_stop_id().empty()) {
    stop.redelivery_of = ParseStopId(event.redelivery_of_stop_id());
    if (!stop.redelivery_of) return CantFold("StopPlanned: redelivery_of_stop_id");
  }
  for (const v1::StopOrder& order : event.orders()) {
    auto part = PartFrom(order);
    if (!part) return CantFold("StopPlanned: orders");
    const PoolKey pooled{key->county, *licence, part->order_id, part->debit_number};
    if (const PoolRow* row = draft.pool.Find(pooled); row && row->redelivery_of) {
      // The failed stop's part is done: the goods are on their second way.
      Stop& failed = draft.stops.Mutate(*row->redelivery_of);
      if (failed.redelivery_due != absl::UnixEpoch()) {
        draft.timers.Erase(TimerAt(failed.redelivery_due, TimerKind::kRedelivery, *row->redelivery_of));
        failed.redelivery_due = absl::UnixEpoch();
      }
    }
    draft.pool.Erase(pooled);
    draft.planned_orders.Put({key->county, part->order_id, part->debit_number}, *key);
    for (const SkuLine& line : part->lines) {
      draft.run_skus.Mutate({key->county, key->run(), line.sku}).planned += line.cartons;
      run.planned_cartons += line.cartons;
    }
    stop.orders.push_back(*std::move(part));
  }
  run.stop_count = key->number;
  const Retailer* retailer = draft.retailers.Find({key->county, *licence});
  run.cursor_stop_number = retailer ? retailer->stop_number : run.cursor_stop_number;
  run.cursor_licence = *licence;
  draft.stops.Put(*key, std::move(stop));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunPlanned& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunPlanned");
  Run& run = draft.runs.Mutate(*key);
  run.state = v1::RUN_STATE_PLANNED;
  run.cursor_stop_number = 0;
  run.cursor_licence = Code();
  const Rules& rules = RulesOf(draft, run);
  const StopKey subject = StopOf(*key, 0);
  draft.timers.Erase(TimerAt(absl::UnixEpoch(), TimerKind::kPlanning, subject));
  draft.timers.Put(TimerAt(TimeAt(key->date - 1, rules.notice_minute), TimerKind::kAnnounce, subject), {});
  draft.timers.Put(TimerAt(TimeAt(key->date, rules.missed_minute), TimerKind::kMissed, subject), {});
  draft.timers.Put(TimerAt(TimeAt(key->date, rules.reconcile_minute), TimerKind::kDayEnd, subject), {});
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
