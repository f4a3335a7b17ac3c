#include "services/three_member_interaction/domain/inspection.h"

#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

void MarkOverdue(InspectionWork& work, v1::InspectionDeadline deadline, const Timestamp& due) {
  work.Emit(&v1::Event::mutable_inspection_overdue, work.thing().state(),
            [&](v1::InspectionOverdue& overdue) {
              overdue.set_deadline(deadline);
              *overdue.mutable_due() = due;
            });
}

}  // namespace

void OpenedInspection::RequireHead(const State& state, const Stamp& stamp) {
  if (thing == nullptr || IsHeadOf(state, *county, stamp.actor.id, thing->squad_id())) return;
  Refuse(refusals, common::v1::REASON_NOT_ASSIGNED_TO_CALLER, field);
}

Outcome FireInspectionTimer(const State& state, County county, const v1::Inspection& inspection,
                            const Stamp& stamp) {
  Outcome outcome;
  // Policies stay once they have begun, and the inspection was planned under one.
  const auto rules = RulesFor(state, county, stamp.decided_at);
  if (!rules) return outcome;
  InspectionWork work(inspection, *rules, stamp);
  switch (inspection.state()) {
    case v1::INSPECTION_STATE_PLANNED:
    case v1::INSPECTION_STATE_DISPATCHED:
    case v1::INSPECTION_STATE_POSTPONED:
      work.Emit(&v1::Event::mutable_inspection_missed, v1::INSPECTION_STATE_MISSED,
                [](v1::InspectionMissed&) {});
      break;
    case v1::INSPECTION_STATE_ON_SITE:
      MarkOverdue(work, v1::INSPECTION_DEADLINE_RECORD, inspection.record_due());
      break;
    case v1::INSPECTION_STATE_RECORDED:
      MarkOverdue(work, v1::INSPECTION_DEADLINE_DEAL, inspection.deal_due());
      break;
    default:
      break;
  }
  outcome.events = work.TakeEvents();
  return outcome;
}

}  // namespace sanyuan::three_member_interaction
