// Shares scarce cartons of one SKU among shops that want more than there is (R25 to R27, section "fair
// share"): weighted integer water-filling with the requests as caps.
//
// Carton number x+1 of a shop with weight w has the priority (2x + delta) / w; cartons are handed out from
// the lowest priority on, equal ones in the order of their tie keys, until the supply is used up or every
// request is met. So shops of equal weight differ by at most one carton, one carton more never lowers
// anybody, and asking for more than one wants never brings a usable carton (invariants 5 to 14).
//
// The result is described by the first carton that was NOT handed out, its priority and tie key: the
// Level. Each line's cartons follow from the Level and that line alone (CartonsAt), which is what makes a
// published allocation checkable by the shop that it concerns, without knowing anybody else's request.
//
// Priorities are compared as fractions with denominators up to kMaxWeight, exactly: there is no common
// denominator to overflow, and no floating point. Pure functions, callable from any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_WATER_FILLING_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_WATER_FILLING_H_

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/allocation/domain/maths/tie_key.h"

namespace sanyuan::allocation {

// The value is delta. Recorded in journals: never renumber.
enum class Divisor : int {
  kAdams = 0,      // favours small weights
  kWebster = 1,    // neutral, the default
  kJefferson = 2,  // favours large weights
};

struct FillRule {
  Divisor divisor = Divisor::kWebster;
  // Everybody's first carton has priority 0, so nobody gets two before every demander has one.
  bool min_one = false;

  bool operator==(const FillRule&) const = default;
};

// Where the supply ended. Depends on the set of lines only, never on their order.
struct Level {
  FillRule rule;
  // False: every request is met in full, and the fields below have their default values.
  bool limited = false;
  // Priority of the first carton that was not handed out, in lowest terms:
  // 0 <= numerator <= 2 * kMaxRequestCartons + 2, 1 <= denominator <= kMaxWeight.
  int64_t numerator = 0;
  int64_t denominator = 1;
  // Its tie key. Of the cartons with just this priority those with a lower key were handed out.
  TieKey cut_off;

  bool operator==(const Level&) const = default;
};

// The cartons of one line, from the Level and the line alone, in constant time.
// REQUIRES: level as described above, 0 <= request_cartons <= kMaxRequestCartons, 1 <= weight <= kMaxWeight.
int64_t CartonsAt(const Level& level, int64_t request_cartons, int64_t weight, const TieKey& tie_key);

// Whether the tie key has a say for this line: a carton of it has just the Level's priority.
// Where it is false, CartonsAt gives the same for every key. REQUIRES: as for CartonsAt.
bool IsTied(const Level& level, int64_t request_cartons, int64_t weight);

// The tie key of a line, by its position. Asked at most once for each line, and only for tied ones.
using TieKeyOf = absl::FunctionRef<TieKey(size_t line)>;

// Shares `supply_cartons` (0 or more) out: writes each line's cartons and returns the Level.
// A line is everything that one shop asks of the SKU, so a shop has one line.
//
// Requests: 0 to kMaxRequestCartons. Weights: 1 to kMaxWeight. At most kMaxLines lines. Time is
// O(lines * log(largest request)), scratch O(tied lines). INVALID_ARGUMENT outside the ranges, when spans
// differ in length, or when two shops with the same key meet at the cut-off, where their order would have
// to be invented; `cartons` is unspecified then.
// REQUIRES: `cartons` does not overlap the other spans.
absl::StatusOr<Level> WaterFill(const FillRule& rule, int64_t supply_cartons,
                                absl::Span<const int64_t> request_cartons, absl::Span<const int32_t> weights,
                                TieKeyOf tie_key_of, absl::Span<int64_t> cartons);

// The same with all tie keys at hand.
absl::StatusOr<Level> WaterFill(const FillRule& rule, int64_t supply_cartons,
                                absl::Span<const int64_t> request_cartons, absl::Span<const int32_t> weights,
                                absl::Span<const TieKey> tie_keys, absl::Span<int64_t> cartons);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_WATER_FILLING_H_
