// The limits of the ordering policy that a window froze when it opened. Plain values, free of threads.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_LIMITS_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_LIMITS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace sanyuan::order_intake {

// What the service itself can carry, whatever a policy says.
inline constexpr int32_t kMostLines = 1000;
inline constexpr int32_t kMostLineCartons = 1'000'000;
inline constexpr int32_t kMostDemandCartons = 1'000'000'000;
// Lines of one retailer in one window over all orders: they are locked and settled together.
inline constexpr int32_t kMostLinesInWindow = 10'000;

// The values that count when no ordering policy is in force.
struct Limits {
  absl::Duration grace = absl::Minutes(5);
  int32_t max_lines = kMostLines;
  int32_t max_line_cartons = kMostLineCartons;
  int32_t max_orders_per_window = 100;
  int32_t payment_tries = 4;

  bool operator==(const Limits&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.grace, self.max_lines, self.max_line_cartons, self.max_orders_per_window, self.payment_tries);
  }
};

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_LIMITS_H_
