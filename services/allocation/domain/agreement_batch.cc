// Batches of agreement commands: a county's agreements are loaded in a few calls. Each item is judged alone.
#include <fmt/format.h>

#include <iterator>
#include <set>

#include "services/allocation/domain/agreement.h"
#include "services/allocation/domain/agreement_rules.h"
#include "services/allocation/domain/policy.h"

namespace sanyuan::allocation {
namespace {

constexpr int kMaxItems = 500;

bool CheckSize(Refusals& refusals, const std::string& field, int size) {
  if (size >= 1 && size <= kMaxItems) return true;
  Refuse(refusals, size < 1 ? common::v1::REASON_INVALID_FIELD : common::v1::REASON_TOO_LARGE, field,
         kMaxItems, size);
  return false;
}

v1::AgreementResult& AddResult(google::protobuf::RepeatedPtrField<v1::AgreementResult>* results, int index,
                               const std::string& id, Refusals refusals) {
  v1::AgreementResult& result = *results->Add();
  result.set_index(index);
  result.set_agreement_id(id);
  for (common::v1::Refusal& refusal : refusals) result.mutable_refusals()->Add(std::move(refusal));
  return result;
}

// The second mention of a thing in a batch would be judged by a state that the first has yet to change.
void CheckOnce(std::set<std::string>& seen, Refusals& refusals, const std::string& field,
               const std::string& what) {
  if (!seen.insert(what).second)
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "named twice in the batch");
}

}  // namespace

Outcome DecideProposeBatch(const State& state, const v1::ProposeAgreementsRequest& request,
                           const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  CheckSize(outcome.refusals, "proposals", request.proposals_size());
  if (outcome.refused()) return outcome;
  auto& response = Respond<v1::ProposeAgreementsResponse>(outcome);
  std::set<std::string> seen;
  for (int i = 0; i < request.proposals_size(); ++i) {
    const v1::AgreementProposal& proposal = request.proposals(i);
    const std::string field = fmt::format("proposals[{}].", i);
    Refusals refusals;
    const Terms terms =
        CheckTerms(state, refusals, field, county, proposal.licence(), proposal.agreed_total_cartons(),
                   proposal.from_month(), proposal.term_months(), stamp);
    const Policy* policy = PolicyOfMonth(state, *county, terms.from, stamp.decided_at);
    CheckEvidenceForm(refusals, field + "evidence.", proposal.evidence());
    CheckEvidenceComplete(policy, refusals, field + "evidence.", EvidenceOf(proposal.evidence()));
    CheckOnce(seen, refusals, field + "licence", proposal.licence());
    if (policy == nullptr || !refusals.empty()) {
      AddResult(response.mutable_results(), i, "", std::move(refusals));
      continue;
    }
    const std::string id = DeriveId(*county, stamp, static_cast<uint32_t>(i));
    auto* drafted = AddEvent(outcome).mutable_agreement_drafted();
    drafted->set_agreement_id(id);
    drafted->set_licence(proposal.licence());
    drafted->set_agreed_total_cartons(proposal.agreed_total_cartons());
    drafted->set_from_month(MonthText(terms.from));
    drafted->set_to_month(MonthText(terms.to));
    *drafted->mutable_evidence() = proposal.evidence();
    auto* proposed = AddEvent(outcome).mutable_agreement_proposed();
    proposed->set_agreement_id(id);
    SetTime(stamp.decided_at + absl::Hours(24) * policy->proposal_lapse_days, proposed->mutable_lapses_at());
    proposed->set_policy_version(policy->version);
    AddResult(response.mutable_results(), i, id, {});
  }
  return outcome;
}

Outcome DecideRecordConsents(const State& state, const v1::RecordConsentsRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  CheckSize(outcome.refusals, "consents", request.consents_size());
  if (outcome.refused()) return outcome;
  auto& response = Respond<v1::RecordConsentsResponse>(outcome);
  std::set<std::string> seen;
  for (int i = 0; i < request.consents_size(); ++i) {
    const v1::ConsentRecord& consent = request.consents(i);
    const std::string field = fmt::format("consents[{}].", i);
    Refusals refusals;
    if (consent.method() == v1::CONSENT_METHOD_APP) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + "method", "SMS_CODE or SIGNATURE");
    }
    CheckOnce(seen, refusals, field + "agreement_id", consent.agreement_id());
    const FoundAgreement found = FindAgreement(state, refusals, field, county, consent.agreement_id());
    std::vector<partition::EventPtr> events;
    Consent(refusals, field, found, consent.method(), consent.proof_digest(), consent.agreed_total_cartons(),
            stamp, events);
    if (refusals.empty()) std::move(events.begin(), events.end(), std::back_inserter(outcome.events));
    AddResult(response.mutable_results(), i, consent.agreement_id(), std::move(refusals));
  }
  return outcome;
}

Outcome DecideApproveBatch(const State& state, const v1::ApproveAgreementsRequest& request,
                           const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  CheckSize(outcome.refusals, "agreement_ids", request.agreement_ids_size());
  if (outcome.refused()) return outcome;
  auto& response = Respond<v1::ApproveAgreementsResponse>(outcome);
  std::set<std::string> licences;
  for (int i = 0; i < request.agreement_ids_size(); ++i) {
    const std::string& id = request.agreement_ids(i);
    const std::string field = fmt::format("agreement_ids[{}].", i);
    Refusals refusals;
    const FoundAgreement found = FindAgreement(state, refusals, field, county, id);
    if (found.row != nullptr) CheckOnce(licences, refusals, field + "agreement_id", found.row->licence.str());
    std::vector<partition::EventPtr> events;
    Approve(state, refusals, field, found, stamp, events);
    if (refusals.empty()) std::move(events.begin(), events.end(), std::back_inserter(outcome.events));
    AddResult(response.mutable_results(), i, id, std::move(refusals));
  }
  return outcome;
}

}  // namespace sanyuan::allocation
