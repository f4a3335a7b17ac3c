// What queries read of delivery tracking, projected row by row from its folded state:
//
//   run/<county>/<run id>                 v1::DeliveryRun
//   sku/<county>/<run id>/<sku>           v1::SkuBalance
//   loss/<county>/<run id>                v1::GetReconciliationResponse with the losses alone
//   crew/<county>/<staff>/<run id>        (empty) runs of a member of staff; nobody leaves a crew
//   stop/<county>/<run id>/<number>       v1::Stop
//   shop/<county>/<licence>/<stop id>     (empty)
//   receipt/<county>/<run id>/<number>    v1::Receipt
//   open/<county>/<state>/<stop id>       (empty) receipts that somebody has to look at, by state
//   pool/<county>/<licence>/<order>/<debit>  v1::PoolEntry
//   stream/<county>/<device>/<installation>  v1::GetDeviceStreamResponse
//   rejected/<county>/<device>/<installation>/<sequence>/<hash>  v1::RejectedDeviceEvent
//
// Run ids begin with county and day, so a prefix of an id is also a range of days.
// Every row is written whole, so projecting a change again changes nothing. Thread safety: any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_VIEW_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_VIEW_H_

#include <vector>

#include "common/view/view_store.h"
#include "sanyuan/delivery_tracking/v1/receipt.pb.h"

namespace sanyuan::delivery_tracking {

class DeliveryTrackingProjection final : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;
};

// Receipts in these states are somebody's work: CAPTURED, SUSPECT, TIME_UNVERIFIED and DISPUTED.
bool IsOpenReceipt(v1::ReceiptState state);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_VIEW_H_
