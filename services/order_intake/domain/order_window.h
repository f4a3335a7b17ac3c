// The ordering window of one county: scheduled, opened and closed by server time only, so that nobody's own
// clock can decide who was in time. Opening freezes what judges every order of the window and the run after it:
// versions of the policies, the tight list and the rations, and the month whose allowance is used.
//
// A window is floating when an allocation policy is in force on its order day; only then do orders need an
// allowance and is anybody expected to order. Windows of a county may overlap. Closing is in window_closing.h.
// Pure functions: time, actor and request id come with the stamp.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_WINDOW_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_WINDOW_H_

#include "absl/status/status.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

Outcome DecideScheduleWindow(const State& state, const v1::ScheduleWindowRequest& request,
                             const Stamp& stamp);

// What a window that opens now freezes. Lists and rations that count from its scheduled opening on, policies of
// its order day.
Outcome FireOpening(const State& state, const WindowId& id, const Window& window);

absl::Status Evolve(State& state, const v1::OrderWindowScheduled& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrderWindowOpened& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_WINDOW_H_
