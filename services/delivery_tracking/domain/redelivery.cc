#include "services/delivery_tracking/domain/redelivery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/delivery_tracking/domain/arrival.h"
#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/stop.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_REDELIVERY_TOO_LATE;
using common::v1::REASON_STOP_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

constexpr size_t kMissedAtOnce = 1000;

}  // namespace

Outcome DecideScheduleRedelivery(const State& state, const v1::ScheduleRedeliveryRequest& request,
                                 const Stamp& stamp) {
  Refusals refusals;
  const auto county = CheckCounty(request.county_code(), refusals);
  const auto key = county ? CheckStopId(*county, request.stop_id(), "stop_id", refusals) : std::nullopt;
  const auto date = ParseDate(request.delivery_date());
  const Date today = DateAt(stamp.received_at);
  if (!date || *date < today)
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "delivery_date", DateText(today)));
  Decision decision(state, stamp);
  const Draft& draft = decision.draft();
  const Stop* stop = key ? draft.stops.Find(*key) : nullptr;
  if (key && !stop) refusals.push_back(Refuse(REASON_STOP_UNKNOWN, "stop_id", request.stop_id()));
  if (stop) {
    const Rules& rules = RulesOf(draft, *draft.runs.Find(key->run()));
    const bool open = HasFailed(stop->state) || RedeliveryIsInPool(draft, *key);
    if (!open || stop->attempt > rules.redelivery_attempts) {
      refusals.push_back(Refuse(REASON_WRONG_STATE, "stop_id", v1::StopState_Name(stop->state)));
    }
    const Date from = stop->missed ? std::max(key->date, today) : key->date;
    const Date last = AfterWorkingDays(draft, from, rules.redelivery_working_days);
    if (date && *date > last) {
      refusals.push_back(Refuse(REASON_REDELIVERY_TOO_LATE, "delivery_date", DateText(last)));
    }
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  if (stop->state != v1::STOP_STATE_REDELIVERY || stop->redelivery_date != *date) {
    v1::Event event;
    v1::RedeliveryScheduled& scheduled = *event.mutable_redelivery_scheduled();
    scheduled.set_stop_id(request.stop_id());
    scheduled.set_county_code(request.county_code());
    scheduled.set_licence(stop->licence.str());
    scheduled.set_delivery_date(request.delivery_date());
    decision.Emit(std::move(event));
  }
  return std::move(decision).Finish(std::make_unique<v1::ScheduleRedeliveryResponse>());
}

void FireMissed(Decision& decision, const RunKey& run) {
  std::vector<std::pair<StopKey, Code>> missed;
  int32_t declared = 0;
  decision.draft().stops.ForEachFrom(StopOf(run, 0), [&](const StopKey& key, const Stop& stop) {
    if (key.run() != run) return false;
    if (stop.state == v1::STOP_STATE_PLANNED) missed.emplace_back(key, stop.licence);
    if (stop.missed) ++declared;
    return missed.size() < kMissedAtOnce;
  });
  for (const auto& [key, licence] : missed) {
    v1::Event event;
    v1::StopMissed& stop = *event.mutable_stop_missed();
    stop.set_stop_id(IdText(key));
    stop.set_county_code(CountyText(run.county));
    stop.set_run_id(IdText(run));
    stop.set_licence(licence.str());
    CodesTo(decision.draft().runs.Find(run)->crew, *stop.mutable_crew_staff_ids());
    decision.Emit(std::move(event));
  }
  if (missed.size() == kMissedAtOnce) return;
  v1::Event event;
  event.mutable_missed_stops_declared()->set_run_id(IdText(run));
  event.mutable_missed_stops_declared()->set_county_code(CountyText(run.county));
  event.mutable_missed_stops_declared()->set_missed_stops(declared + static_cast<int32_t>(missed.size()));
  decision.Emit(std::move(event));
}

void FireRedeliveryDue(Decision& decision, const StopKey& stop) { ReturnStop(decision, stop); }

}  // namespace sanyuan::delivery_tracking
