// Whether this process's wall clock may stamp decisions: a window that was closed too early or a deadline that was called
// expired can't be taken back. It is held against a clock that nobody here sets: that of the log, as it stamps what this
// instance writes, or without one (the embedded engine) the monotonic clock, counted from the start. In between, and while
// the log does not answer, the monotonic clock carries on what was heard last, so that a step is seen at the next look.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_HOST_CLOCK_GUARD_H_
#define SANYUAN_COMMON_HOST_CLOCK_GUARD_H_

#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace sanyuan::host {

// Time since the machine's start, with those in which it slept, as a time that is none of day.
absl::Time BootNow();

class ClockGuard {
 public:
  // Against the log's clock; until it was heard for the first time the clock is not trusted.
  ClockGuard() = default;
  // Against the monotonic clock: as right as it was at `wall`, when BootNow() gave `boot`.
  ClockGuard(absl::Time wall, absl::Time boot);

  // The log's clock stood at `appended_at` some time in the `took` before `boot`. What took longer than three seconds tells
  // too little and is passed over.
  void OnLanded(absl::Time appended_at, absl::Duration took, absl::Time boot);

  // Compares the wall clock with the other one now. Why it is not to be trusted: it is more than kClockTolerance off for
  // sure, or nothing was heard yet. Empty when it is to be trusted.
  std::string Look(absl::Time wall, absl::Time boot);

  // What the last look said, and by how much the clock was ahead (negative: behind); nullopt when nothing was heard yet.
  std::string trouble() const;
  std::optional<absl::Duration> skew() const;

 private:
  mutable std::mutex mutex_;
  const bool of_log_ = true;
  bool heard_ = false;
  // By how much the other clock is ahead of BootNow: at least this, and at most `slack_` more.
  absl::Duration ahead_ = absl::ZeroDuration();
  absl::Duration slack_ = absl::ZeroDuration();
  std::string trouble_;
  std::optional<absl::Duration> skew_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_CLOCK_GUARD_H_
