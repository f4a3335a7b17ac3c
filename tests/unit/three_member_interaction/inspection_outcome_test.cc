// What comes of a finding (R52, R58), and who looks it over.
#include "services/three_member_interaction/domain/inspection_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/inspection_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

tmi::DealInspectionRequest TicketAndClue() {
  tmi::DealInspectionRequest request;
  request.mutable_ticket()->set_type(tmi::TICKET_TYPE_MONOPOLY);
  request.mutable_ticket()->set_severity(tmi::TICKET_SEVERITY_S3);
  *request.mutable_ticket()->mutable_text() = Sealed(Shop(1));
  request.mutable_clue()->set_type(tmi::CLUE_TYPE_OFF_CHANNEL);
  request.mutable_clue()->set_grade(tmi::CLUE_GRADE_A);
  return request;
}

TEST(InspectionOutcome, IsPlannedVisitedRecordedDealtWithReviewedAndClosed) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  EXPECT_THAT(county.Deal(id).refusals, IsEmpty());
  EXPECT_TRUE(county.inspection(id).dealt_on_time());
  EXPECT_THAT(ReasonsOf(county.Close(id)), ElementsAre("WRONG_STATE inspection_id"));
  EXPECT_THAT(county.Review(id).refusals, IsEmpty());
  EXPECT_THAT(county.Close(id).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_CLOSED);
  EXPECT_THAT(county.inspection(id).measures(), ElementsAre(tmi::INSPECTION_MEASURE_EDUCATION));
}

TEST(InspectionOutcome, ATicketAndAClueAreOpenedInTheSameDecisionAndLinked) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  const size_t decisions = county.records().size();
  const auto dealt = county.Deal(id, ThreeMemberCounty::Inspector("I2"), TicketAndClue());
  ASSERT_THAT(dealt.refusals, IsEmpty());
  EXPECT_EQ(county.records().size(), decisions + 1);
  const tmi::Inspection& inspection = county.inspection(id);
  ASSERT_THAT(inspection.ticket_ids(), SizeIs(1));
  ASSERT_THAT(inspection.clue_ids(), SizeIs(1));
  const tmi::Ticket& ticket = county.ticket(inspection.ticket_ids(0));
  EXPECT_EQ(ticket.state(), tmi::TICKET_STATE_OPEN);
  EXPECT_EQ(ticket.raiser_id(), "I2");
  EXPECT_EQ(ticket.licence(), Shop(1));
  EXPECT_EQ(ticket.cause(), "inspection/" + id);
  const tmi::Clue& clue = county.clue(inspection.clue_ids(0));
  EXPECT_EQ(clue.state(), tmi::CLUE_STATE_REPORTED);
  EXPECT_EQ(clue.source(), tmi::CLUE_SOURCE_INSPECTOR);
  EXPECT_EQ(clue.reporter_id(), "I2");
  EXPECT_EQ(clue.route_id(), "R05");
  EXPECT_EQ(clue.cause(), "inspection/" + id);
  EXPECT_THAT(clue.evidence_sha256(), ElementsAre(Photo("a shelf")));
  EXPECT_EQ(When(clue.accept_due()), "2019-08-05 09:30");
}

TEST(InspectionOutcome, AnAbnormalFindingNeedsAMeasure) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  EXPECT_THAT(ReasonsOf(county.Deal(id, ThreeMemberCounty::Inspector("I1"), {})),
              ElementsAre("INVALID_FIELD "));
}

TEST(InspectionOutcome, WhatIsWrongWithTicketAndClueIsSaidAtOnce) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  tmi::DealInspectionRequest request;
  request.mutable_ticket();
  request.mutable_clue();
  EXPECT_THAT(ReasonsOf(county.Deal(id, ThreeMemberCounty::Inspector("I1"), request)),
              ElementsAre("INVALID_FIELD clue.grade", "INVALID_FIELD clue.type",
                          "INVALID_FIELD ticket.severity", "INVALID_FIELD ticket.type"));
  EXPECT_EQ(county.state().tickets.size(), 0U);
}

TEST(InspectionOutcome, OnlyTheHeadOfTheSquadOpensACase) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  tmi::DealInspectionRequest request;
  request.set_case_number("YD-2019-12");
  EXPECT_THAT(ReasonsOf(county.Deal(id, ThreeMemberCounty::Inspector("I1"), request)),
              ElementsAre("ROLE_NOT_ALLOWED case_number"));
  EXPECT_THAT(ReasonsOf(county.Deal(id, ThreeMemberCounty::Head("H2"), request)),
              ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id", "ROLE_NOT_ALLOWED case_number"));
  EXPECT_THAT(county.Deal(id, ThreeMemberCounty::Head("H1"), request).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).case_number(), "YD-2019-12");
}

TEST(InspectionOutcome, AccountManagersPunishNobodyAndTheirAttemptIsRecorded) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  const size_t decisions = county.records().size();
  EXPECT_THAT(ReasonsOf(county.Deal(id, kAccountManager)), ElementsAre("FORBIDDEN_ACTION "));
  ASSERT_EQ(county.records().size(), decisions + 1);
  tmi::Event event;
  ASSERT_TRUE(event.ParseFromString(county.records().back().events.at(0)));
  EXPECT_EQ(event.forbidden_action_attempted().actor_id(), "A1");
  EXPECT_EQ(event.forbidden_action_attempted().subject(), id);
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_RECORDED);
}

TEST(InspectionOutcome, NobodyWhoWasThereOrDealtWithItReviewsIt) {
  InspectionCounty county;
  const std::string id = county.Planned();
  county.Dispatch(id, {"H1", "I2"});
  county.CheckIn(id, "H1");
  county.CheckIn(id, "I2");
  county.Begin(id, "I2");
  county.Record(id, tmi::INSPECTION_RESULT_NORMAL, "I2");
  EXPECT_THAT(ReasonsOf(county.Review(id, ThreeMemberCounty::Head("H1"))),
              ElementsAre("FOUR_EYES inspection_id"));
  EXPECT_THAT(ReasonsOf(county.Review(id, ThreeMemberCounty::Head("H2"))),
              ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
  EXPECT_THAT(county.Review(id, kCountyManager).refusals, IsEmpty());

  InspectionCounty other;
  const std::string dealt = other.Recorded();
  other.Deal(dealt, ThreeMemberCounty::Head("H1"));
  EXPECT_THAT(ReasonsOf(other.Review(dealt, ThreeMemberCounty::Head("H1"))),
              ElementsAre("FOUR_EYES inspection_id"));
}

TEST(InspectionOutcome, WhatTheReviewSendsBackIsDealtWithAgain) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  county.Deal(id);
  county.Tick(AtTime("2019-08-07 10:00"));
  EXPECT_THAT(county.Review(id, ThreeMemberCounty::Head("H1"), false).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_RECORDED);
  EXPECT_EQ(county.inspection(id).returns(), 1);
  EXPECT_EQ(When(county.inspection(id).deal_due()), "2019-08-13 00:00");
  EXPECT_THAT(county.Deal(id, ThreeMemberCounty::Inspector("I1"), TicketAndClue()).refusals, IsEmpty());
  EXPECT_THAT(county.inspection(id).measures(),
              ElementsAre(tmi::INSPECTION_MEASURE_EDUCATION, tmi::INSPECTION_MEASURE_TICKET,
                          tmi::INSPECTION_MEASURE_CLUE));
  EXPECT_THAT(county.Review(id).refusals, IsEmpty());
}

TEST(InspectionOutcome, EveryInspectionThatIsNamedMustBeThere) {
  InspectionCounty county;
  EXPECT_THAT(ReasonsOf(county.Close("620121-none")), ElementsAre("INSPECTION_UNKNOWN inspection_id"));
  EXPECT_THAT(ReasonsOf(county.Dispatch("620121-none")), ElementsAre("INSPECTION_UNKNOWN inspection_id"));
  EXPECT_THAT(ReasonsOf(county.CheckIn("620121-none", "I1")),
              ElementsAre("INSPECTION_UNKNOWN inspection_id"));
}

}  // namespace
}  // namespace sanyuan::testing
