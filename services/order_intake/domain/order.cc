#include "services/order_intake/domain/order.h"

#include <algorithm>

#include "services/order_intake/domain/allowance.h"
#include "services/order_intake/domain/order_guard.h"
#include "services/order_intake/domain/requests.h"

namespace sanyuan::order_intake {
namespace {

using RequestedLines = google::protobuf::RepeatedPtrField<v1::RequestedLine>;

bool SameLine(const Line& line, const v1::RequestedLine& requested) {
  return line.sku.view() == requested.sku() && line.requested == requested.requested_cartons() &&
         (requested.has_demand_cartons() ? line.demand == requested.demand_cartons()
                                         : line.demand == Line::kNothingSaid);
}

// False when the lines are not what a decision may hold.
bool FoldLines(const RequestedLines& requested, std::vector<Line>& lines) {
  lines.clear();
  lines.reserve(static_cast<size_t>(requested.size()));
  for (const v1::RequestedLine& line : requested) {
    if (!Code::IsValid(line.sku()) || line.requested_cartons() < 0 ||
        line.requested_cartons() > kMostLineCartons || line.demand_cartons() < 0 ||
        line.demand_cartons() > kMostDemandCartons) {
      return false;
    }
    lines.push_back(
        {Code(line.sku()), static_cast<int32_t>(line.requested_cartons()),
         line.has_demand_cartons() ? static_cast<int32_t>(line.demand_cartons()) : Line::kNothingSaid});
  }
  return true;
}

// The order of a request to change it, judged as far as both kinds of change are alike.
struct Target {
  OrderId id;
  const Order* order = nullptr;
  WindowId window_id;
  const Window* window = nullptr;
};

// False when `outcome` is complete.
bool FindOwn(const State& state, const std::string& order_id, const Stamp& stamp, Outcome& outcome,
             Target& target) {
  target.id = *OrderId::Parse(order_id);
  target.order = state.orders.Find(target.id);
  if (target.order == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_ORDER_UNKNOWN, "order_id");
    return false;
  }
  if (target.order->licence.view() != stamp.actor.id) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_OWN_LICENCE, "order_id");
    return false;
  }
  target.window_id = WindowOf(target.id, *target.order);
  target.window = state.windows.Find(target.window_id);
  return target.window != nullptr;
}

Outcome Submitted(std::string order_id) {
  Outcome outcome;
  auto response = std::make_unique<v1::SubmitOrderResponse>();
  response->set_order_id(std::move(order_id));
  outcome.response = std::move(response);
  return outcome;
}

int64_t CountedMicros(const Stamp& stamp, const Window& window) {
  return absl::ToUnixMicros(CountedAt(stamp, window.limits.grace));
}

}  // namespace

Outcome DecideSubmitOrder(const State& state, const v1::SubmitOrderRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = ParseCounty(request.county_code());
  if (county && RefuseStaff(state, *county, stamp, request.device_id(), request.licence(), "", outcome))
    return outcome;
  outcome.refusals = Validate(request);
  if (!outcome.refusals.empty()) return outcome;
  // A repeat so late that its request id is forgotten still finds its order.
  std::string order_id = partition::DeriveId(*county, stamp);
  if (state.orders.Contains(*OrderId::Parse(order_id))) return Submitted(std::move(order_id));

  Proposal proposal;
  proposal.window_id = *WindowId::Parse(request.window_id());
  proposal.licence = Code(request.licence());
  proposal.lines = &request.lines();
  GuardCounty(state, *county, outcome.refusals);
  if (request.licence() != stamp.actor.id)
    Refuse(outcome.refusals, common::v1::REASON_NOT_OWN_LICENCE, "licence");
  proposal.window = state.windows.Find(proposal.window_id);
  GuardRetailer(state, *county, proposal.licence, proposal.window_id, proposal.window, outcome.refusals);
  if (proposal.window == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_WINDOW_UNKNOWN, "window_id");
    return outcome;
  }
  GuardTime(state, proposal.window_id, *proposal.window, proposal.licence, stamp, outcome);
  proposal.retailer = state.retailers.Find({*county, proposal.licence});
  // The room of another shop is none of the caller's business, that of a closed window is nobody's.
  if (proposal.retailer != nullptr && request.licence() == stamp.actor.id &&
      proposal.window->state == WindowState::kOpen) {
    GuardLines(state, proposal, outcome);
  }
  if (outcome.refused()) outcome.not_ready.clear();
  if (outcome.refused() || !outcome.not_ready.empty()) return outcome;

  auto [event, submitted] = NewEvent(&v1::Event::mutable_order_submitted);
  submitted->set_order_id(order_id);
  submitted->set_licence(request.licence());
  submitted->set_window_id(request.window_id());
  *submitted->mutable_lines() = request.lines();
  submitted->set_channel(request.channel());
  submitted->set_reference(request.reference());
  submitted->set_policy_version(proposal.window->ordering_policy);
  submitted->set_reserved_cartons(ReservationChange(proposal));
  submitted->set_received_at_us(CountedMicros(stamp, *proposal.window));
  outcome = Submitted(std::move(order_id));
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome DecideAmendOrder(const State& state, const v1::AmendOrderRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = ParseCounty(request.county_code());
  if (county && RefuseStaff(state, *county, stamp, request.device_id(), "", request.order_id(), outcome))
    return outcome;
  outcome.refusals = Validate(request);
  Target target;
  if (outcome.refused() || !FindOwn(state, request.order_id(), stamp, outcome, target)) return outcome;

  const Order& order = *target.order;
  if (order.state == OrderState::kSubmitted &&
      std::equal(order.lines.begin(), order.lines.end(), request.lines().begin(), request.lines().end(),
                 SameLine)) {
    outcome.response = std::make_unique<v1::AmendOrderResponse>();
    return outcome;
  }
  if (order.state != OrderState::kSubmitted)
    Refuse(outcome.refusals, common::v1::REASON_ORDER_NOT_OPEN, "order_id");
  GuardTime(state, target.window_id, *target.window, order.licence, stamp, outcome);

  Proposal proposal{
      target.window_id, target.window, order.licence, state.retailers.Find({*county, order.licence}),
      &request.lines(), &target.id,    &order};
  int64_t requested = 0;
  for (const v1::RequestedLine& line : request.lines()) requested += line.requested_cartons();
  if (requested > order.Requested()) {
    GuardRetailer(state, *county, order.licence, target.window_id, target.window, outcome.refusals);
  }
  if (proposal.retailer != nullptr && target.window->state == WindowState::kOpen)
    GuardLines(state, proposal, outcome);
  if (outcome.refused()) outcome.not_ready.clear();
  if (outcome.refused() || !outcome.not_ready.empty()) return outcome;

  auto [event, amended] = NewEvent(&v1::Event::mutable_order_amended);
  amended->set_order_id(request.order_id());
  *amended->mutable_lines() = request.lines();
  amended->set_policy_version(target.window->ordering_policy);
  amended->set_reserved_change_cartons(ReservationChange(proposal));
  amended->set_received_at_us(CountedMicros(stamp, *target.window));
  outcome.response = std::make_unique<v1::AmendOrderResponse>();
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome DecideCancelOrder(const State& state, const v1::CancelOrderRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = ParseCounty(request.county_code());
  if (county && RefuseStaff(state, *county, stamp, request.device_id(), "", request.order_id(), outcome))
    return outcome;
  outcome.refusals = Validate(request);
  Target target;
  if (outcome.refused() || !FindOwn(state, request.order_id(), stamp, outcome, target)) return outcome;

  const Order& order = *target.order;
  if (order.state != OrderState::kCancelled) {
    if (order.state != OrderState::kSubmitted)
      Refuse(outcome.refusals, common::v1::REASON_ORDER_NOT_OPEN, "order_id");
    GuardTime(state, target.window_id, *target.window, order.licence, stamp, outcome);
    if (outcome.refused()) return outcome;
    auto [event, cancelled] = NewEvent(&v1::Event::mutable_order_cancelled);
    cancelled->set_order_id(request.order_id());
    cancelled->set_policy_version(target.window->ordering_policy);
    cancelled->set_released_cartons(target.window->floating ? order.Requested() : 0);
    cancelled->set_received_at_us(CountedMicros(stamp, *target.window));
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::CancelOrderResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::OrderSubmitted& event, const Stamp&) {
  const auto id = OrderId::Parse(event.order_id());
  const auto window_id = WindowId::Parse(event.window_id());
  const auto licence = Code::Parse(event.licence());
  if (!id || !window_id || !licence || state.orders.Contains(*id) || !state.windows.Contains(*window_id)) {
    return Unfoldable("OrderSubmitted", event.order_id());
  }
  Order& order = state.orders.Mutate(*id);
  if (!FoldLines(event.lines(), order.lines)) return Unfoldable("OrderSubmitted", "lines");
  order.licence = *licence;
  order.order_day = window_id->order_day;
  order.sequence = window_id->sequence;
  order.channel = static_cast<uint8_t>(event.channel());
  order.submitted_at = absl::FromUnixMicros(event.received_at_us());
  order.changed_at = order.submitted_at;
  order.reference = event.reference();
  std::vector<OrderId>& orders = state.participations.Mutate(RetailerInWindow{*window_id, *licence}).orders;
  orders.insert(std::lower_bound(orders.begin(), orders.end(), *id), *id);
  return Book(state, {id->county, window_id->month(), *licence}, {event.reserved_cartons(), 0});
}

absl::Status Evolve(State& state, const v1::OrderAmended& event, const Stamp&) {
  const auto id = OrderId::Parse(event.order_id());
  if (!id || !state.orders.Contains(*id)) return Unfoldable("OrderAmended", event.order_id());
  Order& order = state.orders.Mutate(*id);
  if (!FoldLines(event.lines(), order.lines)) return Unfoldable("OrderAmended", "lines");
  order.changed_at = absl::FromUnixMicros(event.received_at_us());
  return Book(state, {id->county, MonthOf(order.order_day), order.licence},
              {event.reserved_change_cartons(), 0});
}

absl::Status Evolve(State& state, const v1::OrderCancelled& event, const Stamp&) {
  const auto id = OrderId::Parse(event.order_id());
  if (!id || !state.orders.Contains(*id)) return Unfoldable("OrderCancelled", event.order_id());
  Order& order = state.orders.Mutate(*id);
  order.state = OrderState::kCancelled;
  order.changed_at = absl::FromUnixMicros(event.received_at_us());
  return Book(state, {id->county, MonthOf(order.order_day), order.licence}, {-event.released_cartons(), 0});
}

}  // namespace sanyuan::order_intake
