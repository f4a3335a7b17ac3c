// Deadlines are counted in working time by the published calendar; missing one is marked and decides nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClueDeadlines, AcceptingTakesFourHoursOfWorkingTimeAndHalfAnHourForGradeA) {
  ThreeMemberCounty county;
  county.Tick(AtTime("2019-08-09 17:00"));  // Friday.
  const std::string b = county.Report(kAccountManager);
  // One hour on Friday, three on Monday morning.
  EXPECT_EQ(When(county.clue(b).accept_due()), "2019-08-12 11:30");
  const std::string a = county.Report(kAccountManager, tmi::CLUE_GRADE_A);
  EXPECT_EQ(When(county.clue(a).accept_due()), "2019-08-09 17:30");
}

TEST(ClueDeadlines, AdjustedHolidaysCount) {
  ThreeMemberCounty county;
  county.PublishDaysOff({"2019-08-12"}, {"2019-08-10"});
  county.Tick(AtTime("2019-08-09 17:00"));
  const std::string id = county.Report(kAccountManager);
  EXPECT_EQ(When(county.clue(id).accept_due()), "2019-08-10 11:30");
  county.Accept(id);
  // Saturday, Tuesday, Wednesday.
  EXPECT_EQ(When(county.clue(id).verify_due()), "2019-08-15 00:00");
}

TEST(ClueDeadlines, VerifyingTakesADayThreeOrSevenWorkingDays) {
  ThreeMemberCounty county;
  EXPECT_EQ(When(county.clue(county.Verifying(tmi::CLUE_GRADE_A)).verify_due()), "2019-08-06 09:00");
  EXPECT_EQ(When(county.clue(county.Verifying(tmi::CLUE_GRADE_B)).verify_due()), "2019-08-09 00:00");
  EXPECT_EQ(When(county.clue(county.Verifying(tmi::CLUE_GRADE_C)).verify_due()), "2019-08-15 00:00");
}

TEST(ClueDeadlines, EachIsMarkedOnceAndDecidesNothing) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  county.Tick(AtTime("2019-08-05 15:29"));
  EXPECT_THAT(county.clue(id).overdue(), IsEmpty());
  county.Tick(AtTime("2019-08-30 12:00"));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_REPORTED);
  EXPECT_THAT(county.clue(id).overdue(), ElementsAre(tmi::CLUE_DEADLINE_ACCEPT));
  county.Accept(id);
  county.Assign(id);
  county.Start(id);
  county.Propose(id, tmi::CLUE_RESULT_TRUE);
  county.Tick(AtTime("2019-09-30 12:00"));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFYING);
  EXPECT_EQ(county.clue(id).result(), tmi::CLUE_RESULT_UNSPECIFIED);
  county.Approve(id, tmi::CLUE_RESULT_TRUE);
  county.Tick(AtTime("2019-10-30 12:00"));
  EXPECT_THAT(county.clue(id).overdue(),
              ElementsAre(tmi::CLUE_DEADLINE_ACCEPT, tmi::CLUE_DEADLINE_VERIFY, tmi::CLUE_DEADLINE_FEEDBACK));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFIED);
  EXPECT_EQ(county.domain().NextDue(), absl::InfiniteFuture());
}

TEST(ClueDeadlines, TheSecondLookIsCountedFromTheObjection) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_FALSE);
  county.Object(id);
  EXPECT_EQ(When(county.clue(id).second_check_due()), "2019-08-13 00:00");
  county.Tick(AtTime("2019-08-13 00:00"));
  EXPECT_THAT(county.clue(id).overdue(), ElementsAre(tmi::CLUE_DEADLINE_SECOND_CHECK));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_OBJECTED);
}

TEST(ClueDeadlines, ANewPolicyRulesWhatBeginsUnderIt) {
  ThreeMemberCounty county;
  const std::string before = county.Report(kAccountManager);
  county.PublishPolicy(
      "interaction-2019-08-06",
      [](registry::v1::InteractionPolicy& p) { p.set_clue_accept_working_minutes(60); },
      AtTime("2019-08-06 00:00"));
  county.Tick(AtTime("2019-08-06 09:00"));
  const std::string after = county.Report(kAccountManager);
  EXPECT_EQ(When(county.clue(before).accept_due()), "2019-08-05 15:30");
  EXPECT_EQ(When(county.clue(after).accept_due()), "2019-08-06 10:00");
  EXPECT_EQ(county.clue(after).policy_version(), "interaction-2019-08-06");
}

}  // namespace
}  // namespace sanyuan::testing
