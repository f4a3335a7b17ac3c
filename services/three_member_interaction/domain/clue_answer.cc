#include "services/three_member_interaction/domain/clue_answer.h"

#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons and roles.

// The reporter has had his say, or let the time for it pass: the drawn second look begins, or it is over.
void EndOrLookAgain(ClueWork& work, v1::ClueClosing closing) {
  if (work.clue().second_check_drawn()) {
    work.Emit(&v1::Event::mutable_clue_second_check_ordered, v1::CLUE_STATE_SECOND_CHECK,
              [&](v1::ClueSecondCheckOrdered& ordered) {
                ordered.set_cause(v1::SECOND_CHECK_CAUSE_DRAW);
                *ordered.mutable_second_check_due() =
                    work.AfterWorkingDays(work.policy().clue_second_check_wd());
              });
    return;
  }
  work.Emit(&v1::Event::mutable_clue_closed, v1::CLUE_STATE_CLOSED, [&](v1::ClueClosed& closed) {
    closed.set_closing(closing);
    closed.set_result(work.clue().result());
  });
}

void Acknowledge(ClueWork& work, v1::ClueClosing closing) {
  work.Emit(&v1::Event::mutable_clue_feedback_acknowledged, v1::CLUE_STATE_ACKNOWLEDGED,
            [](v1::ClueFeedbackAcknowledged&) {});
  EndOrLookAgain(work, closing);
}

void MarkOverdue(ClueWork& work, v1::ClueDeadline deadline, const Timestamp& due) {
  work.Emit(&v1::Event::mutable_clue_overdue, work.clue().state(), [&](v1::ClueOverdue& overdue) {
    overdue.set_deadline(deadline);
    *overdue.mutable_due() = due;
  });
}

bool IsGround(const v1::Clue& clue, v1::CaseGround ground) {
  if (ground == v1::CASE_GROUND_DELIBERATELY_FALSE) {
    return clue.result() == v1::CLUE_RESULT_FALSE && clue.state() == v1::CLUE_STATE_CLOSED;
  }
  return clue.result() == v1::CLUE_RESULT_TRUE && clue.state() >= v1::CLUE_STATE_VERIFIED;
}

}  // namespace

Outcome DecideSendClueFeedback(const State& state, const v1::SendClueFeedbackRequest& request,
                               const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_VERIFIED});
  if (opened.clue != nullptr) {
    const v1::Clue& clue = *opened.clue;
    CheckSealedText(request.text(), "text", {clue.reporter_id(), clue.licence()}, opened.refusals);
    if (!Contains(clue.first().officer_ids(), stamp.actor.id) &&
        !IsHeadOf(state, *opened.county, stamp.actor.id, clue.first().squad_id())) {
      Refuse(opened.refusals, REASON_NOT_ASSIGNED_TO_CALLER, "clue_id");
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_feedback_sent, v1::CLUE_STATE_FEEDBACK_SENT,
            [&](v1::ClueFeedbackSent& sent) {
              sent.set_sent_by(stamp.actor.id);
              if (request.has_text()) *sent.mutable_text() = request.text();
              sent.set_result(work.clue().result());
              *sent.mutable_acknowledge_due() = work.AfterWorkingDays(work.policy().clue_acknowledge_wd());
              *sent.mutable_objection_until() = work.AfterWorkingDays(work.policy().clue_objection_wd());
              state.duplicates.ForEachFrom({*opened.county, request.clue_id(), ""},
                                           [&](const DuplicateKey& key, const Present&) {
                                             if (key.original != request.clue_id()) return false;
                                             sent.add_duplicate_clue_ids(key.duplicate);
                                             return true;
                                           });
            });
  if (work.clue().source() == v1::CLUE_SOURCE_DETECTOR) Acknowledge(work, v1::CLUE_CLOSING_DETECTOR);
  return Answered<v1::SendClueFeedbackResponse>(work.TakeEvents());
}

Outcome DecideAcknowledgeClueFeedback(const State& state, const v1::AcknowledgeClueFeedbackRequest& request,
                                      const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.RequireReporter(stamp);
  opened.Require({v1::CLUE_STATE_FEEDBACK_SENT});
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  Acknowledge(work, v1::CLUE_CLOSING_ACKNOWLEDGED);
  return Answered<v1::AcknowledgeClueFeedbackResponse>(work.TakeEvents());
}

Outcome DecideObjectToClueResult(const State& state, const v1::ObjectToClueResultRequest& request,
                                 const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.RequireReporter(stamp);
  if (opened.clue != nullptr) {
    const v1::Clue& clue = *opened.clue;
    CheckSealedText(request.text(), "text", {clue.licence(), stamp.actor.id}, opened.refusals);
    const bool unanswered =
        clue.state() == v1::CLUE_STATE_CLOSED && clue.closing() == v1::CLUE_CLOSING_UNANSWERED;
    if (!unanswered) opened.Require({v1::CLUE_STATE_FEEDBACK_SENT});
    if (clue.has_objection_until() && stamp.decided_at > FromWireTime(clue.objection_until())) {
      Refusal& refusal = Refuse(opened.refusals, REASON_OBJECTION_LATE, "clue_id");
      refusal.set_limit(clue.objection_until().seconds());
      refusal.set_value(absl::ToUnixSeconds(stamp.decided_at));
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_objected, v1::CLUE_STATE_OBJECTED, [&](v1::ClueObjected& objected) {
    if (request.has_text()) *objected.mutable_text() = request.text();
    *objected.mutable_second_check_due() = work.AfterWorkingDays(work.policy().clue_second_check_wd());
  });
  return Answered<v1::ObjectToClueResultResponse>(work.TakeEvents());
}

Outcome DecideAssignSecondCheck(const State& state, const v1::AssignSecondCheckRequest& request,
                                const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_OBJECTED, v1::CLUE_STATE_SECOND_CHECK});
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.clue != nullptr && rules) {
    if (!opened.clue->second().officer_ids().empty()) {
      RefuseState(opened.refusals, "clue_id", "the second look has begun");
    }
    if (request.squad_id() == opened.clue->first().squad_id()) {
      Refuse(opened.refusals, REASON_SQUAD_NOT_ALLOWED, "squad_id", "looked into it before");
    }
    CheckSquad(state, *opened.county, *opened.clue, request.squad_id(), rules->policy().clue_officers(),
               opened.refusals);
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_second_check_assigned, v1::CLUE_STATE_SECOND_CHECK,
            [&](v1::ClueSecondCheckAssigned& assigned) {
              assigned.mutable_clue()->set_squad_id(request.squad_id());
              assigned.set_assigned_by(stamp.actor.id);
            });
  return Answered<v1::AssignSecondCheckResponse>(work.TakeEvents());
}

Outcome DecideOpenCase(const State& state, const v1::OpenCaseRequest& request, const Stamp& stamp) {
  if (stamp.actor.role != ROLE_SQUAD_HEAD && stamp.actor.role != ROLE_COUNTY_MANAGER) {
    return Forbidden(request.county_code(), request.clue_id(), stamp);
  }
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  CheckEnum(request.ground(), v1::CaseGround_IsValid, "ground", opened.refusals);
  CheckCaseNumber(request.case_number(), opened.refusals);
  if (opened.clue != nullptr) {
    if (!opened.clue->case_number().empty()) {
      Refuse(opened.refusals, REASON_ALREADY_EXISTS, "case_number", opened.clue->case_number());
    }
    if (!IsGround(*opened.clue, request.ground())) {
      RefuseState(opened.refusals, "ground", v1::ClueResult_Name(opened.clue->result()));
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_case_opened, work.clue().state(), [&](v1::CaseOpened& opened_case) {
    opened_case.set_case_number(request.case_number());
    opened_case.set_ground(request.ground());
    opened_case.set_opened_by(stamp.actor.id);
  });
  return Answered<v1::OpenCaseResponse>(work.TakeEvents());
}

Outcome FireClueTimer(const State& state, County county, const v1::Clue& clue, const Stamp& stamp) {
  Outcome outcome;
  // Policies stay once they have begun, and the clue began under one.
  const auto rules = RulesFor(state, county, stamp.decided_at);
  if (!rules) return outcome;
  ClueWork work(clue, *rules, stamp);
  switch (clue.state()) {
    case v1::CLUE_STATE_REPORTED:
      MarkOverdue(work, v1::CLUE_DEADLINE_ACCEPT, clue.accept_due());
      break;
    case v1::CLUE_STATE_RETURNED_INCOMPLETE:
      work.Emit(&v1::Event::mutable_clue_closed, v1::CLUE_STATE_CLOSED,
                [](v1::ClueClosed& closed) { closed.set_closing(v1::CLUE_CLOSING_NEVER_COMPLETED); });
      break;
    case v1::CLUE_STATE_ACCEPTED:
    case v1::CLUE_STATE_ASSIGNED:
    case v1::CLUE_STATE_VERIFYING:
      MarkOverdue(work, v1::CLUE_DEADLINE_VERIFY, clue.verify_due());
      break;
    case v1::CLUE_STATE_VERIFIED:
      MarkOverdue(work, v1::CLUE_DEADLINE_FEEDBACK, clue.feedback_due());
      break;
    case v1::CLUE_STATE_FEEDBACK_SENT:
      EndOrLookAgain(work, v1::CLUE_CLOSING_UNANSWERED);
      break;
    case v1::CLUE_STATE_OBJECTED:
    case v1::CLUE_STATE_SECOND_CHECK:
      MarkOverdue(work, v1::CLUE_DEADLINE_SECOND_CHECK, clue.second_check_due());
      break;
    default:
      break;
  }
  outcome.events = work.TakeEvents();
  return outcome;
}

}  // namespace sanyuan::three_member_interaction
