#include "services/three_member_interaction/domain/clue_verification.h"

#include <algorithm>

#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons and roles.

bool IsLookedInto(const v1::Clue& clue) {
  return clue.state() == v1::CLUE_STATE_VERIFYING ||
         (clue.state() == v1::CLUE_STATE_SECOND_CHECK && !clue.second().officer_ids().empty());
}

// A second look that was ordered and given to a squad, and that nobody has begun.
bool AwaitsOfficers(const v1::Clue& clue) {
  return clue.state() == v1::CLUE_STATE_ASSIGNED ||
         (clue.state() == v1::CLUE_STATE_SECOND_CHECK && !clue.second().squad_id().empty() &&
          clue.second().officer_ids().empty());
}

void CheckMayDecide(const State& state, const OpenedClue& opened, const Stamp& stamp, Refusals& refusals) {
  const v1::Clue& clue = *opened.clue;
  const v1::ClueVerification& look = CurrentLook(clue);
  const std::string& caller = stamp.actor.id;
  if (caller == look.proposed_by()) Refuse(refusals, REASON_FOUR_EYES, "clue_id", caller);
  if (!Contains(look.officer_ids(), caller) && !IsHeadOf(state, *opened.county, caller, look.squad_id())) {
    Refuse(refusals, REASON_NOT_ASSIGNED_TO_CALLER, "clue_id");
  } else if (HasConflict(state, *opened.county, clue, caller)) {
    Refuse(refusals, REASON_SQUAD_NOT_ALLOWED, "clue_id", "conflict of interest");
  }
}

bool IsDrawn(const ClueWork& work, v1::ClueResult result) {
  const bool doubtful = result == v1::CLUE_RESULT_FALSE || result == v1::CLUE_RESULT_UNVERIFIABLE;
  int32_t share = 0;
  if (work.clue().grade() == v1::CLUE_GRADE_A) {
    share = work.policy().clue_second_check_a_bp();
  } else if (doubtful) {
    share = work.policy().clue_second_check_other_bp();
  }
  return DrawBp(work.clue().clue_id() + "/" + DrawSalt(work.stamp())) < share;
}

void EndFirstLook(ClueWork& work) {
  const v1::ClueVerification look = work.clue().first();
  work.Emit(&v1::Event::mutable_clue_verified, v1::CLUE_STATE_VERIFIED, [&](v1::ClueVerified& verified) {
    verified.set_result(look.result());
    verified.set_proposed_by(look.proposed_by());
    verified.set_approved_by(work.stamp().actor.id);
    *verified.mutable_feedback_due() = work.AfterHours(work.policy().clue_feedback_hours());
    verified.set_second_check_drawn(IsDrawn(work, look.result()));
    verified.set_on_time(work.now() <= FromWireTime(work.clue().verify_due()));
  });
}

void EndSecondLook(ClueWork& work) {
  const v1::ClueVerification look = work.clue().second();
  work.Emit(&v1::Event::mutable_clue_second_check_done, v1::CLUE_STATE_SECOND_CHECK,
            [&](v1::ClueSecondCheckDone& done) {
              done.set_result(look.result());
              done.set_proposed_by(look.proposed_by());
              done.set_approved_by(work.stamp().actor.id);
              done.set_overturned(look.result() != work.clue().first().result());
            });
  work.Emit(&v1::Event::mutable_clue_closed, v1::CLUE_STATE_CLOSED, [&](v1::ClueClosed& closed) {
    closed.set_closing(v1::CLUE_CLOSING_SECOND_CHECK);
    closed.set_result(look.result());
  });
}

}  // namespace

Outcome DecideStartVerification(const State& state, const v1::StartVerificationRequest& request,
                                const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.clue != nullptr && rules) {
    if (!AwaitsOfficers(*opened.clue)) {
      RefuseState(opened.refusals, "clue_id", v1::ClueState_Name(opened.clue->state()));
    }
    CheckOfficers(state, *opened.county, request.officer_ids(), CurrentLook(*opened.clue).squad_id(),
                  rules->policy().clue_officers(), stamp.actor.id, opened.refusals);
    // The registry may have learnt of a relative since the squad was chosen.
    if (std::any_of(request.officer_ids().begin(), request.officer_ids().end(), [&](const std::string& id) {
          return HasConflict(state, *opened.county, *opened.clue, id);
        })) {
      Refuse(opened.refusals, REASON_SQUAD_NOT_ALLOWED, "officer_ids", "conflict of interest");
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  const v1::ClueState next =
      work.clue().state() == v1::CLUE_STATE_ASSIGNED ? v1::CLUE_STATE_VERIFYING : v1::CLUE_STATE_SECOND_CHECK;
  work.Emit(&v1::Event::mutable_clue_verification_started, next, [&](v1::ClueVerificationStarted& started) {
    *started.mutable_officer_ids() = request.officer_ids();
  });
  return Answered<v1::StartVerificationResponse>(work.TakeEvents());
}

Outcome DecideProposeClueResult(const State& state, const v1::ProposeClueResultRequest& request,
                                const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  CheckEnum(request.result(), v1::ClueResult_IsValid, "result", opened.refusals);
  CheckEvidence(request.evidence_sha256(), opened.refusals);
  if (request.evidence_sha256().empty() && request.result() != v1::CLUE_RESULT_UNVERIFIABLE) {
    Refuse(opened.refusals, REASON_EVIDENCE_MISSING, "evidence_sha256");
  }
  if (opened.clue != nullptr) {
    const v1::Clue& clue = *opened.clue;
    CheckSealedText(request.finding(), "finding", {clue.licence(), clue.reporter_id(), stamp.actor.id},
                    opened.refusals);
    if (!IsLookedInto(clue)) RefuseState(opened.refusals, "clue_id", v1::ClueState_Name(clue.state()));
    if (!Contains(CurrentLook(clue).officer_ids(), stamp.actor.id)) {
      Refuse(opened.refusals, REASON_NOT_ASSIGNED_TO_CALLER, "clue_id");
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_result_proposed, work.clue().state(),
            [&](v1::ClueResultProposed& proposed) {
              proposed.set_result(request.result());
              *proposed.mutable_evidence_sha256() = request.evidence_sha256();
              if (request.has_finding()) *proposed.mutable_finding() = request.finding();
              proposed.set_proposed_by(stamp.actor.id);
            });
  return Answered<v1::ProposeClueResultResponse>(work.TakeEvents());
}

Outcome DecideDecideClueResult(const State& state, const v1::DecideClueResultRequest& request,
                               const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  if (opened.clue != nullptr) {
    const v1::ClueVerification& look = CurrentLook(*opened.clue);
    if (!IsLookedInto(*opened.clue) || look.proposed_by().empty()) {
      RefuseState(opened.refusals, "clue_id", v1::ClueState_Name(opened.clue->state()));
    } else if (look.result() != request.result()) {
      RefuseState(opened.refusals, "result", v1::ClueResult_Name(look.result()));
    }
    CheckMayDecide(state, opened, stamp, opened.refusals);
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  if (!request.approved()) {
    work.Emit(&v1::Event::mutable_clue_result_rejected, work.clue().state(),
              [&](v1::ClueResultRejected& rejected) { rejected.set_rejected_by(stamp.actor.id); });
  } else if (work.clue().state() == v1::CLUE_STATE_VERIFYING) {
    EndFirstLook(work);
  } else {
    EndSecondLook(work);
  }
  return Answered<v1::DecideClueResultResponse>(work.TakeEvents());
}

Outcome DecideExtendClue(const State& state, const v1::ExtendClueRequest& request, const Stamp& stamp) {
  OpenedClue opened = OpenClue(state, request.county_code(), request.clue_id());
  opened.Require({v1::CLUE_STATE_ASSIGNED, v1::CLUE_STATE_VERIFYING});
  CheckEnum(request.reason(), v1::ExtensionReason_IsValid, "reason", opened.refusals);
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.clue != nullptr && rules) {
    const v1::Clue& clue = *opened.clue;
    if (!IsHeadOf(state, *opened.county, stamp.actor.id, clue.first().squad_id())) {
      Refuse(opened.refusals, REASON_NOT_ASSIGNED_TO_CALLER, "clue_id");
    }
    if (clue.extensions() >= rules->policy().clue_extensions()) {
      Refusal& refusal = Refuse(opened.refusals, REASON_EXTENSION_USED, "clue_id");
      refusal.set_limit(rules->policy().clue_extensions());
      refusal.set_value(clue.extensions());
    }
    if (stamp.decided_at > FromWireTime(clue.verify_due())) {
      RefuseState(opened.refusals, "clue_id", "the deadline has passed");
    }
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  ClueWork work(*opened.clue, *rules, stamp);
  const absl::Time due = FromWireTime(work.clue().verify_due());
  work.Emit(&v1::Event::mutable_clue_extended, work.clue().state(), [&](v1::ClueExtended& extended) {
    extended.set_reason(request.reason());
    extended.set_extended_by(stamp.actor.id);
    if (work.clue().grade() == v1::CLUE_GRADE_A) {
      *extended.mutable_due() = ToWireTime(due + absl::Hours(work.policy().clue_extension_a_hours()));
    } else {
      // A working day's end is the next day's beginning: counted from just before it.
      *extended.mutable_due() =
          rules->AfterWorkingDays(due - absl::Microseconds(1), work.policy().clue_extension_wd());
    }
  });
  v1::ExtendClueResponse response;
  *response.mutable_verify_due() = work.clue().verify_due();
  return Answered(work.TakeEvents(), std::move(response));
}

}  // namespace sanyuan::three_member_interaction
