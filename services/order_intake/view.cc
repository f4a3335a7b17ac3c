#include "services/order_intake/view.h"

#include <fmt/format.h>

#include "common/state/codec.h"
#include "common/view/keys.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {
namespace {

using Rows = std::vector<view::ViewRow>;

// The entry of a changed row of a table of State: `EntryOf<decltype(State::orders)>(change)`.
template <typename Table>
const typename Table::Entry& EntryOf(const state::Change& change) {
  return Table::EntryOf(change);
}

void ProjectOrder(const OrderId& id, const Order& row, Rows& rows) {
  const WindowId window = WindowOf(id, row);
  v1::Order order;
  order.set_order_id(id.Text());
  order.set_county_code(CountyText(id.county));
  order.set_licence(row.licence.str());
  order.set_window_id(window.Text());
  order.set_month(MonthText(window.month()));
  order.set_state(static_cast<v1::OrderState>(row.state));
  order.set_channel(static_cast<v1::OrderChannel>(row.channel));
  for (size_t i = 0; i < row.lines.size(); ++i) {
    v1::OrderLine& line = *order.add_lines();
    line.set_sku(row.lines[i].sku.str());
    line.set_requested_cartons(row.lines[i].requested);
    if (row.lines[i].demand != Line::kNothingSaid) line.set_demand_cartons(row.lines[i].demand);
    if (row.settlements.empty()) continue;
    const Settlement& settlement = row.settlements[i];
    line.set_offered_cartons(settlement.offered);
    line.set_taken_cartons(settlement.taken);
    line.set_price_fen(settlement.price_fen);
    line.set_returned_reason(static_cast<common::v1::Reason>(settlement.returned_reason));
  }
  *order.mutable_submitted_at() = ToTimestamp(row.submitted_at);
  *order.mutable_changed_at() = ToTimestamp(row.changed_at);
  for (size_t i = 0; i < row.debits.size(); ++i) {
    const Debit& debit = row.debits[i];
    v1::Debit& out = *order.add_debits();
    out.set_debit_number(static_cast<uint32_t>(i + 1));
    out.set_state(static_cast<v1::DebitState>(debit.state));
    out.set_cartons(debit.cartons);
    out.set_amount_fen(debit.amount_fen);
    for (const DebitTry& attempt : debit.tries)
      out.set_failed_tries(out.failed_tries() + (attempt.paid ? 0 : 1));
    if (debit.deadline) *out.mutable_deadline() = ToTimestamp(*debit.deadline);
    out.set_run_id(debit.run_id);
  }
  order.set_reference(row.reference);
  rows.push_back({OrderViewKey(id), order.SerializeAsString()});
  const std::string county = CountyText(id.county);
  rows.push_back({view::Key({"order-of-window", county, window.Text(), row.licence.view(), id.Text()}), ""});
  rows.push_back({view::Key({"order-of-licence", county, row.licence.view(), window.Text(), id.Text()}), ""});
}

void ProjectWindow(const WindowId& id, const Window& row, Rows& rows) {
  v1::OrderWindow window;
  window.set_window_id(id.Text());
  window.set_county_code(CountyText(id.county));
  window.set_order_day(DayText(id.order_day));
  window.set_month(MonthText(id.month()));
  window.set_occurrence(static_cast<uint32_t>(row.occurrence));
  window.set_occurrences(static_cast<uint32_t>(row.occurrences));
  *window.mutable_opens_at() = ToTimestamp(row.opens_at);
  *window.mutable_cut_off() = ToTimestamp(row.cut_off);
  for (const Code& route : row.routes) window.add_route_ids(route.str());
  window.set_expected_none(row.expected_none);
  window.set_state(static_cast<v1::WindowState>(row.state));
  if (row.state != WindowState::kScheduled) {
    v1::FrozenVersions& versions = *window.mutable_versions();
    versions.set_ordering_policy(row.ordering_policy);
    versions.set_allocation_policy(row.allocation_policy);
    versions.set_tight_list(row.tight_list);
    versions.set_ration(row.ration);
    window.set_floating(row.floating);
    if (row.payment_deadline) *window.mutable_payment_deadline() = ToTimestamp(*row.payment_deadline);
  }
  if (row.state == WindowState::kClosed) {
    v1::WindowSums& sums = *window.mutable_sums();
    sums.set_retailers(row.sums.retailers);
    sums.set_orders(row.sums.orders);
    sums.set_lines(row.sums.lines);
    sums.set_requested_cartons(row.sums.requested);
    sums.set_silent_retailers(row.sums.silent);
  }
  rows.push_back({WindowViewKey(id), window.SerializeAsString()});
}

void ProjectParticipation(const RetailerInWindow& key, const Participation& row, Rows& rows) {
  if (row.demand_at) {
    v1::Demand demand;
    demand.set_county_code(CountyText(key.county));
    demand.set_licence(key.licence.str());
    demand.set_window_id(key.Text());
    for (const DemandLine& line : row.demand) {
      v1::DemandLine& out = *demand.add_lines();
      out.set_sku(line.sku.str());
      out.set_demand_cartons(line.cartons);
    }
    *demand.mutable_reported_at() = ToTimestamp(*row.demand_at);
    demand.set_not_ordered(row.no_demand);
    rows.push_back({InWindowViewKey("demand", key, key.licence.view()), demand.SerializeAsString()});
  }
  if (row.no_demand) {
    v1::NoDemand silent;
    silent.set_licence(key.licence.str());
    silent.set_demand_was_reported(row.demand_at.has_value());
    rows.push_back({InWindowViewKey("no-demand", key, key.licence.view()), silent.SerializeAsString()});
  }
}

void ProjectAttempt(const AttemptKey& key, const Attempt& row, Rows& rows) {
  v1::ForbiddenAttempt attempt;
  attempt.set_attempt_id(key.id);
  attempt.set_actor_id(row.actor);
  attempt.set_actor_role(static_cast<common::v1::Role>(row.role));
  attempt.set_method(row.method);
  attempt.set_licence(row.licence);
  *attempt.mutable_at() = ToTimestamp(row.at);
  attempt.set_device_id(row.device);
  rows.push_back({CopyViewKey("attempt", key.county, key.id), attempt.SerializeAsString()});
}

template <typename Row>
void ProjectCopy(std::string key, bool erased, const Row& row, Rows& rows) {
  if (erased) {
    rows.push_back({std::move(key), std::nullopt});
  } else {
    rows.push_back({std::move(key), state::Encode(row)});
  }
}

}  // namespace

void OrderIntakeProjection::Project(const state::Change& change, Rows& rows) const {
  const std::string& table = change.table->name();
  if (table == "orders") {
    const auto& entry = EntryOf<decltype(State::orders)>(change);
    ProjectOrder(entry.key, entry.row, rows);
  } else if (table == "windows") {
    const auto& entry = EntryOf<decltype(State::windows)>(change);
    ProjectWindow(entry.key, entry.row, rows);
  } else if (table == "participations") {
    const auto& entry = EntryOf<decltype(State::participations)>(change);
    ProjectParticipation(entry.key, entry.row, rows);
  } else if (table == "attempts") {
    const auto& entry = EntryOf<decltype(State::attempts)>(change);
    ProjectAttempt(entry.key, entry.row, rows);
  } else if (table == "allowances") {
    const auto& entry = EntryOf<decltype(State::allowances)>(change);
    ProjectCopy(AllowanceViewKey(entry.key.county, entry.key.month, entry.key.licence.view()), change.erased,
                entry.row, rows);
  } else if (table == "retailers") {
    const auto& entry = EntryOf<decltype(State::retailers)>(change);
    ProjectCopy(CopyViewKey("retailer", entry.key.county, entry.key.licence.view()), change.erased, entry.row,
                rows);
  } else if (table == "tight_lists") {
    const auto& entry = EntryOf<decltype(State::tight_lists)>(change);
    ProjectCopy(CopyViewKey("tight", entry.key.county, entry.key.version), change.erased, entry.row, rows);
  } else if (table == "rations") {
    const auto& entry = EntryOf<decltype(State::rations)>(change);
    ProjectCopy(CopyViewKey("ration", entry.key.county, entry.key.version), change.erased, entry.row, rows);
  }
}

std::string OrderViewKey(const OrderId& id) { return view::Key({"order", CountyText(id.county), id.Text()}); }

std::string WindowViewKey(const WindowId& id) {
  return view::Key({"window", CountyText(id.county), fmt::format("{:08}", id.order_day),
                    fmt::format("{:02}", id.sequence)});
}

std::string InWindowViewKey(std::string_view kind, const WindowId& id, std::string_view licence) {
  return view::Key({kind, CountyText(id.county), id.Text(), licence});
}

std::string AllowanceViewKey(County county, Month month, std::string_view licence) {
  return view::Key({"allowance", CountyText(county), MonthText(month), licence});
}

std::string CopyViewKey(std::string_view kind, County county, std::string_view name) {
  return view::Key({kind, CountyText(county), name});
}

}  // namespace sanyuan::order_intake
