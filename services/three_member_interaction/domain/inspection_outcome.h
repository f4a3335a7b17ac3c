// What comes of an inspection (R52, R58): education, a ticket, a clue, a case; then somebody who was not there looks
// it over, and it is closed. Account and marketing managers can't deal with a finding: who tries is recorded.
// Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_OUTCOME_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_OUTCOME_H_

#include "services/three_member_interaction/domain/inspection.h"

namespace sanyuan::three_member_interaction {

// By an officer who was there or the head of the squad. The ticket and the clue are raised by the caller, name the
// inspection as their cause and stand in the same decision. ROLE_NOT_ALLOWED for a case that an officer opens.
Outcome DecideDealInspection(const State& state, const v1::DealInspectionRequest& request,
                             const Stamp& stamp);
// FOUR_EYES for who was sent there, recorded or dealt with it; NOT_ASSIGNED_TO_CALLER for the head of another squad.
Outcome DecideReviewInspection(const State& state, const v1::ReviewInspectionRequest& request,
                               const Stamp& stamp);
Outcome DecideCloseInspection(const State& state, const v1::CloseInspectionRequest& request,
                              const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_OUTCOME_H_
