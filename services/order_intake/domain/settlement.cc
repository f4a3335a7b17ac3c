#include "services/order_intake/domain/settlement.h"

#include <algorithm>

#include "services/order_intake/domain/allowance.h"
#include "services/order_intake/domain/payment.h"

namespace sanyuan::order_intake {
namespace {

int64_t PriceOn(const State& state, const Code& sku, Day day) {
  const Sku* row = state.skus.Find({sku});
  int64_t price = 0;
  if (row == nullptr) return price;
  for (const auto& [from, fen] : row->wholesale_fen) {
    if (from > day) break;
    price = fen;
  }
  return price;
}

void ReturnAll(const OrderOffer& offer, Reason reason, v1::AllocationReturned& returned) {
  for (const LineOffer& line : offer.lines) {
    v1::ReturnedLine& out = *returned.add_lines();
    out.set_line_number(line.line_number);
    out.set_offered_cartons(line.cartons);
    out.set_reason(reason);
  }
}

class Settler {
 public:
  Settler(const State& state, const OrderId& id, const Order& order, const Window& window, RoomUsed& used)
      : state_(state), id_(id), order_(order), window_(window), used_(used) {
    const Retailer* retailer = state.retailers.Find({id.county, order.licence});
    active_ = retailer != nullptr && retailer->active;
  }

  void Settle(const LineOffer& offer, v1::AllocationTaken& taken, v1::AllocationReturned& returned) {
    if (offer.line_number < 1 || offer.line_number > order_.lines.size()) {
      v1::ReturnedLine& out = *returned.add_lines();
      out.set_line_number(offer.line_number);
      out.set_offered_cartons(offer.cartons);
      out.set_reason(common::v1::REASON_ORDER_UNKNOWN);
      return;
    }
    const size_t index = offer.line_number - 1;
    const Line& line = order_.lines[index];
    const Settlement before = order_.settlements.empty() ? Settlement{} : order_.settlements[index];
    const int64_t wanted = line.requested - before.taken;
    const int64_t room = before.settled && window_.floating ? Room() : wanted;
    const bool gone = order_.state == OrderState::kVoid || order_.state == OrderState::kCancelled ||
                      order_.state == OrderState::kSubmitted || before.freed;
    Reason reason = common::v1::REASON_UNSPECIFIED;
    if (gone) {
      reason = common::v1::REASON_ORDER_NOT_OPEN;
    } else if (!active_) {
      reason = common::v1::REASON_LICENCE_NOT_ACTIVE;
    } else if (offer.cartons < 0 || offer.cartons > wanted) {
      reason = common::v1::REASON_QUANTITY_RANGE;
    } else if (offer.cartons > room) {
      reason = common::v1::REASON_OVER_TOTAL;
    }
    if (reason != common::v1::REASON_UNSPECIFIED) {
      v1::ReturnedLine& out = *returned.add_lines();
      out.set_line_number(offer.line_number);
      out.set_sku(line.sku.str());
      out.set_offered_cartons(offer.cartons);
      out.set_reason(reason);
      out.set_still_can_take_cartons(gone || !active_ ? 0 : std::min(wanted, room));
      // A licence that is not active loses its reservation; an offer of too much is no answer to the line yet.
      if (reason == common::v1::REASON_LICENCE_NOT_ACTIVE && !before.settled && window_.floating) {
        out.set_released_cartons(line.requested);
        used_[Key()] -= line.requested;
      }
      return;
    }
    v1::TakenLine& out = *taken.add_lines();
    out.set_line_number(offer.line_number);
    out.set_sku(line.sku.str());
    out.set_offered_cartons(offer.cartons);
    out.set_taken_cartons(offer.cartons);
    if (window_.floating) {
      if (before.settled) {
        out.set_reserved_anew_cartons(offer.cartons);
        used_[Key()] += offer.cartons;
      } else {
        out.set_released_cartons(line.requested - offer.cartons);
        used_[Key()] -= line.requested - offer.cartons;
      }
    }
    if (offer.cartons > 0) out.set_price_fen(PriceOn(state_, line.sku, order_.order_day));
  }

 private:
  AllowanceKey Key() const { return {id_.county, MonthOf(order_.order_day), order_.licence}; }

  int64_t Room() const {
    const Allowance* allowance = state_.allowances.Find(Key());
    if (allowance == nullptr) return 0;
    const auto it = used_.find(Key());
    const int64_t used = it == used_.end() ? 0 : it->second;
    return std::max<int64_t>(0, allowance->ceiling - allowance->reserved - allowance->consumed - used);
  }

  const State& state_;
  const OrderId& id_;
  const Order& order_;
  const Window& window_;
  RoomUsed& used_;
  bool active_ = false;
};

OrderState StateAfterSharing(const Order& order) {
  if (order.state != OrderState::kLocked && order.state != OrderState::kAllocated &&
      order.state != OrderState::kPartAllocated && order.state != OrderState::kNotAllocated) {
    return order.state;
  }
  int64_t requested = 0, taken = 0;
  for (size_t i = 0; i < order.lines.size(); ++i) {
    if (!order.settlements[i].settled) return OrderState::kLocked;
    requested += order.lines[i].requested;
    taken += order.settlements[i].taken;
  }
  if (taken == 0) return OrderState::kNotAllocated;
  return taken < requested ? OrderState::kPartAllocated : OrderState::kAllocated;
}

// The order of a fold's event with its settlements made; null when it can't be.
Order* OrderToSettle(State& state, const std::string& order_id, OrderId& id) {
  const auto parsed = OrderId::Parse(order_id);
  if (!parsed || !state.orders.Contains(*parsed)) return nullptr;
  id = *parsed;
  Order& order = state.orders.Mutate(id);
  order.settlements.resize(order.lines.size());
  return &order;
}

}  // namespace

void SettleOffer(const State& state, const OrderOffer& offer, const Stamp& stamp, RoomUsed& used,
                 std::vector<partition::EventPtr>& events) {
  auto [taken_event, taken] = NewEvent(&v1::Event::mutable_allocation_taken);
  auto [returned_event, returned] = NewEvent(&v1::Event::mutable_allocation_returned);
  const auto id = OrderId::Parse(offer.order_id);
  const Order* order = id ? state.orders.Find(*id) : nullptr;
  const Window* window = order == nullptr ? nullptr : state.windows.Find(WindowOf(*id, *order));
  if (window == nullptr) {
    ReturnAll(offer, common::v1::REASON_ORDER_UNKNOWN, *returned);
  } else {
    Settler settler(state, *id, *order, *window, used);
    for (const LineOffer& line : offer.lines) settler.Settle(line, *taken, *returned);
  }
  if (taken->lines_size() > 0) {
    taken->set_run_id(offer.run_id);
    taken->set_order_id(offer.order_id);
    taken->set_licence(offer.licence);
    taken->set_window_id(offer.window_id);
    const bool any = std::any_of(taken->lines().begin(), taken->lines().end(),
                                 [](const v1::TakenLine& line) { return line.taken_cartons() > 0; });
    if (any) {
      taken->set_debit_number(static_cast<uint32_t>(order->debits.size() + 1));
      if (const auto deadline = NextPaymentDeadline(*window, stamp.decided_at)) {
        *taken->mutable_payment_deadline() = ToTimestamp(*deadline);
      }
    }
    events.push_back(std::move(taken_event));
  }
  if (returned->lines_size() > 0) {
    returned->set_run_id(offer.run_id);
    returned->set_order_id(offer.order_id);
    returned->set_licence(offer.licence);
    returned->set_window_id(offer.window_id);
    events.push_back(std::move(returned_event));
  }
}

absl::Status Evolve(State& state, const v1::AllocationTaken& event, const Stamp&) {
  OrderId id;
  Order* order = OrderToSettle(state, event.order_id(), id);
  const auto deadline = FromTimestamp(event.payment_deadline());
  if (order == nullptr || !deadline) return Unfoldable("AllocationTaken", event.order_id());
  LedgerEntry entry;
  Debit debit;
  debit.run_id = event.run_id();
  if (event.has_payment_deadline()) debit.deadline = *deadline;
  const Window* window = state.windows.Find(WindowOf(id, *order));
  if (window == nullptr) return Unfoldable("AllocationTaken", "window");
  for (const v1::TakenLine& line : event.lines()) {
    if (line.line_number() < 1 || line.line_number() > order->lines.size()) {
      return Unfoldable("AllocationTaken", "line number");
    }
    const size_t index = line.line_number() - 1;
    Settlement& settlement = order->settlements[index];
    settlement.settled = true;
    settlement.offered += static_cast<int32_t>(line.offered_cartons());
    settlement.taken += static_cast<int32_t>(line.taken_cartons());
    settlement.returned_reason = 0;
    if (settlement.taken > order->lines[index].requested)
      return Unfoldable("AllocationTaken", "more than requested");
    if (line.taken_cartons() > 0) {
      // A line has one price, that of its order day.
      settlement.price_fen = line.price_fen();
      debit.cartons += line.taken_cartons();
      debit.amount_fen += line.taken_cartons() * line.price_fen();
      debit.lines.push_back({static_cast<int32_t>(index), static_cast<int32_t>(line.taken_cartons())});
    }
    if (window->floating) {
      entry.consumed += line.taken_cartons();
      entry.reserved += line.reserved_anew_cartons() - line.taken_cartons() - line.released_cartons();
    }
  }
  if (debit.cartons > 0) {
    if (event.debit_number() != order->debits.size() + 1)
      return Unfoldable("AllocationTaken", "debit number");
    if (debit.deadline) {
      state.unpaid.Mutate({VoidDue(*debit.deadline, *window), id, event.debit_number()});
    }
    order->debits.push_back(std::move(debit));
  }
  order->state = StateAfterSharing(*order);
  return Book(state, {id.county, MonthOf(order->order_day), order->licence}, entry);
}

absl::Status Evolve(State& state, const v1::AllocationReturned& event, const Stamp&) {
  OrderId id;
  if (const auto parsed = OrderId::Parse(event.order_id()); !parsed || !state.orders.Contains(*parsed)) {
    return absl::OkStatus();  // An offer to an order that never was: nothing here changes.
  }
  Order& order = *OrderToSettle(state, event.order_id(), id);
  LedgerEntry entry;
  for (const v1::ReturnedLine& line : event.lines()) {
    if (line.line_number() < 1 || line.line_number() > order.lines.size()) continue;
    Settlement& settlement = order.settlements[line.line_number() - 1];
    settlement.returned_reason = line.reason();
    if (line.reason() == common::v1::REASON_LICENCE_NOT_ACTIVE) settlement.settled = true;
    entry.reserved -= line.released_cartons();
  }
  order.state = StateAfterSharing(order);
  return Book(state, {id.county, MonthOf(order.order_day), order.licence}, entry);
}

}  // namespace sanyuan::order_intake
