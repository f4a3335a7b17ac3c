// What the allocation mathematics accepts. Everything is a whole number: goods in cartons, ratios in basis
// points. Inside these ranges no function of this folder can overflow; outside them each one that returns
// a status answers INVALID_ARGUMENT, naming the field, its value and the range, and has changed nothing.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_RANGES_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_RANGES_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace sanyuan::allocation {

inline constexpr int64_t kBasisPoints = 10'000;
// One line: what one shop asks of one SKU.
inline constexpr int64_t kMaxRequestCartons = 1'000'000;
// Weights of water-filling are small integers (by grade or class, never by shop).
inline constexpr int64_t kMaxWeight = 1'000;
// A total over shops or days, and a weight of a split or of a season (which may itself be such a total).
inline constexpr int64_t kMaxTotalCartons = 1'000'000'000'000;
// Shops of one run, days of one split. 100,000 weights of kMaxTotalCartons still add up in 64 bits.
inline constexpr int64_t kMaxLines = 100'000;
// A supply ratio: 20,000 basis points are twice the forecast.
inline constexpr int64_t kMaxRatioBasisPoints = 20'000;

// OK if low <= value <= high.
absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_RANGES_H_
