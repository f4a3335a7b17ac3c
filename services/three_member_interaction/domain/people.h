// Who may look into what: squads, their officers, and conflicts of interest as the registry knows them.
// A person may not look into what he reported or is named in, nor into a shop of a relative, nor into what a
// relative's shop has reported. A squad with such a member does not get the clue at all.
// Pure functions over the state.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_PEOPLE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_PEOPLE_H_

#include <functional>
#include <string>
#include <vector>

#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

using StaffIds = google::protobuf::RepeatedPtrField<std::string>;

// nullptr for who is not registered, or has left.
const Staff* ActiveStaff(const State& state, County county, const std::string& staff_id);
bool IsOfficer(const Staff& staff);
bool IsHeadOf(const State& state, County county, const std::string& staff_id, const std::string& squad_id);
bool Contains(const StaffIds& ids, const std::string& id);

// The shop is a relative's.
bool IsKin(const State& state, County county, const std::string& licence, const std::string& staff_id);
bool HasConflict(const State& state, County county, const v1::Clue& clue, const std::string& staff_id);

// ORG_UNKNOWN for a squad without officers, OFFICERS_TOO_FEW, SQUAD_NOT_ALLOWED on a conflict of a member.
void CheckSquad(const State& state, County county, const v1::Clue& clue, const std::string& squad_id,
                int32_t least_officers, Refusals& refusals);
// The same for any reason against a member.
void CheckSquad(const State& state, County county, const std::string& squad_id, int32_t least_officers,
                const std::function<bool(const std::string& staff_id)>& has_conflict, Refusals& refusals);
// Officers of one squad who are going together: known, of the squad, enough of them, none twice, the caller
// among them when `caller` is not empty.
void CheckOfficers(const State& state, County county, const StaffIds& ids, const std::string& squad_id,
                   int32_t least_officers, const std::string& caller, Refusals& refusals);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_PEOPLE_H_
