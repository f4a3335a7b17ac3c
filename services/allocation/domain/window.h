// Order windows as allocation knows them, and what time does to them after publication: compensating runs for
// cartons that became free, and the close.
//
// A compensating run is due a minute after a window has free cartons of a SKU that somebody still lacks, so that
// the failed payments of one deadline make one run and not hundreds. Two days after its order day the window is
// closed: no further runs, what is left over rolls on. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_WINDOW_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_WINDOW_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// The last run of a window; nullopt when it has none.
std::optional<RunKey> LastRun(const State& state, const WindowKey& window);
bool WindowClosed(const State& state, const WindowKey& window);
// Its own run has left SCHEDULED: its supply is set aside.
bool WindowAllocating(const State& state, const WindowKey& window);

// Sets the window's timers by what the state says now. Called by every fold that moves cartons or runs of it.
void RefreshWindowTimers(State& state, const WindowKey& window, const Stamp& stamp);

// REQUIRES: the first timer is of kind kCompensate (kCloseWindow) and due.
Outcome FireCompensate(const State& state, const TimerKey& timer);
Outcome FireClose(const State& state, const TimerKey& timer);

absl::Status Evolve(State& state, const v1::WindowNoted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunClosed& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_WINDOW_H_
