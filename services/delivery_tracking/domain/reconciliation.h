// The end of a run: what came back is scanned, losses need a case, and for every SKU
//     loaded = delivered + returned + lost
// or the gap is on record (R79, R80, I-84; the delivery part of invariant 16). A crew carries nothing over
// the night. A run that was judged is judged again whenever a late upload changes what was delivered, so a
// device that was offline for days can still break, or mend, the equation.
// Pure functions; amounts are cartons.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECONCILIATION_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECONCILIATION_H_

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// What is scanned replaces an earlier scan. Refuses SKUs that are not on the run, and runs that were never
// loaded. Delivery staff who try it are refused and recorded: the depot counts, not the crew.
Outcome DecideReturnRun(const State& state, const v1::ReturnRunRequest& request, const Stamp& stamp);

// The losses replace those given earlier. Refuses a loss without a case number (CASE_NUMBER_MISSING) and a
// run that is not back. A gap is an event, not a refusal.
Outcome DecideReconcileRun(const State& state, const v1::ReconcileRunRequest& request, const Stamp& stamp);

// Decides RunReconciled or RunImbalanceFound, unless the run is reconciled already and still balances.
void JudgeLedger(Decision& decision, const RunKey& run, v1::ImbalanceCause cause);

// The delivery day is over (policy): whatever the crew still carries is an imbalance.
void FireDayEnd(Decision& decision, const RunKey& run);

absl::Status Fold(Draft& draft, const v1::RunReturned& event, const Stamp& stamp);
absl::Status Fold(Draft& draft, const v1::LossesRecorded& event);
absl::Status Fold(Draft& draft, const v1::RunReconciled& event);
absl::Status Fold(Draft& draft, const v1::RunImbalanceFound& event);
absl::Status Fold(Draft& draft, const v1::RunDayClosed& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECONCILIATION_H_
