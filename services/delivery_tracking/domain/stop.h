// What happens at a stop, as far as it is folded: arrival, failure, second attempt, return. A stop moves
//   PLANNED -> ARRIVED -> RECEIPTED | ABSENT | REFUSED | UNREACHABLE_ROAD -> REDELIVERY | RETURNED
// and MISSED stands for "nothing known at 20:00" until a device proves otherwise. Reports may come in any
// order: an arrival that comes after its receipt is noted and changes no state.
// Pure functions.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STOP_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STOP_H_

#include <string>

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// Inside the promised window, before or after it; TIME_UNVERIFIED when `arrived_at` is not known. The
// device's calendar clock has no say (invariant 28).
v1::Punctuality JudgePunctuality(const Stop& stop, const std::optional<absl::Time>& arrived_at);

// ABSENT, REFUSED, UNREACHABLE_ROAD or MISSED: what a second attempt can be agreed for.
bool HasFailed(v1::StopState state);

// Sets the state and keeps the run's counters of receipted and failed stops.
void SetState(Draft& draft, const StopKey& key, v1::StopState state);
// Takes a voided part of an order off its stop; goods on board have to come back.
void WithdrawOrderPart(Draft& draft, const StopKey& key, const std::string& order_id, uint32_t debit_number);
// Forgets an agreed second attempt that is not planned yet.
void DropRedelivery(Draft& draft, const StopKey& key);
// True when a second attempt is agreed and every part of it is still in the pool.
bool RedeliveryIsInPool(const Draft& draft, const StopKey& key);

absl::Status Fold(Draft& draft, const v1::StopArrived& event);
absl::Status Fold(Draft& draft, const v1::LateReasonGiven& event);
absl::Status Fold(Draft& draft, const v1::ArrivalEstablished& event);
absl::Status Fold(Draft& draft, const v1::RetailerAbsent& event);
absl::Status Fold(Draft& draft, const v1::StopRefused& event);
absl::Status Fold(Draft& draft, const v1::StopUnreachable& event);
absl::Status Fold(Draft& draft, const v1::StopMissed& event);
absl::Status Fold(Draft& draft, const v1::MissedStopsDeclared& event);
absl::Status Fold(Draft& draft, const v1::RedeliveryScheduled& event);
absl::Status Fold(Draft& draft, const v1::StopReturned& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STOP_H_
