// What people decide about receipts: the service desk or an inspector confirms (direct, at a pick-up point
// with a valid agreement, or by proxy), the retailer disputes within 48 hours (policy), somebody else
// settles. Nobody decides about a run of which he is crew, and nobody settles what he had confirmed himself.
// A suspect receipt that nobody looks at stays suspect: it never becomes direct by waiting.
// Pure functions; times are server times.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_VERDICT_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_VERDICT_H_

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

// With `confirmed_arrived_at` as second proof of an arrival that could not be proved, or was never reported:
// from then on the stop counts as on time, early or late. Delivery staff who try it are recorded.
Outcome DecideResolveReceipt(const State& state, const v1::ResolveReceiptRequest& request,
                             const Stamp& stamp);

// By the licensee alone; staff who try it for him are recorded. The time runs from when a server received the
// receipt, by the server's clock.
Outcome DecideDisputeReceipt(const State& state, const v1::DisputeReceiptRequest& request,
                             const Stamp& stamp);

Outcome DecideSettleDispute(const State& state, const v1::SettleDisputeRequest& request, const Stamp& stamp);

// Closes receipts whose time for disputes is over, of one county, many at once. REQUIRES: a timer is due.
void FireDisputeEnd(Decision& decision, const TimerKey& first);

absl::Status Fold(Draft& draft, const v1::ReceiptConfirmed& event);
absl::Status Fold(Draft& draft, const v1::ProxyReceiptConfirmed& event);
absl::Status Fold(Draft& draft, const v1::ReceiptDisputed& event);
absl::Status Fold(Draft& draft, const v1::DisputeSettled& event);
absl::Status Fold(Draft& draft, const v1::ReceiptsClosed& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_VERDICT_H_
