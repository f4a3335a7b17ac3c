#include <algorithm>

#include "common/clock/business_time.h"
#include "services/three_member_interaction/domain/fold_thing.h"
#include "services/three_member_interaction/domain/inspection.h"

namespace sanyuan::three_member_interaction {
namespace {

bool IsMarked(const v1::Inspection& inspection, v1::InspectionDeadline deadline) {
  return std::find(inspection.overdue().begin(), inspection.overdue().end(), deadline) !=
         inspection.overdue().end();
}

void Unmark(v1::Inspection& inspection, v1::InspectionDeadline deadline) {
  auto& overdue = *inspection.mutable_overdue();
  overdue.erase(std::remove(overdue.begin(), overdue.end(), deadline), overdue.end());
}

void ApplyPlanned(v1::Inspection& inspection, const v1::InspectionPlanned& event, const Timestamp& at) {
  const v1::InspectionFacts& facts = event.inspection();
  inspection.set_inspection_id(facts.inspection_id());
  inspection.set_county_code(facts.county_code());
  inspection.set_plan_id(facts.plan_id());
  inspection.set_squad_id(facts.squad_id());
  inspection.set_licence(facts.licence());
  inspection.set_reason(event.reason());
  if (event.has_analysis()) *inspection.mutable_analysis() = event.analysis();
  inspection.set_unannounced(event.unannounced());
  inspection.set_unplanned(event.unplanned());
  inspection.set_planned_by(event.planned_by());
  *inspection.mutable_planned_at() = at;
  inspection.set_date(event.date());
  *inspection.mutable_record_due() = event.record_due();
}

void ApplyPostponed(v1::Inspection& inspection, const v1::InspectionPostponed& event) {
  inspection.set_postponements(inspection.postponements() + 1);
  inspection.set_postpone_reason(event.reason());
  inspection.set_date(event.date());
  *inspection.mutable_record_due() = event.record_due();
  inspection.clear_officer_ids();
  inspection.clear_dispatched_by();
  inspection.clear_dispatched_at();
  inspection.clear_check_ins();
}

void ApplyCheckIn(v1::Inspection& inspection, const v1::OfficerCheckIn& check_in) {
  auto& all = *inspection.mutable_check_ins();
  const auto place = std::lower_bound(all.begin(), all.end(), check_in.officer_id(),
                                      [](const v1::OfficerCheckIn& other, const std::string& officer) {
                                        return other.officer_id() < officer;
                                      });
  if (place != all.end() && place->officer_id() == check_in.officer_id()) {
    *place = check_in;
    return;
  }
  const auto index = static_cast<int>(place - all.begin());
  *all.Add() = check_in;
  for (int i = all.size() - 1; i > index; --i) all.SwapElements(i, i - 1);
}

void ApplyRecorded(v1::Inspection& inspection, const v1::InspectionRecorded& event) {
  inspection.set_result(event.result());
  *inspection.mutable_codes() = event.codes();
  *inspection.mutable_evidence_sha256() = event.evidence_sha256();
  if (event.has_finding()) *inspection.mutable_finding() = event.finding();
  *inspection.mutable_recorded() = event.time();
  inspection.set_recorded_by(event.recorded_by());
  inspection.set_recorded_on_time(event.on_time());
  if (event.has_deal_due()) *inspection.mutable_deal_due() = event.deal_due();
  // It was done in time and only came late.
  if (event.on_time()) Unmark(inspection, v1::INSPECTION_DEADLINE_RECORD);
}

void ApplyDealt(v1::Inspection& inspection, const v1::InspectionDealt& event, const Timestamp& at) {
  for (const int measure : event.measures()) {
    const auto& known = inspection.measures();
    if (std::find(known.begin(), known.end(), measure) == known.end()) {
      inspection.add_measures(static_cast<v1::InspectionMeasure>(measure));
    }
  }
  if (!event.ticket_id().empty()) inspection.add_ticket_ids(event.ticket_id());
  if (!event.clue_id().empty()) inspection.add_clue_ids(event.clue_id());
  if (!event.case_number().empty()) inspection.set_case_number(event.case_number());
  inspection.set_dealt_by(event.dealt_by());
  *inspection.mutable_dealt_at() = at;
  inspection.set_dealt_on_time(event.on_time());
}

void ApplyReviewed(v1::Inspection& inspection, const v1::InspectionReviewed& event, const Timestamp& at) {
  inspection.set_reviewed_by(event.reviewed_by());
  *inspection.mutable_reviewed_at() = at;
  if (event.approved()) return;
  inspection.set_returns(inspection.returns() + 1);
  *inspection.mutable_deal_due() = event.deal_due();
  Unmark(inspection, v1::INSPECTION_DEADLINE_DEAL);
}

}  // namespace

v1::InspectionFacts FactsOf(const v1::Inspection& inspection) {
  v1::InspectionFacts facts;
  facts.set_inspection_id(inspection.inspection_id());
  facts.set_county_code(inspection.county_code());
  facts.set_state(inspection.state());
  facts.set_plan_id(inspection.plan_id());
  facts.set_squad_id(inspection.squad_id());
  facts.set_licence(inspection.licence());
  facts.set_policy_version(inspection.policy_version());
  return facts;
}

v1::InspectionPlanFacts FactsOf(const v1::InspectionPlan& plan) {
  v1::InspectionPlanFacts facts;
  facts.set_plan_id(plan.plan_id());
  facts.set_county_code(plan.county_code());
  facts.set_squad_id(plan.squad_id());
  facts.set_month(plan.month());
  facts.set_state(plan.state());
  facts.set_policy_version(plan.policy_version());
  return facts;
}

const v1::InspectionFacts* InspectionFactsIn(const v1::Event& event) {
  return FactsFieldOf<v1::InspectionFacts>(event, "inspection");
}

const v1::InspectionPlanFacts* PlanFactsIn(const v1::Event& event) {
  return FactsFieldOf<v1::InspectionPlanFacts>(event, "plan");
}

void ApplyTo(v1::Inspection& inspection, const v1::Event& event, absl::Time decided_at) {
  const v1::InspectionFacts& facts = *InspectionFactsIn(event);
  const Timestamp at = ToWireTime(decided_at);
  inspection.set_state(facts.state());
  inspection.set_policy_version(facts.policy_version());
  switch (event.event_case()) {
    case v1::Event::kInspectionPlanned:
      ApplyPlanned(inspection, event.inspection_planned(), at);
      break;
    case v1::Event::kInspectionPostponed:
      ApplyPostponed(inspection, event.inspection_postponed());
      break;
    case v1::Event::kInspectionDispatched:
      *inspection.mutable_officer_ids() = event.inspection_dispatched().officer_ids();
      inspection.set_dispatched_by(event.inspection_dispatched().dispatched_by());
      *inspection.mutable_dispatched_at() = at;
      break;
    case v1::Event::kInspectionOfficerCheckedIn:
      ApplyCheckIn(inspection, event.inspection_officer_checked_in().check_in());
      break;
    case v1::Event::kInspectionStarted:
      *inspection.mutable_started() = event.inspection_started().time();
      inspection.set_started_by(event.inspection_started().started_by());
      *inspection.mutable_on_site_ids() = event.inspection_started().on_site_ids();
      break;
    case v1::Event::kInspectionRecorded:
      ApplyRecorded(inspection, event.inspection_recorded());
      break;
    case v1::Event::kInspectionDealt:
      ApplyDealt(inspection, event.inspection_dealt(), at);
      break;
    case v1::Event::kInspectionReviewed:
      ApplyReviewed(inspection, event.inspection_reviewed(), at);
      break;
    case v1::Event::kInspectionOverdue:
      inspection.add_overdue(event.inspection_overdue().deadline());
      break;
    case v1::Event::kInspectionClosed:
      inspection.set_closed_by(event.inspection_closed().closed_by());
      *inspection.mutable_closed_at() = at;
      break;
    default:
      break;
  }
}

void ApplyTo(v1::InspectionPlan& plan, const v1::Event& event, absl::Time /*decided_at*/) {
  const v1::InspectionPlanFacts& facts = *PlanFactsIn(event);
  plan.set_state(facts.state());
  plan.set_policy_version(facts.policy_version());
  if (event.has_inspection_plan_opened()) {
    plan.set_plan_id(facts.plan_id());
    plan.set_county_code(facts.county_code());
    plan.set_squad_id(facts.squad_id());
    plan.set_month(facts.month());
    *plan.mutable_freezes_at() = event.inspection_plan_opened().freezes_at();
  } else if (event.has_inspection_plan_changed()) {
    const v1::InspectionPlanChanged& changed = event.inspection_plan_changed();
    if (changed.change().kind() == v1::PLAN_CHANGE_KIND_ADDED) {
      plan.set_inspections(plan.inspections() + 1);
      if (changed.drawn()) plan.set_drawn(plan.drawn() + 1);
    }
    if (plan.state() == v1::INSPECTION_PLAN_STATE_FROZEN) *plan.add_changes() = changed.change();
  } else if (event.has_inspection_plan_frozen()) {
    plan.set_inspections_at_freeze(event.inspection_plan_frozen().inspections());
    plan.set_drawn_at_freeze(event.inspection_plan_frozen().drawn());
  }
}

std::optional<absl::Time> NextDueOf(const v1::Inspection& inspection) {
  const auto unless = [&](v1::InspectionDeadline deadline, const Timestamp& due) {
    return IsMarked(inspection, deadline) ? std::nullopt : std::optional(FromWireTime(due));
  };
  switch (inspection.state()) {
    case v1::INSPECTION_STATE_PLANNED:
    case v1::INSPECTION_STATE_DISPATCHED:
    case v1::INSPECTION_STATE_POSTPONED:
      return FromWireTime(inspection.record_due());
    case v1::INSPECTION_STATE_ON_SITE:
      return unless(v1::INSPECTION_DEADLINE_RECORD, inspection.record_due());
    case v1::INSPECTION_STATE_RECORDED:
      return unless(v1::INSPECTION_DEADLINE_DEAL, inspection.deal_due());
    default:
      return std::nullopt;
  }
}

std::optional<absl::Time> NextDueOf(const v1::InspectionPlan& plan) {
  if (plan.state() != v1::INSPECTION_PLAN_STATE_OPEN) return std::nullopt;
  return FromWireTime(plan.freezes_at());
}

absl::Status FoldInspectionEvent(State& state, const v1::Event& event, const Stamp& stamp) {
  const v1::InspectionFacts& facts = *InspectionFactsIn(event);
  absl::Status folded =
      FoldThing(state, state.inspections, &state.inspection_texts, Thing::kInspection, facts.county_code(),
                facts.inspection_id(), event.has_inspection_planned(), event, stamp);
  if (!folded.ok() || !event.has_inspection_planned()) return folded;
  const auto date = ParseDate(event.inspection_planned().date());
  const auto licence = Code::Parse(facts.licence());
  if (!date || !licence) return CantFold("InspectionPlanned");
  state.planned_shops.Put(
      {*CountyOfId(facts.county_code()), MonthNumber(*date), *licence, facts.inspection_id()}, {});
  return absl::OkStatus();
}

absl::Status FoldPlanEvent(State& state, const v1::Event& event, const Stamp& stamp) {
  const v1::InspectionPlanFacts& facts = *PlanFactsIn(event);
  return FoldThing<v1::InspectionPlan>(state, state.inspection_plans, nullptr, Thing::kPlan,
                                       facts.county_code(), facts.plan_id(),
                                       event.has_inspection_plan_opened(), event, stamp);
}

}  // namespace sanyuan::three_member_interaction
