// The agreed total A of a retailer (R23, R93): DRAFT, PROPOSED with complete evidence, ACCEPTED by the retailer
// (or COUNTERED, DECLINED, LAPSED: silence is never consent), APPROVED, ACTIVE from its first month on, then
// SUPERSEDED or EXPIRED; SUSPENDED while the licence is not active.
//
// Four eyes: who proposed it, who recorded the consent and who approve it are different people. A large
// retailer's needs the marketing manager, an inspector and the county manager; any other one the marketing
// manager. A never changes inside a month (FIXED_IN_MONTH): an agreement starts in a month for which the
// retailer has no allowance yet.
//
// Each Decide refuses with everything that applies at once. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

Outcome DecideDraft(const State& state, const v1::DraftAgreementRequest& request, const Stamp& stamp);
Outcome DecideRevise(const State& state, const v1::ReviseAgreementRequest& request, const Stamp& stamp);
Outcome DecidePropose(const State& state, const v1::ProposeAgreementRequest& request, const Stamp& stamp);
Outcome DecideAccept(const State& state, const v1::AcceptAgreementRequest& request, const Stamp& stamp);
Outcome DecideCounter(const State& state, const v1::CounterAgreementRequest& request, const Stamp& stamp);
Outcome DecideDecline(const State& state, const v1::DeclineAgreementRequest& request, const Stamp& stamp);
Outcome DecideApprove(const State& state, const v1::ApproveAgreementRequest& request, const Stamp& stamp);
Outcome DecideReturn(const State& state, const v1::ReturnAgreementRequest& request, const Stamp& stamp);

// Up to 500 items, each judged alone; the response says what became of each.
Outcome DecideProposeBatch(const State& state, const v1::ProposeAgreementsRequest& request,
                           const Stamp& stamp);
Outcome DecideRecordConsents(const State& state, const v1::RecordConsentsRequest& request,
                             const Stamp& stamp);
Outcome DecideApproveBatch(const State& state, const v1::ApproveAgreementsRequest& request,
                           const Stamp& stamp);

absl::Status Evolve(State& state, const v1::AgreementDrafted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementRevised& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementProposed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementAccepted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementCountered& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementDeclined& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementApproved& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementReturned& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_H_
