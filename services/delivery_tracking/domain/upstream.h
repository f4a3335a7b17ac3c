// What delivery tracking copies from the registry and from order intake, and how it looks things up in the
// copies. Each copy is decided as an event of its own journal, only when it differs from what was noted.
// Pure functions over the state they are given; no thread of their own.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"

namespace sanyuan::delivery_tracking {

inline constexpr std::string_view kRegistryTopic = "registry.journal";
inline constexpr std::string_view kReferenceTopic = "registry.reference.journal";
inline constexpr std::string_view kOrderIntakeTopic = "order_intake.journal";

// Decide what to note of one upstream event.
void Note(Decision& decision, const registry::v1::Event& event);
void Note(Decision& decision, const registry::v1::ReferenceEvent& event);
// Paid lines come into the pool; voided ones leave it, or the stop that they were planned for.
void Note(Decision& decision, const order_intake::v1::Event& event);

absl::Status Fold(Draft& draft, const v1::RetailerNoted& event);
absl::Status Fold(Draft& draft, const v1::StaffNoted& event);
absl::Status Fold(Draft& draft, const v1::RouteNoted& event);
absl::Status Fold(Draft& draft, const v1::DeliveryPolicyNoted& event);
absl::Status Fold(Draft& draft, const v1::CalendarNoted& event);
absl::Status Fold(Draft& draft, const v1::DeliverableLinesAdded& event);
absl::Status Fold(Draft& draft, const v1::DeliverableLinesWithdrawn& event);

struct PolicyInForce {
  const std::string* version;
  const Rules* rules;
};
// Of the policies for this county that have begun by `at`: longest county prefix, then latest beginning.
std::optional<PolicyInForce> PolicyFor(const Draft& draft, County county, absl::Time at);
// The rules that a run was planned under.
const Rules& RulesOf(const Draft& draft, const Run& run);

// `date` plus `count` working days by the published calendars; Monday to Friday in years without one.
Date AfterWorkingDays(const Draft& draft, Date date, int32_t count);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_
