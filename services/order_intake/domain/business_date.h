// Business dates and months as numbers: 20190805 and 201908. Business time is Asia/Shanghai, eight hours ahead
// of UTC all year, whatever time zone a machine has. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_BUSINESS_DATE_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_BUSINESS_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sanyuan::order_intake {

using Day = int32_t;    // 20190805; 0 is before every day.
using Month = int32_t;  // 201908.

// From "2019-08-05"; nullopt unless it is a day of the years 1900 to 2999 in exactly this form.
std::optional<Day> ParseDay(std::string_view text);
// From "20190805".
std::optional<Day> ParseCompactDay(std::string_view text);
std::string DayText(Day day);

std::optional<Month> ParseMonth(std::string_view text);
std::string MonthText(Month month);
inline Month MonthOf(Day day) { return day / 100; }

// 00:00 of the day.
absl::Time StartOfDay(Day day);

// RFC 3339 in business time, to the second: "2019-08-04T23:59:59+08:00".
std::string TimeText(absl::Time time);

// Microseconds are kept, anything finer is cut off.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
// nullopt outside of the years that Timestamp allows.
std::optional<absl::Time> FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_BUSINESS_DATE_H_
