// What time and the registry do to agreements: activation on the first of a month, the end of a term, proposals
// that nobody answered, licences that are stopped and come back. Actor of all of it is SYSTEM.
// Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_TERM_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_TERM_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// What follows when the last signature is there: another agreement for the same first month ends; in a month that
// has begun it becomes active at once; where a month is open already its allowance is opened. The state then.
v1::AgreementState AddConsequencesOfApproval(const State& state, const IdKey& key, const Agreement& row,
                                             const Stamp& stamp, std::vector<partition::EventPtr>& events);

// Agreements whose timer is due, some hundreds at once. REQUIRES: the first timer is of kind kAgreement and due.
Outcome FireAgreements(const State& state, const Stamp& stamp);

// A licence was stopped (its active agreement is suspended) or came back (resumed; allowances of open months).
void AddLicenceChange(const State& state, County county, Code licence, bool active, const Stamp& stamp,
                      std::vector<partition::EventPtr>& events);

// The agreement that counts for a licence in a month: the latest of those approved. `carry` when it ended the
// month before, nothing follows it and the policy carries it on.
struct InForce {
  std::string id;
  const Agreement* row = nullptr;
  bool carry = false;
};
InForce AgreementFor(const State& state, const Policy& policy, County county, Code licence, MonthIndex month);

absl::Status Evolve(State& state, const v1::AgreementActivated& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementEnded& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementCarried& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementSuspended& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AgreementResumed& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_TERM_H_
