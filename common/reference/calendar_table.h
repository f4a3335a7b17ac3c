// The working-day calendars that a context has read, folded into its own state, as PolicyTable does for policies.
// Thread safety: as its Store.
#ifndef SANYUAN_COMMON_REFERENCE_CALENDAR_TABLE_H_
#define SANYUAN_COMMON_REFERENCE_CALENDAR_TABLE_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/calendar.h"
#include "common/reference/refusals.h"
#include "common/state/table.h"
#include "sanyuan/registry/v1/calendar.pb.h"

namespace sanyuan::reference {

struct CalendarKey {
  int32_t year = 0;

  auto operator<=>(const CalendarKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.year); }
};

// Day numbers.
struct CalendarRow {
  int32_t revision = 0;
  std::vector<int32_t> days_off;
  std::vector<int32_t> days_worked;
  std::string document;

  static void Fields(auto& self, auto&& visit) {
    visit(self.revision, self.days_off, self.days_worked, self.document);
  }
};

registry::v1::Calendar CalendarOf(const CalendarKey& key, const CalendarRow& row);

// What about the calendar alone forbids to publish it.
Refusals CheckCalendar(const registry::v1::Calendar& calendar, const std::string& path);

class CalendarTable {
 public:
  using Rows = state::Table<CalendarKey, CalendarRow>;

  // Makes the table "calendars".
  CalendarTable(state::Store& store, state::Content content) : rows_(store, "calendars", content) {}

  // InvalidArgument when CheckCalendar would find something, or the revision is not later than the one held.
  absl::Status Add(const registry::v1::Calendar& calendar);
  // True when this calendar, or a later revision of its year, is there.
  bool Holds(const registry::v1::Calendar& calendar) const;

  // The calendar to count with. Made anew by each call (some ten microseconds), so that it follows the fold.
  WorkingCalendar Current() const;

  Rows& rows() { return rows_; }
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
};

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_CALENDAR_TABLE_H_
