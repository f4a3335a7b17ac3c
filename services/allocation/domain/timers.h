// What has to happen at a time: one row for each timer, ordered by due time, so the earliest is found at once.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIMERS_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIMERS_H_

#include <optional>

#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

void SetTimer(State& state, absl::Time due, TimerKind kind, County county, std::string id);
void ClearTimer(State& state, absl::Time due, TimerKind kind, County county, std::string id);
std::optional<TimerKey> FirstTimer(const State& state);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIMERS_H_
