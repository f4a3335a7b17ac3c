// Planning runs: from the pool of taken, paid lines to one run for each route and delivery day, with its
// stops in the order of the round and the window that each shop is promised (R60: 30 minutes before and after
// the promised time in town, 60 in the country, by policy).
// Pure functions; times are server times.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_PLANNING_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_PLANNING_H_

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// A run takes what is in the pool for shops of its route: paid by the delivery day, and of redeliveries what
// was agreed for that day or before. A route without any gets no run; lines paid later get a run of their own
// when planning is asked for again; asking twice for the same is no event. What exceeds one decision is
// planned by the run's timer, and the run is PLANNING until then.
// Refuses unknown routes (ROUTE_UNKNOWN) and days gone by. Not ready while no delivery policy is known.
Outcome DecidePlanRuns(const State& state, const v1::PlanRunsRequest& request, const Stamp& stamp);

// The next part of an unfinished plan. REQUIRES: the run is PLANNING.
void ContinuePlanning(Decision& decision, const RunKey& run);

absl::Status Fold(Draft& draft, const v1::RunPlanningStarted& event);
absl::Status Fold(Draft& draft, const v1::StopPlanned& event);
absl::Status Fold(Draft& draft, const v1::RunPlanned& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_PLANNING_H_
