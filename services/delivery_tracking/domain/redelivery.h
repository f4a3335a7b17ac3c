// Stops that did not come off: declared missed at 20:00, tried a second time within two working days, or
// returned (R64; numbers from the policy).
// Pure functions; times are server times.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REDELIVERY_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REDELIVERY_H_

#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// Puts the failed stop's goods back into the pool for that day. Refuses stops that have not failed, or whose
// attempts are used up, with WRONG_STATE, and days past the limit with REDELIVERY_TOO_LATE; for a stop that
// was missed the limit runs from today, as nobody had agreed on anything.
Outcome DecideScheduleRedelivery(const State& state, const v1::ScheduleRedeliveryRequest& request,
                                 const Stamp& stamp);

// Declares stops without a known arrival, up to what one decision holds; called again until all are.
void FireMissed(Decision& decision, const RunKey& run);

// No second attempt was agreed, or it was agreed and never planned: the goods went back.
void FireRedeliveryDue(Decision& decision, const StopKey& stop);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_REDELIVERY_H_
