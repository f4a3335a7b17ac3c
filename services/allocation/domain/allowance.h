// The month's allowances (R26, R94): a ceiling U for each licence with an agreement, and cumulative pacing
// ceilings for the month's order windows. They are opened licence by licence in pages, then the marker
// AllowancesOpened tells order intake "not yet" from "none". What is agreed later gets its allowance singly.
//
// There is no lower limit. An allowance changes inside its month only by an adjustment that two people of the
// supply side sign (never an account manager, marketing manager, inspector or delivery staff: invariant 21);
// all reliefs of a month stay within the reserve's share of what was agreed. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOWANCE_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOWANCE_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

Outcome DecideOpenMonth(const State& state, const v1::OpenMonthRequest& request, const Stamp& stamp);
Outcome DecideProposeAdjustment(const State& state, const v1::ProposeAdjustmentRequest& request,
                                const Stamp& stamp);
Outcome DecideApproveAdjustment(const State& state, const v1::ApproveAdjustmentRequest& request,
                                const Stamp& stamp);

// A month with a scheduled window whose time has come. REQUIRES: the first timer is of kind kOpenMonth and due.
Outcome FireOpenMonth(const State& state, const TimerKey& timer, const Stamp& stamp);
// The next page of an opening, at most about 300 KiB. REQUIRES: the first timer is of kind kOpeningPage and due.
Outcome FireOpeningPage(const State& state, const TimerKey& timer, const Stamp& stamp);

// Allowances of the months that the agreement covers and that are open already, where there is none yet.
void AddAllowancesOfOpenMonths(const State& state, const IdKey& key, const Agreement& row, const Stamp& stamp,
                               std::vector<partition::EventPtr>& events);
// A window of the month was scheduled: the month opens by itself, some days before it begins.
void PlanOpening(State& state, const WindowKey& window, int32_t occurrences, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::MonthOpeningStarted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllowanceOpened& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllowancesOpened& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AdjustmentProposed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllowanceAdjusted& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOWANCE_H_
