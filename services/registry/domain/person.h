// Forgetting a person: the journal stays whole, what is sealed in it becomes unreadable when the person's key is
// deleted (services/registry/forgetting.h does that when the decision is accepted). Terminal: the person's id is
// never used again. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_PERSON_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_PERSON_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// NOT_FOUND for somebody who is neither staff nor a licence of the county; WRONG_STATE while the person works
// here or the licence is active or suspended.
Outcome DecideForgetPerson(const State& state, const v1::ForgetPersonRequest& request, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::PersonForgotten& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_PERSON_H_
