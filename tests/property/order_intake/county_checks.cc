#include "tests/property/order_intake/county_checks.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

namespace sanyuan::testing {
namespace {

using order_intake::AllowanceKey;
using order_intake::Order;
using order_intake::OrderId;
using order_intake::OrderState;
using order_intake::State;

AllowanceKey LedgerOf(const OrderId& id, const Order& order) {
  return {id.county, order_intake::MonthOf(order.order_day), order.licence};
}

bool IsFloating(const State& state, const OrderId& id, const Order& order) {
  return state.windows.Find(order_intake::WindowOf(id, order))->floating;
}

}  // namespace

Findings CheckLedgerAgainstOrders(const State& state) {
  std::map<AllowanceKey, std::pair<int64_t, int64_t>> expected;
  state.allowances.ForEach([&](const AllowanceKey& key, const auto&) { expected[key] = {0, 0}; });
  state.orders.ForEach([&](const OrderId& id, const Order& order) {
    if (!IsFloating(state, id, order) || order.state == OrderState::kCancelled) return;
    auto& [reserved, consumed] = expected[LedgerOf(id, order)];
    for (size_t i = 0; i < order.lines.size(); ++i) {
      const bool settled = !order.settlements.empty() && order.settlements[i].settled;
      if (!settled) reserved += order.lines[i].requested;
      if (settled) consumed += order.settlements[i].taken;
    }
  });
  Findings findings;
  for (const auto& [key, sums] : expected) {
    const auto* row = state.allowances.Find(key);
    const int64_t reserved = row == nullptr ? 0 : row->reserved,
                  consumed = row == nullptr ? 0 : row->consumed;
    if (std::pair(reserved, consumed) != sums) {
      findings.push_back(fmt::format("{}: ledger {} reserved {} consumed, orders {} and {}",
                                     key.licence.view(), reserved, consumed, sums.first, sums.second));
    }
  }
  return findings;
}

Findings CheckJournalConservation(const OrderIntakeCounty& county) {
  int64_t reserved = 0, consumed = 0, released = 0, released_consumed = 0;
  std::map<std::pair<std::string, uint32_t>, int64_t> taken;
  Findings findings;
  for (const auto& record : county.records()) {
    for (const std::string& bytes : record.events) {
      order_intake::v1::Event event;
      if (!event.ParseFromString(bytes)) throw std::runtime_error("an event can't be read");
      reserved +=
          event.order_submitted().reserved_cartons() + event.order_amended().reserved_change_cartons();
      released += event.order_cancelled().released_cartons();
      for (const auto& line : event.allocation_taken().lines()) {
        reserved += line.reserved_anew_cartons();
        released += line.released_cartons();
        consumed += line.taken_cartons();
        taken[{event.allocation_taken().order_id(), event.allocation_taken().debit_number()}] +=
            line.taken_cartons();
      }
      for (const auto& line : event.allocation_returned().lines()) released += line.released_cartons();
      if (!event.has_order_voided()) continue;
      const auto& voided = event.order_voided();
      int64_t freed = 0;
      for (const auto& line : voided.lines()) freed += line.cartons();
      released_consumed += voided.released_cartons();
      auto& of_debit = taken[{voided.order_id(), voided.debit_number()}];
      if (freed != of_debit || voided.released_cartons() != freed) {
        findings.push_back(fmt::format("{} frees {} and releases {} of {} taken", voided.order_id(), freed,
                                       voided.released_cartons(), of_debit));
      }
      of_debit = 0;  // A second void of the same debit would free what is no longer there.
    }
  }
  int64_t still_reserved = 0, still_consumed = 0;
  county.state().allowances.ForEach([&](const auto&, const auto& row) {
    still_reserved += row.reserved;
    still_consumed += row.consumed;
  });
  if (reserved != still_reserved + consumed + released) {
    findings.push_back(fmt::format("{} reserved, but {} still are, {} consumed, {} released", reserved,
                                   still_reserved, consumed, released));
  }
  if (consumed != still_consumed + released_consumed) {
    findings.push_back(
        fmt::format("{} consumed, but {} still are, {} voided", consumed, still_consumed, released_consumed));
  }
  return findings;
}

std::map<AllowanceKey, int64_t> Brackets(const State& state) {
  std::map<AllowanceKey, int64_t> brackets;
  state.allowances.ForEach([&](const AllowanceKey& key, const auto& row) {
    brackets[key] = row.ceiling - row.reserved - row.consumed;
  });
  return brackets;
}

Findings CheckBrackets(const std::map<AllowanceKey, int64_t>& before,
                       const std::map<AllowanceKey, int64_t>& after, bool ceiling_moved) {
  Findings findings;
  for (const auto& [key, bracket] : after) {
    if (bracket >= 0 || ceiling_moved) continue;
    const auto it = before.find(key);
    if (it == before.end() || it->second > bracket) {
      findings.push_back(fmt::format("{}: an order took the room to {}", key.licence.view(), bracket));
    }
  }
  return findings;
}

Findings CheckOrders(const State& state) {
  Findings findings;
  state.orders.ForEach([&](const OrderId& id, const Order& order) {
    for (size_t i = 0; i < order.settlements.size(); ++i) {
      const int32_t taken = order.settlements[i].taken;
      if (taken < 0 || taken > order.lines[i].requested) {
        findings.push_back(
            fmt::format("{} line {} holds {} of {}", id.Text(), i + 1, taken, order.lines[i].requested));
      }
    }
  });
  state.participations.ForEach([&](const auto& key, const order_intake::Participation& participation) {
    if (!participation.no_demand) return;
    for (const OrderId& id : participation.orders) {
      if (state.orders.Find(id)->state != OrderState::kCancelled) {
        findings.push_back(fmt::format("{} is recorded as silent and has {}", key.licence.view(), id.Text()));
      }
    }
  });
  return findings;
}

Findings CheckCap(const State& state, const Code& sku, int64_t cap) {
  std::map<order_intake::RetailerInWindow, int64_t> sums;
  state.orders.ForEach([&](const OrderId& id, const Order& order) {
    if (order.state == OrderState::kCancelled) return;
    for (const order_intake::Line& line : order.lines) {
      if (line.sku == sku) {
        sums[order_intake::RetailerInWindow{order_intake::WindowOf(id, order), order.licence}] +=
            line.requested;
      }
    }
  });
  Findings findings;
  for (const auto& [key, sum] : sums) {
    if (sum > cap)
      findings.push_back(fmt::format("{} asks for {} of a cap of {}", key.licence.view(), sum, cap));
  }
  return findings;
}

}  // namespace sanyuan::testing
