// Staff: who works in which unit in which role, which devices they report from, which licences are their
// relatives' (no check, run or clue of these shops is given to them), and the informed commitment letter, without
// which field commands are blocked (R77). One person has one role, so that four eyes stay four.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_H_

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// What about the record forbids to register it: fields, role, unit (ORG_UNKNOWN), personal data in the clear.
void CheckStaff(const State& state, County county, const v1::Staff& staff, const std::string& path,
                Refusals& refusals);

// ALREADY_EXISTS also for an id that is a licence of the county: the keys of persons go by it.
Outcome DecideRegisterStaff(const State& state, const v1::RegisterStaffRequest& request, const Stamp& stamp);
// FOUR_EYES for the own record, PERSON_FORGOTTEN for one whose key was deleted. The commitment stays as it is.
Outcome DecideChangeStaff(const State& state, const v1::ChangeStaffRequest& request, const Stamp& stamp);
// By the person itself (NOT_ASSIGNED_TO_CALLER otherwise), and the version that the conduct policy in force names
// (COMMITMENT_NOT_SIGNED with that version otherwise). POLICY_UNKNOWN without a conduct policy.
Outcome DecideSignCommitment(const State& state, const v1::SignCommitmentRequest& request,
                             const Stamp& stamp);

absl::Status Evolve(State& state, const v1::StaffRegistered& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::StaffChanged& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::CommitmentSigned& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_H_
