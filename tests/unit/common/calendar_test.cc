#include "common/clock/calendar.h"

#include <gtest/gtest.h>

#include <string>

namespace sanyuan {
namespace {

Date Day(const std::string& text) { return ParseDate(text).value(); }

std::vector<Date> Days(const std::string& first, int count) {
  std::vector<Date> days;
  for (int i = 0; i < count; ++i) days.push_back(Day(first) + i);
  return days;
}

std::vector<Date> Join(std::vector<std::vector<Date>> parts) {
  std::vector<Date> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

absl::Time At(const std::string& date, int hour, int minute = 0) {
  return AtMinute(Day(date), hour * 60 + minute);
}

// The notice of the State Council for 2019, with the extended May holiday.
class Calendar2019 : public ::testing::Test {
 protected:
  Calendar2019() {
    const absl::Status set = calendar_.SetYear(
        2019,
        Join({Days("2019-01-01", 1), Days("2019-02-04", 7), Days("2019-04-05", 3), Days("2019-05-01", 4),
              Days("2019-06-07", 3), Days("2019-09-13", 3), Days("2019-10-01", 7)}),
        {Day("2019-02-02"), Day("2019-02-03"), Day("2019-04-28"), Day("2019-05-05"), Day("2019-09-29"),
         Day("2019-10-12")});
    EXPECT_TRUE(set.ok()) << set;
  }

  WorkingCalendar calendar_;
  const std::vector<WorkingHours> hours_{{8 * 60 + 30, 12 * 60}, {14 * 60 + 30, 18 * 60}};
};

TEST_F(Calendar2019, WeekendBeforeSpringFestivalIsWorkedAndTheWeekAfterIsOff) {
  for (const char* worked : {"2019-02-02", "2019-02-03", "2019-02-11"}) {
    EXPECT_TRUE(calendar_.IsWorkingDay(Day(worked))) << worked;
  }
  for (const Date date : Days("2019-02-04", 7)) EXPECT_FALSE(calendar_.IsWorkingDay(date)) << DateText(date);
}

TEST_F(Calendar2019, MayHolidayOfFourDaysIsPaidForByTwoSundays) {
  EXPECT_TRUE(calendar_.IsWorkingDay(Day("2019-04-28")));
  EXPECT_TRUE(calendar_.IsWorkingDay(Day("2019-05-05")));
  for (const Date date : Days("2019-05-01", 4)) EXPECT_FALSE(calendar_.IsWorkingDay(date)) << DateText(date);
}

TEST_F(Calendar2019, OneWorkingDayBeforeTheOctoberHolidayIsAnAdjustedSunday) {
  EXPECT_EQ(calendar_.AddWorkingDays(Day("2019-09-30"), -1), Day("2019-09-29"));
  EXPECT_EQ(calendar_.AddWorkingDays(Day("2019-09-30"), 1), Day("2019-10-08"));
  EXPECT_EQ(calendar_.AddWorkingDays(Day("2019-10-11"), 1), Day("2019-10-12"));
}

TEST_F(Calendar2019, TheYearHasTwoHundredAndFiftyWorkingDays) {
  EXPECT_EQ(calendar_.WorkingDaysBetween(Day("2018-12-31"), Day("2019-12-31")), 250);
  EXPECT_EQ(calendar_.WorkingDaysBetween(Day("2019-12-31"), Day("2018-12-31")), -250);
}

TEST_F(Calendar2019, ThreeWorkingDaysFromTheLastFridayBeforeTheFestivalEndAfterIt) {
  // Saturday 2, Sunday 3 (both worked), Monday 11: ends at midnight after it.
  EXPECT_EQ(calendar_.DueAfterWorkingDays(At("2019-02-01", 9), 3), At("2019-02-12", 0));
}

TEST_F(Calendar2019, FourHoursOfWorkingTimeRunOverNoonAndNight) {
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-07-01", 9), 240, hours_), At("2019-07-01", 15, 30));
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-07-01", 17), 240, hours_), At("2019-07-02", 11, 30));
}

TEST_F(Calendar2019, WorkingTimeWaitsForTheWholeHolidayAndUsesTheAdjustedSunday) {
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-09-28", 12), 60, hours_), At("2019-09-29", 9, 30));
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-09-30", 17, 30), 60, hours_), At("2019-10-08", 9));
}

TEST_F(Calendar2019, ADeadlineAtTheEndOfAnIntervalIsThatEndAndNotTheNextMorning) {
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-07-01", 17), 60, hours_), At("2019-07-01", 18));
  EXPECT_EQ(calendar_.AddWorkingTime(At("2019-07-06", 17), 0, hours_), At("2019-07-06", 17));
}

TEST_F(Calendar2019, ANoticeThatWasMisreadChangesNothing) {
  EXPECT_FALSE(calendar_.SetYear(2019, {Day("2020-01-01")}, {}).ok());
  EXPECT_FALSE(calendar_.SetYear(2019, {}, {Day("2019-07-01")}).ok());
  EXPECT_FALSE(calendar_.SetYear(2019, {Day("2019-07-01"), Day("2019-07-01")}, {}).ok());
  EXPECT_FALSE(calendar_.SetYear(2019, {Day("2019-07-06")}, {Day("2019-07-06")}).ok());
  EXPECT_TRUE(calendar_.IsWorkingDay(Day("2019-02-02")));
}

TEST_F(Calendar2019, ARevisedNoticeReplacesItsYearAndNoOther) {
  ASSERT_TRUE(calendar_.SetYear(2020, {Day("2020-01-01")}, {}).ok());
  ASSERT_TRUE(calendar_.SetYear(2019, {Day("2019-01-01")}, {}).ok());
  EXPECT_FALSE(calendar_.IsWorkingDay(Day("2019-02-02")));
  EXPECT_FALSE(calendar_.IsWorkingDay(Day("2020-01-01")));
}

TEST(WorkingHoursTest, OverlappingEmptyAndOverlongHoursAreRefused) {
  EXPECT_FALSE(CheckWorkingHours({}).ok());
  EXPECT_FALSE(CheckWorkingHours({{600, 600}}).ok());
  EXPECT_FALSE(CheckWorkingHours({{480, 720}, {700, 900}}).ok());
  EXPECT_FALSE(CheckWorkingHours({{480, 1441}}).ok());
  EXPECT_TRUE(CheckWorkingHours({{480, 720}, {720, 1440}}).ok());
}

TEST(BusinessTime, TheBusinessDateBeginsAtSixteenHoursOfTheDayBeforeInUtc) {
  const absl::Time midnight = absl::FromCivil(absl::CivilSecond(2019, 7, 31, 16, 0, 0), absl::UTCTimeZone());
  EXPECT_EQ(BusinessDate(midnight), Day("2019-08-01"));
  EXPECT_EQ(BusinessDate(midnight - absl::Microseconds(1)), Day("2019-07-31"));
  EXPECT_EQ(StartOfDay(Day("2019-08-01")), midnight);
  EXPECT_EQ(MinuteOfDay(midnight - absl::Microseconds(1)), 1439);
}

TEST(BusinessTime, OnlyDaysThatExistAreDates) {
  for (const char* text : {"", "2019-02-29", "2019-13-01", "2019-00-10", "2019-1-01", "2019/01/01",
                           "19-01-01", "2019-01-01 ", "1970-01-01", "+019-01-01"}) {
    EXPECT_FALSE(ParseDate(text).has_value()) << text;
  }
  EXPECT_EQ(DateText(Day("2020-02-29")), "2020-02-29");
  EXPECT_EQ(IsoWeekday(Day("2019-07-01")), 1);
  EXPECT_EQ(IsoWeekday(Day("2019-07-07")), 7);
}

TEST(BusinessTime, DayNumbersAndTextsStandForEachOther) {
  EXPECT_EQ(DayNumberOf(""), 0);
  EXPECT_EQ(DayNumberText(0), "");
  EXPECT_EQ(DayNumberText(DayNumberOf("2019-07-01").value()), "2019-07-01");
  EXPECT_FALSE(DayNumberOf("yesterday").has_value());
}

}  // namespace
}  // namespace sanyuan
