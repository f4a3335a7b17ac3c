#include "services/delivery_tracking/domain/arrival.h"

#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/stop.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_EVIDENCE_MISSING;
using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_LATE_PROOF_MISSING;
using common::v1::REASON_TOO_FAR_FROM_SHOP;
using common::v1::REASON_WRONG_STATE;

void Announce(Decision& decision, const StopKey& key, const Stop& stop, absl::Time arrived_at) {
  v1::Event event;
  v1::StopLate& late = *event.mutable_stop_late();
  late.set_stop_id(IdText(key));
  late.set_county_code(CountyText(key.county));
  late.set_run_id(IdText(key.run()));
  late.set_licence(stop.licence.str());
  CodesTo(decision.draft().runs.Find(key.run())->crew, *late.mutable_crew_staff_ids());
  *late.mutable_window_end() = ToProto(stop.window_end);
  *late.mutable_arrived_at() = ToProto(arrived_at);
  late.set_late_seconds(absl::ToInt64Seconds(arrived_at - stop.window_end));
  decision.Emit(std::move(event));
}

// The fields that all three failures share.
template <typename Event>
void Describe(Event& event, const StopKey& key, const Code& licence, const Report& report,
              const Moment& time) {
  event.set_stop_id(IdText(key));
  event.set_county_code(CountyText(key.county));
  event.set_run_id(IdText(key.run()));
  event.set_licence(licence.str());
  *event.mutable_origin() = OriginTo(report.origin);
  *event.mutable_time() = MomentTo(time);
  event.set_photo_sha256(report.event->undelivered().photo_sha256());
}

}  // namespace

Refusals ReportArrival(Decision& decision, const Report& report, Touched& touched) {
  const v1::StopArrivalReport& arrival = report.event->arrival();
  Refusals refusals;
  CheckPosition(arrival.has_position(), arrival.position(), "arrival.position", refusals);
  CheckHash(arrival.photo_sha256(), false, REASON_INVALID_FIELD, "arrival.photo_sha256", refusals);
  const Draft& draft = decision.draft();
  const auto key = FindReportedStop(draft, report, arrival.stop_id(), "arrival.", refusals);
  if (!key || !refusals.empty()) return refusals;

  const Stop stop = *draft.stops.Find(*key);
  if (stop.arrival) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "arrival.stop_id", "arrived already"));
    return refusals;
  }
  const Rules& rules = RulesOf(draft, *draft.runs.Find(key->run()));
  const Nearness nearness = JudgeNearness(arrival.has_position() ? &arrival.position() : nullptr,
                                          ShopPosition(draft, key->county, stop.licence, rules), rules);
  const bool inside = nearness.result == v1::PROOF_RESULT_TRUE;
  if (!inside && arrival.photo_sha256().empty()) {
    common::v1::Refusal refusal = Refuse(REASON_TOO_FAR_FROM_SHOP, "arrival.position");
    refusal.set_limit(rules.geofence_m);
    if (nearness.distance_m) refusal.set_value(*nearness.distance_m);
    refusals.push_back(std::move(refusal));
    return refusals;
  }

  const Moment time = TimeOf(decision, report, *key);
  v1::Event event;
  v1::StopArrived& arrived = *event.mutable_stop_arrived();
  arrived.set_stop_id(IdText(*key));
  arrived.set_county_code(CountyText(key->county));
  arrived.set_run_id(IdText(key->run()));
  arrived.set_licence(stop.licence.str());
  *arrived.mutable_origin() = OriginTo(report.origin);
  *arrived.mutable_time() = MomentTo(time);
  arrived.set_method(inside ? v1::ARRIVAL_METHOD_GEOFENCE : v1::ARRIVAL_METHOD_MANUAL_PHOTO);
  if (nearness.distance_m) arrived.set_distance_m(*nearness.distance_m);
  arrived.set_punctuality(JudgePunctuality(stop, time.corrected));
  arrived.set_photo_sha256(arrival.photo_sha256());
  const bool late = arrived.punctuality() == v1::PUNCTUALITY_LATE;
  decision.Emit(std::move(event));
  if (late) Announce(decision, *key, stop, *time.corrected);
  if (decision.draft().receipts.Contains(*key)) touched.receipts.insert(*key);
  return {};
}

Refusals ReportUndelivered(Decision& decision, const Report& report) {
  const v1::StopUndeliveredReport& undelivered = report.event->undelivered();
  Refusals refusals;
  CheckPosition(undelivered.has_position(), undelivered.position(), "undelivered.position", refusals);
  const bool road = undelivered.cause() == v1::UNDELIVERED_CAUSE_UNREACHABLE_ROAD;
  CheckHash(undelivered.photo_sha256(), road, REASON_EVIDENCE_MISSING, "undelivered.photo_sha256", refusals);
  if (undelivered.cause() == v1::UNDELIVERED_CAUSE_UNSPECIFIED ||
      !v1::UndeliveredCause_IsValid(undelivered.cause())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "undelivered.cause"));
  }
  const Draft& draft = decision.draft();
  const auto key = FindReportedStop(draft, report, undelivered.stop_id(), "undelivered.", refusals);
  if (!key || !refusals.empty()) return refusals;

  const Stop stop = *draft.stops.Find(*key);
  if (stop.state != v1::STOP_STATE_PLANNED && stop.state != v1::STOP_STATE_ARRIVED &&
      stop.state != v1::STOP_STATE_MISSED) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "undelivered.stop_id", v1::StopState_Name(stop.state)));
    return refusals;
  }
  const Rules& rules = RulesOf(draft, *draft.runs.Find(key->run()));
  const Nearness nearness = JudgeNearness(undelivered.has_position() ? &undelivered.position() : nullptr,
                                          ShopPosition(draft, key->county, stop.licence, rules), rules);
  const Moment time = TimeOf(decision, report, *key);
  v1::Event event;
  switch (undelivered.cause()) {
    case v1::UNDELIVERED_CAUSE_ABSENT:
      Describe(*event.mutable_retailer_absent(), *key, stop.licence, report, time);
      if (nearness.distance_m) event.mutable_retailer_absent()->set_distance_m(*nearness.distance_m);
      break;
    case v1::UNDELIVERED_CAUSE_REFUSED:
      Describe(*event.mutable_stop_refused(), *key, stop.licence, report, time);
      if (nearness.distance_m) event.mutable_stop_refused()->set_distance_m(*nearness.distance_m);
      break;
    default:
      Describe(*event.mutable_stop_unreachable(), *key, stop.licence, report, time);
  }
  decision.Emit(std::move(event));
  if (stop.attempt > rules.redelivery_attempts) ReturnStop(decision, *key);
  return {};
}

Refusals ReportLateReason(Decision& decision, const Report& report) {
  const v1::LateReasonReport& late = report.event->late_reason();
  Refusals refusals;
  const bool needs_proof =
      late.reason() == v1::LATE_REASON_WEATHER || late.reason() == v1::LATE_REASON_ROAD_CLOSED;
  CheckHash(late.proof_sha256(), needs_proof, REASON_LATE_PROOF_MISSING, "late_reason.proof_sha256",
            refusals);
  if (late.reason() == v1::LATE_REASON_UNSPECIFIED || !v1::LateReason_IsValid(late.reason())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "late_reason.reason"));
  }
  const auto key = FindReportedStop(decision.draft(), report, late.stop_id(), "late_reason.", refusals);
  if (!key || !refusals.empty()) return refusals;
  v1::Event event;
  v1::LateReasonGiven& given = *event.mutable_late_reason_given();
  given.set_stop_id(late.stop_id());
  given.set_county_code(CountyText(key->county));
  *given.mutable_origin() = OriginTo(report.origin);
  given.set_reason(late.reason());
  given.set_proof_sha256(late.proof_sha256());
  decision.Emit(std::move(event));
  return {};
}

void ReturnStop(Decision& decision, const StopKey& key) {
  const Stop& stop = *decision.draft().stops.Find(key);
  v1::Event event;
  v1::StopReturned& returned = *event.mutable_stop_returned();
  returned.set_stop_id(IdText(key));
  returned.set_county_code(CountyText(key.county));
  returned.set_run_id(IdText(key.run()));
  returned.set_licence(stop.licence.str());
  for (const OrderPart& part : stop.orders) PartTo(part, *returned.add_orders());
  decision.Emit(std::move(event));
}

}  // namespace sanyuan::delivery_tracking
