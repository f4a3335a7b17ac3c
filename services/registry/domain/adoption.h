// What the county journals copy from registry.reference.journal: the counties that exist, and the policies that the
// registry itself judges by (formats, conduct, ordering, delivery). Every partition copies all of them: which
// counties it will be asked about, it can't know. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_ADOPTION_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_ADOPTION_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// Effects are counted by the input's events: `index` is the next one to look at. What stands already is not
// copied again.
partition::Reaction React(const State& state, const partition::Input& input, uint64_t index, size_t budget);

absl::Status Evolve(State& state, const v1::CountyAdopted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::PolicyAdopted& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_ADOPTION_H_
