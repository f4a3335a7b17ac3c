// Splits a fixed total once, in proportion to weights, without losing or adding a carton (invariant 26).
//
// It is right for splitting supply over order days or a target over routes. It is wrong for sharing scarce
// goods among shops: it rewards inflated requests, and a larger total can lower somebody's part (weights
// 6, 6, 2: a total of 10 gives 4, 4, 2, and 11 gives 5, 5, 1). Use water_filling.h for that.
//
// Pure function, callable from any thread; O(n) time and scratch.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_LARGEST_REMAINDER_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_LARGEST_REMAINDER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sanyuan::allocation {

// Writes each weight's part: its exact share total * weight / sum(weights) rounded down, and one more for
// those with the largest remainders until the total is used up; among equal remainders the earlier in the
// span comes first, so the caller's order must be one that everybody can repeat (days, codes).
//
// Returns what the parts add up to: `total`, or 0 when all weights are 0 (or there are none): then nobody
// has a claim, all parts are 0 and the caller keeps the total.
//
// `total` and each weight: 0 to kMaxTotalCartons; at most kMaxLines weights.
// INVALID_ARGUMENT outside the ranges or when the spans differ in length.
// REQUIRES: `parts` does not overlap `weights`.
absl::StatusOr<int64_t> LargestRemainder(int64_t total, absl::Span<const int64_t> weights,
                                         absl::Span<int64_t> parts);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_LARGEST_REMAINDER_H_
