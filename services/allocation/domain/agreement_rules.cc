#include "services/allocation/domain/agreement_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/allocation/domain/agreement_term.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/timers.h"

namespace sanyuan::allocation {
namespace {

using common::v1::Role;

constexpr int kMaxEvidenceMonths = 24;
constexpr size_t kMaxVersionLength = 40;
constexpr size_t kProofBytes = 32;

std::vector<Role> NeededApprovals(bool large) {
  if (!large) return {common::v1::ROLE_MARKETING_MANAGER};
  return {common::v1::ROLE_MARKETING_MANAGER, common::v1::ROLE_INSPECTOR, common::v1::ROLE_COUNTY_MANAGER};
}

// What stands in the way of the next month, for people.
std::string EarliestStart(const State& state, County county, Code licence, MonthIndex from) {
  MonthIndex month = from;
  while (state.allowances.Contains({county, month, licence})) ++month;
  return MonthText(month);
}

}  // namespace

FoundAgreement FindAgreement(const State& state, Refusals& refusals, const std::string& field,
                             std::optional<County> county, const std::string& id) {
  if (!IdField(refusals, field + "agreement_id", id, county)) return {};
  FoundAgreement found{{*CountyOfId(id), id}, nullptr};
  found.row = state.agreements.Find(found.key);
  if (found.row == nullptr)
    Refuse(refusals, common::v1::REASON_AGREEMENT_UNKNOWN, field + "agreement_id", id);
  return found;
}

void CheckTotal(const Policy& policy, Refusals& refusals, const std::string& field, int64_t total) {
  if (!InRange(refusals, field, total, 0, policy.agreement_max)) return;
  if (total > policy.step_above && total % policy.step != 0) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, policy.step, total)
        .set_detail(fmt::format("above {} in steps of {}", policy.step_above, policy.step));
  }
}

void CheckStart(const State& state, Refusals& refusals, const std::string& field, County county, Code licence,
                MonthIndex from, const Stamp& stamp) {
  const MonthIndex now = MonthOf(stamp.decided_at);
  if (from < now) {
    Refuse(refusals, common::v1::REASON_NOT_EFFECTIVE, field, MonthText(now));
    return;
  }
  bool in_force = state.allowances.Contains({county, from, licence});
  if (from == now) {
    state.agreements_of.ForEachFrom({county, licence, ""}, [&](const LicenceIdKey& key, const NoRow&) {
      if (key.county != county || key.licence != licence) return false;
      const Agreement* row = state.agreements.Find({county, key.id});
      in_force = in_force || row->state == v1::AGREEMENT_STATE_ACTIVE;
      return true;
    });
  }
  if (in_force) {
    Refuse(refusals, common::v1::REASON_FIXED_IN_MONTH, field,
           EarliestStart(state, county, licence, from == now ? now + 1 : from));
  }
}

Terms CheckTerms(const State& state, Refusals& refusals, const std::string& field,
                 std::optional<County> county, const std::string& licence, int64_t total,
                 const std::string& from_month, int32_t term_months, const Stamp& stamp) {
  Terms terms;
  const auto code = LicenceField(refusals, field + "licence", licence);
  const auto from = MonthField(refusals, field + "from_month", from_month);
  if (from) terms.from = *from;
  if (code) terms.licence = *code;
  if (!county) return terms;

  const Policy* policy =
      PolicyOfMonth(state, *county, from ? *from : MonthOf(stamp.decided_at), stamp.decided_at);
  if (policy == nullptr) {
    Refuse(refusals, common::v1::REASON_POLICY_UNKNOWN, field.empty() ? "county_code" : field + "from_month",
           "no allocation policy is in force");
  } else {
    CheckTotal(*policy, refusals, field + "agreed_total_cartons", total);
    if (term_months < 1 || term_months > policy->agreement_max_months) {
      Refuse(refusals, common::v1::REASON_TERM_RANGE, field + "term_months", policy->agreement_max_months,
             term_months);
    } else {
      terms.to = terms.from + term_months - 1;
    }
  }
  if (!code) return terms;
  const Retailer* retailer = state.retailers.Find({*county, *code});
  if (retailer == nullptr) {
    Refuse(refusals, common::v1::REASON_LICENCE_UNKNOWN, field + "licence", licence);
  } else if (!retailer->active) {
    Refuse(refusals, common::v1::REASON_LICENCE_NOT_ACTIVE, field + "licence", licence);
  }
  if (from) CheckStart(state, refusals, field + "from_month", *county, *code, *from, stamp);
  return terms;
}

void CheckEvidenceForm(Refusals& refusals, const std::string& field, const v1::EvidencePack& evidence) {
  const auto check = [&](const std::string& name, int64_t value) {
    InRange(refusals, field + name, value, 0, kMaxTotalCartons);
  };
  if (evidence.ordered_cartons_size() > kMaxEvidenceMonths) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "ordered_cartons", kMaxEvidenceMonths,
           evidence.ordered_cartons_size());
  }
  for (int i = 0; i < evidence.ordered_cartons_size(); ++i) {
    check(fmt::format("ordered_cartons[{}]", i), evidence.ordered_cartons(i));
  }
  if (evidence.has_same_month_last_year_cartons()) {
    check("same_month_last_year_cartons", evidence.same_month_last_year_cartons());
  }
  if (evidence.has_reported_demand_cartons())
    check("reported_demand_cartons", evidence.reported_demand_cartons());
  if (evidence.has_capacity_estimate_cartons()) {
    check("capacity_estimate_cartons", evidence.capacity_estimate_cartons());
  }
  if (evidence.policy_version().size() > kMaxVersionLength) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "policy_version",
           static_cast<int64_t>(kMaxVersionLength), static_cast<int64_t>(evidence.policy_version().size()));
  }
}

void CheckEvidenceComplete(const Policy* policy, Refusals& refusals, const std::string& field,
                           const Evidence& evidence) {
  const auto gap = [&](const std::string& name, std::string detail) {
    Refuse(refusals, common::v1::REASON_EVIDENCE_INCOMPLETE, field + name, std::move(detail));
  };
  const auto months = static_cast<int64_t>(evidence.ordered.size());
  const int64_t needed = policy == nullptr ? 0 : policy->evidence_months;
  if (months != needed && !(evidence.new_retailer && months < needed)) {
    Refuse(refusals, common::v1::REASON_EVIDENCE_INCOMPLETE, field + "ordered_cartons", needed, months);
  }
  if (!evidence.last_year && !evidence.new_retailer) gap("same_month_last_year_cartons", "");
  if (!evidence.reported) gap("reported_demand_cartons", "");
  if (!evidence.capacity) gap("capacity_estimate_cartons", "");
  if (policy != nullptr && evidence.policy_version != policy->version) {
    gap("policy_version", "in force is " + policy->version);
  }
}

Evidence EvidenceOf(const v1::EvidencePack& pack) {
  Evidence evidence;
  evidence.ordered.assign(pack.ordered_cartons().begin(), pack.ordered_cartons().end());
  evidence.new_retailer = pack.new_retailer();
  if (pack.has_same_month_last_year_cartons()) evidence.last_year = pack.same_month_last_year_cartons();
  if (pack.has_reported_demand_cartons()) evidence.reported = pack.reported_demand_cartons();
  if (pack.has_capacity_estimate_cartons()) evidence.capacity = pack.capacity_estimate_cartons();
  evidence.policy_version = pack.policy_version();
  return evidence;
}

void Consent(Refusals& refusals, const std::string& field, const FoundAgreement& found,
             v1::ConsentMethod method, const std::string& proof, int64_t total, const Stamp& stamp,
             std::vector<partition::EventPtr>& events) {
  const size_t before = refusals.size();
  const bool own_call = method == v1::CONSENT_METHOD_APP;
  if (!own_call && method != v1::CONSENT_METHOD_SMS_CODE && method != v1::CONSENT_METHOD_SIGNATURE) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "method", "SMS_CODE or SIGNATURE");
  }
  if (!own_call && proof.size() != kProofBytes) {
    Refuse(refusals, common::v1::REASON_CONSENT_MISSING, field + "proof_digest", kProofBytes,
           static_cast<int64_t>(proof.size()));
  }
  if (found.row == nullptr) return;
  const Agreement& row = *found.row;
  if (row.state == v1::AGREEMENT_STATE_ACCEPTED && row.total == total && refusals.size() == before) return;
  if (row.state != v1::AGREEMENT_STATE_PROPOSED) {
    Refuse(refusals, common::v1::REASON_WRONG_STATE, field + "agreement_id",
           v1::AgreementState_Name(row.state));
  } else if (row.total != total) {
    Refuse(refusals, common::v1::REASON_CONSENT_MISSING, field + "agreed_total_cartons", row.total, total);
  }
  if (!own_call && stamp.actor.id == row.proposed_by) {
    Refuse(refusals, common::v1::REASON_FOUR_EYES, field + "agreement_id", row.proposed_by);
  }
  if (refusals.size() != before) return;
  auto* event = AddEvent(events).mutable_agreement_accepted();
  event->set_agreement_id(found.key.id);
  event->mutable_consent()->set_method(method);
  event->mutable_consent()->set_proof_digest(proof);
  event->mutable_consent()->set_recorded_by(stamp.actor.id);
}

v1::AgreementState Approve(const State& state, Refusals& refusals, const std::string& field,
                           const FoundAgreement& found, const Stamp& stamp,
                           std::vector<partition::EventPtr>& events) {
  if (found.row == nullptr) return v1::AGREEMENT_STATE_UNSPECIFIED;
  const size_t before = refusals.size();
  const Agreement& row = *found.row;
  const County county = found.key.county;
  const Retailer* retailer = state.retailers.Find({county, row.licence});
  const std::vector<Role> needed = NeededApprovals(retailer != nullptr && retailer->large);

  const auto by_role = [&](Role role) {
    return std::any_of(row.approvals.begin(), row.approvals.end(),
                       [&](const Agreement::Approval& approval) { return approval.role == role; });
  };
  const bool signed_already =
      std::any_of(row.approvals.begin(), row.approvals.end(), [&](const Agreement::Approval& approval) {
        return approval.staff_id == stamp.actor.id && approval.role == stamp.actor.role;
      });
  if (signed_already) return row.state;
  if (std::find(needed.begin(), needed.end(), stamp.actor.role) == needed.end() ||
      by_role(stamp.actor.role)) {
    Refuse(refusals, common::v1::REASON_APPROVAL_ROLE, field + "agreement_id");
  }
  switch (row.state) {
    case v1::AGREEMENT_STATE_ACCEPTED:
      break;
    case v1::AGREEMENT_STATE_DRAFT:
    case v1::AGREEMENT_STATE_PROPOSED:
    case v1::AGREEMENT_STATE_COUNTERED:
    case v1::AGREEMENT_STATE_LAPSED:
      Refuse(refusals, common::v1::REASON_CONSENT_MISSING, field + "agreement_id",
             v1::AgreementState_Name(row.state));
      break;
    default:
      Refuse(refusals, common::v1::REASON_WRONG_STATE, field + "agreement_id",
             v1::AgreementState_Name(row.state));
  }
  const bool other_part =
      stamp.actor.id == row.proposed_by || stamp.actor.id == row.consent_by ||
      std::any_of(row.approvals.begin(), row.approvals.end(),
                  [&](const Agreement::Approval& approval) { return approval.staff_id == stamp.actor.id; });
  if (other_part) Refuse(refusals, common::v1::REASON_FOUR_EYES, field + "agreement_id", stamp.actor.id);
  if (retailer == nullptr || !retailer->active) {
    Refuse(refusals, common::v1::REASON_LICENCE_NOT_ACTIVE, field + "agreement_id", row.licence.str());
  }
  CheckStart(state, refusals, field + "agreement_id", county, row.licence, row.from, stamp);
  if (refusals.size() != before) return row.state;

  const bool complete = std::all_of(needed.begin(), needed.end(),
                                    [&](Role role) { return role == stamp.actor.role || by_role(role); });
  auto* event = AddEvent(events).mutable_agreement_approved();
  event->set_agreement_id(found.key.id);
  event->mutable_approval()->set_role(stamp.actor.role);
  event->mutable_approval()->set_staff_id(stamp.actor.id);
  event->set_complete(complete);
  if (!complete) return row.state;
  return AddConsequencesOfApproval(state, found.key, row, stamp, events);
}

void SetAgreementTimer(State& state, const IdKey& key, const Agreement& row, bool set) {
  absl::Time due;
  switch (row.state) {
    case v1::AGREEMENT_STATE_PROPOSED:
      due = row.lapses_at;
      break;
    case v1::AGREEMENT_STATE_APPROVED:
      due = MonthStart(row.from);
      break;
    case v1::AGREEMENT_STATE_ACTIVE:
    case v1::AGREEMENT_STATE_SUSPENDED:
      due = MonthStart(row.to + 1);
      break;
    default:
      return;
  }
  if (set) {
    SetTimer(state, due, TimerKind::kAgreement, key.county, key.id);
  } else {
    ClearTimer(state, due, TimerKind::kAgreement, key.county, key.id);
  }
}

}  // namespace sanyuan::allocation
