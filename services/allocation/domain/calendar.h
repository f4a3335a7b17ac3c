// Months, order days and order windows as small integers, and their forms on the wire. Business time is
// Asia/Shanghai, which has kept UTC+8 without daylight saving since 1992.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_CALENDAR_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_CALENDAR_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/state/code.h"

namespace sanyuan::allocation {

// Months since year 0: 12 * year + month - 1. "2019-08" on the wire, 1970 to 9999.
using MonthIndex = int32_t;
std::optional<MonthIndex> ParseMonth(std::string_view text);
std::string MonthText(MonthIndex month);
MonthIndex MonthOf(absl::Time time);
// Midnight of its first day.
absl::Time MonthStart(MonthIndex month);
int DaysIn(MonthIndex month);

// 20190805 for 5 August 2019. "2019-08-05" on the wire.
using DayNumber = int32_t;
std::optional<DayNumber> ParseDay(std::string_view text);
DayNumber DayOf(MonthIndex month, int day_of_month);
absl::Time DayStart(DayNumber day);

// The order window of one order day: "620121-20190805-1" on the wire.
struct WindowKey {
  County county = 0;
  DayNumber day = 0;
  int32_t number = 0;

  auto operator<=>(const WindowKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.day, self.number); }
};
std::optional<WindowKey> ParseWindow(std::string_view text);
std::string WindowText(const WindowKey& window);
// The month whose allowance and supply the window uses: that of its order day.
MonthIndex MonthOf(const WindowKey& window);

// A run of a window: 0 is the window's own, then compensating ones. "620121-20190805-1-r0" on the wire.
struct RunKey {
  County county = 0;
  DayNumber day = 0;
  int32_t number = 0;
  int32_t sequence = 0;

  RunKey() = default;
  RunKey(const WindowKey& window, int32_t run)
      : county(window.county), day(window.day), number(window.number), sequence(run) {}
  WindowKey window() const { return {county, day, number}; }
  auto operator<=>(const RunKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.day, self.number, self.sequence); }
};
std::optional<RunKey> ParseRun(std::string_view text);
std::string RunText(const RunKey& run);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_CALENDAR_H_
