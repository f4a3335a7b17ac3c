#include "services/order_intake/domain/payment.h"

#include <algorithm>
#include <set>

#include "services/order_intake/domain/allowance.h"
#include "services/order_intake/domain/requests.h"

namespace sanyuan::order_intake {
namespace {

constexpr size_t kVoidBytes = 256 << 10;

int64_t FailedTries(const Debit& debit) {
  return std::count_if(debit.tries.begin(), debit.tries.end(), [](const DebitTry& t) { return !t.paid; });
}

// What the order is, given what became of its debits. REQUIRES: it has one.
OrderState StateByDebits(const Order& order) {
  bool failed = false, open = false;
  for (const Debit& debit : order.debits) {
    if (debit.state == DebitState::kPaid) return OrderState::kPaid;
    failed = failed || debit.state == DebitState::kFailed;
    open = open || debit.state == DebitState::kDue;
  }
  if (failed) return OrderState::kPaymentFailed;
  if (!open) return OrderState::kVoid;
  // What failed is void, and what a later run added still waits for its money.
  return order.state == OrderState::kPaymentFailed ? OrderState::kPartAllocated : order.state;
}

std::unique_ptr<v1::Event> Paid(const v1::RecordPaymentRequest& request, const OrderId& id,
                                const Order& order, const Debit& debit) {
  auto [event, paid] = NewEvent(&v1::Event::mutable_order_paid);
  paid->set_order_id(request.order_id());
  paid->set_licence(order.licence.str());
  paid->set_window_id(WindowOf(id, order).Text());
  paid->set_order_day(DayText(order.order_day));
  paid->set_debit_number(request.debit_number());
  for (const DebitLine& line : debit.lines) {
    const auto index = static_cast<size_t>(line.line);
    v1::PaidLine& out = *paid->add_lines();
    out.set_line_number(static_cast<uint32_t>(line.line + 1));
    out.set_sku(order.lines[index].sku.str());
    out.set_cartons(line.cartons);
    out.set_amount_fen(line.cartons * order.settlements[index].price_fen);
  }
  paid->set_amount_fen(debit.amount_fen);
  paid->set_bank_reference(request.bank_reference());
  return std::move(event);
}

std::unique_ptr<v1::Event> Voided(const State& state, const UnpaidKey& key, const Order& order) {
  auto [event, voided] = NewEvent(&v1::Event::mutable_order_voided);
  const WindowId window_id = WindowOf(key.order, order);
  const Window* window = state.windows.Find(window_id);
  const Debit& debit = order.debits[key.debit - 1];
  voided->set_order_id(key.order.Text());
  voided->set_licence(order.licence.str());
  voided->set_window_id(window_id.Text());
  voided->set_debit_number(key.debit);
  for (const DebitLine& line : debit.lines) {
    v1::FreedLine& out = *voided->add_lines();
    out.set_line_number(static_cast<uint32_t>(line.line + 1));
    out.set_sku(order.lines[static_cast<size_t>(line.line)].sku.str());
    out.set_cartons(line.cartons);
  }
  const auto open = std::count_if(order.debits.begin(), order.debits.end(),
                                  [](const Debit& d) { return d.state != DebitState::kVoid; });
  voided->set_whole_order(open == 1);
  voided->set_released_cartons(window != nullptr && window->floating ? debit.cartons : 0);
  return std::move(event);
}

// The debit of a fold's event; null when there is none.
Debit* DebitToChange(State& state, const std::string& order_id, uint32_t number, OrderId& id, Order*& order) {
  const auto parsed = OrderId::Parse(order_id);
  if (!parsed || !state.orders.Contains(*parsed)) return nullptr;
  id = *parsed;
  order = &state.orders.Mutate(id);
  if (number < 1 || number > order->debits.size()) return nullptr;
  return &order->debits[number - 1];
}

void EraseUnpaid(State& state, const OrderId& id, const Order& order, uint32_t number) {
  const Debit& debit = order.debits[number - 1];
  const Window* window = state.windows.Find(WindowOf(id, order));
  if (debit.deadline && window != nullptr)
    state.unpaid.Erase({VoidDue(*debit.deadline, *window), id, number});
}

}  // namespace

std::optional<absl::Time> NextPaymentDeadline(const Window& window, absl::Time now) {
  if (!window.payment_deadline) return std::nullopt;
  absl::Time deadline = *window.payment_deadline;
  if (deadline <= now) {
    const int64_t days = (now - deadline) / absl::Hours(24) + 1;
    deadline += days * absl::Hours(24);
  }
  return deadline;
}

absl::Time VoidDue(absl::Time deadline, const Window& window) {
  return deadline + absl::Seconds(1) + window.limits.grace;
}

Outcome DecideRecordPayment(const State& state, const v1::RecordPaymentRequest& request, const Stamp& stamp) {
  Outcome outcome;
  outcome.refusals = Validate(request);
  if (outcome.refused()) return outcome;
  const OrderId id = *OrderId::Parse(request.order_id());
  const Order* order = state.orders.Find(id);
  const Window* window = order == nullptr ? nullptr : state.windows.Find(WindowOf(id, *order));
  if (window == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_ORDER_UNKNOWN, "order_id");
    return outcome;
  }
  if (request.debit_number() > order->debits.size()) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_ALLOCATED, "debit_number");
    return outcome;
  }
  const Debit& debit = order->debits[request.debit_number() - 1];
  const bool is_paid = request.result() == v1::PAYMENT_RESULT_PAID;
  for (const DebitTry& known : debit.tries) {
    if (known.bank_reference != request.bank_reference()) continue;
    if (known.paid == is_paid) {
      outcome.response = std::make_unique<v1::RecordPaymentResponse>();
    } else {
      Refuse(outcome.refusals, common::v1::REASON_ALREADY_EXISTS, "bank_reference");
    }
    return outcome;
  }
  if (debit.state == DebitState::kPaid)
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "debit_number");
  const bool late =
      debit.deadline && CountedAt(stamp, window->limits.grace) >= *debit.deadline + absl::Seconds(1);
  if (debit.state == DebitState::kVoid || late) {
    Refuse(outcome.refusals, common::v1::REASON_PAYMENT_LATE, "",
           debit.deadline ? TimeText(*debit.deadline) : "");
  }
  const int64_t failed = FailedTries(debit);
  if (debit.state == DebitState::kFailed && failed >= window->limits.payment_tries) {
    RefuseOver(outcome.refusals, common::v1::REASON_PAYMENT_TRIES_USED, "", window->limits.payment_tries,
               failed + 1);
  }
  if (is_paid && request.amount_fen() != debit.amount_fen) {
    RefuseOver(outcome.refusals, common::v1::REASON_AMOUNT_MISMATCH, "amount_fen", debit.amount_fen,
               request.amount_fen());
  }
  if (outcome.refused()) return outcome;

  outcome.response = std::make_unique<v1::RecordPaymentResponse>();
  if (is_paid) {
    outcome.events.push_back(Paid(request, id, *order, debit));
    return outcome;
  }
  auto [event, failure] = NewEvent(&v1::Event::mutable_payment_failed);
  failure->set_order_id(request.order_id());
  failure->set_debit_number(request.debit_number());
  failure->set_bank_reference(request.bank_reference());
  failure->set_failed_tries(static_cast<uint32_t>(failed + 1));
  failure->set_allowed_tries(static_cast<uint32_t>(window->limits.payment_tries));
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome FireVoid(const State& state, const Stamp& stamp) {
  Outcome outcome;
  size_t bytes = 0;
  std::set<OrderId> seen;  // A second debit of an order is judged after the first was folded.
  state.unpaid.ForEachFrom(UnpaidKey{absl::InfinitePast(), {}, 0}, [&](const UnpaidKey& key, const Nothing&) {
    if (key.due > stamp.decided_at || bytes >= kVoidBytes) return false;
    if (!seen.insert(key.order).second) return false;
    const Order* order = state.orders.Find(key.order);
    auto event = Voided(state, key, *order);
    bytes += event->ByteSizeLong();
    outcome.events.push_back(std::move(event));
    return true;
  });
  return outcome;
}

absl::Status Evolve(State& state, const v1::OrderPaid& event, const Stamp& stamp) {
  OrderId id;
  Order* order = nullptr;
  Debit* debit = DebitToChange(state, event.order_id(), event.debit_number(), id, order);
  if (debit == nullptr) return Unfoldable("OrderPaid", event.order_id());
  EraseUnpaid(state, id, *order, event.debit_number());
  debit->state = DebitState::kPaid;
  debit->tries.push_back({event.bank_reference(), true});
  order->state = OrderState::kPaid;
  order->changed_at = stamp.received_at;
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::PaymentFailed& event, const Stamp& stamp) {
  OrderId id;
  Order* order = nullptr;
  Debit* debit = DebitToChange(state, event.order_id(), event.debit_number(), id, order);
  if (debit == nullptr) return Unfoldable("PaymentFailed", event.order_id());
  debit->state = DebitState::kFailed;
  debit->tries.push_back({event.bank_reference(), false});
  order->state = StateByDebits(*order);
  order->changed_at = stamp.received_at;
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::OrderVoided& event, const Stamp& stamp) {
  OrderId id;
  Order* order = nullptr;
  Debit* debit = DebitToChange(state, event.order_id(), event.debit_number(), id, order);
  if (debit == nullptr || debit->state == DebitState::kVoid || debit->state == DebitState::kPaid) {
    return Unfoldable("OrderVoided", event.order_id());
  }
  EraseUnpaid(state, id, *order, event.debit_number());
  debit->state = DebitState::kVoid;
  for (const DebitLine& line : debit->lines) {
    Settlement& settlement = order->settlements[static_cast<size_t>(line.line)];
    settlement.taken -= line.cartons;
    settlement.freed = true;
  }
  order->state = StateByDebits(*order);
  order->changed_at = stamp.received_at;
  return Book(state, {id.county, MonthOf(order->order_day), order->licence}, {0, -event.released_cartons()});
}

}  // namespace sanyuan::order_intake
