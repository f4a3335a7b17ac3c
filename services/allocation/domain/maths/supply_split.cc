#include "services/allocation/domain/maths/supply_split.h"

#include <algorithm>

#include "services/allocation/domain/maths/largest_remainder.h"
#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

absl::Status CheckPool(const Pool& pool) {
  absl::Status status = CheckRange("forecast_cartons", pool.forecast_cartons, 0, kMaxTotalCartons);
  status.Update(CheckRange("ratio_basis_points", pool.ratio_basis_points, 0, kMaxRatioBasisPoints));
  return status;
}

// Basis points of a carton: at most 2e16.
int64_t ExactBalance(const Pool& pool) { return pool.forecast_cartons * pool.ratio_basis_points; }

int64_t RoundHalfUp(int64_t cartons_basis_points) {
  return (cartons_basis_points + kBasisPoints / 2) / kBasisPoints;
}

}  // namespace

absl::StatusOr<BalancedSupply> BalanceSupply(int64_t forecast_cartons, int64_t ratio_basis_points,
                                             int64_t confirmed_cartons) {
  const Pool all{forecast_cartons, ratio_basis_points};
  absl::Status status = CheckPool(all);
  status.Update(CheckRange("confirmed_cartons", confirmed_cartons, 0, kMaxTotalCartons));
  if (!status.ok()) return status;
  const int64_t wanted = RoundHalfUp(ExactBalance(all));
  const int64_t cartons = std::min(wanted, confirmed_cartons);
  return BalancedSupply{cartons, wanted - cartons};
}

absl::StatusOr<DaySplit> SplitOverDays(int64_t supply_cartons, int64_t reserve_basis_points,
                                       absl::Span<const int64_t> day_forecasts,
                                       absl::Span<int64_t> day_cartons) {
  absl::Status status = CheckRange("supply_cartons", supply_cartons, 0, kMaxTotalCartons);
  status.Update(CheckRange("reserve_basis_points", reserve_basis_points, 0, kBasisPoints));
  if (!status.ok()) return status;
  DaySplit split;
  split.reserve_cartons = supply_cartons * reserve_basis_points / kBasisPoints;
  const int64_t for_days = supply_cartons - split.reserve_cartons;
  const absl::StatusOr<int64_t> placed = LargestRemainder(for_days, day_forecasts, day_cartons);
  if (!placed.ok()) return placed.status();
  split.unallocated_cartons = for_days - *placed;
  return split;
}

absl::Status RollUnused(size_t day, int64_t unused_cartons, absl::Span<int64_t> day_cartons,
                        DaySplit& split) {
  if (day >= day_cartons.size()) return absl::InvalidArgumentError("day is not one of the order days");
  absl::Status status = CheckRange("unused_cartons", unused_cartons, 0, day_cartons[day]);
  if (!status.ok()) return status;
  day_cartons[day] -= unused_cartons;
  (day + 1 < day_cartons.size() ? day_cartons[day + 1] : split.reserve_cartons) += unused_cartons;
  return absl::OkStatus();
}

absl::StatusOr<PoolSplit> SplitRuralUrban(int64_t supply_cartons, const Pool& rural, const Pool& urban) {
  absl::Status status = CheckRange("supply_cartons", supply_cartons, 0, kMaxTotalCartons);
  status.Update(CheckPool(rural));
  status.Update(CheckPool(urban));
  if (rural.ratio_basis_points < urban.ratio_basis_points) {
    status.Update(absl::InvalidArgumentError("the rural ratio is below the urban one"));
  }
  if (!status.ok()) return status;

  const __int128 exact_rural = ExactBalance(rural);
  const __int128 exact_both = exact_rural + ExactBalance(urban);
  PoolSplit split;
  split.rural_cartons = RoundHalfUp(ExactBalance(rural));
  split.urban_cartons = RoundHalfUp(ExactBalance(urban));
  const int64_t wanted = split.rural_cartons + split.urban_cartons;
  if (wanted <= supply_cartons) {
    split.unallocated_cartons = supply_cartons - wanted;
    return split;
  }
  // Largest remainder over two parts is rounding one of them; its weights here (cartons times basis
  // points) may exceed those that LargestRemainder takes.
  split.rural_cartons =
      static_cast<int64_t>((2 * supply_cartons * exact_rural + exact_both) / (2 * exact_both));
  split.urban_cartons = supply_cartons - split.rural_cartons;
  split.short_cartons = wanted - supply_cartons;
  return split;
}

}  // namespace sanyuan::allocation
