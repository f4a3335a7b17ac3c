// What order intake knows of the counties of one partition, folded from its own events alone. Thread safety: as
// state::Store.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_STATE_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_STATE_H_

#include "common/state/table.h"
#include "services/order_intake/domain/copies.h"
#include "services/order_intake/domain/rows.h"

namespace sanyuan::order_intake {

// Tables that queries show are tracked.
struct State : state::Store {
  State();

  state::Table<WindowId, Window> windows{*this, "windows", state::Content::kBusiness};
  state::Table<RetailerInWindow, Participation> participations{*this, "participations",
                                                               state::Content::kBusiness};
  state::Table<OrderId, Order> orders{*this, "orders", state::Content::kBusiness};
  state::Table<AllowanceKey, Allowance> allowances{*this, "allowances", state::Content::kBusiness};
  state::Table<AttemptKey, Attempt> attempts{*this, "attempts", state::Content::kBusiness};

  state::Table<WindowTimerKey, Nothing> window_timers{*this, "window_timers", state::Content::kInternal};
  state::Table<WindowId, Closing> closings{*this, "closings", state::Content::kInternal};
  state::Table<UnpaidKey, Nothing> unpaid{*this, "unpaid", state::Content::kInternal};
  // Months whose allowances are all here.
  state::Table<MonthKey, Nothing> allowances_complete{*this, "allowances_complete",
                                                      state::Content::kInternal};

  state::Table<CountyKey, Nothing> counties{*this, "counties", state::Content::kInternal};
  state::Table<RetailerKey, Retailer> retailers{*this, "retailers", state::Content::kBusiness};
  state::Table<StaffKey, StaffDevices> staff_devices{*this, "staff_devices", state::Content::kInternal};
  state::Table<DeviceKey, DeviceHolders> device_holders{*this, "device_holders", state::Content::kInternal};
  state::Table<SkuKey, Sku> skus{*this, "skus", state::Content::kInternal};
  state::Table<PolicyKey, OrderingPolicy> ordering_policies{*this, "ordering_policies",
                                                            state::Content::kInternal};
  state::Table<PolicyKey, Nothing> allocation_policies{*this, "allocation_policies",
                                                       state::Content::kInternal};
  state::Table<VersionKey, TightList> tight_lists{*this, "tight_lists", state::Content::kBusiness};
  state::Table<VersionKey, RationTable> rations{*this, "rations", state::Content::kBusiness};
};

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_STATE_H_
