#include "services/allocation/domain/maths/bands.h"

#include <algorithm>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

int64_t FloatOf(Scale scale, const FloatTable& floats) {
  switch (scale) {
    case Scale::kLarge:
      return floats.large_basis_points;
    case Scale::kMedium:
      return floats.medium_basis_points;
    case Scale::kSmall:
      return floats.small_basis_points;
  }
  return -1;
}

}  // namespace

absl::StatusOr<int64_t> MonthlyCeiling(int64_t agreed_cartons, Scale scale, const FloatTable& floats) {
  const int64_t float_basis_points = FloatOf(scale, floats);
  absl::Status status = CheckRange("agreed_cartons", agreed_cartons, 0, kMaxTotalCartons);
  status.Update(CheckRange("float_basis_points", float_basis_points, 0, kBasisPoints));
  if (!status.ok()) return status;

  int64_t increase = agreed_cartons * float_basis_points / kBasisPoints;
  if (scale == Scale::kSmall && agreed_cartons > 0 && float_basis_points > 0) {
    increase = std::max<int64_t>(increase, 1);
  }
  return agreed_cartons + increase;
}

}  // namespace sanyuan::allocation
