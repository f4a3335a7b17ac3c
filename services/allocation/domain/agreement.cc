#include "services/allocation/domain/agreement.h"

#include "services/allocation/domain/agreement_rules.h"
#include "services/allocation/domain/policy.h"

namespace sanyuan::allocation {
namespace {

Outcome Refused(Refusals refusals) {
  Outcome outcome;
  outcome.refusals = std::move(refusals);
  return outcome;
}

void RefuseState(Refusals& refusals, const Agreement& row) {
  Refuse(refusals, common::v1::REASON_WRONG_STATE, "agreement_id", v1::AgreementState_Name(row.state));
}

// A retailer speaks for his own shop alone.
void CheckOwn(Refusals& refusals, const FoundAgreement& found, const Stamp& stamp) {
  if (found.row != nullptr && stamp.actor.id != found.row->licence.view()) {
    Refuse(refusals, common::v1::REASON_NOT_OWN_LICENCE, "agreement_id", found.row->licence.str());
  }
}

}  // namespace

Outcome DecideDraft(const State& state, const v1::DraftAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const Terms terms =
      CheckTerms(state, outcome.refusals, "", county, request.licence(), request.agreed_total_cartons(),
                 request.from_month(), request.term_months(), stamp);
  CheckEvidenceForm(outcome.refusals, "evidence.", request.evidence());
  if (outcome.refused()) return outcome;
  const std::string id = DeriveId(*county, stamp);
  auto* event = AddEvent(outcome).mutable_agreement_drafted();
  event->set_agreement_id(id);
  event->set_licence(request.licence());
  event->set_agreed_total_cartons(request.agreed_total_cartons());
  event->set_from_month(MonthText(terms.from));
  event->set_to_month(MonthText(terms.to));
  *event->mutable_evidence() = request.evidence();
  Respond<v1::DraftAgreementResponse>(outcome).set_agreement_id(id);
  return outcome;
}

Outcome DecideRevise(const State& state, const v1::ReviseAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  CheckEvidenceForm(outcome.refusals, "evidence.", request.evidence());
  if (!request.has_agreed_total_cartons() && !request.has_evidence()) {
    Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "agreed_total_cartons", "nothing to change");
  }
  if (found.row == nullptr) return outcome;
  const Agreement& row = *found.row;
  if (row.state != v1::AGREEMENT_STATE_DRAFT && row.state != v1::AGREEMENT_STATE_COUNTERED) {
    RefuseState(outcome.refusals, row);
  }
  const Policy* policy = PolicyOfMonth(state, found.key.county, row.from, stamp.decided_at);
  if (policy == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_POLICY_UNKNOWN, "county_code");
  } else if (request.has_agreed_total_cartons()) {
    CheckTotal(*policy, outcome.refusals, "agreed_total_cartons", request.agreed_total_cartons());
  }
  if (outcome.refused()) return outcome;
  auto* event = AddEvent(outcome).mutable_agreement_revised();
  event->set_agreement_id(found.key.id);
  event->set_agreed_total_cartons(request.has_agreed_total_cartons() ? request.agreed_total_cartons()
                                                                     : row.total);
  if (request.has_evidence()) *event->mutable_evidence() = request.evidence();
  Respond<v1::ReviseAgreementResponse>(outcome);
  return outcome;
}

Outcome DecidePropose(const State& state, const v1::ProposeAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  if (found.row == nullptr) return outcome;
  const Agreement& row = *found.row;
  Respond<v1::ProposeAgreementResponse>(outcome);
  if (row.state == v1::AGREEMENT_STATE_PROPOSED) return outcome;
  if (row.state != v1::AGREEMENT_STATE_DRAFT) RefuseState(outcome.refusals, row);
  const Policy* policy = PolicyOfMonth(state, found.key.county, row.from, stamp.decided_at);
  if (policy == nullptr) Refuse(outcome.refusals, common::v1::REASON_POLICY_UNKNOWN, "county_code");
  CheckEvidenceComplete(policy, outcome.refusals, "evidence.", row.evidence);
  CheckStart(state, outcome.refusals, "agreement_id", found.key.county, row.licence, row.from, stamp);
  if (outcome.refused()) return Refused(std::move(outcome.refusals));
  auto* event = AddEvent(outcome).mutable_agreement_proposed();
  event->set_agreement_id(found.key.id);
  SetTime(stamp.decided_at + absl::Hours(24) * policy->proposal_lapse_days, event->mutable_lapses_at());
  event->set_policy_version(policy->version);
  return outcome;
}

Outcome DecideAccept(const State& state, const v1::AcceptAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  CheckOwn(outcome.refusals, found, stamp);
  Consent(outcome.refusals, "", found, v1::CONSENT_METHOD_APP, "", request.agreed_total_cartons(), stamp,
          outcome.events);
  if (outcome.refused()) return Refused(std::move(outcome.refusals));
  Respond<v1::AcceptAgreementResponse>(outcome);
  return outcome;
}

Outcome DecideCounter(const State& state, const v1::CounterAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  CheckOwn(outcome.refusals, found, stamp);
  InRange(outcome.refusals, "stated_total_cartons", request.stated_total_cartons(), 0, kMaxRequestCartons);
  if (found.row == nullptr) return outcome;
  const Agreement& row = *found.row;
  if (row.state != v1::AGREEMENT_STATE_PROPOSED && row.state != v1::AGREEMENT_STATE_COUNTERED) {
    RefuseState(outcome.refusals, row);
  }
  if (outcome.refused()) return outcome;
  Respond<v1::CounterAgreementResponse>(outcome);
  if (row.state == v1::AGREEMENT_STATE_COUNTERED && row.countered == request.stated_total_cartons())
    return outcome;
  auto* event = AddEvent(outcome).mutable_agreement_countered();
  event->set_agreement_id(found.key.id);
  event->set_stated_total_cartons(request.stated_total_cartons());
  return outcome;
}

Outcome DecideDecline(const State& state, const v1::DeclineAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  CheckOwn(outcome.refusals, found, stamp);
  NoteField(outcome.refusals, "note", request.note(), false);
  if (found.row == nullptr) return outcome;
  const Agreement& row = *found.row;
  Respond<v1::DeclineAgreementResponse>(outcome);
  if (row.state == v1::AGREEMENT_STATE_DECLINED && !outcome.refused()) return outcome;
  if (row.state != v1::AGREEMENT_STATE_PROPOSED && row.state != v1::AGREEMENT_STATE_COUNTERED) {
    RefuseState(outcome.refusals, row);
  }
  if (outcome.refused()) return Refused(std::move(outcome.refusals));
  auto* event = AddEvent(outcome).mutable_agreement_declined();
  event->set_agreement_id(found.key.id);
  event->set_note(request.note());
  return outcome;
}

Outcome DecideApprove(const State& state, const v1::ApproveAgreementRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  const v1::AgreementState after = Approve(state, outcome.refusals, "", found, stamp, outcome.events);
  if (outcome.refused()) return Refused(std::move(outcome.refusals));
  Respond<v1::ApproveAgreementResponse>(outcome).set_state(after);
  return outcome;
}

Outcome DecideReturn(const State& state, const v1::ReturnAgreementRequest& request, const Stamp& /*stamp*/) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const FoundAgreement found = FindAgreement(state, outcome.refusals, "", county, request.agreement_id());
  NoteField(outcome.refusals, "note", request.note(), true);
  if (found.row == nullptr) return outcome;
  const Agreement& row = *found.row;
  if (row.state != v1::AGREEMENT_STATE_PROPOSED && row.state != v1::AGREEMENT_STATE_ACCEPTED &&
      row.state != v1::AGREEMENT_STATE_COUNTERED) {
    RefuseState(outcome.refusals, row);
  }
  if (outcome.refused()) return outcome;
  auto* event = AddEvent(outcome).mutable_agreement_returned();
  event->set_agreement_id(found.key.id);
  event->set_note(request.note());
  Respond<v1::ReturnAgreementResponse>(outcome);
  return outcome;
}

absl::Status Evolve(State& state, const v1::AgreementDrafted& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.agreement_id());
  const auto licence = Code::Parse(event.licence());
  const auto from = ParseMonth(event.from_month());
  const auto to = ParseMonth(event.to_month());
  if (!county || !licence || !from || !to) return Misfit("AgreementDrafted");
  Agreement row;
  row.licence = *licence;
  row.total = event.agreed_total_cartons();
  row.from = *from;
  row.to = *to;
  row.evidence = EvidenceOf(event.evidence());
  row.proposed_by = stamp.actor.id;
  state.agreements.Put({*county, event.agreement_id()}, std::move(row));
  state.agreements_of.Put({*county, *licence, event.agreement_id()}, {});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AgreementRevised& event, const Stamp& stamp) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_DRAFT;
    row.total = event.agreed_total_cartons();
    if (event.has_evidence()) row.evidence = EvidenceOf(event.evidence());
    row.countered = 0;
    row.proposed_by = stamp.actor.id;
  });
}

absl::Status Evolve(State& state, const v1::AgreementProposed& event, const Stamp& stamp) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_PROPOSED;
    row.proposed_by = stamp.actor.id;
    row.proposed_at = stamp.decided_at;
    row.lapses_at = TimeOf(event.lapses_at());
    row.note.clear();
  });
}

absl::Status Evolve(State& state, const v1::AgreementAccepted& event, const Stamp& stamp) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_ACCEPTED;
    row.consent_method = event.consent().method();
    row.consent_proof = event.consent().proof_digest();
    row.consent_by = event.consent().recorded_by();
    row.consent_at = stamp.decided_at;
  });
}

absl::Status Evolve(State& state, const v1::AgreementCountered& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_COUNTERED;
    row.countered = event.stated_total_cartons();
  });
}

absl::Status Evolve(State& state, const v1::AgreementDeclined& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_DECLINED;
    row.note = event.note();
  });
}

absl::Status Evolve(State& state, const v1::AgreementApproved& event, const Stamp& stamp) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.approvals.push_back({event.approval().role(), event.approval().staff_id(), stamp.decided_at});
    if (event.complete()) row.state = v1::AGREEMENT_STATE_APPROVED;
  });
}

absl::Status Evolve(State& state, const v1::AgreementReturned& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.state = v1::AGREEMENT_STATE_DRAFT;
    row.note = event.note();
    row.approvals.clear();
    row.consent_method = v1::CONSENT_METHOD_UNSPECIFIED;
    row.consent_proof.clear();
    row.consent_by.clear();
    row.consent_at = absl::UnixEpoch();
  });
}

}  // namespace sanyuan::allocation
