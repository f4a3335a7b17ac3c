#include "services/allocation/domain/window.h"

#include <algorithm>

#include "services/allocation/domain/allowance.h"
#include "services/allocation/domain/supply.h"
#include "services/allocation/domain/timers.h"

namespace sanyuan::allocation {
namespace {

constexpr absl::Duration kCompensateAfter = absl::Minutes(1);
constexpr absl::Duration kCloseAfter = absl::Hours(48);

bool SomebodyCouldTake(const State& state, const WindowKey& window) {
  bool found = false;
  state.window_supplies.ForEachFrom({window, Code()}, [&](const WindowSkuKey& key, const WindowSupply& row) {
    if (key.window() != window) return false;
    found = row.free > 0 && row.waiting > 0;
    return !found;
  });
  return found;
}

void Move(State& state, const WindowKey& window, TimerKind kind, int64_t& stored_us, int64_t due_us) {
  if (stored_us == due_us) return;
  const std::string id = WindowText(window);
  if (stored_us != 0) ClearTimer(state, absl::FromUnixMicros(stored_us), kind, window.county, id);
  if (due_us != 0) SetTimer(state, absl::FromUnixMicros(due_us), kind, window.county, id);
  stored_us = due_us;
}

}  // namespace

std::optional<RunKey> LastRun(const State& state, const WindowKey& window) {
  std::optional<RunKey> last;
  state.runs.ForEachFrom(RunKey(window, 0), [&](const RunKey& key, const Run&) {
    if (key.window() != window) return false;
    last = key;
    return true;
  });
  return last;
}

bool WindowClosed(const State& state, const WindowKey& window) {
  const Run* run = state.runs.Find(RunKey(window, 0));
  return run != nullptr && run->state == v1::RUN_STATE_CLOSED;
}

bool WindowAllocating(const State& state, const WindowKey& window) {
  const Run* run = state.runs.Find(RunKey(window, 0));
  return run != nullptr && run->state != v1::RUN_STATE_SCHEDULED;
}

void RefreshWindowTimers(State& state, const WindowKey& window, const Stamp& stamp) {
  const DueAt* known = state.window_timers.Find(window);
  DueAt due = known == nullptr ? DueAt{} : *known;
  const DueAt before = due;
  const std::optional<RunKey> last = LastRun(state, window);
  const bool settled = last && state.runs.Find(*last)->state == v1::RUN_STATE_PUBLISHED;
  int64_t compensate_us = 0;
  if (settled && SomebodyCouldTake(state, window)) {
    compensate_us =
        due.compensate_us != 0 ? due.compensate_us : absl::ToUnixMicros(stamp.decided_at + kCompensateAfter);
  }
  const int64_t close_us = settled ? absl::ToUnixMicros(DayStart(window.day) + kCloseAfter) : 0;
  Move(state, window, TimerKind::kCompensate, due.compensate_us, compensate_us);
  Move(state, window, TimerKind::kCloseWindow, due.close_us, close_us);
  if (due.compensate_us == before.compensate_us && due.close_us == before.close_us) return;
  if (due.compensate_us == 0 && due.close_us == 0) {
    state.window_timers.Erase(window);
  } else {
    state.window_timers.Put(window, due);
  }
}

Outcome FireCompensate(const State& state, const TimerKey& timer) {
  Outcome outcome;
  const WindowKey window = *ParseWindow(timer.id);
  const RunKey next(window, LastRun(state, window)->sequence + 1);
  auto* event = AddEvent(outcome).mutable_run_scheduled();
  event->set_run_id(RunText(next));
  event->set_window_id(timer.id);
  event->set_kind(v1::RUN_KIND_COMPENSATING);
  event->set_sequence(next.sequence);
  return outcome;
}

Outcome FireClose(const State& state, const TimerKey& timer) {
  Outcome outcome;
  AddEvent(outcome).mutable_run_closed()->set_window_id(timer.id);
  AddRoll(state, *ParseWindow(timer.id), outcome.events);
  return outcome;
}

absl::Status Evolve(State& state, const v1::WindowNoted& event, const Stamp& stamp) {
  const auto window = ParseWindow(event.window_id());
  if (!window) return Misfit("WindowNoted");
  state.windows.Put(*window, {event.occurrence(), event.occurrences(), TimeOf(event.opens_at()),
                              event.opened(), event.floating(), event.policy_version(),
                              event.tight_list_version(), event.ration_version()});
  if (!event.opened() || event.floating()) PlanOpening(state, *window, event.occurrences(), stamp);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::RunClosed& event, const Stamp& stamp) {
  const auto window = ParseWindow(event.window_id());
  if (!window) return Misfit("RunClosed");
  std::vector<RunKey> runs;
  state.runs.ForEachFrom(RunKey(*window, 0), [&](const RunKey& key, const Run&) {
    if (key.window() != *window) return false;
    runs.push_back(key);
    return true;
  });
  std::vector<RunLicenceKey> inputs;
  for (const RunKey& run : runs) {
    state.runs.Mutate(run).state = v1::RUN_STATE_CLOSED;
    // Nobody computes from them any more.
    state.inputs.ForEachFrom({run, Code()}, [&](const RunLicenceKey& key, const RunInput&) {
      if (key.run() != run) return false;
      inputs.push_back(key);
      return true;
    });
  }
  for (const RunLicenceKey& key : inputs) state.inputs.Erase(key);
  RefreshWindowTimers(state, *window, stamp);
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
