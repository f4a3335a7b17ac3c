// Virtual time. What happens in a round is a queue of events in the order of their time; those of one moment
// run in the order in which they were scheduled. Nothing waits, nothing runs at once with anything else.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_SCHEDULE_H_
#define SANYUAN_TESTS_SIMULATION_SCHEDULE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace sanyuan::simulation {

// Microseconds since the round began.
using Micros = int64_t;
inline constexpr Micros kMillisecond = 1000;
inline constexpr Micros kSecond = 1000 * kMillisecond;

class Schedule {
 public:
  using Action = std::function<void()>;

  Micros now() const { return now_; }
  // How many events have run.
  uint64_t steps() const { return steps_; }

  // A time that has passed means now.
  void At(Micros time, Action action) {
    events_.push_back({std::max(time, now_), next_++, std::move(action)});
    std::push_heap(events_.begin(), events_.end(), Later);
  }
  void After(Micros delay, Action action) { At(now_ + delay, std::move(action)); }

  // Runs the next event. False when there is none.
  bool Step() {
    if (events_.empty()) return false;
    std::pop_heap(events_.begin(), events_.end(), Later);
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.time;
    ++steps_;
    event.action();
    return true;
  }

 private:
  struct Event {
    Micros time;
    uint64_t number;
    Action action;
  };
  static bool Later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }

  std::vector<Event> events_;
  Micros now_ = 0;
  uint64_t next_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_SCHEDULE_H_
