#include "services/delivery_tracking/domain/business_time.h"

#include <fmt/format.h>

#include "absl/time/civil_time.h"

namespace sanyuan::delivery_tracking {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr int kFirstYear = 2000;
constexpr int kLastYear = 2199;

const absl::TimeZone& Shanghai() {
  static const absl::TimeZone zone = absl::FixedTimeZone(8 * 60 * 60);
  return zone;
}

absl::CivilDay DayOf(Date date) { return kEpoch + date; }

std::optional<int> Digits(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<Date> FromParts(std::string_view year, std::string_view month, std::string_view day) {
  const auto y = Digits(year);
  const auto m = Digits(month);
  const auto d = Digits(day);
  if (!y || !m || !d || *y < kFirstYear || *y > kLastYear) return std::nullopt;
  const absl::CivilDay civil(*y, *m, *d);
  if (civil.month() != *m || civil.day() != *d) return std::nullopt;
  return static_cast<Date>(civil - kEpoch);
}

}  // namespace

std::optional<Date> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  return FromParts(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2));
}

std::optional<Date> ParseCompactDate(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  return FromParts(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
}

std::string DateText(Date date) {
  const absl::CivilDay day = DayOf(date);
  return fmt::format("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
}

std::string CompactDateText(Date date) {
  const absl::CivilDay day = DayOf(date);
  return fmt::format("{:04}{:02}{:02}", day.year(), day.month(), day.day());
}

Date DateAt(absl::Time time) { return static_cast<Date>(absl::ToCivilDay(time, Shanghai()) - kEpoch); }

int32_t YearOf(Date date) { return static_cast<int32_t>(DayOf(date).year()); }

absl::Time TimeAt(Date date, int32_t minute_of_day) {
  return absl::FromCivil(DayOf(date), Shanghai()) + absl::Minutes(minute_of_day);
}

bool IsWeekend(Date date) {
  const absl::Weekday weekday = absl::GetWeekday(DayOf(date));
  return weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
}

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
  constexpr int64_t kFrom = 946'684'800;    // 2000-01-01
  constexpr int64_t kUntil = 7'258'118'400;  // 2200-01-01
  return time.seconds() >= kFrom && time.seconds() < kUntil && time.nanos() >= 0 && time.nanos() < 1'000'000'000;
}

}  // namespace sanyuan::delivery_tracking
