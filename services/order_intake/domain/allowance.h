// The ledger of reservations against what allocation opened for a month (R94), and the room that is left.
//
// Ordering reserves; the taking of an offer turns reserved into consumed and releases the rest; a void releases
// what was consumed. All of it happens in the month of the order. A ceiling that is lowered below what is
// reserved leaves nothing available and cancels nothing.
// Pure functions. Amounts are cartons.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ALLOWANCE_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ALLOWANCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {

// The cumulative ceiling after this window's occurrence (R26). A retailer who orders every second time has half
// as many steps as the window counts, and is on the same one for two windows.
int64_t PacingCeiling(const Allowance& allowance, const Window& window);

// max(0, ceiling - reserved - consumed), for the month and up to this window.
int64_t AvailableInMonth(const Allowance& allowance);
int64_t AvailableNow(const Allowance& allowance, const Window& window);

struct LedgerEntry {
  int64_t reserved = 0;  // Changes of the sums, positive or negative.
  int64_t consumed = 0;
};
// InvalidArgument when a sum would fall below 0: that entry can't be one of this ledger.
absl::Status Book(State& state, const AllowanceKey& key, const LedgerEntry& entry);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ALLOWANCE_H_
