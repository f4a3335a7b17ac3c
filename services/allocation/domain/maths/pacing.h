// Spreads a month: how much a shop may have ordered up to each of its order occurrences, and how much of a
// SKU may have been released up to each day (R26).
//
//   C(t) = min(U, ceil(U * (W_t + slack))), C(n) = U
//
// W_t is the season's cumulative share: published season weights of the first t occurrences over those of
// the whole month; flat weights give t/n. The form is cumulative, so who orders less early can order it
// later in the month and loses nothing; nothing is carried into the next month. C never decreases
// (invariant 17). Pure functions, callable from any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_PACING_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_PACING_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sanyuan::allocation {

inline constexpr int64_t kDefaultPacingSlackBasisPoints = 1'000;
inline constexpr int64_t kDefaultReleaseSlackBasisPoints = 500;

// The fraction W_t. 0 <= cumulative <= total, 1 <= total <= kMaxTotalCartons. Any unit does.
struct SeasonShare {
  int64_t cumulative = 0;
  int64_t total = 1;
};

// C(t) of one shop, rounded up. `ceiling_cartons` (U) is 0 to kMaxTotalCartons, `slack_basis_points` 0 to
// 10,000; INVALID_ARGUMENT outside the ranges.
absl::StatusOr<int64_t> PacingCeilingAt(int64_t ceiling_cartons, SeasonShare share,
                                        int64_t slack_basis_points);

// C(1) to C(n) at once, one for each season weight (0 to kMaxTotalCartons each, at most kMaxLines of them,
// not all 0). INVALID_ARGUMENT outside the ranges or when the spans differ in length.
absl::Status PacingCeilings(int64_t ceiling_cartons, absl::Span<const int64_t> season_weights,
                            int64_t slack_basis_points, absl::Span<int64_t> ceilings);

// The supply side: at most this much of a SKU's `supply_cartons` may be released up to that day.
// min(S, floor(S * (W_d + slack))): rounded down, because goods that are not there can't be released.
absl::StatusOr<int64_t> ReleaseLimitAt(int64_t supply_cartons, SeasonShare share, int64_t slack_basis_points);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_PACING_H_
