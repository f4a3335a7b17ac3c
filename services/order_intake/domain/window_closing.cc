#include "services/order_intake/domain/window_closing.h"

#include <algorithm>

#include "services/order_intake/domain/notes.h"

namespace sanyuan::order_intake {
namespace {

constexpr size_t kPageBytes = 256 << 10;
constexpr int kSilentAtOnce = 4000;

void FillSums(const WindowSums& sums, v1::WindowSums& out) {
  out.set_retailers(sums.retailers);
  out.set_orders(sums.orders);
  out.set_lines(sums.lines);
  out.set_requested_cartons(sums.requested);
  out.set_silent_retailers(sums.silent);
}

// False when the retailer neither ordered nor said anything.
bool FillRetailer(const State& state, const Code& licence, const Participation& participation,
                  v1::LockedRetailer& out) {
  for (const OrderId& id : participation.orders) {
    const Order* order = state.orders.Find(id);
    if (order == nullptr || order->state != OrderState::kSubmitted) continue;
    v1::LockedOrder& locked = *out.add_orders();
    locked.set_order_id(id.Text());
    for (const Line& line : order->lines) {
      v1::RequestedLine& requested = *locked.add_lines();
      requested.set_sku(line.sku.str());
      requested.set_requested_cartons(line.requested);
      if (line.demand != Line::kNothingSaid) requested.set_demand_cartons(line.demand);
    }
  }
  for (const DemandLine& line : participation.demand) {
    v1::DemandLine& said = *out.add_demand();
    said.set_sku(line.sku.str());
    said.set_demand_cartons(line.cartons);
  }
  out.set_licence(licence.str());
  return out.orders_size() > 0 || out.demand_size() > 0;
}

std::unique_ptr<v1::Event> NextPage(const State& state, const WindowId& id, const Closing* closing) {
  auto event = std::make_unique<v1::Event>();
  v1::WindowLockedPage* page = event->mutable_window_locked_page();
  const Code after = closing == nullptr ? Code() : closing->last_locked;
  size_t bytes = 0;
  state.participations.ForEachFrom(RetailerInWindow{id, after},
                                   [&](const RetailerInWindow& key, const Participation& participation) {
                                     if (static_cast<const WindowId&>(key) != id || bytes >= kPageBytes)
                                       return false;
                                     if (key.licence == after) return true;
                                     v1::LockedRetailer retailer;
                                     if (FillRetailer(state, key.licence, participation, retailer)) {
                                       bytes += retailer.ByteSizeLong();
                                       *page->add_retailers() = std::move(retailer);
                                     }
                                     return true;
                                   });
  if (page->retailers_size() == 0) return nullptr;
  page->set_window_id(id.Text());
  page->set_page_number(closing == nullptr ? 0 : static_cast<uint32_t>(closing->page_heights.size()));
  return event;
}

bool Ordered(const State& state, const Participation* participation) {
  if (participation == nullptr) return false;
  return std::any_of(participation->orders.begin(), participation->orders.end(), [&state](const OrderId& id) {
    const Order* order = state.orders.Find(id);
    return order != nullptr && order->state != OrderState::kCancelled;
  });
}

bool IsExpected(const WindowId& id, const Window& window, const Retailer& retailer) {
  return retailer.active && retailer.expected && id.order_day >= retailer.valid_from &&
         (retailer.valid_to == 0 || id.order_day <= retailer.valid_to) &&
         (window.routes.empty() ||
          std::binary_search(window.routes.begin(), window.routes.end(), retailer.route));
}

void AddSilent(const State& state, const WindowId& id, const Window& window, const Closing* closing,
               Outcome& outcome) {
  if (window.expected_none) return;
  const Code after = closing == nullptr ? Code() : closing->last_silent;
  state.retailers.ForEachFrom({id.county, after}, [&](const RetailerKey& key, const Retailer& retailer) {
    if (key.county != id.county || outcome.events.size() >= kSilentAtOnce) return false;
    if (key.licence == after || !IsExpected(id, window, retailer)) return true;
    const Participation* participation = state.participations.Find(RetailerInWindow{id, key.licence});
    if (Ordered(state, participation)) return true;
    auto [event, silent] = NewEvent(&v1::Event::mutable_no_demand_recorded);
    silent->set_window_id(id.Text());
    silent->set_licence(key.licence.str());
    silent->set_demand_was_reported(participation != nullptr && !participation->demand.empty());
    outcome.events.push_back(std::move(event));
    return true;
  });
}

}  // namespace

Outcome FireClosing(const State& state, const WindowId& id, const Window& window) {
  Outcome outcome;
  const Closing* closing = state.closings.Find(id);
  const bool all_locked = closing != nullptr && !closing->last_silent.empty();
  if (auto page = all_locked ? nullptr : NextPage(state, id, closing)) {
    outcome.events.push_back(std::move(page));
    return outcome;
  }
  AddSilent(state, id, window, closing, outcome);
  if (!outcome.events.empty()) return outcome;

  auto [event, closed] = NewEvent(&v1::Event::mutable_order_window_closed);
  closed->set_window_id(id.Text());
  std::string digests;
  if (closing != nullptr) {
    for (uint64_t height : closing->page_heights) closed->add_page_heights(height);
    for (const Digest& digest : closing->page_digests) digests.append(digest.view());
    FillSums(closing->sums, *closed->mutable_sums());
  }
  closed->set_pages_digest(std::string(Sha256(digests).view()));
  outcome.events.push_back(std::move(event));
  return outcome;
}

absl::Status EvolveLockedPage(State& state, const v1::Event& event, const Stamp& stamp) {
  const v1::WindowLockedPage& page = event.window_locked_page();
  const auto id = WindowId::Parse(page.window_id());
  if (!id || !state.windows.Contains(*id) || page.retailers().empty()) {
    return Unfoldable("WindowLockedPage", page.window_id());
  }
  state.windows.Mutate(*id).state = WindowState::kLocking;
  Closing& closing = state.closings.Mutate(*id);
  for (const v1::LockedRetailer& retailer : page.retailers()) {
    const auto licence = Code::Parse(retailer.licence());
    if (!licence || *licence <= closing.last_locked)
      return Unfoldable("WindowLockedPage", retailer.licence());
    closing.last_locked = *licence;
    if (retailer.orders_size() > 0) ++closing.sums.retailers;
    for (const v1::LockedOrder& locked : retailer.orders()) {
      const auto order_id = OrderId::Parse(locked.order_id());
      if (!order_id || !state.orders.Contains(*order_id))
        return Unfoldable("WindowLockedPage", locked.order_id());
      Order& order = state.orders.Mutate(*order_id);
      order.state = OrderState::kLocked;
      ++closing.sums.orders;
      closing.sums.lines += static_cast<int64_t>(order.lines.size());
      closing.sums.requested += order.Requested();
    }
  }
  closing.page_heights.push_back(stamp.height);
  closing.page_digests.push_back(Sha256(event.SerializeAsString()));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::NoDemandRecorded& event, const Stamp&) {
  const auto id = WindowId::Parse(event.window_id());
  const auto licence = Code::Parse(event.licence());
  const Window* window = id ? state.windows.Find(*id) : nullptr;
  if (window == nullptr || !licence) return Unfoldable("NoDemandRecorded", event.window_id());
  if (window->state != WindowState::kLocking) state.windows.Mutate(*id).state = WindowState::kLocking;
  Closing& closing = state.closings.Mutate(*id);
  if (*licence <= closing.last_silent) return Unfoldable("NoDemandRecorded", event.licence());
  closing.last_silent = *licence;
  ++closing.sums.silent;
  state.participations.Mutate(RetailerInWindow{*id, *licence}).no_demand = true;
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::OrderWindowClosed& event, const Stamp& stamp) {
  const auto id = WindowId::Parse(event.window_id());
  if (!id || !state.windows.Contains(*id)) return Unfoldable("OrderWindowClosed", event.window_id());
  Window& window = state.windows.Mutate(*id);
  const v1::WindowSums& sums = event.sums();
  window.state = WindowState::kClosed;
  window.sums = {sums.retailers(), sums.orders(), sums.lines(), sums.requested_cartons(),
                 sums.silent_retailers()};
  state.window_timers.Erase({window.cut_off + absl::Seconds(1) + window.limits.grace, *id});
  state.closings.Erase(*id);
  ForgetOldVersions(state, id->county, stamp.decided_at);
  return absl::OkStatus();
}

}  // namespace sanyuan::order_intake
