// A clue comes in, is looked over, and gets a squad that has nothing to do with it (R56, R57).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const partition::Actor kRetailer{ThreeMemberCounty::Shop(2), common::v1::ROLE_RETAILER};

TEST(ClueIntake, EachMemberAndARetailerMayReport) {
  ThreeMemberCounty county;
  const std::pair<partition::Actor, tmi::ClueSource> reporters[] = {
      {kAccountManager, tmi::CLUE_SOURCE_ACCOUNT_MANAGER},
      {{"D1", common::v1::ROLE_DELIVERY_STAFF}, tmi::CLUE_SOURCE_DELIVERY_STAFF},
      {ThreeMemberCounty::Inspector("I1"), tmi::CLUE_SOURCE_INSPECTOR},
      {kRetailer, tmi::CLUE_SOURCE_RETAILER},
  };
  for (const auto& [reporter, source] : reporters) {
    const std::string id = county.Report(reporter);
    EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_REPORTED);
    EXPECT_EQ(county.clue(id).source(), source);
    EXPECT_EQ(county.clue(id).reporter_id(), reporter.id);
    EXPECT_EQ(county.clue(id).route_id(), "R05");
    EXPECT_EQ(county.clue(id).policy_version(), "interaction-2019-06");
  }
}

TEST(ClueIntake, EverythingWrongIsSaidAtOnce) {
  ThreeMemberCounty county;
  tmi::ReportClueRequest request;
  request.set_county_code(ThreeMemberCounty::kCode);
  request.set_licence("620121109999");
  request.add_evidence_sha256("short");
  request.mutable_text()->set_text("he sells at the back door");
  EXPECT_THAT(
      ReasonsOf(county.Call(kAccountManager, "ClueService/ReportClue", request)),
      ElementsAre("INVALID_FIELD evidence_sha256[0]", "INVALID_FIELD grade", "INVALID_FIELD text.sealed_for",
                  "INVALID_FIELD type", "LICENCE_UNKNOWN licence", "NOT_SEALED text.text"));
}

TEST(ClueIntake, AClueNeedsTextOrEvidence) {
  ThreeMemberCounty county;
  auto request = county.ReportRequest();
  request.clear_text();
  EXPECT_THAT(ReasonsOf(county.Call(kAccountManager, "ClueService/ReportClue", request)),
              ElementsAre("CLUE_INCOMPLETE text"));
  request.add_evidence_sha256(Photo("label"));
  EXPECT_THAT(county.Call(kAccountManager, "ClueService/ReportClue", request).refusals, IsEmpty());
}

TEST(ClueIntake, ARetailerDoesNotReportTheOwnShop) {
  ThreeMemberCounty county;
  EXPECT_THAT(ReasonsOf(county.Call(kRetailer, "ClueService/ReportClue",
                                    county.ReportRequest(ThreeMemberCounty::Shop(2)))),
              ElementsAre("INVALID_FIELD licence"));
}

TEST(ClueIntake, WaitsForThePolicy) {
  ThreeMemberCounty county(false);
  const auto outcome = county.Call(kAccountManager, "ClueService/ReportClue", county.ReportRequest());
  EXPECT_THAT(outcome.refusals, IsEmpty());
  EXPECT_FALSE(outcome.not_ready.empty());
}

TEST(ClueIntake, SealedTextStandsApartFromWhatIsCompared) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  EXPECT_FALSE(county.text(id).empty());
  EXPECT_TRUE(county.clue(id).text().text().empty());
  EXPECT_EQ(county.clue(id).text().sealed_for(), ThreeMemberCounty::Shop(1));
}

TEST(ClueIntake, AcceptingFixesTheGradeAndStartsTheClock) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager, tmi::CLUE_GRADE_A);
  EXPECT_THAT(county.Accept(id, tmi::CLUE_GRADE_C).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_ACCEPTED);
  EXPECT_EQ(county.clue(id).grade(), tmi::CLUE_GRADE_C);
  EXPECT_EQ(county.clue(id).accepted_by(), "H1");
  EXPECT_EQ(When(county.clue(id).verify_due()), "2019-08-15 00:00");
}

TEST(ClueIntake, NobodyAcceptsTheOwnClue) {
  ThreeMemberCounty county;
  const std::string id = county.Report(ThreeMemberCounty::Head("H1"));
  EXPECT_THAT(ReasonsOf(county.Accept(id)), ElementsAre("FOUR_EYES clue_id"));
  EXPECT_THAT(ReasonsOf(county.Return(id)), ElementsAre("FOUR_EYES clue_id"));
  EXPECT_THAT(county.Accept(id, tmi::CLUE_GRADE_B, ThreeMemberCounty::Head("H2")).refusals, IsEmpty());
}

TEST(ClueIntake, IsSentBackOnceAndCompletedByItsReporterAlone) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  EXPECT_THAT(county.Return(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_RETURNED_INCOMPLETE);
  EXPECT_THAT(ReasonsOf(county.Complete(id, kRetailer)), ElementsAre("CLUE_UNKNOWN clue_id"));
  EXPECT_THAT(county.Complete(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_REPORTED);
  EXPECT_EQ(county.clue(id).evidence_sha256_size(), 1);
  const auto again = county.Return(id);
  EXPECT_THAT(ReasonsOf(again), ElementsAre("WRONG_STATE clue_id"));
  EXPECT_EQ(again.refusals[0].limit(), 1);
}

TEST(ClueIntake, WhatNobodyCompletesIsClosedWithoutAVerdict) {
  ThreeMemberCounty county;
  const std::string id = county.Report(kAccountManager);
  county.Return(id);
  county.Tick(AtTime("2019-08-13 00:00"));
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(county.clue(id).closing(), tmi::CLUE_CLOSING_NEVER_COMPLETED);
  EXPECT_EQ(county.clue(id).result(), tmi::CLUE_RESULT_UNSPECIFIED);
}

TEST(ClueIntake, ADuplicateNamesAnAcceptedClueThatIsNoneItself) {
  ThreeMemberCounty county;
  const std::string first = county.Report(kAccountManager);
  const std::string second = county.Report(kRetailer);
  EXPECT_THAT(ReasonsOf(county.Duplicate(second, first)), ElementsAre("WRONG_STATE duplicate_of"));
  county.Accept(first);
  EXPECT_THAT(ReasonsOf(county.Duplicate(second, "620121-none")), ElementsAre("CLUE_UNKNOWN duplicate_of"));
  EXPECT_THAT(ReasonsOf(county.Duplicate(second, second)), ElementsAre("CLUE_DUPLICATE duplicate_of"));
  EXPECT_THAT(county.Duplicate(second, first).refusals, IsEmpty());
  EXPECT_EQ(county.clue(second).state(), tmi::CLUE_STATE_DUPLICATE);
  const std::string third = county.Report({"D1", common::v1::ROLE_DELIVERY_STAFF});
  EXPECT_THAT(ReasonsOf(county.Duplicate(third, second)), ElementsAre("CLUE_DUPLICATE duplicate_of"));
  EXPECT_THAT(ReasonsOf(county.Accept(second)), ElementsAre("WRONG_STATE clue_id"));
}

TEST(ClueIntake, ASquadWithTheReporterInItDoesNotGetTheClue) {
  ThreeMemberCounty county;
  const std::string id = county.Report(ThreeMemberCounty::Inspector("I3"));
  county.Accept(id, tmi::CLUE_GRADE_B, ThreeMemberCounty::Head("H2"));
  EXPECT_THAT(ReasonsOf(county.Assign(id, "SQ1")), ElementsAre("SQUAD_NOT_ALLOWED squad_id"));
  EXPECT_THAT(county.Assign(id, "SQ2").refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).first().squad_id(), "SQ2");
}

TEST(ClueIntake, ASquadWithKinOfTheShopOrOfTheReporterDoesNotGetTheClue) {
  ThreeMemberCounty county;
  county.AddStaff("I4", common::v1::ROLE_INSPECTOR, "SQ2", {ThreeMemberCounty::Shop(1)});
  county.AddStaff("I6", common::v1::ROLE_INSPECTOR, "SQ3", {ThreeMemberCounty::Shop(2)});
  const std::string id = county.Report(kRetailer);
  county.Accept(id);
  EXPECT_THAT(ReasonsOf(county.Assign(id, "SQ2")), ElementsAre("SQUAD_NOT_ALLOWED squad_id"));
  EXPECT_THAT(ReasonsOf(county.Assign(id, "SQ3")), ElementsAre("SQUAD_NOT_ALLOWED squad_id"));
  EXPECT_THAT(ReasonsOf(county.Assign(id, "SQ9")), ElementsAre("ORG_UNKNOWN squad_id"));
  EXPECT_THAT(county.Assign(id, "SQ1").refusals, IsEmpty());
}

}  // namespace
}  // namespace sanyuan::testing
