#include "services/registry/domain/route.h"

#include "common/clock/business_time.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;

constexpr int kMaxCrew = 8;

void CheckUnitOfLevel(const State& state, County county, const std::string& unit_id, v1::UnitLevel level,
                      const std::string& field, Refusals& refusals) {
  if (unit_id.empty()) return;
  const std::optional<LocalKey> key = KeyOf(county, unit_id);
  const UnitRow* unit = key ? state.units.Find(*key) : nullptr;
  if (unit == nullptr) {
    Refuse(refusals, common::v1::REASON_ORG_UNKNOWN, field, unit_id);
  } else if (unit->level != level) {
    Refuse(refusals, common::v1::REASON_UNIT_LEVEL, field, unit_id);
  }
}

void CheckCrew(const State& state, County county, const v1::Route& route, const std::string& path,
               Refusals& refusals) {
  CheckRange(route.crew_staff_ids_size(), 0, kMaxCrew, path + ".crew_staff_ids", refusals);
  for (int i = 0; i < route.crew_staff_ids_size(); ++i) {
    const std::optional<LocalKey> key = KeyOf(county, route.crew_staff_ids(i));
    const StaffRow* staff = key ? state.staff.Find(*key) : nullptr;
    const std::string field = fmt::format("{}.crew_staff_ids[{}]", path, i);
    if (staff == nullptr || !staff->active) {
      Refuse(refusals, common::v1::REASON_STAFF_UNKNOWN, field, route.crew_staff_ids(i));
    } else if (staff->role != common::v1::ROLE_DELIVERY_STAFF) {
      Refuse(refusals, common::v1::REASON_ROLE_WRONG, field, route.crew_staff_ids(i));
    }
  }
}

// How many retailers with a licence that has not ended name the route.
int64_t RetailersOn(const State& state, const LocalKey& route) {
  int64_t count = 0;
  state.retailers.ForEachFrom({route.county, Code()}, [&](const LocalKey& key, const RetailerRow& row) {
    if (key.county != route.county) return false;
    const bool lives = row.status == v1::LICENCE_STATUS_ACTIVE || row.status == v1::LICENCE_STATUS_SUSPENDED;
    if (lives && row.route == route.code) ++count;
    return true;
  });
  return count;
}

std::optional<v1::Route> Standing(const State& state, County county, const std::string& route_id) {
  const std::optional<LocalKey> key = KeyOf(county, route_id);
  const RouteRow* row = key ? state.routes.Find(*key) : nullptr;
  if (row == nullptr) return std::nullopt;
  return RouteOf(route_id, *row);
}

absl::Status Put(State& state, const std::string& county_code, const v1::Route& route) {
  const std::optional<County> county = CountyOfId(county_code);
  const std::optional<LocalKey> key = county ? KeyOf(*county, route.route_id()) : std::nullopt;
  if (!key) return absl::InvalidArgumentError("a route without county or id");
  state.routes.Put(*key, RouteRowOf(route));
  return absl::OkStatus();
}

}  // namespace

void CheckRoute(const State& state, County county, const v1::Route& route, const std::string& path,
                Refusals& refusals) {
  CheckCode(route.route_id(), false, path + ".route_id", refusals);
  CheckLength(route.name(), kMaxNameLength, path + ".name", refusals);
  if (route.market_type() != v1::MARKET_TYPE_URBAN && route.market_type() != v1::MARKET_TYPE_RURAL) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".market_type");
  }
  CheckUnitOfLevel(state, county, route.depot_unit_id(), v1::UNIT_LEVEL_DEPOT, path + ".depot_unit_id",
                   refusals);
  CheckUnitOfLevel(state, county, route.transit_unit_id(), v1::UNIT_LEVEL_TRANSIT_POINT,
                   path + ".transit_unit_id", refusals);
  CheckDate(route.first_order_day(), false, path + ".first_order_day", refusals);
  CheckRange(route.cycle_weeks(), 1, 2, path + ".cycle_weeks", refusals);
  const std::optional<Date> first = ParseDate(route.first_order_day());
  const int32_t weekday = first ? IsoWeekday(*first) : 0;
  if (first && route.order_weekday() != weekday) {
    CheckRange(route.order_weekday(), weekday, weekday, path + ".order_weekday", refusals);
  }
  CheckRange(route.delivery_offset_wd(), 0, 10, path + ".delivery_offset_wd", refusals);
  CheckRange(route.departure_minute_of_day(), 0, kLastMinute, path + ".departure_minute_of_day", refusals);
  CheckCode(route.crew_id(), true, path + ".crew_id", refusals);
  CheckCrew(state, county, route, path, refusals);
  CheckLength(route.vehicle(), 40, path + ".vehicle", refusals);
}

Outcome DecideRegisterRoutes(const State& state, const v1::RegisterRoutesRequest& request,
                             const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.routes_size(), "routes", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::RegisterRoutesResponse>();
  JudgeBatch<v1::Route>(
      request.routes(), "routes", *response->mutable_result(),
      [](const v1::Route& route) { return route.route_id(); },
      [&](const v1::Route& route) { return Standing(state, *county, route.route_id()); },
      [&](const v1::Route& route, const std::string& path, Refusals& refusals) {
        CheckRoute(state, *county, route, path, refusals);
      },
      [&](const v1::Route& route) {
        auto event = std::make_unique<v1::Event>();
        event->mutable_route_registered()->set_county_code(request.county_code());
        *event->mutable_route_registered()->mutable_route() = route;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "routes");
}

Outcome DecideChangeRoute(const State& state, const v1::ChangeRouteRequest& request, const Stamp& /*stamp*/) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (!county) return outcome;
  const v1::Route& route = request.route();
  CheckRoute(state, *county, route, "route", outcome.refusals);
  const std::optional<v1::Route> before = Standing(state, *county, route.route_id());
  if (!before) {
    Refuse(outcome.refusals, common::v1::REASON_ROUTE_UNKNOWN, "route.route_id", route.route_id());
  } else if (before->active() && !route.active()) {
    if (const int64_t retailers = RetailersOn(state, *KeyOf(*county, route.route_id())); retailers > 0) {
      common::v1::Refusal& refusal = Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "route.active");
      refusal.set_limit(0);
      refusal.set_value(retailers);
    }
  }
  if (outcome.refused()) return outcome;
  if (!reference::ChangedPaths(*before, route).empty()) {
    auto event = std::make_unique<v1::Event>();
    event->mutable_route_changed()->set_county_code(request.county_code());
    *event->mutable_route_changed()->mutable_route() = route;
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ChangeRouteResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::RouteRegistered& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.route());
}

absl::Status Evolve(State& state, const v1::RouteChanged& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.route());
}

}  // namespace sanyuan::registry
