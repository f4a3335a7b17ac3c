// Business dates: calendar days in Asia/Shanghai. China has one time zone without daylight saving since 1992,
// so business time is UTC+8 by arithmetic and no time zone database is needed: every machine, and every replay
// of an old journal, gives the same day.
//
// On the wire a date is "YYYY-MM-DD" and a month "YYYY-MM". In folded state a date is its day number since
// 1970-01-01 (DayNumber), 0 standing for "not set". Pure functions, any thread.
#ifndef SANYUAN_COMMON_CLOCK_BUSINESS_TIME_H_
#define SANYUAN_COMMON_CLOCK_BUSINESS_TIME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace sanyuan {

using Date = absl::CivilDay;

absl::TimeZone BusinessZone();

// The business date of a moment, and the moment that a business date begins.
Date BusinessDate(absl::Time time);
absl::Time StartOfDay(Date date);
// Minutes after midnight of the business date, 0 to 1439.
int32_t MinuteOfDay(absl::Time time);
// The moment `minute` minutes after the date's midnight. REQUIRES: 0 <= minute; 1440 is the next midnight.
absl::Time AtMinute(Date date, int32_t minute);
// ISO: 1 Monday to 7 Sunday.
int32_t IsoWeekday(Date date);

// nullopt unless the text is exactly "YYYY-MM-DD", a day that exists, of the years 1971 to 2199.
std::optional<Date> ParseDate(std::string_view text);
std::string DateText(Date date);

// Days since 1970-01-01; positive for every date that ParseDate gives.
int32_t DayNumber(Date date);
Date DateOfDayNumber(int32_t number);
// "" and 0 stand for each other. DayNumberOf is nullopt when the text is neither empty nor a date.
std::optional<int32_t> DayNumberOf(std::string_view text);
std::string DayNumberText(int32_t number);

}  // namespace sanyuan

#endif  // SANYUAN_COMMON_CLOCK_BUSINESS_TIME_H_
