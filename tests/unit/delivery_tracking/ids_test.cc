#include "services/delivery_tracking/domain/ids.h"

#include <gtest/gtest.h>

namespace sanyuan::delivery_tracking {
namespace {

TEST(Ids, CanBeReadAndWrittenBack) {
  const RunKey run{620121, *ParseDate("2019-08-06"), Code("R05"), 1};
  EXPECT_EQ(IdText(run), "620121-20190806-R05-1");
  EXPECT_EQ(ParseRunId(IdText(run)), run);
  EXPECT_EQ(IdText(StopOf(run, 12)), "620121-20190806-R05-1-0012");
  EXPECT_EQ(ParseStopId("620121-20190806-R05-1-0012"), StopOf(run, 12));
  EXPECT_EQ(StopOf(run, 12).run(), run);
}

TEST(Ids, RoutesMayHoldDashes) {
  const RunKey run{620121, *ParseDate("2019-08-06"), Code("620121-R-5"), 10};
  EXPECT_EQ(ParseRunId(IdText(run)), run);
  EXPECT_EQ(ParseStopId(IdText(StopOf(run, 12345))), StopOf(run, 12345));
}

TEST(Ids, OneThingHasOneName) {
  for (const char* text : {"", "620121", "620121-20190806-R05-01", "620121-20190806-R05-0",
                           "620121-20190806--1", "620121-20190231-R05-1", "620121-20190806-R05-",
                           "000000-20190806-R05-1", "620121-20190806-R05-9999999", "62012-20190806-R05-1"}) {
    EXPECT_FALSE(ParseRunId(text)) << text;
  }
  EXPECT_FALSE(ParseStopId("620121-20190806-R05-1-12"));
  EXPECT_FALSE(ParseStopId("620121-20190806-R05-1-0000"));
  EXPECT_FALSE(ParseRunId(620122, "620121-20190806-R05-1"));
}

TEST(BusinessTime, DaysBeginAtMidnightInShanghai) {
  const Date day = *ParseDate("2019-08-06");
  EXPECT_EQ(DateAt(absl::FromUnixSeconds(1565020800)), day);  // 2019-08-05T16:00:00Z
  EXPECT_EQ(DateAt(absl::FromUnixSeconds(1565020800 - 1)), day - 1);
  EXPECT_EQ(TimeAt(day, 0), absl::FromUnixSeconds(1565020800));
  EXPECT_EQ(DateText(day), "2019-08-06");
}

TEST(BusinessTime, OnlyExistingDaysAreRead) {
  for (const char* text :
       {"2019-02-29", "2019-13-01", "2019-1-1", "2019/08/06", "1999-01-01", "2019-08-0x", "2019-08-066"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
  EXPECT_TRUE(ParseDate("2020-02-29"));
}

TEST(BusinessTime, WorkingDaysSkipWhatTheCalendarSays) {
  const auto monday_to_friday = [](Date date) { return !IsWeekend(date); };
  EXPECT_EQ(AddWorkingDays(*ParseDate("2019-08-08"), 2, monday_to_friday), *ParseDate("2019-08-12"));
  EXPECT_EQ(AddWorkingDays(*ParseDate("2019-08-10"), 0, monday_to_friday), *ParseDate("2019-08-10"));
}

}  // namespace
}  // namespace sanyuan::delivery_tracking
