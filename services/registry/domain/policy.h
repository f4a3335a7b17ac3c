// Publishing policies (R10, R30): versions follow each other in time and are never changed or taken back, so that
// every decision can be judged again by the version it names, and a change never reaches what is closed.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_POLICY_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_POLICY_H_

#include "absl/status/status.h"
#include "services/registry/domain/reference_state.h"

namespace sanyuan::registry {

// Refuses with INVALID_FIELD for each value out of range, ALREADY_EXISTS for a version that says something else,
// VERSION_NOT_NEXT unless it begins after every version of its kind and prefix, NOT_EFFECTIVE if it would begin
// in the past while there is an earlier one. The first version of a kind may begin in the past.
Outcome DecidePublishPolicy(const ReferenceState& state, const v1::PublishPolicyRequest& request,
                            const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::PolicyPublished& event, const Stamp& stamp);

// Revisions of a year count up from 1 (VERSION_NOT_NEXT); a revision leaves the days before today as they are
// (NOT_EFFECTIVE): deadlines were counted by them.
Outcome DecidePublishCalendar(const ReferenceState& state, const v1::PublishCalendarRequest& request,
                              const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::CalendarPublished& event, const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_POLICY_H_
