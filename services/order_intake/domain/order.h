// Orders of retailers: submit, amend, cancel (§4.1 up to the cut-off). Only the retailer, only for the own
// licence, only while the window is open; the reservation in the month's allowance follows in the same decision.
//
// Demand that a retailer states on his lines is kept exactly as sent and is judged by nothing. Later states of an
// order are made by window_closing.h, settlement.h and payment.h.
// Pure functions: time, actor and request id come with the stamp.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_H_

#include "absl/status/status.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

Outcome DecideSubmitOrder(const State& state, const v1::SubmitOrderRequest& request, const Stamp& stamp);
// The same lines again are a success without an event.
Outcome DecideAmendOrder(const State& state, const v1::AmendOrderRequest& request, const Stamp& stamp);
// A cancelled order again is a success without an event.
Outcome DecideCancelOrder(const State& state, const v1::CancelOrderRequest& request, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::OrderSubmitted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrderAmended& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrderCancelled& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_H_
