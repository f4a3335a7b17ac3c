// The goods (R17, R27, R75, R80): confirmed by SKU and month, 5% kept back as the reserve, the rest planned for
// the month's order windows in proportion to their forecasts and released to each by a second person. Windows
// without floating policy have recorded supply instead: what was stated for the day.
//
// Conserved at all times, per SKU: confirmed = reserve + unreleased + sum over windows of (free + offered +
// taken); in a window released = free + offered + taken + rolled (invariant 16). Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_SUPPLY_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_SUPPLY_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

Outcome DecideConfirmSupply(const State& state, const v1::ConfirmSupplyRequest& request, const Stamp& stamp);
Outcome DecidePlanRelease(const State& state, const v1::PlanReleaseRequest& request, const Stamp& stamp);
Outcome DecideApproveRelease(const State& state, const v1::ApproveReleaseRequest& request,
                             const Stamp& stamp);
Outcome DecideStateSupply(const State& state, const v1::StateSupplyRequest& request, const Stamp& stamp);

// The window's release is complete, and under the floating policy a second person approved it.
bool SupplyReady(const State& state, const WindowKey& window);
// What is free when a window closes goes to the next window of the month that has not been allocated, or to the
// reserve. Adds nothing for windows with recorded supply.
void AddRoll(const State& state, const WindowKey& window, std::vector<partition::EventPtr>& events);

absl::Status Evolve(State& state, const v1::SupplyConfirmed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::ReleasePlanned& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::SupplyReleased& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::SupplyRolled& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_SUPPLY_H_
