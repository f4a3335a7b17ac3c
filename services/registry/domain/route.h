// Routes: order day, crew, depot. Its stops are the retailers that name it. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// INVALID_FIELD also when order_weekday is not the weekday of first_order_day; UNIT_LEVEL for a depot that is
// none; STAFF_UNKNOWN and ROLE_WRONG for a crew that is not delivery staff.
void CheckRoute(const State& state, County county, const v1::Route& route, const std::string& path,
                Refusals& refusals);

Outcome DecideRegisterRoutes(const State& state, const v1::RegisterRoutesRequest& request,
                             const Stamp& stamp);
// WRONG_STATE when a route is closed that retailers name.
Outcome DecideChangeRoute(const State& state, const v1::ChangeRouteRequest& request, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::RouteRegistered& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RouteChanged& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_ROUTE_H_
