#include "services/three_member_interaction/domain/inspection_outcome.h"

#include "services/three_member_interaction/domain/clue_intake.h"
#include "services/three_member_interaction/domain/people.h"
#include "services/three_member_interaction/domain/ticket.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons and roles.

// Of the ids that one command makes.
constexpr uint32_t kTicketOrdinal = 1;
constexpr uint32_t kClueOrdinal = 2;

std::string CauseOf(const v1::Inspection& inspection) { return "inspection/" + inspection.inspection_id(); }

// A ticket or a clue, `field` of the request: it says something, or the record holds evidence.
template <typename Opened>
void CheckOpened(const Opened& opened, const std::string& field, const v1::Inspection& inspection,
                 const Stamp& stamp, Refusals& refusals) {
  CheckSealedText(opened.text(), field + ".text", {inspection.licence(), stamp.actor.id}, refusals);
  if (opened.text().text().empty() && inspection.evidence_sha256().empty()) {
    Refuse(refusals, REASON_EVIDENCE_MISSING, field + ".text", "neither text nor evidence");
  }
}

void CheckMeasures(const State& state, const v1::DealInspectionRequest& request, OpenedInspection& opened,
                   const Stamp& stamp) {
  const v1::Inspection& inspection = *opened.thing;
  const bool head = IsHeadOf(state, *opened.county, stamp.actor.id, inspection.squad_id());
  if (!head && !Contains(inspection.on_site_ids(), stamp.actor.id)) {
    Refuse(opened.refusals, REASON_NOT_ASSIGNED_TO_CALLER, opened.field);
  }
  if (request.has_ticket()) {
    CheckEnum(request.ticket().type(), v1::TicketType_IsValid, "ticket.type", opened.refusals);
    CheckEnum(request.ticket().severity(), v1::TicketSeverity_IsValid, "ticket.severity", opened.refusals);
    CheckOpened(request.ticket(), "ticket", inspection, stamp, opened.refusals);
  }
  if (request.has_clue()) {
    CheckEnum(request.clue().type(), v1::ClueType_IsValid, "clue.type", opened.refusals);
    CheckEnum(request.clue().grade(), v1::ClueGrade_IsValid, "clue.grade", opened.refusals);
    CheckOpened(request.clue(), "clue", inspection, stamp, opened.refusals);
  }
  if (!request.case_number().empty()) {
    CheckCaseNumber(request.case_number(), opened.refusals);
    if (!head) Refuse(opened.refusals, REASON_ROLE_NOT_ALLOWED, "case_number");
    if (!inspection.case_number().empty()) {
      Refuse(opened.refusals, REASON_ALREADY_EXISTS, "case_number", inspection.case_number());
    }
  }
  const bool any =
      request.education() || request.has_ticket() || request.has_clue() || !request.case_number().empty();
  if (inspection.result() == v1::INSPECTION_RESULT_ABNORMAL && !any) {
    Refuse(opened.refusals, REASON_INVALID_FIELD, "", "an abnormal finding needs a measure");
  }
}

partition::EventPtr TicketOf(const v1::DealInspectionRequest& request, const v1::Inspection& inspection,
                             County county, const Rules& rules, const Stamp& stamp) {
  v1::Ticket ticket;
  ticket.set_ticket_id(partition::DeriveId(county, stamp, kTicketOrdinal));
  ticket.set_county_code(inspection.county_code());
  ticket.set_type(request.ticket().type());
  ticket.set_severity(request.ticket().severity());
  ticket.set_licence(inspection.licence());
  ticket.set_raiser_id(stamp.actor.id);
  ticket.set_cause(CauseOf(inspection));
  if (request.ticket().has_text()) *ticket.mutable_text() = request.ticket().text();
  *ticket.mutable_evidence_sha256() = inspection.evidence_sha256();
  return RaiseTicket(ticket, rules, stamp);
}

partition::EventPtr ClueOf(const State& state, const v1::DealInspectionRequest& request,
                           const v1::Inspection& inspection, County county, const Rules& rules,
                           const Stamp& stamp) {
  v1::Clue clue;
  clue.set_clue_id(partition::DeriveId(county, stamp, kClueOrdinal));
  clue.set_county_code(inspection.county_code());
  clue.set_type(request.clue().type());
  clue.set_grade(request.clue().grade());
  clue.set_source(v1::CLUE_SOURCE_INSPECTOR);
  clue.set_licence(inspection.licence());
  const auto licence = Code::Parse(inspection.licence());
  const Retailer* shop = licence ? state.retailers.Find({county, *licence}) : nullptr;
  if (shop != nullptr) clue.set_route_id(shop->route.str());
  ClueWork work(std::move(clue), rules, stamp);
  work.Emit(&v1::Event::mutable_clue_reported, v1::CLUE_STATE_REPORTED, [&](v1::ClueReported& reported) {
    reported.set_reporter_id(stamp.actor.id);
    if (request.clue().has_text()) *reported.mutable_text() = request.clue().text();
    *reported.mutable_evidence_sha256() = inspection.evidence_sha256();
    *reported.mutable_accept_due() = AcceptDue(rules, request.clue().grade(), stamp.decided_at);
    reported.set_cause(CauseOf(inspection));
  });
  return std::move(work.TakeEvents().front());
}

// The head of the squad, or the county.
void RequireOverseer(const State& state, OpenedInspection& opened, const Stamp& stamp) {
  if (stamp.actor.role != ROLE_COUNTY_MANAGER) opened.RequireHead(state, stamp);
}

}  // namespace

Outcome DecideDealInspection(const State& state, const v1::DealInspectionRequest& request,
                             const Stamp& stamp) {
  if (stamp.actor.role != ROLE_INSPECTOR && stamp.actor.role != ROLE_SQUAD_HEAD) {
    return Forbidden(request.county_code(), request.inspection_id(), stamp);
  }
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_RECORDED});
  if (opened.thing != nullptr) CheckMeasures(state, request, opened, stamp);
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();

  v1::DealInspectionResponse response;
  std::vector<partition::EventPtr> events;
  if (request.has_ticket()) {
    events.push_back(TicketOf(request, *opened.thing, *opened.county, *rules, stamp));
    response.set_ticket_id(partition::DeriveId(*opened.county, stamp, kTicketOrdinal));
  }
  if (request.has_clue()) {
    events.push_back(ClueOf(state, request, *opened.thing, *opened.county, *rules, stamp));
    response.set_clue_id(partition::DeriveId(*opened.county, stamp, kClueOrdinal));
  }
  InspectionWork work(*opened.thing, *rules, stamp);
  work.Emit(&v1::Event::mutable_inspection_dealt, v1::INSPECTION_STATE_DEALT,
            [&](v1::InspectionDealt& dealt) {
              if (request.education()) dealt.add_measures(v1::INSPECTION_MEASURE_EDUCATION);
              if (request.has_ticket()) dealt.add_measures(v1::INSPECTION_MEASURE_TICKET);
              if (request.has_clue()) dealt.add_measures(v1::INSPECTION_MEASURE_CLUE);
              if (!request.case_number().empty()) dealt.add_measures(v1::INSPECTION_MEASURE_CASE);
              dealt.set_ticket_id(response.ticket_id());
              dealt.set_clue_id(response.clue_id());
              dealt.set_case_number(request.case_number());
              dealt.set_dealt_by(stamp.actor.id);
              dealt.set_on_time(work.now() < FromWireTime(work.thing().deal_due()));
            });
  for (auto& event : work.TakeEvents()) events.push_back(std::move(event));
  return Answered(std::move(events), std::move(response));
}

Outcome DecideReviewInspection(const State& state, const v1::ReviewInspectionRequest& request,
                               const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_DEALT});
  RequireOverseer(state, opened, stamp);
  if (opened.thing != nullptr) {
    const v1::Inspection& inspection = *opened.thing;
    if (Contains(inspection.officer_ids(), stamp.actor.id) || inspection.recorded_by() == stamp.actor.id ||
        inspection.dealt_by() == stamp.actor.id) {
      Refuse(opened.refusals, REASON_FOUR_EYES, opened.field);
    }
  }
  return OneStep<v1::ReviewInspectionResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto&) {
        work.Emit(&v1::Event::mutable_inspection_reviewed,
                  request.approved() ? v1::INSPECTION_STATE_REVIEWED : v1::INSPECTION_STATE_RECORDED,
                  [&](v1::InspectionReviewed& reviewed) {
                    reviewed.set_reviewed_by(stamp.actor.id);
                    reviewed.set_approved(request.approved());
                    if (request.approved()) return;
                    *reviewed.mutable_deal_due() =
                        work.rules().AfterWorkingDays(work.now(), work.policy().inspection_deal_wd());
                  });
      });
}

Outcome DecideCloseInspection(const State& state, const v1::CloseInspectionRequest& request,
                              const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_REVIEWED});
  RequireOverseer(state, opened, stamp);
  return OneStep<v1::CloseInspectionResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto&) {
        work.Emit(&v1::Event::mutable_inspection_closed, v1::INSPECTION_STATE_CLOSED,
                  [&](v1::InspectionClosed& closed) { closed.set_closed_by(stamp.actor.id); });
      });
}

}  // namespace sanyuan::three_member_interaction
