#include "common/clock/calendar.h"

#include <fmt/format.h>

#include <algorithm>

namespace sanyuan {
namespace {

constexpr int32_t kMinutesOfDay = 24 * 60;

bool IsWeekend(Date date) { return IsoWeekday(date) >= 6; }

}  // namespace

absl::Status CheckWorkingHours(const std::vector<WorkingHours>& hours) {
  if (hours.empty()) return absl::InvalidArgumentError("no working hours");
  int32_t last = 0;
  for (const WorkingHours& interval : hours) {
    if (interval.from_minute < last || interval.to_minute <= interval.from_minute ||
        interval.to_minute > kMinutesOfDay) {
      return absl::InvalidArgumentError(
          fmt::format("working hours {} to {}", interval.from_minute, interval.to_minute));
    }
    last = interval.to_minute;
  }
  return absl::OkStatus();
}

absl::Status WorkingCalendar::SetYear(int32_t year, const std::vector<Date>& days_off,
                                      const std::vector<Date>& days_worked) {
  std::map<Date, bool> moved;
  for (const bool worked : {false, true}) {
    for (const Date date : worked ? days_worked : days_off) {
      if (date.year() != year || (worked && !IsWeekend(date)) || !moved.emplace(date, worked).second) {
        return absl::InvalidArgumentError(fmt::format("{} is no {} of {}", DateText(date),
                                                      worked ? "worked weekend day" : "day off", year));
      }
    }
  }
  std::erase_if(moved_, [year](const auto& entry) { return entry.first.year() == year; });
  moved_.merge(moved);
  return absl::OkStatus();
}

bool WorkingCalendar::IsWorkingDay(Date date) const {
  const auto it = moved_.find(date);
  return it != moved_.end() ? it->second : !IsWeekend(date);
}

Date WorkingCalendar::WorkingDayFrom(Date date) const {
  while (!IsWorkingDay(date)) ++date;
  return date;
}

Date WorkingCalendar::AddWorkingDays(Date date, int32_t days) const {
  const int step = days < 0 ? -1 : 1;
  while (days != 0) {
    date += step;
    if (IsWorkingDay(date)) days -= step;
  }
  return date;
}

int32_t WorkingCalendar::WorkingDaysBetween(Date from, Date to) const {
  if (to < from) return -WorkingDaysBetween(to, from);
  int32_t days = 0;
  for (Date date = from; date < to;) {
    if (IsWorkingDay(++date)) ++days;
  }
  return days;
}

absl::Time WorkingCalendar::DueAfterWorkingDays(absl::Time start, int32_t days) const {
  return StartOfDay(AddWorkingDays(BusinessDate(start), days) + 1);
}

absl::Time WorkingCalendar::AddWorkingTime(absl::Time start, int32_t minutes,
                                           const std::vector<WorkingHours>& hours) const {
  absl::Duration left = absl::Minutes(minutes);
  absl::Time now = start;
  if (left <= absl::ZeroDuration()) return now;
  for (Date date = BusinessDate(start);; date = WorkingDayFrom(date + 1)) {
    if (!IsWorkingDay(date)) continue;
    for (const WorkingHours& interval : hours) {
      const absl::Time from = std::max(now, AtMinute(date, interval.from_minute));
      const absl::Time to = AtMinute(date, interval.to_minute);
      if (from >= to) continue;
      if (to - from >= left) return from + left;
      left -= to - from;
    }
  }
}

}  // namespace sanyuan
