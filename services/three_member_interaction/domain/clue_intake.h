// A clue comes in: reported, looked over by a squad head or the county, sent back once, accepted, and given to a
// squad (R56, R57). The clock of the verification starts with the acceptance, whose grade decides how long it may
// take. A duplicate is named by a person, never by the system, and shares the verdict of the clue that it repeats.
// Pure functions; deadlines by the interaction policy in force when they begin.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_INTAKE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_INTAKE_H_

#include "services/three_member_interaction/domain/clue.h"

namespace sanyuan::three_member_interaction {

// LICENCE_UNKNOWN; CLUE_INCOMPLETE without a shop or an evidence to go by; INVALID_FIELD for a retailer who reports
// the own shop.
Outcome DecideReportClue(const State& state, const v1::ReportClueRequest& request, const Stamp& stamp);
Outcome DecideCompleteClue(const State& state, const v1::CompleteClueRequest& request, const Stamp& stamp);
// FOUR_EYES for the reporter.
Outcome DecideAcceptClue(const State& state, const v1::AcceptClueRequest& request, const Stamp& stamp);
// WRONG_STATE when it was sent back as often as the policy allows: it is accepted then, or a duplicate.
Outcome DecideReturnClue(const State& state, const v1::ReturnClueRequest& request, const Stamp& stamp);
// The other one must be accepted and no duplicate itself, so that its verdict will come; a clue that others
// repeat can't become a duplicate any more.
Outcome DecideMarkClueDuplicate(const State& state, const v1::MarkClueDuplicateRequest& request,
                                const Stamp& stamp);
// SQUAD_NOT_ALLOWED for a squad with the reporter or kin of the shop in it.
Outcome DecideAssignClue(const State& state, const v1::AssignClueRequest& request, const Stamp& stamp);

// When a clue of this grade has to be accepted.
Timestamp AcceptDue(const Rules& rules, v1::ClueGrade grade, absl::Time from);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_INTAKE_H_
