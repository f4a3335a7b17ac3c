// The folded copies of what other contexts have said, and how they are looked up: which policy judges, which
// day is a working day.
// Pure functions over the state that they are given.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

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

// The rows that these events are folded to.
Retailer RowOf(const v1::RetailerNoted& noted);
Staff RowOf(const v1::StaffNoted& noted);
Route RowOf(const v1::RouteNoted& noted);

absl::Status Fold(Draft& draft, const v1::RetailerNoted& event);
absl::Status Fold(Draft& draft, const v1::StaffNoted& event);
absl::Status Fold(Draft& draft, const v1::RouteNoted& event);
absl::Status Fold(Draft& draft, const v1::DeliveryPolicyNoted& event);
absl::Status Fold(Draft& draft, const v1::CalendarNoted& event);
absl::Status Fold(Draft& draft, const v1::DeliverableLinesAdded& event);
absl::Status Fold(Draft& draft, const v1::DeliverableLinesWithdrawn& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_H_
