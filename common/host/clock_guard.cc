#include "common/host/clock_guard.h"

#include <fmt/format.h>

#include <ctime>

#include "common/partition/partition.h"

namespace sanyuan::host {
namespace {

constexpr absl::Duration kTooSlow = absl::Seconds(3);

std::string Seconds(absl::Duration duration) {
  return fmt::format("{:.1f} s", absl::ToDoubleSeconds(duration));
}

}  // namespace

absl::Time BootNow() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::UnixEpoch() + absl::DurationFromTimespec(now);
}

ClockGuard::ClockGuard(absl::Time wall, absl::Time boot)
    : of_log_(false), heard_(true), ahead_(wall - boot) {}

void ClockGuard::OnLanded(absl::Time appended_at, absl::Duration took, absl::Time boot) {
  if (took < absl::ZeroDuration() || took > kTooSlow) return;
  const std::lock_guard lock(mutex_);
  heard_ = true;
  ahead_ = appended_at - boot;
  slack_ = took;
}

std::string ClockGuard::Look(absl::Time wall, absl::Time boot) {
  const std::lock_guard lock(mutex_);
  if (!heard_) {
    trouble_ = "the clock was not compared with the log's yet";
    return trouble_;
  }
  const absl::Duration most = wall - boot - ahead_;
  const absl::Duration least = most - slack_;
  skew_ = least + slack_ / 2;
  trouble_.clear();
  const bool fast = least > partition::kClockTolerance;
  if (fast || most < -partition::kClockTolerance) {
    trouble_ = fmt::format(
        "the clock is wrong: {} {}", Seconds(fast ? least : -most),
        of_log_ ? (fast ? "ahead of the log's" : "behind the log's")
                : (fast ? "ahead of what has passed since the start; when it is right, start again"
                        : "behind what has passed since the start; when it is right, start again"));
  }
  return trouble_;
}

std::string ClockGuard::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::optional<absl::Duration> ClockGuard::skew() const {
  const std::lock_guard lock(mutex_);
  return skew_;
}

}  // namespace sanyuan::host
