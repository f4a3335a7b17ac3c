#include "services/delivery_tracking/domain/business_time.h"

#include <fmt/format.h>

#include "common/clock/business_time.h"

namespace sanyuan::delivery_tracking {
namespace {

// Ids and policies of other centuries are mistakes of typing.
constexpr int kFirstYear = 2000;

}  // namespace

std::optional<Date> ParseDate(std::string_view text) {
  const auto date = sanyuan::ParseDate(text);
  if (!date || date->year() < kFirstYear) return std::nullopt;
  return DayNumber(*date);
}

std::optional<Date> ParseCompactDate(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  return ParseDate(fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)));
}

std::string DateText(Date date) { return sanyuan::DateText(DateOfDayNumber(date)); }

std::string CompactDateText(Date date) {
  const std::string dashed = DateText(date);
  return fmt::format("{}{}{}", dashed.substr(0, 4), dashed.substr(5, 2), dashed.substr(8, 2));
}

Date DateAt(absl::Time time) { return DayNumber(BusinessDate(time)); }

int32_t YearOf(Date date) { return static_cast<int32_t>(DateOfDayNumber(date).year()); }

absl::Time TimeAt(Date date, int32_t minute_of_day) { return AtMinute(DateOfDayNumber(date), minute_of_day); }

bool IsWeekend(Date date) { return IsoWeekday(DateOfDayNumber(date)) >= 6; }

Date AddWorkingDays(Date date, int32_t count, const std::function<bool(Date)>& is_working_day) {
  while (count > 0) {
    ++date;
    if (is_working_day(date)) --count;
  }
  return date;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp out;
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return out;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

bool IsValidTime(const google::protobuf::Timestamp& time) {
  constexpr int64_t kFrom = 946'684'800;     // 2000-01-01
  constexpr int64_t kUntil = 7'258'118'400;  // 2200-01-01
  return time.seconds() >= kFrom && time.seconds() < kUntil && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

}  // namespace sanyuan::delivery_tracking
