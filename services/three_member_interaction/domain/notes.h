// What this context copies from the registry and from the reference journal, each as an event of its own journal
// and only when it differs from what was noted. Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_NOTES_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_NOTES_H_

#include "absl/status/status.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

// nullptr: nothing to note. Interaction policies and calendars.
partition::EventPtr Note(const State& state, const registry::v1::ReferenceEvent& event);
// Shops (route, account manager, measured place, supervision) and staff (role, unit, relatives' licences).
partition::EventPtr Note(const State& state, const registry::v1::Event& event);

absl::Status Fold(State& state, const v1::PolicyNoted& event);
absl::Status Fold(State& state, const v1::CalendarNoted& event);
absl::Status Fold(State& state, const v1::RetailerNoted& event);
absl::Status Fold(State& state, const v1::StaffNoted& event);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_NOTES_H_
