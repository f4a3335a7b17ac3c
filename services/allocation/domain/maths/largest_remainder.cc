#include "services/allocation/domain/maths/largest_remainder.h"

#include <algorithm>
#include <vector>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {

absl::StatusOr<int64_t> LargestRemainder(int64_t total, absl::Span<const int64_t> weights,
                                         absl::Span<int64_t> parts) {
  absl::Status status = CheckRange("total", total, 0, kMaxTotalCartons);
  status.Update(CheckRange("number of weights", static_cast<int64_t>(weights.size()), 0, kMaxLines));
  if (parts.size() != weights.size()) {
    status.Update(absl::InvalidArgumentError("parts and weights differ in length"));
  }
  if (!status.ok()) return status;

  int64_t sum = 0;
  for (const int64_t weight : weights) {
    status.Update(CheckRange("weight", weight, 0, kMaxTotalCartons));
    if (!status.ok()) return status;
    sum += weight;
  }
  if (sum == 0) {
    std::fill(parts.begin(), parts.end(), 0);
    return 0;
  }

  struct Remainder {
    int64_t amount;
    size_t index;
  };
  std::vector<Remainder> remainders(weights.size());
  int64_t left = total;
  for (size_t i = 0; i < weights.size(); ++i) {
    const __int128 product = static_cast<__int128>(total) * weights[i];
    parts[i] = static_cast<int64_t>(product / sum);
    remainders[i] = {static_cast<int64_t>(product % sum), i};
    left -= parts[i];
  }
  std::nth_element(remainders.begin(), remainders.begin() + left, remainders.end(),
                   [](const Remainder& a, const Remainder& b) {
                     return a.amount != b.amount ? a.amount > b.amount : a.index < b.index;
                   });
  for (int64_t i = 0; i < left; ++i) ++parts[remainders[static_cast<size_t>(i)].index];
  return total;
}

}  // namespace sanyuan::allocation
