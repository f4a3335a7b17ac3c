#include "services/allocation/domain/supply.h"

#include <fmt/format.h>

#include <set>

#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

constexpr int kMaxLines = 2'000;

// SKU and cartons of each line, or nothing and refusals.
template <typename Lines>
std::vector<std::pair<Code, int64_t>> CheckedLines(const State& state, Refusals& refusals, const Lines& lines,
                                                   bool may_be_empty) {
  std::vector<std::pair<Code, int64_t>> checked;
  if (lines.size() > kMaxLines)
    Refuse(refusals, common::v1::REASON_TOO_LARGE, "lines", kMaxLines, lines.size());
  if (lines.empty() && !may_be_empty) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "lines", "no lines");
  if (!refusals.empty()) return checked;
  std::set<Code> seen;
  for (int i = 0; i < lines.size(); ++i) {
    const std::string field = fmt::format("lines[{}].", i);
    const auto sku = SkuField(refusals, field + "sku", lines[i].sku());
    InRange(refusals, field + "cartons", lines[i].cartons(), 0, kMaxTotalCartons);
    if (!sku) continue;
    if (!state.skus.Contains({*sku}))
      Refuse(refusals, common::v1::REASON_SKU_UNKNOWN, field + "sku", sku->str());
    if (!seen.insert(*sku).second)
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "sku", "named twice");
    checked.emplace_back(*sku, lines[i].cartons());
  }
  return checked;
}

void AddLine(google::protobuf::RepeatedPtrField<v1::SkuCartons>* lines, Code sku, int64_t cartons) {
  v1::SkuCartons& line = *lines->Add();
  line.set_sku(sku.str());
  line.set_cartons(cartons);
}

}  // namespace

Outcome DecideConfirmSupply(const State& state, const v1::ConfirmSupplyRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto month = MonthField(outcome.refusals, "month", request.month());
  const auto lines = CheckedLines(state, outcome.refusals, request.lines(), false);
  if (!county || !month) return outcome;
  if (*month < MonthOf(stamp.decided_at)) Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "month");
  const Policy* policy = PolicyOfMonth(state, *county, *month, stamp.decided_at);
  if (policy == nullptr) Refuse(outcome.refusals, common::v1::REASON_POLICY_UNKNOWN, "month");
  if (outcome.refused()) return outcome;

  v1::SupplyConfirmed event;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto& [sku, cartons] = lines[i];
    const Supply* row = state.supplies.Find({*county, *month, sku});
    if (row != nullptr && row->confirmed == cartons) continue;
    const int64_t reserve = cartons * policy->reserve_bp / kBasisPoints;
    if (row != nullptr && cartons - reserve - row->left_over < row->released + row->planned) {
      Refuse(outcome.refusals, common::v1::REASON_OVER_SUPPLY, fmt::format("lines[{}].cartons", i),
             row->released + row->planned, cartons - reserve - row->left_over);
      continue;
    }
    v1::ConfirmedLine& line = *event.add_lines();
    line.set_sku(sku.str());
    line.set_confirmed_cartons(cartons);
    line.set_reserve_cartons(reserve);
  }
  if (outcome.refused()) return outcome;
  Respond<v1::ConfirmSupplyResponse>(outcome);
  if (event.lines().empty()) return outcome;
  event.set_county_code(request.county_code());
  event.set_month(request.month());
  event.set_policy_version(policy->version);
  *AddEvent(outcome).mutable_supply_confirmed() = std::move(event);
  return outcome;
}

Outcome DecideApproveRelease(const State& state, const v1::ApproveReleaseRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto window = WindowField(outcome.refusals, "window_id", request.window_id(), county);
  if (!window) return outcome;
  const Release* release = state.releases.Find(*window);
  if (release == nullptr || release->planned_by.empty()) {
    Refuse(outcome.refusals, common::v1::REASON_SUPPLY_UNKNOWN, "window_id", request.window_id());
    return outcome;
  }
  v1::SupplyReleased event;
  bool over = false;
  state.window_supplies.ForEachFrom({*window, Code()}, [&](const WindowSkuKey& key, const WindowSupply& row) {
    if (key.window() != *window) return false;
    if (row.planned == 0) return true;
    AddLine(event.mutable_lines(), key.sku, row.planned);
    const Supply* supply = state.supplies.Find({*county, MonthOf(*window), key.sku});
    over = over || supply == nullptr || supply->unreleased() < row.planned;
    return true;
  });
  Respond<v1::ApproveReleaseResponse>(outcome);
  if (event.lines().empty() && release->complete && !release->approved_by.empty()) return outcome;
  if (release->planned_by == stamp.actor.id) {
    Refuse(outcome.refusals, common::v1::REASON_FOUR_EYES, "window_id", release->planned_by);
  }
  if (over) Refuse(outcome.refusals, common::v1::REASON_OVER_SUPPLY, "window_id");
  if (WindowClosed(state, *window))
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "window_id", "CLOSED");
  if (outcome.refused()) {
    outcome.response.reset();
    return outcome;
  }
  event.set_county_code(request.county_code());
  event.set_window_id(request.window_id());
  event.set_mode(release->mode);
  event.set_complete(true);
  *AddEvent(outcome).mutable_supply_released() = std::move(event);
  return outcome;
}

Outcome DecideStateSupply(const State& state, const v1::StateSupplyRequest& request, const Stamp& /*stamp*/) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto window = WindowField(outcome.refusals, "window_id", request.window_id(), county);
  const auto lines = CheckedLines(state, outcome.refusals, request.lines(), request.complete());
  if (!window) return outcome;
  const Window* known = state.windows.Find(*window);
  const Release* release = state.releases.Find(*window);
  if ((known != nullptr && known->opened && known->floating) ||
      (release != nullptr && release->mode == v1::SUPPLY_MODE_RELEASED)) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "window_id",
           "its supply is planned and released");
  }
  if (WindowClosed(state, *window))
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "window_id", "CLOSED");
  v1::SupplyReleased event;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto& [sku, cartons] = lines[i];
    const WindowSupply* row = state.window_supplies.Find({*window, sku});
    const int64_t before = row == nullptr ? 0 : row->released;
    if (cartons < before) {
      Refuse(outcome.refusals, common::v1::REASON_OVER_SUPPLY, fmt::format("lines[{}].cartons", i), before,
             cartons);
    } else if (cartons > before) {
      AddLine(event.mutable_lines(), sku, cartons - before);
    }
  }
  if (outcome.refused()) return outcome;
  Respond<v1::StateSupplyResponse>(outcome);
  const bool completes = request.complete() && (release == nullptr || !release->complete);
  if (event.lines().empty() && !completes) return outcome;
  event.set_county_code(request.county_code());
  event.set_window_id(request.window_id());
  event.set_mode(v1::SUPPLY_MODE_RECORDED);
  event.set_complete(completes);
  *AddEvent(outcome).mutable_supply_released() = std::move(event);
  return outcome;
}

bool SupplyReady(const State& state, const WindowKey& window) {
  const Release* release = state.releases.Find(window);
  if (release == nullptr || !release->complete) return false;
  const Window* row = state.windows.Find(window);
  return row == nullptr || !row->floating || !release->approved_by.empty();
}

void AddRoll(const State& state, const WindowKey& window, std::vector<partition::EventPtr>& events) {
  const Release* release = state.releases.Find(window);
  if (release == nullptr || release->mode != v1::SUPPLY_MODE_RELEASED) return;
  v1::SupplyRolled event;
  state.window_supplies.ForEachFrom({window, Code()}, [&](const WindowSkuKey& key, const WindowSupply& row) {
    if (key.window() != window) return false;
    if (row.free > 0) AddLine(event.mutable_lines(), key.sku, row.free);
    return true;
  });
  if (event.lines().empty()) return;
  event.set_county_code(CountyText(window.county));
  event.set_window_id(WindowText(window));
  state.releases.ForEachFrom({window.county, window.day, window.number + 1},
                             [&](const WindowKey& next, const Release& row) {
                               if (next.county != window.county || MonthOf(next) != MonthOf(window))
                                 return false;
                               if (row.mode != v1::SUPPLY_MODE_RELEASED || WindowAllocating(state, next))
                                 return true;
                               event.set_to_window_id(WindowText(next));
                               return false;
                             });
  *AddEvent(events).mutable_supply_rolled() = std::move(event);
}

absl::Status Evolve(State& state, const v1::SupplyConfirmed& event, const Stamp& /*stamp*/) {
  const auto county = CountyOfId(event.county_code());
  const auto month = ParseMonth(event.month());
  if (!county || !month) return Misfit("SupplyConfirmed");
  for (const v1::ConfirmedLine& line : event.lines()) {
    const auto sku = Code::Parse(line.sku());
    if (!sku) return Misfit("SupplyConfirmed");
    Supply& row = state.supplies.Mutate({*county, *month, *sku});
    row.confirmed = line.confirmed_cartons();
    row.kept_back = line.reserve_cartons();
  }
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::SupplyReleased& event, const Stamp& stamp) {
  const auto window = ParseWindow(event.window_id());
  if (!window) return Misfit("SupplyReleased");
  const bool recorded = event.mode() == v1::SUPPLY_MODE_RECORDED;
  for (const v1::SkuCartons& line : event.lines()) {
    const auto sku = Code::Parse(line.sku());
    if (!sku) return Misfit("SupplyReleased");
    WindowSupply& row = state.window_supplies.Mutate({*window, *sku});
    row.released += line.cartons();
    row.free += line.cartons();
    if (recorded) continue;
    row.planned -= line.cartons();
    Supply& supply = state.supplies.Mutate({window->county, MonthOf(*window), *sku});
    supply.planned -= line.cartons();
    supply.released += line.cartons();
  }
  Release& release = state.releases.Mutate(*window);
  release.mode = event.mode();
  release.complete = release.complete || event.complete();
  if (recorded && release.planned_by.empty()) {
    release.planned_by = stamp.actor.id;
  } else if (event.complete() && release.planned_by != stamp.actor.id) {
    release.approved_by = stamp.actor.id;
  }
  RefreshWindowTimers(state, *window, stamp);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::SupplyRolled& event, const Stamp& stamp) {
  const auto window = ParseWindow(event.window_id());
  const auto to = ParseWindow(event.to_window_id());
  if (!window || (!to && !event.to_window_id().empty())) return Misfit("SupplyRolled");
  for (const v1::SkuCartons& line : event.lines()) {
    const auto sku = Code::Parse(line.sku());
    if (!sku) return Misfit("SupplyRolled");
    WindowSupply& row = state.window_supplies.Mutate({*window, *sku});
    row.free -= line.cartons();
    row.rolled += line.cartons();
    if (to) {
      WindowSupply& next = state.window_supplies.Mutate({*to, *sku});
      next.released += line.cartons();
      next.free += line.cartons();
    } else {
      Supply& supply = state.supplies.Mutate({window->county, MonthOf(*window), *sku});
      supply.released -= line.cartons();
      supply.left_over += line.cartons();
    }
  }
  if (to) RefreshWindowTimers(state, *to, stamp);
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
