// The monthly ceiling of a shop: its agreed total A plus the float of its scale (R94).
//
//   U = A + g(A * float / 10000), g rounds down; a SMALL shop with A > 0 gets at least one carton more,
//   because 15% of 5 cartons would otherwise be nothing.
//
// U is a ceiling over all SKUs together, and there is no floor beside it: a shop may order 0 (R91).
// U depends on nothing but the agreed total, the scale at the month's start and the policy's table
// (invariant 4). Pure functions, callable from any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_BANDS_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_BANDS_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace sanyuan::allocation {

enum class Scale { kLarge, kMedium, kSmall };

// One version of the floating policy, in basis points, each 0 to 10,000. The defaults are those of the
// published rules. A float of 0 means that no floating is in force for that scale: U = A, SMALL too.
struct FloatTable {
  int64_t large_basis_points = 500;
  int64_t medium_basis_points = 1'000;
  int64_t small_basis_points = 1'500;

  bool operator==(const FloatTable&) const = default;
};

// `agreed_cartons`: 0 to kMaxTotalCartons. INVALID_ARGUMENT outside the ranges.
absl::StatusOr<int64_t> MonthlyCeiling(int64_t agreed_cartons, Scale scale, const FloatTable& floats);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_BANDS_H_
