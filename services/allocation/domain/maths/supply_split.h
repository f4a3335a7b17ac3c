// From a forecast to what one order day may hand out: the slightly tight balance of classes 4 and 5, the
// reserve, the days of the week, the rural and the urban pool (R27, R75).
//
// Every split conserves: what goes in is what the parts, the reserve and the unallocated rest add up to
// (invariants 16 and 26). Pure functions, callable from any thread. Cartons are 0 to kMaxTotalCartons;
// INVALID_ARGUMENT outside the ranges.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_SUPPLY_SPLIT_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_SUPPLY_SPLIT_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sanyuan::allocation {

inline constexpr int64_t kDefaultReserveBasisPoints = 500;
inline constexpr int64_t kDefaultTightRatioBasisPoints = 9'500;

struct BalancedSupply {
  int64_t cartons = 0;
  // What confirmed supply lacks of the balance. Above 0 the SKU is SHORT and must be shown as such
  // (invariant 23).
  int64_t short_cartons = 0;
};

// S = ratio * forecast, halves rounded up, but never more than confirmed supply. The forecast is one of
// reported demand, not of sales, which limits have cut. `ratio_basis_points` is 0 to
// kMaxRatioBasisPoints; which ratios a class may have (0.90 to 0.98 for classes 4 and 5) is policy.
absl::StatusOr<BalancedSupply> BalanceSupply(int64_t forecast_cartons, int64_t ratio_basis_points,
                                             int64_t confirmed_cartons);

struct DaySplit {
  int64_t reserve_cartons = 0;
  // Everything but the reserve, when no day has a forecast; else 0.
  int64_t unallocated_cartons = 0;
};

// Keeps the reserve back (rounded down, so it never exceeds its share of the supply) and splits the rest
// over the order days by largest remainder over their forecasts; without this the first day's shops would
// take all. `reserve_basis_points` is 0 to 10,000.
absl::StatusOr<DaySplit> SplitOverDays(int64_t supply_cartons, int64_t reserve_basis_points,
                                       absl::Span<const int64_t> day_forecasts,
                                       absl::Span<int64_t> day_cartons);

// What a day did not use goes to the next day, after the last day to the reserve.
// `unused_cartons` is 0 to what the day holds, `day` one of the days.
absl::Status RollUnused(size_t day, int64_t unused_cartons, absl::Span<int64_t> day_cartons, DaySplit& split);

struct Pool {
  int64_t forecast_cartons = 0;
  int64_t ratio_basis_points = 0;
};

struct PoolSplit {
  int64_t rural_cartons = 0;
  int64_t urban_cartons = 0;
  int64_t unallocated_cartons = 0;
  // What the two balances together lack.
  int64_t short_cartons = 0;
};

// Gives each pool its balance (as BalanceSupply). When supply does not suffice for both, both shrink in
// proportion, so the rural fill rate stays at least the urban one up to the rounding of half a carton in
// each; the odd half goes to the country. INVALID_ARGUMENT when the rural ratio is below the urban one.
absl::StatusOr<PoolSplit> SplitRuralUrban(int64_t supply_cartons, const Pool& rural, const Pool& urban);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_SUPPLY_SPLIT_H_
