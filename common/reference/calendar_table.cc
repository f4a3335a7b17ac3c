#include "common/reference/calendar_table.h"

#include <fmt/format.h>

#include "common/clock/business_time.h"
#include "common/state/table_rows.h"

namespace sanyuan::reference {
namespace {

namespace v1 = registry::v1;

constexpr int kMaxDays = 366;

std::vector<int32_t> NumbersOf(const google::protobuf::RepeatedPtrField<std::string>& days) {
  std::vector<int32_t> numbers;
  for (const std::string& day : days) numbers.push_back(DayNumber(ParseDate(day).value_or(Date(1970, 1, 1))));
  return numbers;
}

std::vector<Date> DatesOf(const std::vector<int32_t>& numbers) {
  std::vector<Date> dates;
  dates.reserve(numbers.size());
  for (const int32_t number : numbers) dates.push_back(DateOfDayNumber(number));
  return dates;
}

}  // namespace

v1::Calendar CalendarOf(const CalendarKey& key, const CalendarRow& row) {
  v1::Calendar calendar;
  calendar.set_year(key.year);
  calendar.set_revision(row.revision);
  for (const int32_t day : row.days_off) calendar.add_days_off(DayNumberText(day));
  for (const int32_t day : row.days_worked) calendar.add_days_worked(DayNumberText(day));
  calendar.set_document(row.document);
  return calendar;
}

Refusals CheckCalendar(const v1::Calendar& calendar, const std::string& path) {
  using common::v1::REASON_INVALID_FIELD;
  Refusals refusals;
  CheckRange(calendar.year(), 1990, 2199, path + ".year", refusals);
  CheckRange(calendar.revision(), 1, 1000, path + ".revision", refusals);
  CheckRange(calendar.days_off_size(), 0, kMaxDays, path + ".days_off", refusals);
  CheckRange(calendar.days_worked_size(), 0, kMaxDays, path + ".days_worked", refusals);
  if (calendar.document().size() > kMaxDocumentLength)
    Refuse(refusals, REASON_INVALID_FIELD, path + ".document");
  for (const auto& [days, name] :
       {std::pair(&calendar.days_off(), "days_off"), std::pair(&calendar.days_worked(), "days_worked")}) {
    for (int i = 0; i < days->size(); ++i) {
      if (!ParseDate(days->Get(i)))
        Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.{}[{}]", path, name, i));
    }
  }
  if (!refusals.empty()) return refusals;
  WorkingCalendar trial;
  const absl::Status set = trial.SetYear(calendar.year(), DatesOf(NumbersOf(calendar.days_off())),
                                         DatesOf(NumbersOf(calendar.days_worked())));
  if (!set.ok()) Refuse(refusals, REASON_INVALID_FIELD, path, std::string(set.message()));
  return refusals;
}

absl::Status CalendarTable::Add(const v1::Calendar& calendar) {
  if (!CheckCalendar(calendar, "calendar").empty())
    return absl::InvalidArgumentError("a calendar that is none");
  const CalendarRow* held = rows_.Find({calendar.year()});
  if (held != nullptr && held->revision >= calendar.revision()) {
    return absl::InvalidArgumentError(fmt::format("calendar of {} again", calendar.year()));
  }
  rows_.Put({calendar.year()}, {calendar.revision(), NumbersOf(calendar.days_off()),
                                NumbersOf(calendar.days_worked()), calendar.document()});
  return absl::OkStatus();
}

bool CalendarTable::Holds(const v1::Calendar& calendar) const {
  const CalendarRow* held = rows_.Find({calendar.year()});
  return held != nullptr && held->revision >= calendar.revision();
}

WorkingCalendar CalendarTable::Current() const {
  WorkingCalendar calendar;
  rows_.ForEach([&calendar](const CalendarKey& key, const CalendarRow& row) {
    // Add let nothing in that SetYear refuses.
    calendar.SetYear(key.year, DatesOf(row.days_off), DatesOf(row.days_worked)).IgnoreError();
  });
  return calendar;
}

}  // namespace sanyuan::reference

namespace sanyuan {
template class state::Table<reference::CalendarKey, reference::CalendarRow>;
}  // namespace sanyuan
