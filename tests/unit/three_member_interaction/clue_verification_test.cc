// Two officers look, one proposes, another approves (R57): four eyes on every verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClueVerification, NeedsTwoOfficersOfTheSquadAndTheCallerIsOne) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  county.Accept(id);
  EXPECT_THAT(ReasonsOf(county.Start(id)),
              ElementsAre("SQUAD_NOT_ALLOWED officer_ids[0]", "SQUAD_NOT_ALLOWED officer_ids[1]",
                          "WRONG_STATE clue_id"));
  county.Assign(id);
  EXPECT_THAT(ReasonsOf(county.Start(id, {"I1"})), ElementsAre("OFFICERS_TOO_FEW officer_ids"));
  EXPECT_THAT(ReasonsOf(county.Start(id, {"I1", "I4"})), ElementsAre("SQUAD_NOT_ALLOWED officer_ids[1]"));
  EXPECT_THAT(ReasonsOf(county.Start(id, {"I1", "D1"})), ElementsAre("ROLE_WRONG officer_ids[1]"));
  EXPECT_THAT(ReasonsOf(county.Start(id, {"I1", "I1"})),
              ElementsAre("INVALID_FIELD officer_ids[1]", "OFFICERS_TOO_FEW officer_ids"));
  EXPECT_THAT(county.Start(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFYING);
}

TEST(ClueVerification, ARelativeLearntOfLaterMayNotGo) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  county.Accept(id);
  county.Assign(id);
  county.AddStaff("I2", common::v1::ROLE_INSPECTOR, "SQ1", {ThreeMemberCounty::Shop(1)});
  EXPECT_THAT(ReasonsOf(county.Start(id)), ElementsAre("SQUAD_NOT_ALLOWED officer_ids"));
  EXPECT_THAT(county.Start(id, {"I1", "I3"}).refusals, IsEmpty());
}

TEST(ClueVerification, WhoProposesDoesNotApprove) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  EXPECT_THAT(ReasonsOf(county.Approve(id, tmi::CLUE_RESULT_TRUE)), ElementsAre("WRONG_STATE clue_id"));
  EXPECT_THAT(county.Propose(id, tmi::CLUE_RESULT_TRUE).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFYING);
  EXPECT_THAT(ReasonsOf(county.Approve(id, tmi::CLUE_RESULT_TRUE, ThreeMemberCounty::Inspector("I1"))),
              ElementsAre("FOUR_EYES clue_id"));
  EXPECT_THAT(ReasonsOf(county.Approve(id, tmi::CLUE_RESULT_TRUE, ThreeMemberCounty::Inspector("I3"))),
              ElementsAre("NOT_ASSIGNED_TO_CALLER clue_id"));
  EXPECT_THAT(county.Approve(id, tmi::CLUE_RESULT_TRUE).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFIED);
  EXPECT_EQ(county.clue(id).result(), tmi::CLUE_RESULT_TRUE);
  EXPECT_EQ(county.clue(id).first().proposed_by(), "I1");
  EXPECT_EQ(county.clue(id).first().approved_by(), "I2");
}

TEST(ClueVerification, TheSquadsHeadMayApproveButNoOtherHead) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  county.Propose(id, tmi::CLUE_RESULT_PARTLY);
  EXPECT_THAT(ReasonsOf(county.Approve(id, tmi::CLUE_RESULT_PARTLY, ThreeMemberCounty::Head("H2"))),
              ElementsAre("NOT_ASSIGNED_TO_CALLER clue_id"));
  EXPECT_THAT(county.Approve(id, tmi::CLUE_RESULT_PARTLY, ThreeMemberCounty::Head("H1")).refusals, IsEmpty());
}

TEST(ClueVerification, AVerdictNeedsEvidenceUnlessItCantBeVerified) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  EXPECT_THAT(ReasonsOf(county.Propose(id, tmi::CLUE_RESULT_FALSE, "I1", false)),
              ElementsAre("EVIDENCE_MISSING evidence_sha256"));
  EXPECT_THAT(ReasonsOf(county.Propose(id, tmi::CLUE_RESULT_UNSPECIFIED)),
              ElementsAre("INVALID_FIELD result"));
  EXPECT_THAT(ReasonsOf(county.Propose(id, tmi::CLUE_RESULT_TRUE, "I3")),
              ElementsAre("NOT_ASSIGNED_TO_CALLER clue_id"));
  EXPECT_THAT(county.Propose(id, tmi::CLUE_RESULT_UNVERIFIABLE, "I1", false).refusals, IsEmpty());
}

TEST(ClueVerification, AnotherProposalMeanwhileIsNotApprovedUnread) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  county.Propose(id, tmi::CLUE_RESULT_TRUE);
  county.Propose(id, tmi::CLUE_RESULT_FALSE);
  EXPECT_THAT(ReasonsOf(county.Approve(id, tmi::CLUE_RESULT_TRUE)), ElementsAre("WRONG_STATE result"));
}

TEST(ClueVerification, ARejectedProposalIsNoVerdict) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  county.Propose(id, tmi::CLUE_RESULT_FALSE);
  EXPECT_THAT(county.Approve(id, tmi::CLUE_RESULT_FALSE, ThreeMemberCounty::Inspector("I2"), false).refusals,
              IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_VERIFYING);
  EXPECT_EQ(county.clue(id).result(), tmi::CLUE_RESULT_UNSPECIFIED);
  EXPECT_THAT(county.Propose(id, tmi::CLUE_RESULT_TRUE, "I2").refusals, IsEmpty());
  EXPECT_THAT(county.Approve(id, tmi::CLUE_RESULT_TRUE, ThreeMemberCounty::Inspector("I1")).refusals,
              IsEmpty());
}

TEST(ClueVerification, IsExtendedOnceByTheHeadOfTheSquadInTime) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  EXPECT_EQ(When(county.clue(id).verify_due()), "2019-08-09 00:00");
  EXPECT_THAT(ReasonsOf(county.Extend(id, "H2")), ElementsAre("NOT_ASSIGNED_TO_CALLER clue_id"));
  EXPECT_THAT(county.Extend(id).refusals, IsEmpty());
  // Three working days after Thursday.
  EXPECT_EQ(When(county.clue(id).verify_due()), "2019-08-14 00:00");
  const auto again = county.Extend(id);
  EXPECT_THAT(ReasonsOf(again), ElementsAre("EXTENSION_USED clue_id"));
  EXPECT_EQ(again.refusals[0].limit(), 1);
}

TEST(ClueVerification, WhatIsLateAlreadyIsNotExtended) {
  ThreeMemberCounty county;
  const std::string id = county.Verifying();
  county.Tick(AtTime("2019-08-09 08:00"));
  EXPECT_THAT(ReasonsOf(county.Extend(id)), ElementsAre("WRONG_STATE clue_id"));
}

}  // namespace
}  // namespace sanyuan::testing
