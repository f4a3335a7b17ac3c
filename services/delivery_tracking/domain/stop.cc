#include "services/delivery_tracking/domain/stop.h"

#include <algorithm>
#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

// Counts as failed in the run's figures: also what was failed and then rescheduled or returned.
bool CountsAsFailed(v1::StopState state) {
  return HasFailed(state) || state == v1::STOP_STATE_REDELIVERY || state == v1::STOP_STATE_RETURNED;
}

void SetArrival(Draft& draft, const StopKey& key, Arrival arrival, v1::Punctuality punctuality) {
  Stop& stop = draft.stops.Mutate(key);
  Run& run = draft.runs.Mutate(key.run());
  run.late_stops += static_cast<int>(punctuality == v1::PUNCTUALITY_LATE) -
                    static_cast<int>(stop.punctuality == v1::PUNCTUALITY_LATE);
  stop.punctuality = punctuality;
  stop.late_seconds = punctuality == v1::PUNCTUALITY_LATE
                          ? absl::ToInt64Seconds(*arrival.time.corrected - stop.window_end)
                          : 0;
  stop.arrival = std::move(arrival);
  stop.missed = false;
  if (stop.state == v1::STOP_STATE_PLANNED || stop.state == v1::STOP_STATE_MISSED) {
    SetState(draft, key, v1::STOP_STATE_ARRIVED);
  }
  if (run.state == v1::RUN_STATE_LOADED || run.state == v1::RUN_STATE_DEPARTED) {
    run.state = v1::RUN_STATE_IN_PROGRESS;
  }
}

absl::Status Fail(Draft& draft, const std::string& stop_id, v1::StopState state) {
  const auto key = ParseStopId(stop_id);
  if (!key || !draft.stops.Contains(*key)) return CantFold("a failed stop");
  SetState(draft, *key, state);
  Stop& stop = draft.stops.Mutate(*key);
  stop.missed = false;
  const Rules& rules = RulesOf(draft, *draft.runs.Find(key->run()));
  if (stop.attempt <= rules.redelivery_attempts) {
    const Date last_day = AfterWorkingDays(draft, key->date, rules.redelivery_working_days);
    stop.redelivery_due = TimeAt(last_day, rules.missed_minute);
    draft.timers.Put(TimerAt(stop.redelivery_due, TimerKind::kRedelivery, *key), {});
  }
  return absl::OkStatus();
}

}  // namespace

v1::Punctuality JudgePunctuality(const Stop& stop, const std::optional<absl::Time>& arrived_at) {
  if (!arrived_at) return v1::PUNCTUALITY_TIME_UNVERIFIED;
  if (*arrived_at < stop.window_start) return v1::PUNCTUALITY_EARLY;
  return *arrived_at > stop.window_end ? v1::PUNCTUALITY_LATE : v1::PUNCTUALITY_ON_TIME;
}

bool HasFailed(v1::StopState state) {
  return state == v1::STOP_STATE_ABSENT || state == v1::STOP_STATE_REFUSED ||
         state == v1::STOP_STATE_UNREACHABLE_ROAD || state == v1::STOP_STATE_MISSED;
}

void SetState(Draft& draft, const StopKey& key, v1::StopState state) {
  Stop& stop = draft.stops.Mutate(key);
  Run& run = draft.runs.Mutate(key.run());
  const auto count = [](bool before, bool after) {
    return static_cast<int>(after) - static_cast<int>(before);
  };
  run.failed_stops += count(CountsAsFailed(stop.state), CountsAsFailed(state));
  run.receipted_stops += count(stop.state == v1::STOP_STATE_RECEIPTED, state == v1::STOP_STATE_RECEIPTED);
  stop.state = state;
}

void WithdrawOrderPart(Draft& draft, const StopKey& key, const std::string& order_id, uint32_t debit_number) {
  Stop& stop = draft.stops.Mutate(key);
  const auto part = std::find_if(stop.orders.begin(), stop.orders.end(), [&](const OrderPart& candidate) {
    return candidate.order_id == order_id && candidate.debit_number == debit_number;
  });
  if (part == stop.orders.end()) return;
  Run& run = draft.runs.Mutate(key.run());
  if (run.state <= v1::RUN_STATE_PLANNED) {
    for (const SkuLine& line : part->lines) {
      draft.run_skus.Mutate({key.county, key.run(), line.sku}).planned -= line.cartons;
      run.planned_cartons -= line.cartons;
    }
  }
  stop.orders.erase(part);
  if (stop.orders.empty()) SetState(draft, key, v1::STOP_STATE_WITHDRAWN);
}

bool RedeliveryIsInPool(const Draft& draft, const StopKey& key) {
  const Stop* stop = draft.stops.Find(key);
  if (!stop || stop->state != v1::STOP_STATE_REDELIVERY) return false;
  return std::all_of(stop->orders.begin(), stop->orders.end(), [&](const OrderPart& part) {
    const PoolRow* row = draft.pool.Find({key.county, stop->licence, part.order_id, part.debit_number});
    return row && row->redelivery_of == key;
  });
}

void DropRedelivery(Draft& draft, const StopKey& key) {
  Stop& stop = draft.stops.Mutate(key);
  if (stop.redelivery_due != absl::UnixEpoch()) {
    draft.timers.Erase(TimerAt(stop.redelivery_due, TimerKind::kRedelivery, key));
    stop.redelivery_due = absl::UnixEpoch();
  }
  if (!RedeliveryIsInPool(draft, key)) return;
  for (const OrderPart& part : stop.orders) {
    draft.pool.Erase({key.county, stop.licence, part.order_id, part.debit_number});
  }
}

absl::Status Fold(Draft& draft, const v1::StopArrived& event) {
  const auto key = ParseStopId(event.stop_id());
  const auto origin = OriginFrom(event.origin());
  if (!key || !origin || !draft.stops.Contains(*key)) return CantFold("StopArrived");
  Arrival arrival{*origin, MomentFrom(event.time()), event.method(), std::nullopt};
  if (event.has_distance_m()) arrival.distance_m = event.distance_m();
  if (event.punctuality() == v1::PUNCTUALITY_LATE && !arrival.time.corrected)
    return CantFold("StopArrived: time");
  SetArrival(draft, *key, std::move(arrival), event.punctuality());
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::LateReasonGiven& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.stops.Contains(*key)) return CantFold("LateReasonGiven");
  draft.stops.Mutate(*key).late_reason = event.reason();
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::ArrivalEstablished& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.stops.Contains(*key)) return CantFold("ArrivalEstablished");
  const Stop& before = *draft.stops.Find(*key);
  Arrival arrival = before.arrival.value_or(Arrival{});
  // What the device said stays visible; only the proved time is new.
  arrival.time.corrected = FromProto(event.arrived_at());
  if (!before.arrival) {
    arrival.method = v1::ARRIVAL_METHOD_SECOND_PROOF;
    arrival.time.device_time = *arrival.time.corrected;
    arrival.time.received_at = *arrival.time.corrected;
  }
  SetArrival(draft, *key, std::move(arrival), event.punctuality());
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RetailerAbsent& event) {
  return Fail(draft, event.stop_id(), v1::STOP_STATE_ABSENT);
}
absl::Status Fold(Draft& draft, const v1::StopRefused& event) {
  return Fail(draft, event.stop_id(), v1::STOP_STATE_REFUSED);
}
absl::Status Fold(Draft& draft, const v1::StopUnreachable& event) {
  return Fail(draft, event.stop_id(), v1::STOP_STATE_UNREACHABLE_ROAD);
}

absl::Status Fold(Draft& draft, const v1::StopMissed& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.stops.Contains(*key)) return CantFold("StopMissed");
  SetState(draft, *key, v1::STOP_STATE_MISSED);
  draft.stops.Mutate(*key).missed = true;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::MissedStopsDeclared& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("MissedStopsDeclared");
  const absl::Time due = TimeAt(key->date, RulesOf(draft, *draft.runs.Find(*key)).missed_minute);
  draft.timers.Erase(TimerAt(due, TimerKind::kMissed, StopOf(*key, 0)));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RedeliveryScheduled& event) {
  const auto key = ParseStopId(event.stop_id());
  const auto date = ParseDate(event.delivery_date());
  if (!key || !date || !draft.stops.Contains(*key)) return CantFold("RedeliveryScheduled");
  SetState(draft, *key, v1::STOP_STATE_REDELIVERY);
  Stop& stop = draft.stops.Mutate(*key);
  stop.redelivery_date = *date;
  // The day that was agreed is also the last on which it can still be planned.
  const absl::Time lapses = TimeAt(*date, RulesOf(draft, *draft.runs.Find(key->run())).missed_minute);
  if (stop.redelivery_due < lapses) {
    if (stop.redelivery_due != absl::UnixEpoch()) {
      draft.timers.Erase(TimerAt(stop.redelivery_due, TimerKind::kRedelivery, *key));
    }
    stop.redelivery_due = lapses;
    draft.timers.Put(TimerAt(lapses, TimerKind::kRedelivery, *key), {});
  }
  for (const OrderPart& part : stop.orders) {
    PoolRow row;
    row.order_day = std::min(key->date, *date);
    row.lines = part.lines;
    row.not_before = *date;
    row.redelivery_of = *key;
    row.attempt = stop.attempt + 1;
    draft.planned_orders.Erase({key->county, part.order_id, part.debit_number});
    draft.pool.Put({key->county, stop.licence, part.order_id, part.debit_number}, std::move(row));
  }
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::StopReturned& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.stops.Contains(*key)) return CantFold("StopReturned");
  DropRedelivery(draft, *key);
  SetState(draft, *key, v1::STOP_STATE_RETURNED);
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
