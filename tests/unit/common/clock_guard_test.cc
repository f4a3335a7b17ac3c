#include "common/host/clock_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sanyuan::host {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kWall = absl::FromUnixSeconds(1'560'000'000);
const absl::Time kBoot = absl::UnixEpoch() + absl::Hours(5);
constexpr absl::Duration kNone = absl::ZeroDuration();

TEST(ClockGuard, IsNotTrustedBeforeTheLogsClockWasHeard) {
  ClockGuard guard;
  EXPECT_THAT(guard.Look(kWall, kBoot), HasSubstr("not compared with the log's yet"));
  EXPECT_EQ(guard.skew(), std::nullopt);
  guard.OnLanded(kWall, kNone, kBoot);
  EXPECT_THAT(guard.Look(kWall, kBoot), IsEmpty());
  EXPECT_EQ(guard.skew(), kNone);
}

TEST(ClockGuard, TwoSecondsOffAreBorneAndMoreAreNot) {
  for (const int sign : {1, -1}) {
    ClockGuard guard;
    guard.OnLanded(kWall, kNone, kBoot);
    EXPECT_THAT(guard.Look(kWall + sign * absl::Seconds(2), kBoot), IsEmpty());
    EXPECT_THAT(guard.Look(kWall + sign * absl::Milliseconds(2'001), kBoot),
                HasSubstr(sign > 0 ? "2.0 s ahead of the log's" : "2.0 s behind the log's"));
    EXPECT_EQ(guard.skew(), sign * absl::Milliseconds(2'001));
    EXPECT_EQ(guard.trouble(), guard.Look(kWall + sign * absl::Milliseconds(2'001), kBoot));
  }
}

// The log's clock was read some time in between, nobody knows when: it may have been read at once or last.
TEST(ClockGuard, HowLongARowTookIsForgivenOnTheSideOnWhichItMayExplainTheDifference) {
  ClockGuard guard;
  guard.OnLanded(kWall, absl::Seconds(1), kBoot);
  EXPECT_THAT(guard.Look(kWall + absl::Seconds(3), kBoot), IsEmpty());
  EXPECT_THAT(guard.Look(kWall + absl::Milliseconds(3'001), kBoot), HasSubstr("ahead"));
  EXPECT_THAT(guard.Look(kWall - absl::Seconds(2), kBoot), IsEmpty());
  EXPECT_THAT(guard.Look(kWall - absl::Milliseconds(2'001), kBoot), HasSubstr("behind"));
}

TEST(ClockGuard, ARowThatTookMoreThanThreeSecondsTellsNothing) {
  ClockGuard guard;
  guard.OnLanded(kWall, absl::Milliseconds(3'001), kBoot);
  EXPECT_EQ(guard.skew(), std::nullopt);
  EXPECT_THAT(guard.Look(kWall, kBoot), HasSubstr("not compared"));
  guard.OnLanded(kWall, absl::Seconds(3), kBoot);
  EXPECT_THAT(guard.Look(kWall, kBoot), IsEmpty());
  guard.OnLanded(kWall + absl::Hours(1), absl::Milliseconds(3'001), kBoot);
  EXPECT_THAT(guard.Look(kWall, kBoot), IsEmpty());
}

TEST(ClockGuard, WhileTheLogSaysNothingTheMonotonicClockCarriesItsClockOn) {
  ClockGuard guard;
  guard.OnLanded(kWall, kNone, kBoot);
  EXPECT_THAT(guard.Look(kWall + absl::Hours(1), kBoot + absl::Hours(1)), IsEmpty());
  EXPECT_THAT(guard.Look(kWall + absl::Hours(1), kBoot + absl::Hours(1) + absl::Seconds(5)),
              HasSubstr("5.0 s behind"));
}

TEST(ClockGuard, IsRightAgainWhenEitherOfTheTwoClocksIsSet) {
  ClockGuard guard;
  guard.OnLanded(kWall, kNone, kBoot);
  EXPECT_THAT(guard.Look(kWall + absl::Seconds(5), kBoot), HasSubstr("ahead"));
  EXPECT_THAT(guard.Look(kWall, kBoot), IsEmpty());
  EXPECT_THAT(guard.Look(kWall + absl::Seconds(5), kBoot), HasSubstr("ahead"));
  guard.OnLanded(kWall + absl::Seconds(5), kNone, kBoot);
  EXPECT_THAT(guard.Look(kWall + absl::Seconds(5), kBoot), IsEmpty());
  EXPECT_THAT(guard.trouble(), IsEmpty());
}

TEST(ClockGuard, WithoutALogsClockItIsHeldAgainstWhatHasPassedSinceTheStart) {
  ClockGuard guard(kWall, kBoot);
  EXPECT_THAT(guard.Look(kWall + absl::Hours(9), kBoot + absl::Hours(9)), IsEmpty());
  EXPECT_THAT(guard.Look(kWall + absl::Hours(9) + absl::Seconds(4), kBoot + absl::Hours(9)),
              HasSubstr("4.0 s ahead of what has passed since the start"));
  EXPECT_THAT(guard.Look(kWall + absl::Hours(9), kBoot + absl::Hours(9)), IsEmpty());
}

TEST(ClockGuard, TheOtherClockGoesOnBySecondsOfTheMachine) {
  const absl::Time first = BootNow();
  const absl::Time second = BootNow();
  EXPECT_LE(first, second);
  EXPECT_GT(first, absl::UnixEpoch());
}

}  // namespace
}  // namespace sanyuan::host
