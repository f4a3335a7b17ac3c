// Inspections (R58) as the state has them: a squad plans, officers go together, record and deal, somebody else looks
// it over. Planning is inspection_plan.h, the visit inspection_visit.h, what comes of it inspection_outcome.h.
// Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_H_

#include "services/three_member_interaction/domain/thing_work.h"

namespace sanyuan::three_member_interaction {

// Of an event about an inspection or a plan; nullptr of all others.
const v1::InspectionFacts* InspectionFactsIn(const v1::Event& event);
const v1::InspectionPlanFacts* PlanFactsIn(const v1::Event& event);
// REQUIRES: the facts are there.
absl::Status FoldInspectionEvent(State& state, const v1::Event& event, const Stamp& stamp);
absl::Status FoldPlanEvent(State& state, const v1::Event& event, const Stamp& stamp);

struct OpenedInspection : OpenedThing<v1::Inspection> {
  // NOT_ASSIGNED_TO_CALLER unless the caller is head of the squad.
  void RequireHead(const State& state, const Stamp& stamp);
};

// INSPECTION_UNKNOWN when there is none.
template <typename Request>
OpenedInspection OpenInspection(const State& state, const Request& request) {
  OpenedInspection opened;
  opened.field = "inspection_id";
  opened.county = CheckCounty(request.county_code(), opened.refusals);
  if (!opened.county) return opened;
  opened.thing = FindThing(state.inspections, *opened.county, request.inspection_id());
  if (opened.thing == nullptr) {
    Refuse(opened.refusals, common::v1::REASON_INSPECTION_UNKNOWN, opened.field, request.inspection_id());
  }
  return opened;
}

// Nobody came: missed. Recorded or dealt with late: marked. Nothing is decided by a deadline.
Outcome FireInspectionTimer(const State& state, County county, const v1::Inspection& inspection,
                            const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_INSPECTION_H_
