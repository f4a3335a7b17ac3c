#include "services/allocation/domain/calendar.h"

#include <fmt/format.h>

#include "absl/strings/ascii.h"

namespace sanyuan::allocation {
namespace {

constexpr int kShanghaiSeconds = 8 * 3600;
constexpr int kFirstYear = 1970;

absl::TimeZone Shanghai() { return absl::FixedTimeZone(kShanghaiSeconds); }

// Exactly the digits of `text`, or nullopt.
std::optional<int32_t> Digits(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  int32_t value = 0;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<DayNumber> CheckedDay(int32_t number) {
  const int year = number / 10000;
  const int month = number / 100 % 100;
  const int day = number % 100;
  if (year < kFirstYear || year > 9999) return std::nullopt;
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) return std::nullopt;
  return number;
}

}  // namespace

std::optional<MonthIndex> ParseMonth(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5));
  if (!year || !month || *year < kFirstYear || *month < 1 || *month > 12) return std::nullopt;
  return *year * 12 + *month - 1;
}

std::string MonthText(MonthIndex month) { return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1); }

MonthIndex MonthOf(absl::Time time) {
  const absl::CivilMonth civil = absl::ToCivilMonth(time, Shanghai());
  return static_cast<MonthIndex>(civil.year() * 12 + civil.month() - 1);
}

absl::Time MonthStart(MonthIndex month) {
  return absl::FromCivil(absl::CivilMonth(month / 12, month % 12 + 1), Shanghai());
}

int DaysIn(MonthIndex month) {
  const absl::CivilMonth civil(month / 12, month % 12 + 1);
  return static_cast<int>(absl::CivilDay(civil + 1) - absl::CivilDay(civil));
}

std::optional<DayNumber> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  return CheckedDay(*year * 10000 + *month * 100 + *day);
}

DayNumber DayOf(MonthIndex month, int day_of_month) {
  return month / 12 * 10000 + (month % 12 + 1) * 100 + day_of_month;
}

absl::Time DayStart(DayNumber day) {
  return absl::FromCivil(absl::CivilDay(day / 10000, day / 100 % 100, day % 100), Shanghai());
}

std::optional<WindowKey> ParseWindow(std::string_view text) {
  constexpr size_t kNumberAt = 16;
  if (text.size() <= kNumberAt || text.size() > kNumberAt + 3 || text[6] != '-' || text[15] != '-')
    return std::nullopt;
  const auto county = CountyOfId(text);
  const auto day_digits = Digits(text.substr(7, 8));
  const auto day = day_digits ? CheckedDay(*day_digits) : std::nullopt;
  const auto number = Digits(text.substr(kNumberAt));
  if (!county || !day || !number || *number < 1 || text[kNumberAt] == '0') return std::nullopt;
  return WindowKey{*county, *day, *number};
}

std::string WindowText(const WindowKey& window) {
  return fmt::format("{:06}-{:08}-{}", window.county, window.day, window.number);
}

MonthIndex MonthOf(const WindowKey& window) { return window.day / 10000 * 12 + window.day / 100 % 100 - 1; }

std::optional<RunKey> ParseRun(std::string_view text) {
  const size_t dash = text.rfind("-r");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto window = ParseWindow(text.substr(0, dash));
  const auto sequence = Digits(text.substr(dash + 2));
  if (!window || !sequence || text.size() - dash > 8) return std::nullopt;
  const RunKey run(*window, *sequence);
  if (RunText(run) != text) return std::nullopt;
  return run;
}

std::string RunText(const RunKey& run) {
  return fmt::format("{}-r{}", WindowText(run.window()), run.sequence);
}

}  // namespace sanyuan::allocation
