// Taking a receipt: what was handed to whom, and which of the four proofs hold against the registry's copy:
// the confirmation card, the PIN, signature with photo, and a position near the shop's measured one (R65).
// A receipt is a fact and is kept whatever its proofs are worth; a proof that is false proves nothing, is
// named (PROOF_FALSE with its field) and makes the receipt suspect.
// Pure functions over one decision; amounts are cartons.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECEIPT_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECEIPT_H_

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/report.h"

namespace sanyuan::delivery_tracking {

// Refuses what contradicts the plan: another licence, a SKU that the stop does not have, more cartons than
// planned (OVER_DELIVERED), a second receipt. A stop that was missed, or that waits for a second attempt that
// is not planned yet, takes a late receipt: the goods had been handed over.
Refusals ReportReceipt(Decision& decision, const Report& report, Touched& touched);

// The findings of an accepted receipt, as the device is told: PROOF_FALSE for each false proof,
// PROOF_TOO_FEW.
Refusals FindingsOf(const Draft& draft, const StopKey& stop);

int32_t TrueProofs(const Receipt& receipt);

absl::Status Fold(Draft& draft, const v1::ReceiptCaptured& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_RECEIPT_H_
