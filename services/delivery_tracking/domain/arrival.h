// What a crew reports from the road: that it arrived, that it could not deliver, why it was late (R60, R64).
// Each returns the refusals that stand against the report; none means that its events are decided.
// Pure functions over one decision.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_ARRIVAL_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_ARRIVAL_H_

#include "services/delivery_tracking/domain/report.h"

namespace sanyuan::delivery_tracking {

// Within 200 m (policy) of the shop's measured position, or by hand with a photo; TOO_FAR_FROM_SHOP
// otherwise. The first report of an arrival counts. On time, early or late is judged by the corrected time
// alone; a time that can't be proved is neither.
Refusals ReportArrival(Decision& decision, const Report& report, Touched& touched);

// Absent, refused, or no road (which needs a photo). A stop that failed on its last attempt (policy) is
// returned at once.
Refusals ReportUndelivered(Decision& decision, const Report& report);

// Weather and closed roads need a proof (LATE_PROOF_MISSING). May come before or after the arrival; the last
// reason stands.
Refusals ReportLateReason(Decision& decision, const Report& report);

// Decides that the stop's goods go back for good.
void ReturnStop(Decision& decision, const StopKey& stop);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_ARRIVAL_H_
