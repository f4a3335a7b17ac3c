// A squad's plan of a month (R58): its head names shops, each with the reason that the analysis gave, and the server
// draws others by lot, so that at any time at least the policy's share of the squad's month was chosen by nobody. On
// the policy's day of the month the plan is frozen; what is added or put off afterwards goes ahead and is logged.
// Pure functions; dates are business dates.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_PLAN_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_PLAN_H_

#include <string>

#include "services/three_member_interaction/domain/inspection.h"

namespace sanyuan::three_member_interaction {

// `month`: "2019-08".
std::string InspectionPlanId(County county, const std::string& squad_id, const std::string& month);

// NOT_ASSIGNED_TO_CALLER unless the caller heads the squad; LICENCE_UNKNOWN, LICENCE_NOT_ACTIVE; SQUAD_NOT_ALLOWED
// when the shop is a relative's of a member; ALREADY_EXISTS for a shop that is inspected on that day already;
// RATIO_RANGE with limit and value in basis points while too few are drawn.
Outcome DecidePlanInspection(const State& state, const v1::PlanInspectionRequest& request,
                             const Stamp& stamp);
// Draws by the time and id of the call, so that nobody knows before; no shop that is in a plan of the month, and none
// of a member's relatives. NOT_FOUND when no shop is left.
Outcome DecideDrawInspections(const State& state, const v1::DrawInspectionsRequest& request,
                              const Stamp& stamp);
// Until it has begun; to another day of the same month.
Outcome DecidePostponeInspection(const State& state, const v1::PostponeInspectionRequest& request,
                                 const Stamp& stamp);

// Freezes it.
Outcome FirePlanTimer(const State& state, County county, const v1::InspectionPlan& plan, const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_PLAN_H_
