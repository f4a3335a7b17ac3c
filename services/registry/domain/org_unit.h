// Units inside a county: departments, territories, squads, depots, transit points. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_ORG_UNIT_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_ORG_UNIT_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// UNIT_LEVEL unless the level is DEPT to TRANSIT_POINT, and for a territory that is not below a department.
// ORG_UNKNOWN for a parent that is neither registered nor earlier in the batch; no parent: below the county.
Outcome DecideRegisterOrgUnits(const State& state, const v1::RegisterOrgUnitsRequest& request,
                               const Stamp& stamp);
// The level of a unit never changes, and a unit is not put below itself (WRONG_STATE).
Outcome DecideChangeOrgUnit(const State& state, const v1::ChangeOrgUnitRequest& request, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::OrgUnitRegistered& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::OrgUnitChanged& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_ORG_UNIT_H_
