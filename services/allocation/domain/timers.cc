#include "services/allocation/domain/timers.h"

namespace sanyuan::allocation {

void SetTimer(State& state, absl::Time due, TimerKind kind, County county, std::string id) {
  state.timers.Put({absl::ToUnixMicros(due), kind, county, std::move(id)}, {});
}

void ClearTimer(State& state, absl::Time due, TimerKind kind, County county, std::string id) {
  state.timers.Erase({absl::ToUnixMicros(due), kind, county, std::move(id)});
}

std::optional<TimerKey> FirstTimer(const State& state) {
  std::optional<TimerKey> first;
  state.timers.ForEachFrom({INT64_MIN, TimerKind::kAgreement, 0, ""}, [&](const TimerKey& key, const NoRow&) {
    first = key;
    return false;
  });
  return first;
}

}  // namespace sanyuan::allocation
