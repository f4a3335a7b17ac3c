#include "services/three_member_interaction/domain/clue.h"

#include <algorithm>

#include "services/three_member_interaction/domain/fold_thing.h"

namespace sanyuan::three_member_interaction {
namespace {

bool IsMarked(const v1::Clue& clue, v1::ClueDeadline deadline) {
  return std::find(clue.overdue().begin(), clue.overdue().end(), deadline) != clue.overdue().end();
}

std::optional<absl::Time> Unless(bool over, const Timestamp& due) {
  return over ? std::nullopt : std::optional(FromWireTime(due));
}

// What detectors find comes at once or bit by bit, as devices happen to upload: the clue is the same.
void SortFindings(v1::Clue& clue) {
  for (auto* texts : {clue.mutable_detector_rules(), clue.mutable_related_licences()}) {
    std::sort(texts->begin(), texts->end());
  }
}

void ApplyReported(v1::Clue& clue, const v1::ClueReported& event) {
  clue.set_clue_id(event.clue().clue_id());
  clue.set_county_code(event.clue().county_code());
  clue.set_type(event.clue().type());
  clue.set_source(event.clue().source());
  clue.set_licence(event.clue().licence());
  clue.set_route_id(event.clue().route_id());
  clue.set_reporter_id(event.reporter_id());
  if (event.has_text()) *clue.mutable_text() = event.text();
  *clue.mutable_evidence_sha256() = event.evidence_sha256();
  *clue.mutable_accept_due() = event.accept_due();
  clue.set_stop_id(event.stop_id());
  *clue.mutable_detector_rules() = event.detector_rules();
  *clue.mutable_related_licences() = event.related_licences();
  *clue.mutable_staff_ids() = event.staff_ids();
  SortFindings(clue);
  clue.set_cause(event.cause());
}

void ApplyVerified(v1::ClueVerification& look, v1::ClueResult result, const std::string& approved_by,
                   const Timestamp& at) {
  look.set_result(result);
  look.set_approved_by(approved_by);
  *look.mutable_verified_at() = at;
}

}  // namespace

v1::ClueFacts FactsOf(const v1::Clue& clue) {
  v1::ClueFacts facts;
  facts.set_clue_id(clue.clue_id());
  facts.set_county_code(clue.county_code());
  facts.set_state(clue.state());
  facts.set_type(clue.type());
  facts.set_grade(clue.grade());
  facts.set_source(clue.source());
  facts.set_licence(clue.licence());
  facts.set_route_id(clue.route_id());
  facts.set_squad_id(CurrentLook(clue).squad_id());
  facts.set_policy_version(clue.policy_version());
  return facts;
}

const v1::ClueFacts* FactsIn(const v1::Event& event) { return FactsFieldOf<v1::ClueFacts>(event, "clue"); }

const v1::ClueVerification& CurrentLook(const v1::Clue& clue) {
  return clue.has_second() ? clue.second() : clue.first();
}

void ApplyTo(v1::Clue& clue, const v1::Event& event, absl::Time decided_at) {
  const v1::ClueFacts& facts = *FactsIn(event);
  const Timestamp at = ToWireTime(decided_at);
  clue.set_state(facts.state());
  clue.set_grade(facts.grade());
  clue.set_policy_version(facts.policy_version());
  // The look whose events these are: SECOND_CHECK is the second one's state.
  v1::ClueVerification& look =
      facts.state() == v1::CLUE_STATE_SECOND_CHECK ? *clue.mutable_second() : *clue.mutable_first();
  if (facts.state() == v1::CLUE_STATE_SECOND_CHECK && !event.has_clue_second_check_ordered()) {
    look.set_squad_id(facts.squad_id());
  }
  switch (event.event_case()) {
    case v1::Event::kClueReported:
      ApplyReported(clue, event.clue_reported());
      *clue.mutable_reported_at() = at;
      break;
    case v1::Event::kClueCompleted:
      if (event.clue_completed().has_text()) *clue.mutable_text() = event.clue_completed().text();
      clue.mutable_evidence_sha256()->MergeFrom(event.clue_completed().evidence_sha256());
      *clue.mutable_accept_due() = event.clue_completed().accept_due();
      break;
    case v1::Event::kClueSupplemented:
      clue.mutable_detector_rules()->MergeFrom(event.clue_supplemented().detector_rules());
      clue.mutable_related_licences()->MergeFrom(event.clue_supplemented().related_licences());
      SortFindings(clue);
      break;
    case v1::Event::kClueAccepted:
      *clue.mutable_accepted_at() = at;
      clue.set_accepted_by(event.clue_accepted().accepted_by());
      *clue.mutable_verify_due() = event.clue_accepted().verify_due();
      break;
    case v1::Event::kClueReturned:
      clue.set_returns(clue.returns() + 1);
      *clue.mutable_complete_until() = event.clue_returned().complete_until();
      break;
    case v1::Event::kClueMarkedDuplicate:
      clue.set_duplicate_of(event.clue_marked_duplicate().duplicate_of());
      break;
    case v1::Event::kClueAssigned:
      look.set_squad_id(facts.squad_id());
      break;
    case v1::Event::kClueVerificationStarted:
      *look.mutable_officer_ids() = event.clue_verification_started().officer_ids();
      *look.mutable_started_at() = at;
      break;
    case v1::Event::kClueResultProposed:
      look.set_result(event.clue_result_proposed().result());
      *look.mutable_evidence_sha256() = event.clue_result_proposed().evidence_sha256();
      if (event.clue_result_proposed().has_finding()) {
        *look.mutable_finding() = event.clue_result_proposed().finding();
      }
      look.set_proposed_by(event.clue_result_proposed().proposed_by());
      *look.mutable_proposed_at() = at;
      break;
    case v1::Event::kClueResultRejected:
      look.clear_result();
      look.clear_proposed_by();
      look.clear_proposed_at();
      break;
    case v1::Event::kClueVerified:
      ApplyVerified(look, event.clue_verified().result(), event.clue_verified().approved_by(), at);
      clue.set_result(event.clue_verified().result());
      *clue.mutable_feedback_due() = event.clue_verified().feedback_due();
      clue.set_second_check_drawn(event.clue_verified().second_check_drawn());
      break;
    case v1::Event::kClueExtended:
      clue.set_extensions(clue.extensions() + 1);
      *clue.mutable_verify_due() = event.clue_extended().due();
      break;
    case v1::Event::kClueFeedbackSent:
      *clue.mutable_feedback_at() = at;
      if (event.clue_feedback_sent().has_text()) {
        *clue.mutable_feedback() = event.clue_feedback_sent().text();
      }
      *clue.mutable_acknowledge_due() = event.clue_feedback_sent().acknowledge_due();
      *clue.mutable_objection_until() = event.clue_feedback_sent().objection_until();
      break;
    case v1::Event::kClueFeedbackAcknowledged:
      *clue.mutable_answered_at() = at;
      break;
    case v1::Event::kClueObjected:
      *clue.mutable_answered_at() = at;
      if (event.clue_objected().has_text()) *clue.mutable_objection() = event.clue_objected().text();
      clue.set_second_check_cause(v1::SECOND_CHECK_CAUSE_OBJECTION);
      *clue.mutable_second_check_due() = event.clue_objected().second_check_due();
      clue.clear_closing();
      clue.clear_closed_at();
      break;
    case v1::Event::kClueSecondCheckOrdered:
      clue.set_second_check_cause(event.clue_second_check_ordered().cause());
      *clue.mutable_second_check_due() = event.clue_second_check_ordered().second_check_due();
      break;
    case v1::Event::kClueSecondCheckAssigned:
      break;
    case v1::Event::kClueSecondCheckDone:
      ApplyVerified(look, event.clue_second_check_done().result(),
                    event.clue_second_check_done().approved_by(), at);
      clue.set_result(event.clue_second_check_done().result());
      break;
    case v1::Event::kClueOverdue:
      clue.add_overdue(event.clue_overdue().deadline());
      break;
    case v1::Event::kClueClosed:
      clue.set_closing(event.clue_closed().closing());
      *clue.mutable_closed_at() = at;
      break;
    case v1::Event::kCaseOpened:
      clue.set_case_number(event.case_opened().case_number());
      clue.set_case_ground(event.case_opened().ground());
      break;
    default:
      break;
  }
}

std::optional<absl::Time> NextDueOf(const v1::Clue& clue) {
  switch (clue.state()) {
    case v1::CLUE_STATE_REPORTED:
      return Unless(IsMarked(clue, v1::CLUE_DEADLINE_ACCEPT), clue.accept_due());
    case v1::CLUE_STATE_RETURNED_INCOMPLETE:
      return FromWireTime(clue.complete_until());
    case v1::CLUE_STATE_ACCEPTED:
    case v1::CLUE_STATE_ASSIGNED:
    case v1::CLUE_STATE_VERIFYING:
      return Unless(IsMarked(clue, v1::CLUE_DEADLINE_VERIFY), clue.verify_due());
    case v1::CLUE_STATE_VERIFIED:
      return Unless(IsMarked(clue, v1::CLUE_DEADLINE_FEEDBACK), clue.feedback_due());
    case v1::CLUE_STATE_FEEDBACK_SENT:
      return FromWireTime(clue.acknowledge_due());
    case v1::CLUE_STATE_OBJECTED:
    case v1::CLUE_STATE_SECOND_CHECK:
      return Unless(IsMarked(clue, v1::CLUE_DEADLINE_SECOND_CHECK), clue.second_check_due());
    default:
      return std::nullopt;
  }
}

OpenedClue OpenClue(const State& state, const std::string& county_code, const std::string& clue_id) {
  OpenedClue opened;
  opened.county = CheckCounty(county_code, opened.refusals);
  if (!opened.county) return opened;
  opened.clue = FindThing(state.clues, *opened.county, clue_id);
  if (opened.clue == nullptr) Refuse(opened.refusals, common::v1::REASON_CLUE_UNKNOWN, "clue_id", clue_id);
  return opened;
}

void OpenedClue::Require(std::initializer_list<v1::ClueState> states) {
  if (clue == nullptr || std::find(states.begin(), states.end(), clue->state()) != states.end()) return;
  RefuseState(refusals, "clue_id", v1::ClueState_Name(clue->state()));
}

void OpenedClue::RequireOther(const Stamp& stamp) {
  if (clue != nullptr && clue->reporter_id() == stamp.actor.id) {
    Refuse(refusals, common::v1::REASON_FOUR_EYES, "clue_id");
  }
}

void OpenedClue::RequireReporter(const Stamp& stamp) {
  if (clue == nullptr || clue->reporter_id() == stamp.actor.id) return;
  Refuse(refusals, common::v1::REASON_CLUE_UNKNOWN, "clue_id", clue->clue_id());
  clue = nullptr;
}

absl::Status FoldClueEvent(State& state, const v1::Event& event, const Stamp& stamp) {
  const v1::ClueFacts& facts = *FactsIn(event);
  absl::Status folded = FoldThing(state, state.clues, &state.clue_texts, Thing::kClue, facts.county_code(),
                                  facts.clue_id(), event.has_clue_reported(), event, stamp);
  if (folded.ok() && event.has_clue_marked_duplicate()) {
    state.duplicates.Put(
        {*CountyOfId(facts.clue_id()), event.clue_marked_duplicate().duplicate_of(), facts.clue_id()}, {});
  }
  return folded;
}

}  // namespace sanyuan::three_member_interaction
