// Corrections of a retailer's profile: one person proposes, another approves (R33). Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// A retailer proposes for the own licence (NOT_OWN_LICENCE) and only contact, phone, PIN, receivers and whether
// the shop is seasonal (ROLE_NOT_ALLOWED); an account manager for the own shops (UNIT_NOT_ALLOWED). A path that
// is no field of a profile is INVALID_FIELD. A proposal of what the profile says already is nothing.
Outcome DecideProposeProfileChange(const State& state, const v1::ProposeProfileChangeRequest& request,
                                   const Stamp& stamp);
// FOUR_EYES for the proposer. An approval is judged again against what stands now, and changes the retailer in the
// same decision. WRONG_STATE for a proposal that was decided otherwise.
Outcome DecideDecideProfileChange(const State& state, const v1::DecideProfileChangeRequest& request,
                                  const Stamp& stamp);

absl::Status Evolve(State& state, const v1::RetailerProfileProposed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RetailerProfileDecided& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_H_
