// Planning: what is not released yet is split over the month's order windows by their forecasts, so that the
// first day's shops do not take all.
#include <fmt/format.h>

#include <map>
#include <set>

#include "services/allocation/domain/maths/supply_split.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/supply.h"
#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

constexpr int kMaxPlanLines = 500;
constexpr int kMaxDays = 31;

struct Plan {
  Code sku;
  std::vector<WindowKey> windows;
  std::vector<int64_t> forecasts;
  std::vector<int64_t> cartons;
  int64_t short_cartons = 0;
};

// The ratio of the price class is policy; below a least demand rounding would decide it.
void CheckRatio(const State& state, const Policy& policy, Refusals& refusals, const std::string& field,
                const Plan& plan, int64_t ratio, int64_t forecast) {
  if (ratio == 0 || forecast < policy.ratio_least_demand || plan.windows.empty()) return;
  const std::string price_class = PriceClassOf(state, plan.sku, plan.windows.front().day);
  for (const Policy::Ratio& range : policy.ratios) {
    if (range.price_class != price_class) continue;
    if (ratio < range.min_bp || ratio > range.max_bp) {
      Refuse(refusals, common::v1::REASON_RATIO_RANGE, field,
             ratio < range.min_bp ? range.min_bp : range.max_bp, ratio);
    }
  }
}

void CheckDays(const State& state, Refusals& refusals, const std::string& field, const v1::ReleaseLine& line,
               std::optional<County> county, std::optional<MonthIndex> month, Plan& plan) {
  if (line.days().empty() || line.days_size() > kMaxDays) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "days", kMaxDays, line.days_size());
    return;
  }
  std::set<WindowKey> seen;
  for (int i = 0; i < line.days_size(); ++i) {
    const std::string day = fmt::format("{}days[{}].", field, i);
    InRange(refusals, day + "forecast_cartons", line.days(i).forecast_cartons(), 0, kMaxTotalCartons);
    const auto window = WindowField(refusals, day + "window_id", line.days(i).window_id(), county);
    if (!window) continue;
    if (month && MonthOf(*window) != *month) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, day + "window_id", "of another month");
    }
    if (!seen.insert(*window).second)
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, day + "window_id", "named twice");
    const Release* release = state.releases.Find(*window);
    if (WindowClosed(state, *window) || (release != nullptr && release->mode == v1::SUPPLY_MODE_RECORDED)) {
      Refuse(refusals, common::v1::REASON_WRONG_STATE, day + "window_id", line.days(i).window_id());
    }
    plan.windows.push_back(*window);
    plan.forecasts.push_back(line.days(i).forecast_cartons());
  }
}

// Fills `cartons` and `short_cartons` from what is neither released nor planned for other windows.
void Split(const State& state, const Supply& supply, int64_t ratio, Plan& plan) {
  int64_t available = supply.unreleased() - supply.planned;
  int64_t forecast = 0;
  for (size_t i = 0; i < plan.windows.size(); ++i) {
    const WindowSupply* row = state.window_supplies.Find({plan.windows[i], plan.sku});
    if (row != nullptr) available += row->planned;
    forecast += plan.forecasts[i];
  }
  int64_t total = available;
  if (ratio != 0) {
    const auto balanced = BalanceSupply(forecast, ratio, available);
    if (balanced.ok()) {
      total = balanced->cartons;
      plan.short_cartons = balanced->short_cartons;
    }
  }
  plan.cartons.assign(plan.windows.size(), 0);
  constexpr int64_t kNoFurtherReserve = 0;
  if (!SplitOverDays(total, kNoFurtherReserve, plan.forecasts, absl::MakeSpan(plan.cartons)).ok()) {
    plan.cartons.assign(plan.windows.size(), 0);
  }
}

}  // namespace

Outcome DecidePlanRelease(const State& state, const v1::PlanReleaseRequest& request, const Stamp& stamp) {
  Outcome outcome;
  Refusals& refusals = outcome.refusals;
  const auto county = CountyField(refusals, request.county_code());
  const auto month = MonthField(refusals, "month", request.month());
  if (request.lines().empty() || request.lines_size() > kMaxPlanLines) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "lines", kMaxPlanLines, request.lines_size());
  }
  const Policy* policy = county && month ? PolicyOfMonth(state, *county, *month, stamp.decided_at) : nullptr;
  if (county && month && policy == nullptr) Refuse(refusals, common::v1::REASON_POLICY_UNKNOWN, "month");
  if (outcome.refused()) return outcome;

  std::vector<Plan> plans;
  std::set<Code> seen;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::ReleaseLine& line = request.lines(i);
    const std::string field = fmt::format("lines[{}].", i);
    const auto sku = SkuField(refusals, field + "sku", line.sku());
    InRange(refusals, field + "ratio_bp", line.ratio_bp(), 0, kMaxRatioBasisPoints);
    Plan plan;
    CheckDays(state, refusals, field, line, county, month, plan);
    if (!sku) continue;
    plan.sku = *sku;
    if (!seen.insert(*sku).second)
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "sku", "named twice");
    const Supply* supply = state.supplies.Find({*county, *month, *sku});
    if (supply == nullptr) {
      Refuse(refusals, common::v1::REASON_SUPPLY_UNKNOWN, field + "sku", sku->str());
      continue;
    }
    int64_t forecast = 0;
    for (int64_t day : plan.forecasts) forecast += day;
    InRange(refusals, field + "days", forecast, 0, kMaxTotalCartons);
    CheckRatio(state, *policy, refusals, field + "ratio_bp", plan, line.ratio_bp(), forecast);
    if (outcome.refused()) continue;
    Split(state, *supply, line.ratio_bp(), plan);
    plans.push_back(std::move(plan));
  }
  if (outcome.refused()) return outcome;

  auto& response = Respond<v1::PlanReleaseResponse>(outcome);
  std::map<WindowKey, v1::WindowPlan> windows;
  for (size_t i = 0; i < plans.size(); ++i) {
    const Plan& plan = plans[i];
    const Supply& supply = *state.supplies.Find({*county, *month, plan.sku});
    v1::PlannedLine& line = *response.add_lines();
    line.set_sku(plan.sku.str());
    *line.mutable_days() = request.lines(static_cast<int>(i)).days();
    line.set_reserve_cartons(supply.reserve());
    int64_t planned_here = 0;
    for (size_t day = 0; day < plan.windows.size(); ++day) {
      line.add_day_cartons(plan.cartons[day]);
      planned_here += plan.cartons[day];
      v1::SkuCartons& cartons = *windows[plan.windows[day]].add_lines();
      cartons.set_sku(plan.sku.str());
      cartons.set_cartons(plan.cartons[day]);
    }
    line.set_unreleased_cartons(supply.unreleased() - planned_here);
    line.set_short_cartons(plan.short_cartons);
  }
  auto* event = AddEvent(outcome).mutable_release_planned();
  event->set_county_code(request.county_code());
  event->set_month(request.month());
  for (auto& [window, plan] : windows) {
    plan.set_window_id(WindowText(window));
    *event->add_windows() = std::move(plan);
  }
  return outcome;
}

absl::Status Evolve(State& state, const v1::ReleasePlanned& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.county_code());
  const auto month = ParseMonth(event.month());
  if (!county || !month) return Misfit("ReleasePlanned");
  for (const v1::WindowPlan& plan : event.windows()) {
    const auto window = ParseWindow(plan.window_id());
    if (!window) return Misfit("ReleasePlanned");
    for (const v1::SkuCartons& line : plan.lines()) {
      const auto sku = Code::Parse(line.sku());
      if (!sku) return Misfit("ReleasePlanned");
      WindowSupply& row = state.window_supplies.Mutate({*window, *sku});
      state.supplies.Mutate({*county, *month, *sku}).planned += line.cartons() - row.planned;
      row.planned = line.cartons();
    }
    Release& release = state.releases.Mutate(*window);
    release.mode = v1::SUPPLY_MODE_RELEASED;
    release.planned_by = stamp.actor.id;
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
