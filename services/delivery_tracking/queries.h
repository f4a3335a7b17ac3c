// The queries of delivery tracking, over the rows that view.h names. What a caller may see:
// retailers the stops and receipts of their own licence; delivery staff those of their own runs (whose crew
// they are); the other roles of the county, whom the edge lets in, everything.
//
// Results: NotFound for what is not there, or not the caller's to see; InvalidArgument for a malformed id,
// date, page size or page token; PermissionDenied when a list is asked for that the role may not have.
// Thread safety: any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_QUERIES_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_QUERIES_H_

#include "absl/status/statusor.h"
#include "common/view/query.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/delivery_tracking/v1/receipt.pb.h"
#include "sanyuan/delivery_tracking/v1/run.pb.h"
#include "sanyuan/delivery_tracking/v1/stop.pb.h"

namespace sanyuan::delivery_tracking {

using partition::Actor;
using view::ViewReader;

absl::StatusOr<v1::GetRunResponse> GetRun(const ViewReader& view, const Actor& caller,
                                          const v1::GetRunRequest& request);
absl::StatusOr<v1::ListRunsResponse> ListRuns(const ViewReader& view, const Actor& caller,
                                              const v1::ListRunsRequest& request);
// Sums over the run's SKUs, and whether loaded = delivered + returned + lost holds for each of them.
absl::StatusOr<v1::GetReconciliationResponse> GetReconciliation(const ViewReader& view, const Actor& caller,
                                                                const v1::GetReconciliationRequest& request);
absl::StatusOr<v1::ListPoolResponse> ListPool(const ViewReader& view, const Actor& caller,
                                              const v1::ListPoolRequest& request);
// PLANNED is shown as EN_ROUTE once the run has left, as NOTIFIED once it was announced.
absl::StatusOr<v1::GetStopResponse> GetStop(const ViewReader& view, const Actor& caller,
                                            const v1::GetStopRequest& request);
absl::StatusOr<v1::ListStopsResponse> ListStops(const ViewReader& view, const Actor& caller,
                                                const v1::ListStopsRequest& request);
// PENDING for a stop that nothing was handed over at.
absl::StatusOr<v1::GetReceiptResponse> GetReceipt(const ViewReader& view, const Actor& caller,
                                                  const v1::GetReceiptRequest& request);
absl::StatusOr<v1::ListReceiptsResponse> ListReceipts(const ViewReader& view, const Actor& caller,
                                                      const v1::ListReceiptsRequest& request);
// Empty for a device that has sent nothing yet.
absl::StatusOr<v1::GetDeviceStreamResponse> GetDeviceStream(const ViewReader& view, const Actor& caller,
                                                            const v1::GetDeviceStreamRequest& request);
absl::StatusOr<v1::ListRejectedDeviceEventsResponse> ListRejectedDeviceEvents(
    const ViewReader& view, const Actor& caller, const v1::ListRejectedDeviceEventsRequest& request);

// All of them by full method name.
const view::Queries& DeliveryTrackingQueries();

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_QUERIES_H_
