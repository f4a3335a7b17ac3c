// Debits of orders that were shared out, and what follows when one is not paid (§4.1).
//
// Each taking of an offer is one debit. A failed try may be repeated until the deadline (12:00 of the order day
// by default); a debit that is still unpaid then is void: its cartons are free again and its allowance is
// released, once. Lines that a later run added to an order are debited by themselves, until the next such
// time of day; when they are void, what was paid before stays paid.
//
// As with the cut-off, a result counts by the time at which it reached the first of our servers, so a debit is
// voided one grace period after its deadline.
// Pure functions. Money is fen.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_PAYMENT_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_PAYMENT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

// The deadline of what is taken at `now`: the first one of a day from the order day on that lies ahead. Nothing
// when the window was opened without an ordering policy.
std::optional<absl::Time> NextPaymentDeadline(const Window& window, absl::Time now);
// When a debit with this deadline is void.
absl::Time VoidDue(absl::Time deadline, const Window& window);

// The same bank reference with the same result again is a success without an event.
Outcome DecideRecordPayment(const State& state, const v1::RecordPaymentRequest& request, const Stamp& stamp);

// Voids the debits that are due at `stamp.decided_at`, as many as fit into one decision.
Outcome FireVoid(const State& state, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::OrderPaid& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::PaymentFailed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrderVoided& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_PAYMENT_H_
