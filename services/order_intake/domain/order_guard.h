// What must hold for an order before it is taken (§ "feasible orders"): the guards that submitting and amending
// share. Every guard that fails gives its refusal, all at once; the retailer decides what to cut.
//
// Guards are about growth: what an amendment leaves as it is or lowers is never refused, so an order can always
// be set to nothing, also after a ceiling was lowered or a SKU was closed.
// Pure functions. Amounts are cartons.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_GUARD_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_GUARD_H_

#include <string>

#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

// The county is registered.
void GuardCounty(const State& state, County county, Refusals& refusals);

// The licence is registered, active and valid on the window's order day, and of a route that orders in it.
// `window` may be null when it is not known.
void GuardRetailer(const State& state, County county, const Code& licence, const WindowId& id,
                   const Window* window, Refusals& refusals);

// The call is in time: counted not before the opening and not after the cut-off's second. Otherwise
// WINDOW_CLOSED, whose detail names the next window of the retailer's route and its opening.
void GuardTime(const State& state, const WindowId& id, const Window& window, const Code& licence,
               const Stamp& stamp, Outcome& outcome);

// An order as it would be. REQUIRES: its fields are well-formed, `retailer` and `window` are there.
struct Proposal {
  WindowId window_id;
  const Window* window = nullptr;
  Code licence;
  const Retailer* retailer = nullptr;
  const google::protobuf::RepeatedPtrField<v1::RequestedLine>* lines = nullptr;
  // The order that it replaces; null when it is new.
  const OrderId* replaced_id = nullptr;
  const Order* replaced = nullptr;
};

// Lines, SKUs, class caps, the month's ceiling and the pacing ceiling. Sets `outcome.not_ready` when the
// month's allowances have not arrived yet and nothing else stands against the order.
void GuardLines(const State& state, const Proposal& proposal, Outcome& outcome);

// How much more of the allowance the proposal reserves than what it replaces; 0 when the window is not floating.
int64_t ReservationChange(const Proposal& proposal);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_GUARD_H_
