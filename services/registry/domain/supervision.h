// Who supervises a shop: inspectors (risky, large, violating; about 20%) or the account manager (about 80%; R49),
// the register of large retailers (R54), and the list of those who cannot order on time (R81).
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_SUPERVISION_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_SUPERVISION_H_

#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// Each item is judged alone: LICENCE_UNKNOWN, a mode that is not given, WRONG_STATE for a large retailer that
// would not be under inspectors.
Outcome DecideAssignSupervision(const State& state, const v1::AssignSupervisionRequest& request,
                                const Stamp& stamp);

// EXCEPTION_TOO_LONG when `until` is more than sheet_max_cycles order cycles of the shop's route away (weekly
// without a route); POLICY_UNKNOWN without an ordering policy; INVALID_FIELD for a day that is over.
Outcome DecideMarkCannotOrder(const State& state, const v1::MarkCannotOrderRequest& request,
                              const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_SUPERVISION_H_
