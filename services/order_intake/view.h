// What queries of order intake read: rows projected from its state, and the keys under which they stand.
//
//   order/<county>/<order>                              v1.Order
//   order-of-window/<county>/<window>/<licence>/<order>   empty: an index
//   order-of-licence/<county>/<licence>/<window>/<order>  empty: an index
//   window/<county>/<YYYYMMDD>/<nn>                     v1.OrderWindow
//   demand/<county>/<window>/<licence>                  v1.Demand
//   no-demand/<county>/<window>/<licence>               v1.NoDemand
//   attempt/<county>/<attempt>                          v1.ForbiddenAttempt
//   allowance/<county>/<YYYY-MM>/<licence>, retailer/<county>/<licence>, tight/<county>/<version>,
//   ration/<county>/<version>                           rows of the state in their canonical form
//
// Every row is written whole, so projecting a change again changes nothing. Thread safety: any thread.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_VIEW_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/view/view_store.h"
#include "services/order_intake/domain/ids.h"

namespace sanyuan::order_intake {

class OrderIntakeProjection final : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;
};

std::string OrderViewKey(const OrderId& id);
std::string WindowViewKey(const WindowId& id);
std::string InWindowViewKey(std::string_view kind, const WindowId& id, std::string_view licence);
std::string AllowanceViewKey(County county, Month month, std::string_view licence);
// Of retailers, tight lists and rations.
std::string CopyViewKey(std::string_view kind, County county, std::string_view name);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_VIEW_H_
