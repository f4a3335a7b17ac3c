// Copies of what the registry and allocation decided, as far as orders are judged by it. Order intake's state
// comes from its own events alone, so what it needs of others becomes an event of its own: a note. A fact that
// changes nothing here gives no note.
// Pure functions.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_NOTES_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_NOTES_H_

#include "absl/status/status.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

// The note as an event, or null when the state shows the same already or the fact is not well-formed.
partition::EventPtr Note(const State& state, const v1::CountyNoted& note);
partition::EventPtr Note(const State& state, const v1::RetailerNoted& note);
partition::EventPtr Note(const State& state, const v1::StaffDevicesNoted& note);
partition::EventPtr Note(const State& state, const v1::SkuNoted& note);
partition::EventPtr Note(const State& state, const v1::OrderingPolicyNoted& note);
partition::EventPtr Note(const State& state, const v1::AllocationPolicyNoted& note);
partition::EventPtr Note(const State& state, const v1::AllowanceNoted& note);
partition::EventPtr Note(const State& state, const v1::AllowancesCompleteNoted& note);
partition::EventPtr Note(const State& state, const v1::TightListNoted& note);
partition::EventPtr Note(const State& state, const v1::RationNoted& note);

absl::Status Evolve(State& state, const v1::CountyNoted& note);
absl::Status Evolve(State& state, const v1::RetailerNoted& note);
absl::Status Evolve(State& state, const v1::StaffDevicesNoted& note);
absl::Status Evolve(State& state, const v1::SkuNoted& note);
absl::Status Evolve(State& state, const v1::OrderingPolicyNoted& note);
absl::Status Evolve(State& state, const v1::AllocationPolicyNoted& note);
absl::Status Evolve(State& state, const v1::AllowanceNoted& note);
absl::Status Evolve(State& state, const v1::AllowancesCompleteNoted& note);
absl::Status Evolve(State& state, const v1::TightListNoted& note);
absl::Status Evolve(State& state, const v1::RationNoted& note);

// Forgets tight lists and rations of the county that no window can be judged by any more: those older than what
// the windows that are not closed froze, and than what a window that opens now would freeze.
void ForgetOldVersions(State& state, County county, absl::Time now);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_NOTES_H_
