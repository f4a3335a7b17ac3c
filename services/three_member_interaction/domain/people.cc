#include "services/three_member_interaction/domain/people.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sanyuan::three_member_interaction {
namespace {

void RefuseTooFew(int32_t least, int32_t found, std::string field, Refusals& refusals) {
  common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_OFFICERS_TOO_FEW, std::move(field));
  refusal.set_limit(least);
  refusal.set_value(found);
}

}  // namespace

const Staff* ActiveStaff(const State& state, County county, const std::string& staff_id) {
  const auto code = Code::Parse(staff_id);
  const Staff* staff = code ? state.staff.Find({county, *code}) : nullptr;
  return staff != nullptr && staff->active ? staff : nullptr;
}

bool IsOfficer(const Staff& staff) {
  return staff.role == common::v1::ROLE_INSPECTOR || staff.role == common::v1::ROLE_SQUAD_HEAD;
}

bool IsHeadOf(const State& state, County county, const std::string& staff_id, const std::string& squad_id) {
  const Staff* staff = ActiveStaff(state, county, staff_id);
  return staff != nullptr && staff->role == common::v1::ROLE_SQUAD_HEAD && staff->unit == squad_id;
}

bool Contains(const StaffIds& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsKin(const State& state, County county, const std::string& licence, const std::string& staff_id) {
  const Staff* staff = ActiveStaff(state, county, staff_id);
  return staff != nullptr &&
         std::any_of(staff->relatives.begin(), staff->relatives.end(),
                     [&licence](const Code& relative) { return relative.view() == licence; });
}

bool HasConflict(const State& state, County county, const v1::Clue& clue, const std::string& staff_id) {
  if (staff_id == clue.reporter_id() || Contains(clue.staff_ids(), staff_id)) return true;
  const Staff* staff = ActiveStaff(state, county, staff_id);
  if (staff == nullptr) return false;
  return std::any_of(staff->relatives.begin(), staff->relatives.end(), [&clue](const Code& licence) {
    return licence.view() == clue.licence() || licence.view() == clue.reporter_id() ||
           Contains(clue.related_licences(), licence.str());
  });
}

void CheckSquad(const State& state, County county, const v1::Clue& clue, const std::string& squad_id,
                int32_t least_officers, Refusals& refusals) {
  CheckSquad(
      state, county, squad_id, least_officers,
      [&](const std::string& staff_id) { return HasConflict(state, county, clue, staff_id); }, refusals);
}

void CheckSquad(const State& state, County county, const std::string& squad_id, int32_t least_officers,
                const std::function<bool(const std::string& staff_id)>& has_conflict, Refusals& refusals) {
  int32_t officers = 0;
  bool conflict = false;
  state.staff.ForEachFrom({county, Code()}, [&](const CodeKey& key, const Staff& staff) {
    if (key.county != county) return false;
    if (!staff.active || !IsOfficer(staff) || staff.unit != squad_id) return true;
    ++officers;
    conflict = conflict || has_conflict(key.code.str());
    return true;
  });
  if (squad_id.empty() || officers == 0) {
    Refuse(refusals, common::v1::REASON_ORG_UNKNOWN, "squad_id", squad_id);
  } else if (officers < least_officers) {
    RefuseTooFew(least_officers, officers, "squad_id", refusals);
  }
  // Who it is stays unsaid: the reporter may be the one.
  if (conflict) Refuse(refusals, common::v1::REASON_SQUAD_NOT_ALLOWED, "squad_id", "conflict of interest");
}

void CheckOfficers(const State& state, County county, const StaffIds& ids, const std::string& squad_id,
                   int32_t least_officers, const std::string& caller, Refusals& refusals) {
  std::set<std::string> seen;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string field = fmt::format("officer_ids[{}]", i);
    const Staff* staff = ActiveStaff(state, county, ids[i]);
    if (staff == nullptr) {
      Refuse(refusals, common::v1::REASON_STAFF_UNKNOWN, field, ids[i]);
    } else if (!IsOfficer(*staff)) {
      Refuse(refusals, common::v1::REASON_ROLE_WRONG, field, ids[i]);
    } else if (staff->unit != squad_id) {
      Refuse(refusals, common::v1::REASON_SQUAD_NOT_ALLOWED, field, squad_id);
    }
    if (!seen.insert(ids[i]).second) Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "twice");
  }
  if (static_cast<int32_t>(seen.size()) < least_officers) {
    RefuseTooFew(least_officers, static_cast<int32_t>(seen.size()), "officer_ids", refusals);
  }
  if (!caller.empty() && !seen.contains(caller)) {
    Refuse(refusals, common::v1::REASON_NOT_ASSIGNED_TO_CALLER, "officer_ids");
  }
}

}  // namespace sanyuan::three_member_interaction
