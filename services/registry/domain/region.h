// Counties and the units above them (nation, province, city, county). Registered once; a second registration
// with other content is refused. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_REGION_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_REGION_H_

#include "absl/status/status.h"
#include "services/registry/domain/reference_state.h"

namespace sanyuan::registry {

Outcome DecideRegisterCounties(const ReferenceState& state, const v1::RegisterCountiesRequest& request,
                               const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::CountyRegistered& event, const Stamp& stamp);

// UNIT_LEVEL unless the level is NATION to COUNTY and the parent stands exactly one level higher (the nation has
// none); ORG_UNKNOWN for a parent that is neither registered nor earlier in the batch.
Outcome DecideRegisterReferenceUnits(const ReferenceState& state,
                                     const v1::RegisterReferenceUnitsRequest& request, const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::ReferenceUnitRegistered& event, const Stamp& stamp);

v1::County CountyOf(const CodeKey& key, const CountyRow& row);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_REGION_H_
