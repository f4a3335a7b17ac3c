// Which allocation policy is in force for a county, and what its numbers say.
//
// Policies are the registry's, copied as far as allocation is judged by them. Of several in force the longest
// county prefix counts, and of these the latest. Without one, no floating management is in force: nothing can be
// agreed or opened, and windows hand out what is stated for them. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_POLICY_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_POLICY_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// Nullptr when none is in force at that time.
const Policy* PolicyAt(const State& state, County county, absl::Time time);
// The one that a month is judged by: in force at its start, or now when it has begun.
const Policy* PolicyOfMonth(const State& state, County county, MonthIndex month, absl::Time now);
// By its name; nullptr when unknown.
const Policy* PolicyNamed(const State& state, County county, const std::string& version);

Scale ScaleOf(v1::BusinessScale scale);
int64_t FloatOf(const Policy& policy, v1::BusinessScale scale);
// U of an agreed total (R94).
int64_t CeilingOf(const Policy& policy, int64_t agreed, v1::BusinessScale scale);
// Cumulative pacing ceilings (R26), one for each of `occurrences` (1 to 31). The season's weight of an occurrence
// is that of its part of the month: the month's days are shared out evenly.
std::vector<int64_t> PacingOf(const Policy& policy, MonthIndex month, int32_t occurrences, int64_t ceiling);
// The price class of a SKU on a day; empty when the registry does not say.
std::string PriceClassOf(const State& state, Code sku, DayNumber day);
// 1 for grades that the policy does not name.
int32_t WeightOf(const Policy& policy, int32_t grade);

absl::Status Evolve(State& state, const v1::PolicyNoted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::SkusNoted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RetailersNoted& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_POLICY_H_
