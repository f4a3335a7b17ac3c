#include "services/order_intake/domain/allowance.h"

#include <fmt/format.h>

#include <algorithm>

namespace sanyuan::order_intake {

int64_t PacingCeiling(const Allowance& allowance, const Window& window) {
  const auto steps = static_cast<int64_t>(allowance.pacing.size());
  if (steps == 0 || window.occurrences == 0) return allowance.ceiling;
  const int64_t step = (window.occurrence * steps + window.occurrences - 1) / window.occurrences;
  return std::min<int64_t>(allowance.ceiling,
                           allowance.pacing[static_cast<size_t>(std::clamp<int64_t>(step, 1, steps) - 1)]);
}

int64_t AvailableInMonth(const Allowance& allowance) {
  return std::max<int64_t>(0, allowance.ceiling - allowance.reserved - allowance.consumed);
}

int64_t AvailableNow(const Allowance& allowance, const Window& window) {
  return std::max<int64_t>(0, PacingCeiling(allowance, window) - allowance.reserved - allowance.consumed);
}

absl::Status Book(State& state, const AllowanceKey& key, const LedgerEntry& entry) {
  if (entry.reserved == 0 && entry.consumed == 0) return absl::OkStatus();
  const Allowance* before = state.allowances.Find(key);
  if (before == nullptr || before->reserved + entry.reserved < 0 || before->consumed + entry.consumed < 0) {
    return absl::InvalidArgumentError(
        fmt::format("allowance of {} for {}: reserved {:+}, consumed {:+} can't be booked",
                    key.licence.view(), MonthText(key.month), entry.reserved, entry.consumed));
  }
  Allowance& allowance = state.allowances.Mutate(key);
  allowance.reserved += entry.reserved;
  allowance.consumed += entry.consumed;
  return absl::OkStatus();
}

}  // namespace sanyuan::order_intake
