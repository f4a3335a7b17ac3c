// Every clue gets feedback; the reporter may object, and another squad looks again (R57, R62).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void LookAgain(ThreeMemberCounty& county, const std::string& id, tmi::ClueResult result) {
  EXPECT_THAT(county.SecondCheck(id).refusals, IsEmpty());
  EXPECT_THAT(county.Start(id, {"I4", "I5"}).refusals, IsEmpty());
  EXPECT_THAT(county.Propose(id, result, "I4").refusals, IsEmpty());
  EXPECT_THAT(county.Approve(id, result, ThreeMemberCounty::Inspector("I5")).refusals, IsEmpty());
}

TEST(ClueAnswer, FeedbackIsSentByWhoLookedIntoItAndAcknowledgedByTheReporter) {
  ThreeMemberCounty county;
  const std::string id = county.Verified(tmi::CLUE_RESULT_TRUE);
  EXPECT_THAT(ReasonsOf(county.Feedback(id, "I4")), ElementsAre("NOT_ASSIGNED_TO_CALLER clue_id"));
  EXPECT_THAT(county.Feedback(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_FEEDBACK_SENT);
  EXPECT_THAT(ReasonsOf(county.Acknowledge(id, {"D1", common::v1::ROLE_DELIVERY_STAFF})),
              ElementsAre("CLUE_UNKNOWN clue_id"));
  const auto outcome = county.Acknowledge(id);
  ASSERT_EQ(outcome.events.size(), 2U);
  EXPECT_TRUE(static_cast<const tmi::Event&>(*outcome.events[0]).has_clue_feedback_acknowledged());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(county.clue(id).closing(), tmi::CLUE_CLOSING_ACKNOWLEDGED);
}

TEST(ClueAnswer, SilenceClosesWithAMarkAndTheVerdictStays) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_FALSE);
  county.Tick(AtTime("2019-08-08 23:59"));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_FEEDBACK_SENT);
  county.Tick(AtTime("2019-08-09 00:00"));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(county.clue(id).closing(), tmi::CLUE_CLOSING_UNANSWERED);
  EXPECT_EQ(county.clue(id).result(), tmi::CLUE_RESULT_FALSE);
}

TEST(ClueAnswer, AnUnansweredClueMayBeObjectedToInTime) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_FALSE);
  county.Tick(AtTime("2019-08-12 12:00"));
  EXPECT_THAT(county.Object(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_OBJECTED);
  ThreeMemberCounty late;
  const std::string other = late.FedBack(tmi::CLUE_RESULT_FALSE);
  late.Tick(AtTime("2019-08-13 00:01"));
  EXPECT_THAT(ReasonsOf(late.Object(other)), ElementsAre("OBJECTION_LATE clue_id"));
}

TEST(ClueAnswer, AnAcknowledgedClueIsNotObjectedTo) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_FALSE);
  county.Acknowledge(id);
  EXPECT_THAT(ReasonsOf(county.Object(id)), ElementsAre("WRONG_STATE clue_id"));
}

TEST(ClueAnswer, AnotherSquadLooksAgainAndItsResultEndsIt) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_FALSE);
  county.Object(id);
  EXPECT_THAT(ReasonsOf(county.SecondCheck(id, "SQ1")), ElementsAre("SQUAD_NOT_ALLOWED squad_id"));
  LookAgain(county, id, tmi::CLUE_RESULT_TRUE);
  const tmi::Clue& clue = county.clue(id);
  EXPECT_EQ(clue.state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(clue.closing(), tmi::CLUE_CLOSING_SECOND_CHECK);
  EXPECT_EQ(clue.first().result(), tmi::CLUE_RESULT_FALSE);
  EXPECT_EQ(clue.second().result(), tmi::CLUE_RESULT_TRUE);
  EXPECT_EQ(clue.result(), tmi::CLUE_RESULT_TRUE);
  EXPECT_THAT(ReasonsOf(county.Object(id)), ElementsAre("WRONG_STATE clue_id"));
}

TEST(ClueAnswer, EveryClueOfGradeAIsLookedAtAgain) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_TRUE, tmi::CLUE_GRADE_A);
  county.Acknowledge(id);
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_SECOND_CHECK);
  EXPECT_EQ(county.clue(id).second_check_cause(), tmi::SECOND_CHECK_CAUSE_DRAW);
  LookAgain(county, id, tmi::CLUE_RESULT_TRUE);
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_CLOSED);
}

TEST(ClueAnswer, OfTheOthersAShareOfTheDoubtfulIsDrawn) {
  ThreeMemberCounty county(false);
  county.PublishPolicy(
      "half", [](registry::v1::InteractionPolicy& policy) { policy.set_clue_second_check_other_bp(5000); });
  int drawn = 0;
  for (int i = 0; i < 40; ++i) {
    drawn += county.clue(county.Verified(tmi::CLUE_RESULT_FALSE)).second_check_drawn() ? 1 : 0;
    EXPECT_FALSE(county.clue(county.Verified(tmi::CLUE_RESULT_TRUE)).second_check_drawn());
  }
  EXPECT_GT(drawn, 8);
  EXPECT_LT(drawn, 32);
}

TEST(ClueAnswer, FeedbackNamesTheDuplicatesAndTheyHaveNoVerdictOfTheirOwn) {
  ThreeMemberCounty county;
  const std::string first = county.Verifying();
  const std::string second = county.Report({ThreeMemberCounty::Shop(3), common::v1::ROLE_RETAILER});
  county.Duplicate(second, first);
  county.Propose(first, tmi::CLUE_RESULT_TRUE);
  county.Approve(first, tmi::CLUE_RESULT_TRUE);
  const auto outcome = county.Feedback(first);
  const auto& sent = static_cast<const tmi::Event&>(*outcome.events.at(0)).clue_feedback_sent();
  EXPECT_THAT(sent.duplicate_clue_ids(), ElementsAre(second));
  EXPECT_EQ(county.clue(second).result(), tmi::CLUE_RESULT_UNSPECIFIED);
}

TEST(ClueAnswer, ACaseIsOpenedOnATrueClueOrAgainstADeliberatelyFalseOne) {
  ThreeMemberCounty county;
  const std::string yes = county.Verified(tmi::CLUE_RESULT_TRUE);
  EXPECT_THAT(ReasonsOf(county.OpenCase(yes, tmi::CASE_GROUND_DELIBERATELY_FALSE)),
              ElementsAre("WRONG_STATE ground"));
  EXPECT_THAT(county.OpenCase(yes, tmi::CASE_GROUND_VIOLATION).refusals, IsEmpty());
  EXPECT_EQ(county.clue(yes).case_number(), "YD-2019-7");
  EXPECT_THAT(ReasonsOf(county.OpenCase(yes, tmi::CASE_GROUND_VIOLATION)),
              ElementsAre("ALREADY_EXISTS case_number"));
  const std::string no = county.FedBack(tmi::CLUE_RESULT_FALSE);
  EXPECT_THAT(ReasonsOf(county.OpenCase(no, tmi::CASE_GROUND_DELIBERATELY_FALSE)),
              ElementsAre("WRONG_STATE ground"));
  county.Acknowledge(no);
  EXPECT_THAT(county.OpenCase(no, tmi::CASE_GROUND_DELIBERATELY_FALSE).refusals, IsEmpty());
}

TEST(ClueAnswer, AnAccountManagerWhoOpensACaseIsRefusedAndRecorded) {
  ThreeMemberCounty county;
  const std::string id = county.Verified(tmi::CLUE_RESULT_TRUE);
  const auto outcome = county.OpenCase(id, tmi::CASE_GROUND_VIOLATION, kAccountManager);
  EXPECT_THAT(ReasonsOf(outcome), ElementsAre("FORBIDDEN_ACTION "));
  const auto& event = static_cast<const tmi::Event&>(*outcome.events.at(0));
  EXPECT_EQ(event.forbidden_action_attempted().actor_id(), "A1");
  EXPECT_TRUE(county.clue(id).case_number().empty());
}

}  // namespace
}  // namespace sanyuan::testing
