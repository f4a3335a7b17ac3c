// The rules that make a receipt suspect (R65), and the verdict on it.
//
//   TOO_FAR                  more than 200 m from the shop (or the pick-up point of a valid agreement)
//   CARD/PHONE/SIGNATURE_REUSED  one card, phone or image for two licences (an image: for two receipts)
//   TOO_FAST                 two receipts of a run, or of one device, less than 60 s apart, shops over 300 m
//   BEFORE_ARRIVAL           signed before the crew had arrived, or no arrival was reported
//   RECEIVER_IS_STAFF, RECEIVER_NOT_AUTHORISED, RELATIVE_OF_STAFF, PICKUP_WITHOUT_AGREEMENT, PROOF_FALSE
//
// Rules that compare two receipts hit both of them, whichever came first, so the order of uploads decides
// nothing. Tables of uses and of moments make each comparison a search for neighbours.
// A receipt whose arrival may still be in a gap of its device's numbers waits (CAPTURED). SUSPECT is never
// taken back by a rule, only by a person; what people have decided no rule touches.
// Pure functions over one decision.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_SUSPICION_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_SUSPICION_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

inline bool HasRule(uint32_t rules, v1::SuspicionRule rule) { return (rules >> rule & 1U) != 0; }

// Judges these receipts and those that they are compared with; decides ReceiptJudged where a verdict is new
// or changes, and ProxyReceiptSuspected where a rule is.
void JudgeReceipts(Decision& decision, const std::set<StopKey>& receipts);

// The device never filled the gap that the receipt waits for: judged as it is. The timer is due.
void FireGiveUpWaiting(Decision& decision, const StopKey& stop);

// Receipts of this device that wait and whose earlier events are all here now.
std::set<StopKey> NoLongerWaiting(const Draft& draft, County county, const Stream& stream);

// A person decided: nothing is waited for any more.
void EndWaiting(Draft& draft, const StopKey& stop);

// Makes the receipt findable for comparisons.
void IndexReceipt(Draft& draft, const StopKey& stop, const Receipt& receipt);

// Staff of the county with this phone, if any.
std::optional<Code> FindStaffByPhone(const Draft& draft, County county, const std::string& phone_hash);
bool HasPickupAgreement(const Retailer& shop, Date date);

absl::Status Fold(Draft& draft, const v1::ReceiptJudged& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_SUSPICION_H_
