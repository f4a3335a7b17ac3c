#include "services/registry/domain/route_row.h"

#include "common/clock/business_time.h"

namespace sanyuan::registry {

RouteRow RouteRowOf(const v1::Route& route) {
  RouteRow row;
  row.name = route.name();
  row.market_type = route.market_type();
  row.depot = Code::Parse(route.depot_unit_id()).value_or(Code());
  row.transit = Code::Parse(route.transit_unit_id()).value_or(Code());
  row.first_order_day = DayNumberOf(route.first_order_day()).value_or(0);
  row.cycle_weeks = route.cycle_weeks();
  row.order_weekday = route.order_weekday();
  row.delivery_offset_wd = route.delivery_offset_wd();
  row.departure_minute = route.departure_minute_of_day();
  row.crew_id = route.crew_id();
  for (const std::string& staff_id : route.crew_staff_ids()) {
    row.crew.push_back(Code::Parse(staff_id).value_or(Code()));
  }
  row.vehicle = route.vehicle();
  row.active = route.active();
  return row;
}

v1::Route RouteOf(std::string_view route_id, const RouteRow& row) {
  v1::Route route;
  route.set_route_id(std::string(route_id));
  route.set_name(row.name);
  route.set_market_type(row.market_type);
  route.set_depot_unit_id(row.depot.str());
  route.set_transit_unit_id(row.transit.str());
  route.set_first_order_day(DayNumberText(row.first_order_day));
  route.set_cycle_weeks(row.cycle_weeks);
  route.set_order_weekday(row.order_weekday);
  route.set_delivery_offset_wd(row.delivery_offset_wd);
  route.set_departure_minute_of_day(row.departure_minute);
  route.set_crew_id(row.crew_id);
  for (const Code& staff_id : row.crew) route.add_crew_staff_ids(staff_id.str());
  route.set_vehicle(row.vehicle);
  route.set_active(row.active);
  return route;
}

}  // namespace sanyuan::registry
