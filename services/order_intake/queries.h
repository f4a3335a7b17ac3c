// The query RPCs of order intake, answered from the view. Staff sees the county's rows (that the county is his
// is checked at the edge). A retailer sees his own alone: a question for another licence is PERMISSION_DENIED, an
// order of another shop is NOT_FOUND like one that never was. InvalidArgument names the field.
// Thread safety: any thread.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_QUERIES_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_QUERIES_H_

#include "absl/status/statusor.h"
#include "common/partition/domain.h"
#include "common/view/query.h"
#include "common/view/view_store.h"
#include "sanyuan/order_intake/v1/allowance.pb.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"

namespace sanyuan::order_intake {

absl::StatusOr<v1::GetOrderResponse> GetOrder(const view::ViewReader& view, const partition::Actor& caller,
                                              const v1::GetOrderRequest& request);
absl::StatusOr<v1::ListOrdersResponse> ListOrders(const view::ViewReader& view,
                                                  const partition::Actor& caller,
                                                  const v1::ListOrdersRequest& request);
absl::StatusOr<v1::ListForbiddenAttemptsResponse> ListForbiddenAttempts(
    const view::ViewReader& view, const partition::Actor& caller,
    const v1::ListForbiddenAttemptsRequest& request);
absl::StatusOr<v1::GetWindowResponse> GetWindow(const view::ViewReader& view, const partition::Actor& caller,
                                                const v1::GetWindowRequest& request);
absl::StatusOr<v1::ListWindowsResponse> ListWindows(const view::ViewReader& view,
                                                    const partition::Actor& caller,
                                                    const v1::ListWindowsRequest& request);
absl::StatusOr<v1::GetDemandResponse> GetDemand(const view::ViewReader& view, const partition::Actor& caller,
                                                const v1::GetDemandRequest& request);
absl::StatusOr<v1::ListNoDemandResponse> ListNoDemand(const view::ViewReader& view,
                                                      const partition::Actor& caller,
                                                      const v1::ListNoDemandRequest& request);
// What the order form shows before a retailer orders.
absl::StatusOr<v1::GetRoomResponse> GetRoom(const view::ViewReader& view, const partition::Actor& caller,
                                            const v1::GetRoomRequest& request);

// All of them, by full method name.
const view::Queries& OrderIntakeQueries();

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_QUERIES_H_
