#include "services/delivery_tracking/domain/report.h"

#include <algorithm>

#include "services/delivery_tracking/domain/device_stream.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_NOT_CREW;
using common::v1::REASON_STOP_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

constexpr int32_t kMaximumAccuracy = 1'000'000;

}  // namespace

std::optional<StopKey> FindReportedStop(const Draft& draft, const Report& report, const std::string& stop_id,
                                        const std::string& prefix, Refusals& refusals) {
  const auto key = CheckStopId(report.county, stop_id, prefix + "stop_id", refusals);
  if (!key) return std::nullopt;
  const Stop* stop = draft.stops.Find(*key);
  if (!stop) {
    refusals.push_back(Refuse(REASON_STOP_UNKNOWN, prefix + "stop_id", stop_id));
    return std::nullopt;
  }
  const Run& run = *draft.runs.Find(key->run());
  if (std::find(run.crew.begin(), run.crew.end(), report.origin.staff) == run.crew.end()) {
    refusals.push_back(Refuse(REASON_NOT_CREW, prefix + "stop_id", report.origin.staff.str()));
  }
  if (run.state < v1::RUN_STATE_LOADED) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, prefix + "stop_id", v1::RunState_Name(run.state)));
  } else if (stop->state == v1::STOP_STATE_WITHDRAWN) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, prefix + "stop_id", v1::StopState_Name(stop->state)));
  }
  return key;
}

Moment TimeOf(const Decision& decision, const Report& report, const StopKey& stop) {
  const Draft& draft = decision.draft();
  const Rules& rules = RulesOf(draft, *draft.runs.Find(stop.run()));
  return MomentOf(draft, report.county, report.origin.stream, report.event->clock(),
                  decision.stamp().received_at, rules.clock_tolerance_seconds);
}

Nearness JudgeNearness(const v1::GeoPosition* position, const GeoPoint* place, const Rules& rules) {
  Nearness nearness;
  if (!position) return nearness;
  nearness.mocked = position->mocked();
  nearness.result = nearness.mocked ? v1::PROOF_RESULT_FALSE : v1::PROOF_RESULT_NOT_CHECKABLE;
  if (!place) return nearness;
  const int64_t distance = DistanceMetres({position->latitude_udeg(), position->longitude_udeg()}, *place);
  nearness.distance_m = distance;
  const bool exact = position->accuracy_m() <= rules.position_accuracy_m;
  const bool surely_outside = distance - (exact ? 0 : position->accuracy_m()) > rules.geofence_m;
  if (surely_outside) {
    nearness.result = v1::PROOF_RESULT_FALSE;
  } else if (exact && !nearness.mocked) {
    nearness.result = v1::PROOF_RESULT_TRUE;
  }
  return nearness;
}

const GeoPoint* ShopPosition(const Draft& draft, County county, const Code& licence, const Rules& rules) {
  const Retailer* shop = draft.retailers.Find({county, licence});
  if (!shop || !shop->position || !IsOnEarth(shop->position->point)) return nullptr;
  if (shop->position->accuracy_m > rules.position_accuracy_m) return nullptr;
  return shop->position->visits >= rules.position_visits ? &shop->position->point : nullptr;
}

void CheckPosition(bool present, const v1::GeoPosition& position, const std::string& field,
                   Refusals& refusals) {
  if (!present) return;
  if (!IsOnEarth({position.latitude_udeg(), position.longitude_udeg()})) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, field));
  }
  if (position.accuracy_m() < 0 || position.accuracy_m() > kMaximumAccuracy) {
    refusals.push_back(
        RefuseLimit(REASON_INVALID_FIELD, field + ".accuracy_m", kMaximumAccuracy, position.accuracy_m()));
  }
}

void CheckHash(const std::string& bytes, bool required, common::v1::Reason reason, const std::string& field,
               Refusals& refusals) {
  constexpr size_t kHashSize = 32;
  if (bytes.empty() && required) {
    refusals.push_back(Refuse(reason, field));
  } else if (!bytes.empty() && bytes.size() != kHashSize) {
    refusals.push_back(
        RefuseLimit(REASON_INVALID_FIELD, field, kHashSize, static_cast<int64_t>(bytes.size())));
  }
}

}  // namespace sanyuan::delivery_tracking
