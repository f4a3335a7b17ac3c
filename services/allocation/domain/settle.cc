#include "services/allocation/domain/settle.h"

#include <algorithm>
#include <map>

#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

template <typename Row>
auto* OrderOf(Row& row, const std::string& id) {
  const auto it =
      std::find_if(row.orders.begin(), row.orders.end(), [&](const auto& order) { return order.id == id; });
  return it == row.orders.end() ? nullptr : &*it;
}

template <typename Order>
auto* LineOf(Order& order, uint32_t number) {
  const auto it = std::lower_bound(order.lines.begin(), order.lines.end(), number,
                                   [](const auto& line, uint32_t wanted) { return line.line < wanted; });
  return it == order.lines.end() || it->line != number ? nullptr : &*it;
}

std::optional<int32_t> LimitOf(const RunResult::Order& order, uint16_t line) {
  for (const auto& [number, can_take] : order.can_take) {
    if (number == line) return can_take;
  }
  return std::nullopt;
}

void SetLimit(RunResult::Order& order, uint16_t line, int64_t can_take) {
  const auto value = static_cast<int32_t>(std::clamp<int64_t>(can_take, 0, kMaxRequestCartons));
  for (auto& [number, known] : order.can_take) {
    if (number != line) continue;
    known = value;
    return;
  }
  order.can_take.emplace_back(line, value);
}

// Moves of one window's cartons, gathered so that each SKU's row changes once.
class Moves {
 public:
  Moves(State& state, const WindowKey& window) : state_(state), window_(window) {}
  WindowSupply& Of(uint16_t sku) { return moves_[sku]; }
  void Apply() {
    const WindowSkus* skus = state_.window_skus.Find(window_);
    for (const auto& [place, move] : moves_) {
      WindowSupply& row = state_.window_supplies.Mutate({window_, skus->skus[place]});
      row.free += move.free;
      row.offered += move.offered;
      row.taken += move.taken;
      row.waiting += move.waiting;
    }
  }

 private:
  State& state_;
  WindowKey window_;
  std::map<uint16_t, WindowSupply> moves_;
};

// Cartons of a line that the shop no longer holds.
void GiveBack(RunResult& first, const std::string& order_id, uint32_t number, int64_t cartons,
              int64_t can_take, Moves& moves) {
  RunResult::Order* order = OrderOf(first, order_id);
  RunResult::Line* line = order == nullptr ? nullptr : LineOf(*order, number);
  if (line == nullptr) return;
  const int64_t before = ShopCanTake(first, line->sku);
  line->held -= static_cast<int32_t>(cartons);
  SetLimit(*order, line->line, can_take);
  WindowSupply& move = moves.Of(line->sku);
  move.free += cartons;
  move.waiting += ShopCanTake(first, line->sku) - before;
}

}  // namespace

int64_t LineCanTake(const RunResult::Order& order, const RunResult::Line& line) {
  const int64_t open = line.requested - line.held;
  const auto limit = order.can_take.empty() ? std::nullopt : LimitOf(order, line.line);
  return std::max<int64_t>(0, limit ? std::min<int64_t>(*limit, open) : open);
}

int64_t ShopHolds(const RunResult& result, uint16_t sku) {
  int64_t holds = 0;
  for (const RunResult::Order& order : result.orders) {
    for (const RunResult::Line& line : order.lines) {
      if (line.sku == sku) holds += line.held;
    }
  }
  return holds;
}

int64_t ShopCanTake(const RunResult& result, uint16_t sku) {
  int64_t can_take = 0;
  int64_t room = kMaxRequestCartons;
  for (const RunResult::Order& order : result.orders) {
    for (const RunResult::Line& line : order.lines) {
      if (line.sku != sku) continue;
      can_take += LineCanTake(order, line);
      if (line.cap != RunResult::kNoCap) room = std::min<int64_t>(room, line.cap);
    }
  }
  return std::clamp<int64_t>(room - ShopHolds(result, sku), 0, can_take);
}

void AddToHoldings(State& state, const RunKey& run) {
  const RunKey first(run.window(), 0);
  Moves moves(state, run.window());
  state.results.ForEachFrom({run, Code()}, [&](const RunLicenceKey& key, const RunResult& result) {
    if (key.run() != run) return false;
    // A change of another row of the same table: the one being read stays as it is.
    RunResult& holdings = state.results.Mutate({first, key.licence});
    for (const RunResult::Order& order : result.orders) {
      RunResult::Order* held = OrderOf(holdings, order.id);
      for (const RunResult::Line& line : order.lines) {
        RunResult::Line* target = held == nullptr ? nullptr : LineOf(*held, line.line);
        if (target == nullptr) continue;
        // A line that was voided while the run was computed takes nothing, whatever it is offered.
        const int64_t before = ShopCanTake(holdings, target->sku);
        if (const auto limit = LimitOf(*held, line.line)) SetLimit(*held, line.line, *limit - line.offered);
        target->held += line.offered;
        moves.Of(target->sku).waiting += ShopCanTake(holdings, target->sku) - before;
      }
    }
    return true;
  });
  moves.Apply();
}

absl::Status Evolve(State& state, const v1::OffersSettled& event, const Stamp& stamp) {
  const auto run = ParseRun(event.run_id());
  if (!run || !state.runs.Contains(*run)) return Misfit("OffersSettled");
  const RunKey first_run(run->window(), 0);
  Moves moves(state, run->window());
  for (const v1::SettledOrder& order : event.orders()) {
    const auto licence = Code::Parse(order.licence());
    if (!licence || !state.results.Contains({*run, *licence})) return Misfit("OffersSettled");
    RunResult::Order* offered = OrderOf(state.results.Mutate({*run, *licence}), order.order_id());
    if (offered == nullptr) return Misfit("OffersSettled");
    if (order.all_taken()) {
      for (RunResult::Line& line : offered->lines) {
        if (line.taken != RunResult::kUnanswered) continue;
        line.taken = line.offered;
        if (line.offered == 0) continue;
        moves.Of(line.sku).offered -= line.offered;
        moves.Of(line.sku).taken += line.offered;
      }
      continue;
    }
    for (const v1::SettledLine& settled : order.lines()) {
      RunResult::Line* line = LineOf(*offered, settled.line_number());
      if (line == nullptr || line->taken != RunResult::kUnanswered ||
          settled.taken_cartons() + settled.returned_cartons() != line->offered) {
        return Misfit("OffersSettled");
      }
      line->taken = static_cast<int32_t>(settled.taken_cartons());
      moves.Of(line->sku).offered -= line->offered;
      moves.Of(line->sku).taken += settled.taken_cartons();
      if (settled.returned_cartons() == 0) continue;
      GiveBack(state.results.Mutate({first_run, *licence}), order.order_id(), settled.line_number(),
               settled.returned_cartons(),
               std::min<int64_t>(settled.can_take_cartons(), settled.returned_cartons() - 1), moves);
    }
    // Lines that were offered nothing are answered with the others.
    for (RunResult::Line& line : offered->lines) {
      if (line.offered == 0) line.taken = 0;
    }
  }
  moves.Apply();
  RefreshWindowTimers(state, run->window(), stamp);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::CartonsFreed& event, const Stamp& stamp) {
  const auto window = ParseWindow(event.window_id());
  const auto licence = Code::Parse(event.licence());
  const auto last = window ? LastRun(state, *window) : std::nullopt;
  if (!last || !licence) return Misfit("CartonsFreed");
  Moves moves(state, *window);
  for (const v1::FreedLine& freed : event.lines()) {
    int64_t left = freed.freed_cartons();
    // The latest run gave last, so it loses first.
    for (int32_t sequence = last->sequence; sequence >= 0 && left > 0; --sequence) {
      const RunLicenceKey key(RunKey(*window, sequence), *licence);
      if (!state.results.Contains(key)) continue;
      RunResult::Order* order = OrderOf(state.results.Mutate(key), event.order_id());
      RunResult::Line* line = order == nullptr ? nullptr : LineOf(*order, freed.line_number());
      if (line == nullptr || line->taken <= 0) continue;
      const auto part = static_cast<int32_t>(std::min<int64_t>(left, line->taken));
      line->taken -= part;
      moves.Of(line->sku).taken -= part;
      left -= part;
    }
    if (left != 0) return Misfit("CartonsFreed");
    GiveBack(state.results.Mutate({RunKey(*window, 0), *licence}), event.order_id(), freed.line_number(),
             freed.freed_cartons(), freed.can_take_cartons(), moves);
  }
  moves.Apply();
  RefreshWindowTimers(state, *window, stamp);
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
