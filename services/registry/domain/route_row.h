// A route as a row. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_ROW_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/state/code.h"
#include "sanyuan/registry/v1/route.pb.h"

namespace sanyuan::registry {

struct RouteRow {
  std::string name;
  v1::MarketType market_type = v1::MARKET_TYPE_UNSPECIFIED;
  Code depot, transit;
  int32_t first_order_day = 0;  // Day number.
  int32_t cycle_weeks = 0, order_weekday = 0, delivery_offset_wd = 0, departure_minute = 0;
  std::string crew_id;
  std::vector<Code> crew;
  std::string vehicle;
  bool active = false;

  static void Fields(auto& self, auto&& visit) {
    visit(self.name, self.market_type, self.depot, self.transit, self.first_order_day, self.cycle_weeks,
          self.order_weekday, self.delivery_offset_wd, self.departure_minute, self.crew_id, self.crew,
          self.vehicle, self.active);
  }
};

// REQUIRES: CheckRoute found nothing (route.h).
RouteRow RouteRowOf(const v1::Route& route);
v1::Route RouteOf(std::string_view route_id, const RouteRow& row);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_ROW_H_
