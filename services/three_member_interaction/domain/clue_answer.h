// What the reporter is told and answers (R57, R62): feedback, acknowledgement or objection, the second look by
// another squad, the case. No clue ends in silence: without an answer it closes by itself, with a mark, and may
// still be objected to while the policy's time for that runs.
// Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_ANSWER_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_ANSWER_H_

#include "services/three_member_interaction/domain/clue.h"

namespace sanyuan::three_member_interaction {

// By an officer of the look or the head of the squad. A detector takes it at once.
Outcome DecideSendClueFeedback(const State& state, const v1::SendClueFeedbackRequest& request,
                               const Stamp& stamp);
Outcome DecideAcknowledgeClueFeedback(const State& state, const v1::AcknowledgeClueFeedbackRequest& request,
                                      const Stamp& stamp);
// OBJECTION_LATE with limit and value in seconds since 1970.
Outcome DecideObjectToClueResult(const State& state, const v1::ObjectToClueResultRequest& request,
                                 const Stamp& stamp);
// SQUAD_NOT_ALLOWED for the squad of the first look.
Outcome DecideAssignSecondCheck(const State& state, const v1::AssignSecondCheckRequest& request,
                                const Stamp& stamp);
// Of a clue that was found TRUE; or, once it is closed, of one that was false and known to be.
Outcome DecideOpenCase(const State& state, const v1::OpenCaseRequest& request, const Stamp& stamp);

// The timer of a clue: marks what is late, closes what nobody answered. It never decides a result.
Outcome FireClueTimer(const State& state, County county, const v1::Clue& clue, const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_ANSWER_H_
