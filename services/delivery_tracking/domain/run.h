// A run on its way out: crew, loading, departure. What was loaded is what was planned, or a reason is given
// for each SKU that differs (R79).
// Pure functions; times are server times, amounts are cartons.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RUN_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RUN_H_

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// Adds staff to a crew: who takes over at noon may report for the run as well. Refuses who is not active
// delivery staff of the county (STAFF_UNKNOWN).
Outcome DecideAssignCrew(const State& state, const v1::AssignCrewRequest& request, const Stamp& stamp);

// Refuses a SKU that is not on the run, one that is missing, more cartons than planned (goods that nobody
// bought must not ride along), fewer without a reason, a run that has left.
Outcome DecideLoadRun(const State& state, const v1::LoadRunRequest& request, const Stamp& stamp);

Outcome DecideDepartRun(const State& state, const v1::DepartRunRequest& request, const Stamp& stamp);

// The evening before (policy): retailers are to be told their windows (R39). REQUIRES: the timer is due.
void FireAnnounce(Decision& decision, const RunKey& run);

absl::Status Fold(Draft& draft, const v1::RunAnnounced& event);
absl::Status Fold(Draft& draft, const v1::CrewAssigned& event);
absl::Status Fold(Draft& draft, const v1::RunLoaded& event);
absl::Status Fold(Draft& draft, const v1::RunDeparted& event, const Stamp& stamp);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RUN_H_
