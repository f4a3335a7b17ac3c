#include "common/clock/business_time.h"

#include <fmt/format.h>

#include "absl/strings/ascii.h"

namespace sanyuan {
namespace {

constexpr int kZoneSeconds = 8 * 3600;
constexpr int kFirstYear = 1971;
constexpr int kLastYear = 2199;

}  // namespace

absl::TimeZone BusinessZone() { return absl::FixedTimeZone(kZoneSeconds); }

Date BusinessDate(absl::Time time) { return absl::ToCivilDay(time, BusinessZone()); }

absl::Time StartOfDay(Date date) { return absl::FromCivil(date, BusinessZone()); }

int32_t MinuteOfDay(absl::Time time) {
  const absl::CivilMinute minute = absl::ToCivilMinute(time, BusinessZone());
  return minute.hour() * 60 + minute.minute();
}

absl::Time AtMinute(Date date, int32_t minute) { return StartOfDay(date) + absl::Minutes(minute); }

int32_t IsoWeekday(Date date) { return static_cast<int32_t>(absl::GetWeekday(date)) + 1; }

std::optional<Date> ParseDate(std::string_view text) {
  constexpr size_t kLength = 10;
  if (text.size() != kLength || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [text](size_t from, size_t count) -> int {
    int value = 0;
    for (const char c : text.substr(from, count)) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < kFirstYear || year > kLastYear || month < 1 || day < 1) return std::nullopt;
  const Date date(year, month, day);
  // CivilDay carries 2019-02-30 over to March: such a day does not exist.
  if (date.month() != month || date.day() != day) return std::nullopt;
  return date;
}

std::string DateText(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), date.month(), date.day());
}

int32_t DayNumber(Date date) { return static_cast<int32_t>(date - Date(1970, 1, 1)); }

Date DateOfDayNumber(int32_t number) { return Date(1970, 1, 1) + number; }

std::optional<int32_t> DayNumberOf(std::string_view text) {
  if (text.empty()) return 0;
  const std::optional<Date> date = ParseDate(text);
  if (!date) return std::nullopt;
  return DayNumber(*date);
}

std::string DayNumberText(int32_t number) {
  return number == 0 ? std::string() : DateText(DateOfDayNumber(number));
}

}  // namespace sanyuan
