// A squad looks into a clue (R57, R62): officers begin, one proposes a result, another of them or the squad's head
// approves it. Nobody approves the own proposal, and no result comes of a deadline. The same commands serve the
// second look by another squad, which ends the matter.
// Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_VERIFICATION_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_VERIFICATION_H_

#include "services/three_member_interaction/domain/clue.h"

namespace sanyuan::three_member_interaction {

Outcome DecideStartVerification(const State& state, const v1::StartVerificationRequest& request,
                                const Stamp& stamp);
// NOT_ASSIGNED_TO_CALLER for who is not one of the officers; EVIDENCE_MISSING for a result without any, unless it
// is UNVERIFIABLE. Proposed again, the newer one counts.
Outcome DecideProposeClueResult(const State& state, const v1::ProposeClueResultRequest& request,
                                const Stamp& stamp);
// FOUR_EYES for who proposed it. An approval draws by the policy's shares whether another squad looks again: from
// the time and id of the call, so that nobody who could gain knows before.
Outcome DecideDecideClueResult(const State& state, const v1::DecideClueResultRequest& request,
                               const Stamp& stamp);
// By the head of the squad, as often as the policy allows, before the deadline has passed (EXTENSION_USED).
Outcome DecideExtendClue(const State& state, const v1::ExtendClueRequest& request, const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_VERIFICATION_H_
