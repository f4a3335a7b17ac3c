#include "services/order_intake/domain/business_date.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"

namespace sanyuan::order_intake {
namespace {

absl::TimeZone BusinessZone() { return absl::FixedTimeZone(8 * 3600); }

std::optional<int32_t> Digits(std::string_view text) {
  int32_t number = 0;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

bool IsDay(int32_t number) {
  const int year = number / 10000, month = number / 100 % 100, day = number % 100;
  if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1) return false;
  const absl::CivilDay civil(year, month, day);
  return civil.month() == month && civil.day() == day;
}

}  // namespace

std::optional<Day> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  return ParseCompactDay(std::string(text.substr(0, 4)) + std::string(text.substr(5, 2)) +
                         std::string(text.substr(8)));
}

std::optional<Day> ParseCompactDay(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  const auto number = Digits(text);
  if (!number || !IsDay(*number)) return std::nullopt;
  return *number;
}

std::string DayText(Day day) {
  return fmt::format("{:04}-{:02}-{:02}", day / 10000, day / 100 % 100, day % 100);
}

std::optional<Month> ParseMonth(std::string_view text) {
  if (text.size() != 7) return std::nullopt;
  const auto day = ParseDay(std::string(text) + "-01");
  if (!day) return std::nullopt;
  return MonthOf(*day);
}

std::string MonthText(Month month) { return fmt::format("{:04}-{:02}", month / 100, month % 100); }

absl::Time StartOfDay(Day day) {
  return absl::FromCivil(absl::CivilDay(day / 10000, day / 100 % 100, day % 100), BusinessZone());
}

std::string TimeText(absl::Time time) {
  return std::string(absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", time, BusinessZone()));
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1000000, rest = micros % 1000000;
  if (rest < 0) {
    rest += 1000000;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

std::optional<absl::Time> FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  constexpr int64_t kFirst = -62135596800, kLast = 253402300799;  // Years 1 and 9999.
  if (timestamp.seconds() < kFirst || timestamp.seconds() > kLast) return std::nullopt;
  if (timestamp.nanos() < 0 || timestamp.nanos() > 999999999) return std::nullopt;
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1000);
}

}  // namespace sanyuan::order_intake
