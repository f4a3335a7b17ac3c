// The working-day calendar: Monday to Friday, and what the State Council's yearly notice moves (adjusted
// holidays, tiaoxiu): weekdays that are off, Saturdays and Sundays that are worked. A year without a notice has
// plain weeks. Deadlines in working days and in working time are counted here and nowhere else.
//
// A value; const functions may be called from any thread.
#ifndef SANYUAN_COMMON_CLOCK_CALENDAR_H_
#define SANYUAN_COMMON_CLOCK_CALENDAR_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/business_time.h"

namespace sanyuan {

// Working hours of a working day: [from, to) in minutes after midnight.
struct WorkingHours {
  int32_t from_minute = 0;
  int32_t to_minute = 0;

  bool operator==(const WorkingHours&) const = default;
};

// InvalidArgument unless each interval has a length, they ascend, do not touch back and lie within one day.
// At least one is needed: otherwise no deadline in working time would ever come.
absl::Status CheckWorkingHours(const std::vector<WorkingHours>& hours);

class WorkingCalendar {
 public:
  // Replaces the year. Days off may name the weekends inside a holiday, as the notices do. InvalidArgument when
  // a date is of another year, is there twice, or is a worked day from Monday to Friday: the notice was misread,
  // and nothing is changed.
  absl::Status SetYear(int32_t year, const std::vector<Date>& days_off, const std::vector<Date>& days_worked);

  bool IsWorkingDay(Date date) const;
  // The first working day on or after `date`.
  Date WorkingDayFrom(Date date) const;
  // The `days`-th working day after `date` (0: `date` itself, whether it is one or not; negative: before).
  Date AddWorkingDays(Date date, int32_t days) const;
  // Working days in (from, to]; negative when `to` is earlier. REQUIRES: at most 200 years apart.
  int32_t WorkingDaysBetween(Date from, Date to) const;

  // When a deadline of `days` working days, counted from `start`, ends: at the end (24:00) of the `days`-th
  // working day after the date of `start`.
  absl::Time DueAfterWorkingDays(absl::Time start, int32_t days) const;
  // When `minutes` of working time have passed since `start`. Time outside working hours does not count; a
  // deadline that is reached exactly at the end of an interval ends there, not at the next morning.
  // REQUIRES: CheckWorkingHours(hours) is ok, minutes >= 0.
  absl::Time AddWorkingTime(absl::Time start, int32_t minutes, const std::vector<WorkingHours>& hours) const;

 private:
  std::map<Date, bool> moved_;  // true: worked.
};

}  // namespace sanyuan

#endif  // SANYUAN_COMMON_CLOCK_CALENDAR_H_
