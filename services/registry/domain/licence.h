// Changes of a licence, by the licence office alone (R33). Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_LICENCE_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_LICENCE_H_

#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// LICENCE_UNKNOWN; WRONG_STATE for a licence that was cancelled; PERSON_FORGOTTEN. An attempt of an account or
// marketing manager is FORBIDDEN_ACTION and recorded: they have no power over a shop's licence (R52).
Outcome DecideChangeLicence(const State& state, const v1::ChangeLicenceRequest& request, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_LICENCE_H_
