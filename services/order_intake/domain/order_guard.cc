#include "services/order_intake/domain/order_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "services/order_intake/domain/allowance.h"

namespace sanyuan::order_intake {
namespace {

using common::v1::REASON_ALLOWANCE_NOT_OPEN;
using common::v1::REASON_OVER_CAP;
using common::v1::REASON_OVER_PACING;
using common::v1::REASON_OVER_TOTAL;
using common::v1::REASON_SKU_CLOSED;

bool OrdersIn(const Window& window, const Code& route) {
  return window.routes.empty() || std::binary_search(window.routes.begin(), window.routes.end(), route);
}

// "620121-20190812-1 opens 2019-08-10T12:00:00+08:00"; empty when none is scheduled.
std::string NextWindow(const State& state, const WindowId& closed, const Code& licence, absl::Time now) {
  const Retailer* retailer = state.retailers.Find({closed.county, licence});
  std::string text;
  state.windows.ForEachFrom(WindowId{closed.county, closed.order_day, 0},
                            [&](const WindowId& id, const Window& window) {
                              if (id.county != closed.county) return false;
                              if (id == closed || window.cut_off < now || window.state > WindowState::kOpen)
                                return true;
                              if (retailer != nullptr && !OrdersIn(window, retailer->route)) return true;
                              text = fmt::format("{} opens {}", id.Text(), TimeText(window.opens_at));
                              return false;
                            });
  return text;
}

// Lines of one SKU that has a limit of its own, in this proposal, in what it replaces and in the retailer's
// other orders of the window.
struct SkuSums {
  Code sku;
  int first_line = 0;
  bool closed = false;
  std::optional<int32_t> cap;
  int64_t proposed = 0;
  int64_t replaced = 0;
  int64_t others = 0;
};

std::optional<int32_t> CapOf(const TightList* tight, const RationTable* rations, const Code& sku,
                             const Code& ration_class) {
  if (tight == nullptr || rations == nullptr || ration_class.empty()) return std::nullopt;
  if (!std::binary_search(tight->skus.begin(), tight->skus.end(), sku)) return std::nullopt;
  const auto it =
      std::lower_bound(rations->caps.begin(), rations->caps.end(), RationCap{sku, ration_class, INT32_MIN});
  if (it == rations->caps.end() || it->sku != sku || it->ration_class != ration_class) return std::nullopt;
  return it->cap;
}

void AddTo(std::vector<SkuSums>& sums, const std::vector<Line>& lines, int64_t SkuSums::*sum) {
  for (const Line& line : lines) {
    const auto it = std::lower_bound(sums.begin(), sums.end(), line.sku,
                                     [](const SkuSums& a, const Code& sku) { return a.sku < sku; });
    if (it != sums.end() && it->sku == line.sku) (*it).*sum += line.requested;
  }
}

// The retailer's other live orders of the window. `participation` is his, or null.
template <typename Visit>
void ForEachOther(const State& state, const Proposal& proposal, const Participation* participation,
                  Visit visit) {
  if (participation == nullptr) return;
  for (const OrderId& id : participation->orders) {
    if (proposal.replaced_id != nullptr && id == *proposal.replaced_id) continue;
    const Order* order = state.orders.Find(id);
    if (order != nullptr && order->state != OrderState::kCancelled) visit(*order);
  }
}

void GuardCounts(const State& state, const Proposal& proposal, const Participation* participation,
                 Refusals& refusals) {
  const Limits& limits = proposal.window->limits;
  const int64_t lines = proposal.lines->size();
  if (lines > limits.max_lines) {
    RefuseOver(refusals, common::v1::REASON_TOO_MANY_LINES, "lines", limits.max_lines, lines);
  }
  int64_t other_lines = 0;
  ForEachOther(state, proposal, participation,
               [&](const Order& order) { other_lines += static_cast<int64_t>(order.lines.size()); });
  if (other_lines + lines > kMostLinesInWindow) {
    RefuseOver(refusals, common::v1::REASON_TOO_MANY_LINES, "lines",
               std::max<int64_t>(0, kMostLinesInWindow - other_lines), lines);
  }
  if (proposal.replaced != nullptr) return;
  const int64_t orders = participation == nullptr ? 0 : static_cast<int64_t>(participation->orders.size());
  if (orders >= limits.max_orders_per_window) {
    RefuseOver(refusals, common::v1::REASON_TOO_MANY_ORDERS, "", limits.max_orders_per_window, orders + 1);
  }
}

// The limits that SKUs have of their own. Most SKUs have none, and cost one look into the catalogue.
void GuardSkus(const State& state, const Proposal& proposal, const Participation* participation,
               Refusals& refusals) {
  const Window& window = *proposal.window;
  const WindowId& id = proposal.window_id;
  const TightList* tight =
      window.tight_list.empty() ? nullptr : state.tight_lists.Find({id.county, window.tight_list});
  const RationTable* rations =
      window.ration.empty() ? nullptr : state.rations.Find({id.county, window.ration});
  std::vector<SkuSums> limited;
  for (int i = 0; i < proposal.lines->size(); ++i) {
    const v1::RequestedLine& line = (*proposal.lines)[i];
    if (line.requested_cartons() > window.limits.max_line_cartons) {
      RefuseOver(refusals, common::v1::REASON_QUANTITY_RANGE, LineField(i, "requested_cartons"),
                 window.limits.max_line_cartons, line.requested_cartons());
    }
    const Code code(line.sku());
    const Sku* sku = state.skus.Find({code});
    if (sku == nullptr) {
      Refuse(refusals, common::v1::REASON_SKU_UNKNOWN, LineField(i, "sku"), line.sku());
      continue;
    }
    const auto cap = CapOf(tight, rations, code, proposal.retailer->ration_class);
    if (sku->orderable && !cap) continue;
    limited.push_back({code, i, !sku->orderable, cap, line.requested_cartons()});
  }
  if (limited.empty()) return;
  std::stable_sort(limited.begin(), limited.end(),
                   [](const SkuSums& a, const SkuSums& b) { return a.sku < b.sku; });
  size_t kept = 0;
  for (size_t i = 1; i < limited.size(); ++i) {
    if (limited[i].sku == limited[kept].sku) {
      limited[kept].proposed += limited[i].proposed;
    } else {
      limited[++kept] = limited[i];
    }
  }
  limited.resize(kept + 1);
  if (proposal.replaced != nullptr) AddTo(limited, proposal.replaced->lines, &SkuSums::replaced);
  ForEachOther(state, proposal, participation,
               [&](const Order& order) { AddTo(limited, order.lines, &SkuSums::others); });
  std::sort(limited.begin(), limited.end(),
            [](const SkuSums& a, const SkuSums& b) { return a.first_line < b.first_line; });
  for (const SkuSums& sums : limited) {
    if (sums.proposed <= sums.replaced) continue;
    if (sums.closed) Refuse(refusals, REASON_SKU_CLOSED, LineField(sums.first_line, "sku"), sums.sku.str());
    if (sums.cap && sums.others + sums.proposed > *sums.cap) {
      RefuseOver(refusals, REASON_OVER_CAP, LineField(sums.first_line, "requested_cartons"),
                 std::max<int64_t>(0, *sums.cap - sums.others), sums.proposed);
    }
  }
}

void GuardRoom(const State& state, const Proposal& proposal, Outcome& outcome) {
  const int64_t change = ReservationChange(proposal);
  if (change <= 0) return;
  const WindowId& id = proposal.window_id;
  const Allowance* allowance = state.allowances.Find({id.county, id.month(), proposal.licence});
  if (allowance == nullptr) {
    if (state.allowances_complete.Contains({id.county, id.month()})) {
      Refuse(outcome.refusals, REASON_ALLOWANCE_NOT_OPEN, "licence", MonthText(id.month()));
    } else if (outcome.refusals.empty()) {
      outcome.not_ready = fmt::format("the allowances of {} are not open yet", MonthText(id.month()));
    }
    return;
  }
  const int64_t held = proposal.replaced == nullptr ? 0 : proposal.replaced->Requested();
  const int64_t in_month = AvailableInMonth(*allowance);
  if (change > in_month)
    RefuseOver(outcome.refusals, REASON_OVER_TOTAL, "lines", held + in_month, held + change);
  const int64_t now = AvailableNow(*allowance, *proposal.window);
  if (change > now) RefuseOver(outcome.refusals, REASON_OVER_PACING, "lines", held + now, held + change);
}

}  // namespace

void GuardCounty(const State& state, County county, Refusals& refusals) {
  if (!state.counties.Contains({county})) {
    Refuse(refusals, common::v1::REASON_COUNTY_UNKNOWN, "county_code", CountyText(county));
  }
}

void GuardRetailer(const State& state, County county, const Code& licence, const WindowId& id,
                   const Window* window, Refusals& refusals) {
  const Retailer* retailer = state.retailers.Find({county, licence});
  if (retailer == nullptr) return Refuse(refusals, common::v1::REASON_LICENCE_UNKNOWN, "licence");
  const bool valid =
      id.order_day >= retailer->valid_from && (retailer->valid_to == 0 || id.order_day <= retailer->valid_to);
  if (!retailer->active || !valid) Refuse(refusals, common::v1::REASON_LICENCE_NOT_ACTIVE, "licence");
  if (window != nullptr && !OrdersIn(*window, retailer->route)) {
    Refuse(refusals, common::v1::REASON_NOT_IN_WINDOW, "window_id", retailer->route.str());
  }
}

void GuardTime(const State& state, const WindowId& id, const Window& window, const Code& licence,
               const Stamp& stamp, Outcome& outcome) {
  const absl::Time counted = CountedAt(stamp, window.limits.grace);
  if (window.state == WindowState::kScheduled && counted >= window.opens_at) {
    // Its opening is due and will be decided in a moment.
    if (outcome.refusals.empty()) outcome.not_ready = fmt::format("{} is just being opened", id.Text());
    return;
  }
  const bool in_time = counted >= window.opens_at && counted < window.cut_off + absl::Seconds(1);
  if (window.state == WindowState::kOpen && in_time) return;
  Refuse(outcome.refusals, common::v1::REASON_WINDOW_CLOSED, "window_id",
         window.state == WindowState::kScheduled
             ? fmt::format("{} opens {}", id.Text(), TimeText(window.opens_at))
             : NextWindow(state, id, licence, stamp.decided_at));
}

void GuardLines(const State& state, const Proposal& proposal, Outcome& outcome) {
  const Participation* participation =
      state.participations.Find(RetailerInWindow{proposal.window_id, proposal.licence});
  GuardCounts(state, proposal, participation, outcome.refusals);
  GuardSkus(state, proposal, participation, outcome.refusals);
  GuardRoom(state, proposal, outcome);
}

int64_t ReservationChange(const Proposal& proposal) {
  if (!proposal.window->floating) return 0;
  int64_t change = 0;
  for (const v1::RequestedLine& line : *proposal.lines) change += line.requested_cartons();
  if (proposal.replaced != nullptr) change -= proposal.replaced->Requested();
  return change;
}

}  // namespace sanyuan::order_intake
