// One event of a device while it is decided: what it says, who says it, and when that was.
// Values of one decision; no thread of their own.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REPORT_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REPORT_H_

#include <set>
#include <string>

#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

struct Report {
  County county = 0;
  const v1::DeviceEvent* event = nullptr;
  Origin origin;
};

// What the reports of one upload touched, to be judged when all of them are folded.
struct Touched {
  std::set<StopKey> receipts;
  std::set<RunKey> ledgers;
};

// The stop that a report names. nullopt and a refusal when there is none (STOP_UNKNOWN), when its goods are
// not on board yet (WRONG_STATE), or when the reporter is not of the run's crew (NOT_CREW). `prefix` is the
// report's place in the event: "receipt.".
std::optional<StopKey> FindReportedStop(const Draft& draft, const Report& report, const std::string& stop_id,
                                        const std::string& prefix, Refusals& refusals);

// The report's time by the rules of the stop's run.
Moment TimeOf(const Decision& decision, const Report& report, const StopKey& stop);

// How a reported position lies to a place.
struct Nearness {
  v1::ProofResult result = v1::PROOF_RESULT_UNSPECIFIED;  // UNSPECIFIED: no position was sent.
  std::optional<int64_t> distance_m;
  bool mocked = false;
};
// TRUE within the geofence; FALSE outside it, or when the device says that the position is not its own;
// NOT_CHECKABLE when the place is not known or the position too inexact to tell.
Nearness JudgeNearness(const v1::GeoPosition* position, const GeoPoint* place, const Rules& rules);

// The shop's measured position, when it was measured well and often enough (policy).
const GeoPoint* ShopPosition(const Draft& draft, County county, const Code& licence, const Rules& rules);

void CheckPosition(bool present, const v1::GeoPosition& position, const std::string& field,
                   Refusals& refusals);
// 32 bytes, or none at all unless `required`.
void CheckHash(const std::string& bytes, bool required, common::v1::Reason reason, const std::string& field,
               Refusals& refusals);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REPORT_H_
