// From order intake's answers to offers (taken, returned, void) to allocation's own events. Pure function.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_REACTION_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_REACTION_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// `inputs` are events of order_intake.journal. Answers to runs that are not known here are passed by.
void ReactToSettlement(const State& state, const std::vector<partition::EventPtr>& inputs,
                       std::vector<partition::EventPtr>& events);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_REACTION_H_
