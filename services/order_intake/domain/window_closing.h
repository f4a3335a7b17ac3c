// The end of a window, a grace period after its cut-off, in decisions of bounded size:
//   1. WindowLockedPage, as many as it takes: all retailers that ordered or reported demand, in order of
//      licence; their orders are locked.
//   2. NoDemandRecorded for each expected retailer without an order (R84): nothing is ordered for him, and what
//      he said earlier is kept and marked. Nobody is expected in a window with `expected_none`.
//   3. OrderWindowClosed, small, which names the pages and makes them true together.
// From the first of these decisions on the window takes nothing more. Whoever takes over in between goes on
// where the fold stands.
// Pure functions.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_WINDOW_CLOSING_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_WINDOW_CLOSING_H_

#include "absl/status/status.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

// The next step of closing. REQUIRES: the window is open or being locked, and its grace is over.
Outcome FireClosing(const State& state, const WindowId& id, const Window& window);

// Takes the whole v1::Event: the digest of its bytes goes into OrderWindowClosed.
absl::Status EvolveLockedPage(State& state, const v1::Event& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::NoDemandRecorded& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrderWindowClosed& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_WINDOW_CLOSING_H_
