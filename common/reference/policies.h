// Policies as values: what kind a version is, what the product starts with, what makes a version unfit to be
// published. Pure functions, any thread.
#ifndef SANYUAN_COMMON_REFERENCE_POLICIES_H_
#define SANYUAN_COMMON_REFERENCE_POLICIES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/clock/calendar.h"
#include "common/reference/refusals.h"
#include "sanyuan/registry/v1/policy.pb.h"

namespace sanyuan::reference {

// UNSPECIFIED when the version carries no parameters.
registry::v1::PolicyKind KindOf(const registry::v1::PolicyVersion& policy);

// The start policies: the documented start value of every number and the tables that go with them (ratios of
// classes 1 to 5, working hours, the formats of China, the six prohibitions). For tests, demonstrations and the
// shipped data; a decider never calls them, it takes what was published.
registry::v1::OrderingPolicy StartOrderingPolicy();
registry::v1::AllocationPolicy StartAllocationPolicy();
registry::v1::DeliveryPolicy StartDeliveryPolicy();
registry::v1::InteractionPolicy StartInteractionPolicy();
registry::v1::FormatPolicy StartFormatPolicy();
registry::v1::ConductPolicy StartConductPolicy();
// One version of each kind for all counties, named "ordering-<label>" and so on, in the order of PolicyKind.
std::vector<registry::v1::PolicyVersion> StartPolicies(const std::string& label, absl::Time effective_from);

// Everything about the version alone that forbids to publish it, each with its field path from `path` on.
Refusals CheckPolicy(const registry::v1::PolicyVersion& policy, const std::string& path);

// The policy's working hours in the calendar's form. REQUIRES: CheckPolicy found nothing.
std::vector<WorkingHours> WorkingHoursOf(const registry::v1::InteractionPolicy& policy);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_POLICIES_H_
