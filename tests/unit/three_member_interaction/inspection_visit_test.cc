// Two officers, together at the shop (R58): place, time, and what comes later from a device without net.
#include "services/three_member_interaction/domain/inspection_visit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/inspection_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Field = InspectionCounty::Field;

TEST(InspectionVisit, TwoOfficersOfTheSquadAreSent) {
  InspectionCounty county;
  county.AddStaff("I3", common::v1::ROLE_INSPECTOR, "SQ1", {Shop(2)});
  const std::string id = county.Planned();
  const auto alone = county.Dispatch(id, {"I1"});
  EXPECT_THAT(ReasonsOf(alone), ElementsAre("OFFICERS_TOO_FEW officer_ids"));
  EXPECT_EQ(alone.refusals[0].limit(), 2);
  EXPECT_THAT(ReasonsOf(county.Dispatch(id, {"I1", "I4"})), ElementsAre("SQUAD_NOT_ALLOWED officer_ids[1]"));
  EXPECT_THAT(ReasonsOf(county.Dispatch(id, {"I1", "A1"})), ElementsAre("ROLE_WRONG officer_ids[1]"));
  EXPECT_THAT(ReasonsOf(county.Dispatch(id, {"I1", "I2"}, "H2")),
              ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
  EXPECT_THAT(county.Dispatch(id).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_DISPATCHED);
  county.CheckIn(id, "I1");
  EXPECT_THAT(ReasonsOf(county.Dispatch(id, {"I2", "I3"})), ElementsAre("WRONG_STATE inspection_id"));
}

TEST(InspectionVisit, WhoBecameKinOfTheShopIsNotSent) {
  InspectionCounty county;
  const std::string id = county.Planned();
  county.AddStaff("I2", common::v1::ROLE_INSPECTOR, "SQ1", {Shop(1)});
  EXPECT_THAT(ReasonsOf(county.Dispatch(id)), ElementsAre("SQUAD_NOT_ALLOWED officer_ids[1]"));
}

TEST(InspectionVisit, OfficersCheckInWithinTwoHundredMetresOfTheShop) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  const auto far = county.CheckIn(id, "I1", {.north_e6 = 1'810});
  EXPECT_THAT(ReasonsOf(far), ElementsAre("TOO_FAR_FROM_SHOP position"));
  EXPECT_EQ(far.refusals[0].limit(), 200);
  EXPECT_EQ(far.refusals[0].value(), 201);
  EXPECT_THAT(county.CheckIn(id, "I1", {.north_e6 = 1'800}).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).check_ins(0).distance_m(), 200);
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I2", {.accuracy_m = 201})),
              ElementsAre("INVALID_FIELD position.accuracy_m"));
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I3")), ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
}

TEST(InspectionVisit, ACheckInNeedsAPhotoAndAPlace) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  auto request = InspectionCounty::Of<tmi::CheckInOfficerRequest>(id);
  EXPECT_THAT(
      ReasonsOf(county.Call(ThreeMemberCounty::Inspector("I1"), "InspectionService/CheckInOfficer", request)),
      ElementsAre("EVIDENCE_MISSING photo_sha256", "INVALID_FIELD position"));
}

TEST(InspectionVisit, OneOfficerAloneDoesNotBegin) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.CheckIn(id, "I1");
  const auto alone = county.Begin(id);
  EXPECT_THAT(ReasonsOf(alone), ElementsAre("OFFICERS_TOO_FEW inspection_id"));
  EXPECT_EQ(alone.refusals[0].value(), 1);
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_DISPATCHED);
}

TEST(InspectionVisit, OfficersWhoCameTenMinutesApartWereThereTogether) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.CheckIn(id, "I1");
  county.Tick(AtTime("2019-08-05 09:10"));
  county.CheckIn(id, "I2");
  EXPECT_THAT(county.Begin(id).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_ON_SITE);
  EXPECT_THAT(county.inspection(id).on_site_ids(), ElementsAre("I1", "I2"));
}

TEST(InspectionVisit, OfficersWhoCameLaterThanThatWereNotUntilTheFirstChecksInAgain) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.CheckIn(id, "I1");
  county.Tick(AtTime("2019-08-05 09:10") + absl::Seconds(1));
  county.CheckIn(id, "I2");
  const auto apart = county.Begin(id);
  EXPECT_THAT(ReasonsOf(apart), ElementsAre("OFFICERS_APART inspection_id"));
  EXPECT_EQ(apart.refusals[0].limit(), 600);
  EXPECT_EQ(apart.refusals[0].value(), 601);
  county.CheckIn(id, "I1");
  EXPECT_THAT(county.Begin(id).refusals, IsEmpty());
}

TEST(InspectionVisit, AThirdOfficerWhoWasThereEarlierIsNotOnSite) {
  InspectionCounty county;
  const std::string id = county.Planned();
  county.Dispatch(id, {"I1", "I2", "I3"});
  county.CheckIn(id, "I3");
  county.Tick(AtTime("2019-08-05 10:00"));
  county.CheckIn(id, "I1");
  county.CheckIn(id, "I2");
  EXPECT_THAT(ReasonsOf(county.Begin(id, "I3")), ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
  EXPECT_THAT(county.Begin(id).refusals, IsEmpty());
  EXPECT_THAT(county.inspection(id).on_site_ids(), ElementsAre("I1", "I2"));
  EXPECT_THAT(ReasonsOf(county.Record(id, tmi::INSPECTION_RESULT_NORMAL, "I3")),
              ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
}

TEST(InspectionVisit, AtAShopThatNobodyMeasuredTheOfficersAreAtOnePlace) {
  InspectionCounty county;
  registry::v1::Event event;
  registry::v1::Retailer& shop = *event.mutable_retailer_registered()->mutable_retailer();
  shop.set_county_code(ThreeMemberCounty::kCode);
  shop.set_licence("620121100099");
  shop.mutable_licence_record()->set_status(registry::v1::LICENCE_STATUS_ACTIVE);
  county.FromJournal(three_member_interaction::kRegistryTopic, event);
  auto request = InspectionCounty::PlanRequest("620121100099");
  const std::string id = county.Dispatched(request);
  county.CheckIn(id, "I1", {.north_e6 = 90'000});
  EXPECT_FALSE(county.inspection(id).check_ins(0).has_distance_m());
  county.CheckIn(id, "I2", {.north_e6 = 92'000});
  EXPECT_THAT(ReasonsOf(county.Begin(id)), ElementsAre("OFFICERS_APART position"));
  county.CheckIn(id, "I2", {.north_e6 = 91'000});
  EXPECT_THAT(county.Begin(id).refusals, IsEmpty());
}

TEST(InspectionVisit, IsMadeOnTheDayOfThePlan) {
  InspectionCounty county;
  const std::string id = county.Dispatched(InspectionCounty::PlanRequest(Shop(1), "2019-08-06"));
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I1")), ElementsAre("WRONG_STATE inspection_id"));
  county.Tick(AtTime("2019-08-06 00:00"));
  EXPECT_THAT(county.CheckIn(id, "I1").refusals, IsEmpty());
}

TEST(InspectionVisit, IsMissedWhenNobodyHasBegunAtTwentyHours) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.CheckIn(id, "I1");
  county.Tick(AtTime("2019-08-05 19:59"));
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_DISPATCHED);
  county.Tick(AtTime("2019-08-05 20:00"));
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_MISSED);
  county.Tick(AtTime("2019-08-05 20:05"));
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I2")), ElementsAre("WRONG_STATE inspection_id"));
}

TEST(InspectionVisit, ProofOfAnOfflineVisitThatComesTheNextDayStillCountsAndIsFlagged) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.Tick(AtTime("2019-08-06 08:00"));
  ASSERT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_MISSED);
  const auto ago = [](int64_t minutes) { return Field{.offline = true, .minutes_ago = minutes}; };
  EXPECT_THAT(county.CheckIn(id, "I1", ago(17 * 60)).refusals, IsEmpty());
  EXPECT_THAT(county.CheckIn(id, "I2", ago(17 * 60 - 5)).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_MISSED);
  EXPECT_THAT(county.Begin(id, "I1", ago(17 * 60 - 6)).refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_ON_SITE);
  EXPECT_EQ(When(county.inspection(id).started().at()), "2019-08-05 15:06");
  EXPECT_EQ(When(county.inspection(id).started().received_at()), "2019-08-06 08:00");
  EXPECT_EQ(When(county.inspection(id).started().device_time()), "2019-08-07 08:00");
  // Marked late for now; the record shows that it was in time.
  county.Tick(AtTime("2019-08-06 08:01"));
  EXPECT_THAT(county.inspection(id).overdue(), ElementsAre(tmi::INSPECTION_DEADLINE_RECORD));
  EXPECT_THAT(county.Record(id, tmi::INSPECTION_RESULT_ABNORMAL, "I1", ago(16 * 60)).refusals, IsEmpty());
  EXPECT_TRUE(county.inspection(id).recorded().offline());
  EXPECT_FALSE(county.inspection(id).recorded().unproved());
  EXPECT_TRUE(county.inspection(id).recorded_on_time());
  EXPECT_THAT(county.inspection(id).overdue(), IsEmpty());
}

TEST(InspectionVisit, ATimeThatTheDeviceCannotProveIsThatOfTheArrival) {
  InspectionCounty county;
  const std::string id = county.OnSite();
  county.Tick(AtTime("2019-08-05 20:30"));
  EXPECT_THAT(county.inspection(id).overdue(), ElementsAre(tmi::INSPECTION_DEADLINE_RECORD));
  EXPECT_THAT(county.Record(id, tmi::INSPECTION_RESULT_NORMAL, "I2", {.offline = true}).refusals, IsEmpty());
  EXPECT_TRUE(county.inspection(id).recorded().unproved());
  EXPECT_EQ(When(county.inspection(id).recorded().at()), "2019-08-05 20:30");
  EXPECT_FALSE(county.inspection(id).recorded_on_time());
  EXPECT_THAT(county.inspection(id).overdue(), ElementsAre(tmi::INSPECTION_DEADLINE_RECORD));
}

TEST(InspectionVisit, NothingWasDoneBeforeTheOfficersWereSent) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I1", {.offline = true, .minutes_ago = 1})),
              ElementsAre("INVALID_FIELD offline.elapsed_ms"));
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I1", {.offline = true, .minutes_ago = -1})),
              ElementsAre("INVALID_FIELD offline.elapsed_ms"));
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I1", {.offline = true, .minutes_ago = INT64_MAX / 60'000})),
              ElementsAre("INVALID_FIELD offline.elapsed_ms"));
}

TEST(InspectionVisit, AnEarlierCheckInDoesNotReplaceALaterOne) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  county.Tick(AtTime("2019-08-05 10:00"));
  county.CheckIn(id, "I1");
  EXPECT_THAT(ReasonsOf(county.CheckIn(id, "I1", {.offline = true, .minutes_ago = 30})),
              ElementsAre("WRONG_STATE inspection_id"));
}

TEST(InspectionVisit, AFindingIsNormalWithoutCodesOrAbnormalWithCodesAndEvidence) {
  InspectionCounty county;
  const std::string id = county.OnSite();
  auto request = InspectionCounty::Of<tmi::RecordInspectionRequest>(id);
  const auto record = [&] {
    return ReasonsOf(
        county.Call(ThreeMemberCounty::Inspector("I1"), "InspectionService/RecordInspection", request));
  };
  EXPECT_THAT(record(), ElementsAre("INVALID_FIELD result"));
  request.set_result(tmi::INSPECTION_RESULT_ABNORMAL);
  EXPECT_THAT(record(), ElementsAre("EVIDENCE_MISSING evidence_sha256", "INVALID_FIELD codes"));
  request.set_result(tmi::INSPECTION_RESULT_NORMAL);
  request.add_codes(tmi::ABNORMAL_CODE_PRICE);
  request.add_codes(tmi::ABNORMAL_CODE_PRICE);
  EXPECT_THAT(record(), ElementsAre("INVALID_FIELD codes", "INVALID_FIELD codes[1]"));
}

TEST(InspectionVisit, AnAbnormalFindingIsToBeDealtWithInThreeWorkingDays) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_RECORDED);
  EXPECT_EQ(When(county.inspection(id).deal_due()), "2019-08-09 00:00");
  county.Tick(AtTime("2019-08-09 00:00"));
  EXPECT_THAT(county.inspection(id).overdue(), ElementsAre(tmi::INSPECTION_DEADLINE_DEAL));
  county.Deal(id);
  EXPECT_FALSE(county.inspection(id).dealt_on_time());
}

TEST(InspectionVisit, OfANormalFindingNothingFollows) {
  InspectionCounty county;
  const std::string id = county.Recorded(tmi::INSPECTION_RESULT_NORMAL);
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_DEALT);
  EXPECT_THAT(county.inspection(id).measures(), IsEmpty());
}

TEST(InspectionVisit, AReplayGivesTheSameState) {
  InspectionCounty county;
  const std::string id = county.Recorded();
  county.Deal(id);
  county.Review(id);
  county.Close(id);
  ASSERT_TRUE(county.status().ok()) << county.status();
  const auto replayed = county.Replayed();
  EXPECT_EQ(replayed->store().StateDigest(), county.domain().store().StateDigest());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_CLOSED);
}

}  // namespace
}  // namespace sanyuan::testing
