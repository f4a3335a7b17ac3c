#include "services/three_member_interaction/domain/clue_intake.h"

#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons and roles.

v1::ClueSource SourceOf(Role role) {
  switch (role) {
    case ROLE_ACCOUNT_MANAGER:
      return v1::CLUE_SOURCE_ACCOUNT_MANAGER;
    case ROLE_DELIVERY_STAFF:
      return v1::CLUE_SOURCE_DELIVERY_STAFF;
    case ROLE_RETAILER:
      return v1::CLUE_SOURCE_RETAILER;
    default:
      return v1::CLUE_SOURCE_INSPECTOR;
  }
}

Timestamp VerifyDue(const ClueWork& work, v1::ClueGrade grade) {
  if (grade == v1::CLUE_GRADE_A) return work.AfterHours(work.policy().clue_verify_a_hours());
  return work.AfterWorkingDays(grade == v1::CLUE_GRADE_B ? work.policy().clue_verify_b_wd()
                                                         : work.policy().clue_verify_c_wd());
}

const Retailer* CheckSubject(const State& state, County county, const v1::ReportClueRequest& request,
                             const Stamp& stamp, Refusals& refusals) {
  if (request.licence().empty()) return nullptr;
  const auto licence = Code::Parse(request.licence());
  const Retailer* shop = licence ? state.retailers.Find({county, *licence}) : nullptr;
  if (shop == nullptr) Refuse(refusals, REASON_LICENCE_UNKNOWN, "licence", request.licence());
  if (request.licence() == stamp.actor.id) Refuse(refusals, REASON_INVALID_FIELD, "licence", "own shop");
  return shop;
}

// A second is no duplicate of what may end without a verdict.
bool WillHaveVerdict(const v1::Clue& clue) {
  return clue.state() >= v1::CLUE_STATE_ACCEPTED && clue.closing() != v1::CLUE_CLOSING_NEVER_COMPLETED;
}

bool IsRepeated(const State& state, County county, const std::string& clue_id) {
  bool repeated = false;
  state.duplicates.ForEachFrom({county, clue_id, ""}, [&](const DuplicateKey& key, const Present&) {
    repeated = key.county == county && key.original == clue_id;
    return false;
  });
  return repeated;
}

}  // namespace

Timestamp AcceptDue(const Rules& rules, v1::ClueGrade grade, absl::Time from) {
  if (grade == v1::CLUE_GRADE_A) {
    return ToWireTime(from + absl::Minutes(rules.policy().clue_accept_a_minutes()));
  }
  return ToWireTime(
      rules.calendar.AddWorkingTime(from, rules.policy().clue_accept_working_minutes(), rules.hours));
}

Outcome DecideReportClue(const State& state, const v1::ReportClueRequest& request, const Stamp& stamp) {
  Refusals refusals;
  const auto county = CheckCounty(request.county_code(), refusals);
  CheckEnum(request.type(), v1::ClueType_IsValid, "type", refusals);
  CheckEnum(request.grade(), v1::ClueGrade_IsValid, "grade", refusals);
  CheckEvidence(request.evidence_sha256(), refusals);
  CheckSealedText(request.text(), "text", {request.licence(), stamp.actor.id}, refusals);
  if (request.text().text().empty() && request.evidence_sha256().empty()) {
    Refuse(refusals, REASON_CLUE_INCOMPLETE, "text", "neither text nor evidence");
  }
  const Retailer* shop = county ? CheckSubject(state, *county, request, stamp, refusals) : nullptr;
  if (!refusals.empty()) return Refused(std::move(refusals));
  const auto rules = RulesFor(state, *county, stamp.decided_at);
  if (!rules) return NoPolicyYet();

  v1::Clue clue;
  clue.set_clue_id(partition::DeriveId(*county, stamp));
  clue.set_county_code(request.county_code());
  clue.set_type(request.type());
  clue.set_grade(request.grade());
  clue.set_source(SourceOf(stamp.actor.role));
  clue.set_licence(request.licence());
  if (shop != nullptr) clue.set_route_id(shop->route.str());
  ClueWork work(std::move(clue), *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_reported, v1::CLUE_STATE_REPORTED, [&](v1::ClueReported& reported) {
    reported.set_reporter_id(stamp.actor.id);
    if (request.has_text()) *reported.mutable_text() = request.text();
    *reported.mutable_evidence_sha256() = request.evidence_sha256();
    *reported.mutable_accept_due() = AcceptDue(*rules, request.grade(), stamp.decided_at);
  });
  v1::ReportClueResponse response;
  response.set_clue_id(work.clue().clue_id());
  return Answered(work.TakeEvents(), std::move(response));
}

Outcome DecideCompleteClue(const State& state, const v1::CompleteClueRequest& request, const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.RequireReporter(stamp);
  opened.Require({v1::CLUE_STATE_RETURNED_INCOMPLETE});
  CheckEvidence(request.evidence_sha256(), opened.refusals);
  if (request.text().text().empty() && request.evidence_sha256().empty()) {
    Refuse(opened.refusals, REASON_CLUE_INCOMPLETE, "text", "nothing was added");
  }
  if (opened.clue != nullptr) {
    CheckSealedText(request.text(), "text", {opened.clue->licence(), stamp.actor.id}, opened.refusals);
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_completed, v1::CLUE_STATE_REPORTED, [&](v1::ClueCompleted& completed) {
    if (request.has_text()) *completed.mutable_text() = request.text();
    *completed.mutable_evidence_sha256() = request.evidence_sha256();
    *completed.mutable_accept_due() = AcceptDue(*rules, work.clue().grade(), work.now());
  });
  return Answered<v1::CompleteClueResponse>(work.TakeEvents());
}

Outcome DecideAcceptClue(const State& state, const v1::AcceptClueRequest& request, const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_REPORTED});
  opened.RequireOther(stamp);
  CheckEnum(request.grade(), v1::ClueGrade_IsValid, "grade", opened.refusals);
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_accepted, v1::CLUE_STATE_ACCEPTED, [&](v1::ClueAccepted& accepted) {
    accepted.mutable_clue()->set_grade(request.grade());
    accepted.set_accepted_by(stamp.actor.id);
    *accepted.mutable_verify_due() = VerifyDue(work, request.grade());
  });
  v1::AcceptClueResponse response;
  *response.mutable_verify_due() = work.clue().verify_due();
  return Answered(work.TakeEvents(), std::move(response));
}

Outcome DecideReturnClue(const State& state, const v1::ReturnClueRequest& request, const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_REPORTED});
  opened.RequireOther(stamp);
  if (request.gaps().empty()) Refuse(opened.refusals, REASON_INVALID_FIELD, "gaps");
  for (int gap : request.gaps()) {
    CheckEnum(static_cast<v1::ClueGap>(gap), v1::ClueGap_IsValid, "gaps", opened.refusals);
  }
  if (opened.clue != nullptr && opened.clue->source() == v1::CLUE_SOURCE_DETECTOR) {
    RefuseState(opened.refusals, "clue_id", "a detector has nothing to add");
  }
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.clue != nullptr && rules &&
      opened.clue->returns() >= rules->policy().clue_incomplete_returns()) {
    Refusal& refusal = Refuse(opened.refusals, REASON_WRONG_STATE, "clue_id", "sent back before");
    refusal.set_limit(rules->policy().clue_incomplete_returns());
    refusal.set_value(opened.clue->returns());
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_returned, v1::CLUE_STATE_RETURNED_INCOMPLETE,
            [&](v1::ClueReturned& returned) {
              *returned.mutable_gaps() = request.gaps();
              returned.set_returned_by(stamp.actor.id);
              *returned.mutable_complete_until() = work.AfterWorkingDays(work.policy().clue_complete_wd());
            });
  return Answered<v1::ReturnClueResponse>(work.TakeEvents());
}

Outcome DecideMarkClueDuplicate(const State& state, const v1::MarkClueDuplicateRequest& request,
                                const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_REPORTED});
  opened.RequireOther(stamp);
  if (opened.clue != nullptr) {
    const v1::Clue* original = FindThing(state.clues, *opened.county, request.duplicate_of());
    if (original == nullptr) {
      Refuse(opened.refusals, REASON_CLUE_UNKNOWN, "duplicate_of", request.duplicate_of());
    } else if (original == opened.clue || original->state() == v1::CLUE_STATE_DUPLICATE) {
      Refuse(opened.refusals, REASON_CLUE_DUPLICATE, "duplicate_of", original->duplicate_of());
    } else if (!WillHaveVerdict(*original)) {
      RefuseState(opened.refusals, "duplicate_of", v1::ClueState_Name(original->state()));
    }
    if (IsRepeated(state, *opened.county, request.clue_id())) {
      Refuse(opened.refusals, REASON_CLUE_DUPLICATE, "clue_id", "others repeat this one");
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_marked_duplicate, v1::CLUE_STATE_DUPLICATE,
            [&](v1::ClueMarkedDuplicate& marked) {
              marked.set_duplicate_of(request.duplicate_of());
              marked.set_marked_by(stamp.actor.id);
            });
  return Answered<v1::MarkClueDuplicateResponse>(work.TakeEvents());
}

Outcome DecideAssignClue(const State& state, const v1::AssignClueRequest& request, const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  // Given to another squad as long as nobody has begun.
  opened.Require({v1::CLUE_STATE_ACCEPTED, v1::CLUE_STATE_ASSIGNED});
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.clue != nullptr && rules) {
    CheckSquad(state, *opened.county, *opened.clue, request.squad_id(), rules->policy().clue_officers(),
               opened.refusals);
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_assigned, v1::CLUE_STATE_ASSIGNED, [&](v1::ClueAssigned& assigned) {
    assigned.mutable_clue()->set_squad_id(request.squad_id());
    assigned.set_assigned_by(stamp.actor.id);
  });
  return Answered<v1::AssignClueResponse>(work.TakeEvents());
}

}  // namespace sanyuan::three_member_interaction
