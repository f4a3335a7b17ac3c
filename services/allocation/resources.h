// Rows of the state as resources of the contract. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_RESOURCES_H_
#define SANYUAN_SERVICES_ALLOCATION_RESOURCES_H_

#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

v1::Agreement ToMessage(const IdKey& key, const Agreement& row);
v1::Month ToMessage(const MonthKey& key, const Month& row);
v1::Allowance ToMessage(const AllowanceKey& key, const Allowance& row);
v1::Adjustment ToMessage(const IdKey& key, const Adjustment& row);
v1::TightList ToMessage(const VersionKey& key, const TightList& row);
v1::RationTable ToMessage(const VersionKey& key, const RationTable& row);
v1::Supply ToMessage(const SupplyKey& key, const Supply& row);
// Without the mode, which stands with the window's release.
v1::WindowSupply ToMessage(const WindowSkuKey& key, const WindowSupply& row);
v1::TieKeySecret ToMessage(const WindowKey& key, const TieKeySecret& row);
// With sums by SKU and price class when `sums` is set.
v1::Run ToMessage(const RunKey& key, const Run& row, bool sums);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_RESOURCES_H_
