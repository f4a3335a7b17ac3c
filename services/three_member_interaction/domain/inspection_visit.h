// The visit (R58): the squad's head sends officers, each checks in at the shop with place, photo and time, and the
// inspection begins only when as many as the policy asks for were there together. What was done without net is sent
// later: judged by the arrival of the call less what the device's counter has counted since, and flagged.
// Pure functions. Distances in metres, refusals about times in seconds.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_VISIT_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_VISIT_H_

#include "services/three_member_interaction/domain/inspection.h"

namespace sanyuan::three_member_interaction {

// Other officers may be sent until the first one has checked in. SQUAD_NOT_ALLOWED for an officer of another squad,
// or one whose relative's shop it is.
Outcome DecideDispatchInspection(const State& state, const v1::DispatchInspectionRequest& request,
                                 const Stamp& stamp);
// On the day of the plan until its recording time. TOO_FAR_FROM_SHOP from the shop's measured position. One that
// comes to be known after the inspection counted as missed is taken if its time is proved.
Outcome DecideCheckInOfficer(const State& state, const v1::CheckInOfficerRequest& request,
                             const Stamp& stamp);
// OFFICERS_TOO_FEW; OFFICERS_APART in time, or, at a shop that nobody has measured, in place.
Outcome DecideStartInspection(const State& state, const v1::StartInspectionRequest& request,
                              const Stamp& stamp);
// By an officer who is there. A normal finding is dealt with at once: nothing follows from it.
Outcome DecideRecordInspection(const State& state, const v1::RecordInspectionRequest& request,
                               const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_VISIT_H_
