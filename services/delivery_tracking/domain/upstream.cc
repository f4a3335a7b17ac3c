#include "services/delivery_tracking/domain/upstream.h"

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/stop.h"

namespace sanyuan::delivery_tracking {
namespace {

Rules RulesRowOf(const v1::DeliveryRules& rules) {
  Rules row;
  row.urban_window_minutes = rules.urban_window_minutes();
  row.rural_window_minutes = rules.rural_window_minutes();
  row.geofence_m = rules.geofence_m();
  row.position_accuracy_m = rules.position_accuracy_m();
  row.position_visits = rules.position_visits();
  row.missed_minute = rules.missed_minute_of_day();
  row.notice_minute = rules.notice_minute_of_day();
  row.reconcile_minute = rules.reconcile_minute_of_day();
  row.redelivery_working_days = rules.redelivery_working_days();
  row.redelivery_attempts = rules.redelivery_attempts();
  row.minimum_proofs = rules.minimum_proofs();
  row.receipts_apart_seconds = rules.receipts_apart_seconds();
  row.receipts_apart_m = rules.receipts_apart_m();
  row.shared_proof_licences = rules.shared_proof_licences();
  row.shared_proof_days = rules.shared_proof_days();
  row.dispute_hours = rules.dispute_hours();
  row.device_queue_days = rules.device_queue_days();
  row.clock_tolerance_seconds = rules.clock_tolerance_seconds();
  row.upload_max_events = rules.upload_max_events();
  row.urban_minutes_per_stop = rules.urban_minutes_per_stop();
  row.rural_minutes_per_stop = rules.rural_minutes_per_stop();
  return row;
}

}  // namespace

Retailer RowOf(const v1::RetailerNoted& noted) {
  Retailer row;
  row.active = noted.active();
  row.route = Code::Parse(noted.route_id()).value_or(Code());
  row.stop_number = noted.stop_number();
  row.promised_minute = noted.promised_minute_of_day();
  if (noted.has_position()) {
    const v1::NotedPosition& position = noted.position();
    row.position = MeasuredPoint{
        {position.latitude_udeg(), position.longitude_udeg()}, position.accuracy_m(), position.visits()};
  }
  row.card_id = noted.card_id();
  row.pin_hash = noted.pin_hash();
  row.phone_hash = noted.phone_hash();
  row.authorised_phone_hashes.assign(noted.authorised_phone_hashes().begin(),
                                     noted.authorised_phone_hashes().end());
  if (noted.has_pickup()) {
    const v1::PickupNoted& pickup = noted.pickup();
    row.pickup = PickupPoint{pickup.agreement_id(),
                             {pickup.latitude_udeg(), pickup.longitude_udeg()},
                             ParseDate(pickup.valid_from()).value_or(0),
                             ParseDate(pickup.valid_to()).value_or(0)};
  }
  return row;
}

Staff RowOf(const v1::StaffNoted& noted) {
  Staff row;
  row.active = noted.active();
  row.delivers = noted.delivers();
  row.phone_hash = noted.phone_hash();
  row.device_keys.assign(noted.device_keys().begin(), noted.device_keys().end());
  row.relatives = CodesFrom(noted.relatives_licences()).value_or(std::vector<Code>());
  return row;
}

Route RowOf(const v1::RouteNoted& noted) {
  return {noted.active(), noted.urban(), noted.departure_minute_of_day(),
          CodesFrom(noted.crew_staff_ids()).value_or(std::vector<Code>())};
}

absl::Status Fold(Draft& draft, const v1::RetailerNoted& event) {
  const auto county = CountyOfCode(event.county_code());
  const auto licence = Code::Parse(event.licence());
  if (!county || !licence) return CantFold("RetailerNoted");
  Retailer row = RowOf(event);
  if (const Retailer* known = draft.retailers.Find({*county, *licence}); known && !known->route.empty()) {
    draft.members.Erase({*county, known->route, known->stop_number, *licence});
  }
  if (!row.route.empty()) draft.members.Put({*county, row.route, row.stop_number, *licence}, {});
  draft.retailers.Put({*county, *licence}, std::move(row));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::StaffNoted& event) {
  const auto county = CountyOfCode(event.county_code());
  const auto id = Code::Parse(event.staff_id());
  if (!county || !id) return CantFold("StaffNoted");
  if (const Staff* known = draft.staff.Find({*county, *id})) {
    if (!known->phone_hash.empty()) draft.staff_phones.Erase({*county, known->phone_hash, *id});
    for (const std::string& device : known->device_keys) draft.devices.Erase({*county, device, *id});
  }
  Staff row = RowOf(event);
  if (!row.phone_hash.empty()) draft.staff_phones.Put({*county, row.phone_hash, *id}, {});
  for (const std::string& device : row.device_keys) draft.devices.Put({*county, device, *id}, {});
  draft.staff.Put({*county, *id}, std::move(row));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RouteNoted& event) {
  const auto county = CountyOfCode(event.county_code());
  const auto id = Code::Parse(event.route_id());
  if (!county || !id) return CantFold("RouteNoted");
  draft.routes.Put({*county, *id}, RowOf(event));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::DeliveryPolicyNoted& event) {
  if (event.version().empty() || !event.has_rules()) return CantFold("DeliveryPolicyNoted");
  draft.policies.Put({event.version()},
                     {event.county_prefix(), FromProto(event.effective_from()), RulesRowOf(event.rules())});
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::CalendarNoted& event) {
  CalendarYear row;
  row.revision = event.revision();
  for (const auto& [texts, days] :
       {std::pair(&event.days_off(), &row.days_off), std::pair(&event.days_worked(), &row.days_worked)}) {
    for (const std::string& text : *texts) {
      const auto date = ParseDate(text);
      if (!date) return CantFold("CalendarNoted");
      days->insert(*date);
    }
  }
  draft.calendars.Put({event.year()}, std::move(row));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::DeliverableLinesAdded& event) {
  const auto county = CountyOfCode(event.county_code());
  const auto licence = Code::Parse(event.licence());
  const auto day = ParseDate(event.order_day());
  auto lines = LinesFrom(event.lines());
  if (!county || !licence || !day || !lines) return CantFold("DeliverableLinesAdded");
  PoolRow row;
  row.order_day = *day;
  row.lines = *std::move(lines);
  draft.pool.Put({*county, *licence, event.order_id(), event.debit_number()}, std::move(row));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::DeliverableLinesWithdrawn& event) {
  const auto county = CountyOfCode(event.county_code());
  const auto licence = Code::Parse(event.licence());
  if (!county || !licence) return CantFold("DeliverableLinesWithdrawn");
  draft.pool.Erase({*county, *licence, event.order_id(), event.debit_number()});
  if (event.stop_id().empty()) return absl::OkStatus();
  const auto stop = ParseStopId(event.stop_id());
  if (!stop || !draft.stops.Contains(*stop)) return CantFold("DeliverableLinesWithdrawn: no such stop");
  draft.planned_orders.Erase({*county, event.order_id(), event.debit_number()});
  WithdrawOrderPart(draft, *stop, event.order_id(), event.debit_number());
  return absl::OkStatus();
}

std::optional<PolicyInForce> PolicyFor(const Draft& draft, County county, absl::Time at) {
  const std::string code = CountyText(county);
  const Policy* best = nullptr;
  const std::string* version = nullptr;
  draft.policies.ForEachFrom({}, [&](const PolicyKey& key, const Policy& policy) {
    if (policy.effective_from > at ||
        code.compare(0, policy.county_prefix.size(), policy.county_prefix) != 0) {
      return true;
    }
    const auto rank = [](const Policy& p) { return std::pair(p.county_prefix.size(), p.effective_from); };
    if (!best || rank(*best) < rank(policy)) {
      best = &policy;
      version = &key.version;
    }
    return true;
  });
  if (!best) return std::nullopt;
  return PolicyInForce{version, &best->rules};
}

const Rules& RulesOf(const Draft& draft, const Run& run) {
  static const Rules none;
  const Policy* policy = draft.policies.Find({run.policy_version});
  return policy ? policy->rules : none;
}

Date AfterWorkingDays(const Draft& draft, Date date, int32_t count) {
  return AddWorkingDays(date, count, [&draft](Date day) {
    const CalendarYear* year = draft.calendars.Find({YearOf(day)});
    if (year && year->days_off.contains(day)) return false;
    return (year && year->days_worked.contains(day)) || !IsWeekend(day);
  });
}

}  // namespace sanyuan::delivery_tracking
