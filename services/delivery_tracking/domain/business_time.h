// Business time: dates and minutes of the day in Asia/Shanghai (UTC+8 without summer time since 1992), and
// working days by the published calendar. Dates are days since 1970-01-01, on the wire "YYYY-MM-DD".
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_BUSINESS_TIME_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_BUSINESS_TIME_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sanyuan::delivery_tracking {

using Date = int32_t;

// nullopt unless `text` is an existing day of the years 2000 to 2199.
std::optional<Date> ParseDate(std::string_view text);
std::string DateText(Date date);
// "20190806", as ids carry it.
std::string CompactDateText(Date date);
std::optional<Date> ParseCompactDate(std::string_view text);

Date DateAt(absl::Time time);
int32_t YearOf(Date date);
// REQUIRES: minute >= 0; 1440 is the next midnight.
absl::Time TimeAt(Date date, int32_t minute_of_day);
// Saturday or Sunday.
bool IsWeekend(Date date);
// The day that is `count` working days after `date`; `date` itself when count is 0.
Date AddWorkingDays(Date date, int32_t count, const std::function<bool(Date)>& is_working_day);

google::protobuf::Timestamp ToProto(absl::Time time);
// Cut to microseconds, as state keeps times.
absl::Time FromProto(const google::protobuf::Timestamp& time);
// Within the years 2000 to 2199, with 0 to 999,999,999 nanoseconds.
bool IsValidTime(const google::protobuf::Timestamp& time);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_BUSINESS_TIME_H_
