#include "services/order_intake/domain/order_window.h"

#include <algorithm>
#include <string_view>

#include "services/order_intake/domain/order_guard.h"
#include "services/order_intake/domain/requests.h"

namespace sanyuan::order_intake {
namespace {

std::vector<Code> SortedRoutes(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::vector<Code> routes;
  routes.reserve(static_cast<size_t>(ids.size()));
  for (const std::string& id : ids) {
    if (auto route = Code::Parse(id)) routes.push_back(*route);
  }
  std::sort(routes.begin(), routes.end());
  routes.erase(std::unique(routes.begin(), routes.end()), routes.end());
  return routes;
}

// Of the policies in force for the county at `at`: the longest prefix counts, then the latest start.
template <typename Row>
std::pair<const PolicyKey*, const Row*> InForce(const state::Table<PolicyKey, Row>& policies, County county,
                                                absl::Time at) {
  const std::string code = CountyText(county);
  std::pair<const PolicyKey*, const Row*> best{nullptr, nullptr};
  policies.ForEach([&](const PolicyKey& key, const Row& row) {
    if (key.effective_from > at || code.compare(0, key.county_prefix.size(), key.county_prefix) != 0) return;
    if (best.first == nullptr || key.county_prefix.size() > best.first->county_prefix.size() ||
        (key.county_prefix.size() == best.first->county_prefix.size() &&
         key.effective_from >= best.first->effective_from)) {
      best = {&key, &row};
    }
  });
  return best;
}

// The version that counts at `at`: the latest start, and of equal ones the one published last.
template <typename Row>
std::string VersionAt(const state::Table<VersionKey, Row>& versions, County county, absl::Time at) {
  std::string best;
  const Row* best_row = nullptr;
  versions.ForEachFrom(VersionKey{county, ""}, [&](const VersionKey& key, const Row& row) {
    if (key.county != county) return false;
    if (row.effective_from > at) return true;
    if (best_row == nullptr ||
        std::pair(row.effective_from, row.ordinal) > std::pair(best_row->effective_from, best_row->ordinal)) {
      best = key.version;
      best_row = &row;
    }
    return true;
  });
  return best;
}

}  // namespace

Outcome DecideScheduleWindow(const State& state, const v1::ScheduleWindowRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  outcome.refusals = Validate(request);
  if (outcome.refused()) return outcome;
  const WindowId id{*ParseCounty(request.county_code()), *ParseDay(request.order_day()),
                    static_cast<uint16_t>(request.sequence())};
  const absl::Time opens_at = *FromTimestamp(request.opens_at());
  const absl::Time cut_off = *FromTimestamp(request.cut_off());
  auto response = std::make_unique<v1::ScheduleWindowResponse>();
  response->set_window_id(id.Text());

  if (const Window* before = state.windows.Find(id)) {
    if (before->opens_at == opens_at && before->cut_off == cut_off &&
        before->occurrence == static_cast<int32_t>(request.occurrence()) &&
        before->occurrences == static_cast<int32_t>(request.occurrences()) &&
        before->routes == SortedRoutes(request.route_ids()) &&
        before->expected_none == request.expected_none()) {
      outcome.response = std::move(response);
    } else {
      Refuse(outcome.refusals, common::v1::REASON_ALREADY_EXISTS, "order_day", id.Text());
    }
    return outcome;
  }
  GuardCounty(state, id.county, outcome.refusals);
  if (cut_off <= stamp.decided_at) {
    Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "cut_off", "has passed");
  }
  if (outcome.refused()) return outcome;
  auto [event, scheduled] = NewEvent(&v1::Event::mutable_order_window_scheduled);
  scheduled->set_window_id(id.Text());
  scheduled->set_occurrence(request.occurrence());
  scheduled->set_occurrences(request.occurrences());
  *scheduled->mutable_opens_at() = ToTimestamp(opens_at);
  *scheduled->mutable_cut_off() = ToTimestamp(cut_off);
  for (const Code& route : SortedRoutes(request.route_ids())) scheduled->add_route_ids(route.str());
  scheduled->set_expected_none(request.expected_none());
  outcome.response = std::move(response);
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome FireOpening(const State& state, const WindowId& id, const Window& window) {
  Outcome outcome;
  auto [event, opened] = NewEvent(&v1::Event::mutable_order_window_opened);
  const absl::Time order_day = StartOfDay(id.order_day);
  const auto [ordering, parameters] = InForce(state.ordering_policies, id.county, order_day);
  const auto [allocation, unused] = InForce(state.allocation_policies, id.county, order_day);
  const Limits limits = parameters == nullptr ? Limits{} : parameters->limits;
  opened->set_window_id(id.Text());
  opened->set_month(MonthText(id.month()));
  opened->set_order_day(DayText(id.order_day));
  opened->set_occurrence(static_cast<uint32_t>(window.occurrence));
  opened->set_occurrences(static_cast<uint32_t>(window.occurrences));
  *opened->mutable_cut_off() = ToTimestamp(window.cut_off);
  v1::FrozenVersions& versions = *opened->mutable_versions();
  if (ordering != nullptr) {
    versions.set_ordering_policy(ordering->version);
    *opened->mutable_payment_deadline() =
        ToTimestamp(order_day + absl::Minutes(parameters->payment_deadline_minute));
  }
  if (allocation != nullptr) {
    versions.set_allocation_policy(allocation->version);
    versions.set_tight_list(VersionAt(state.tight_lists, id.county, window.opens_at));
    versions.set_ration(VersionAt(state.rations, id.county, window.opens_at));
  }
  opened->set_floating(allocation != nullptr);
  opened->set_expected_none(window.expected_none || allocation == nullptr);
  opened->set_grace_seconds(absl::ToInt64Seconds(limits.grace));
  opened->set_max_lines(limits.max_lines);
  opened->set_max_line_cartons(limits.max_line_cartons);
  opened->set_max_orders_per_window(limits.max_orders_per_window);
  opened->set_payment_tries(limits.payment_tries);
  outcome.events.push_back(std::move(event));
  return outcome;
}

absl::Status Evolve(State& state, const v1::OrderWindowScheduled& event, const Stamp&) {
  const auto id = WindowId::Parse(event.window_id());
  const auto opens_at = FromTimestamp(event.opens_at());
  const auto cut_off = FromTimestamp(event.cut_off());
  if (!id || !opens_at || !cut_off || state.windows.Contains(*id)) {
    return Unfoldable("OrderWindowScheduled", event.window_id());
  }
  Window& window = state.windows.Mutate(*id);
  window.occurrence = static_cast<int32_t>(event.occurrence());
  window.occurrences = static_cast<int32_t>(event.occurrences());
  window.opens_at = *opens_at;
  window.cut_off = *cut_off;
  window.routes = SortedRoutes(event.route_ids());
  window.expected_none = event.expected_none();
  state.window_timers.Mutate({*opens_at, *id});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::OrderWindowOpened& event, const Stamp&) {
  const auto id = WindowId::Parse(event.window_id());
  const auto deadline = FromTimestamp(event.payment_deadline());
  if (!id || !deadline || !state.windows.Contains(*id))
    return Unfoldable("OrderWindowOpened", event.window_id());
  Window& window = state.windows.Mutate(*id);
  window.state = WindowState::kOpen;
  window.ordering_policy = event.versions().ordering_policy();
  window.allocation_policy = event.versions().allocation_policy();
  window.tight_list = event.versions().tight_list();
  window.ration = event.versions().ration();
  window.floating = event.floating();
  window.expected_none = event.expected_none();
  window.limits = {absl::Seconds(event.grace_seconds()), static_cast<int32_t>(event.max_lines()),
                   static_cast<int32_t>(event.max_line_cartons()),
                   static_cast<int32_t>(event.max_orders_per_window()),
                   static_cast<int32_t>(event.payment_tries())};
  if (event.has_payment_deadline()) window.payment_deadline = *deadline;
  state.window_timers.Erase({window.opens_at, *id});
  state.window_timers.Mutate({window.cut_off + absl::Seconds(1) + window.limits.grace, *id});
  return absl::OkStatus();
}

}  // namespace sanyuan::order_intake
