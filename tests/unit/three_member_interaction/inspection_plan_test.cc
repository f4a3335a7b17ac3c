// A squad's month (R58): chosen with a reason, drawn by lot, frozen, and changed only on the record.
#include "services/three_member_interaction/domain/inspection_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/inspection_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(InspectionPlan, AFifthOfTheMonthIsDrawnByLot) {
  InspectionCounty county;
  const auto first = county.Plan(InspectionCounty::PlanRequest());
  EXPECT_THAT(ReasonsOf(first), ElementsAre("RATIO_RANGE reason"));
  EXPECT_EQ(first.refusals[0].limit(), 2000);
  EXPECT_EQ(first.refusals[0].value(), 0);
  EXPECT_EQ(county.plan().inspections(), 0);
  ASSERT_THAT(county.Drawn(1), SizeIs(1));
  for (int day = 5; day <= 8; ++day) {
    const auto chosen =
        county.Plan(InspectionCounty::PlanRequest(Shop(1), "2019-08-0" + std::to_string(day)));
    EXPECT_THAT(chosen.refusals, IsEmpty()) << day;
  }
  const auto sixth = county.Plan(InspectionCounty::PlanRequest(Shop(1), "2019-08-09"));
  EXPECT_THAT(ReasonsOf(sixth), ElementsAre("RATIO_RANGE reason"));
  EXPECT_EQ(sixth.refusals[0].value(), 1666);
  EXPECT_EQ(county.plan().inspections(), 5);
  EXPECT_EQ(county.plan().drawn(), 1);
}

TEST(InspectionPlan, NoShopIsDrawnTwiceInAMonthAndNoneOfAMembersRelative) {
  InspectionCounty county;
  county.AddStaff("I3", common::v1::ROLE_INSPECTOR, "SQ1", {Shop(5)});
  std::set<std::string> licences;
  for (const std::string& id : county.Drawn(3)) licences.insert(county.inspection(id).licence());
  for (const std::string& id : county.Drawn(9)) licences.insert(county.inspection(id).licence());
  EXPECT_EQ(licences, (std::set<std::string>{Shop(1), Shop(2), Shop(3), Shop(4)}));
  EXPECT_THAT(ReasonsOf(county.Draw(1)), ElementsAre("NOT_FOUND "));
  // Another squad may look into the relative's shop, and another month begins anew.
  const auto by_others = county.Drawn(9, "2019-08-30", "2019-08-30", "H2");
  ASSERT_THAT(by_others, SizeIs(1));
  EXPECT_EQ(county.inspection(by_others[0]).licence(), Shop(5));
  EXPECT_THAT(county.Drawn(9, "2019-09-02", "2019-09-02"), SizeIs(4));
}

TEST(InspectionPlan, ADrawFallsOnWorkingDaysAndOnlyActiveShops) {
  InspectionCounty county;
  county.PublishDaysOff({"2019-08-12"});
  for (const std::string& id : county.Drawn(5, "2019-08-10", "2019-08-13")) {
    EXPECT_EQ(county.inspection(id).date(), "2019-08-13");
    EXPECT_EQ(county.inspection(id).reason(), tmi::ANALYSIS_REASON_DRAWN);
    EXPECT_EQ(When(county.inspection(id).record_due()), "2019-08-13 20:00");
  }
  EXPECT_THAT(ReasonsOf(county.Draw(1, "2019-09-07", "2019-09-08")), ElementsAre("INVALID_FIELD from_date"));
}

TEST(InspectionPlan, AnotherCallDrawsAnotherLot) {
  std::set<std::string> first;
  InspectionCounty county;
  for (int number = 10; number < 60; ++number) county.AddShop("6201211000" + std::to_string(number));
  for (const std::string& id : county.Drawn(10)) first.insert(county.inspection(id).licence());
  InspectionCounty other;
  for (int number = 10; number < 60; ++number) other.AddShop("6201211000" + std::to_string(number));
  other.Report(kAccountManager);  // The next call has another id.
  std::set<std::string> second;
  for (const std::string& id : other.Drawn(10)) second.insert(other.inspection(id).licence());
  EXPECT_NE(first, second);
}

TEST(InspectionPlan, EverythingWrongIsSaidAtOnce) {
  InspectionCounty county;
  county.AddStaff("I2", common::v1::ROLE_INSPECTOR, "SQ1", {Shop(1)});
  auto request = InspectionCounty::PlanRequest(Shop(1), "2019-08-04");
  request.set_reason(tmi::ANALYSIS_REASON_DRAWN);
  request.mutable_analysis()->set_sealed_for("A1");
  EXPECT_THAT(
      ReasonsOf(county.Plan(request, "H2")),
      ElementsAre("INVALID_FIELD analysis.sealed_for", "INVALID_FIELD date", "INVALID_FIELD reason",
                  "NOT_ASSIGNED_TO_CALLER squad_id", "RATIO_RANGE reason", "SQUAD_NOT_ALLOWED squad_id"));
  EXPECT_THAT(ReasonsOf(county.Plan(InspectionCounty::PlanRequest("620121109999"))),
              ElementsAre("LICENCE_UNKNOWN licence", "RATIO_RANGE reason"));
}

TEST(InspectionPlan, AShopIsInspectedOnceADay) {
  InspectionCounty county;
  county.Planned();
  EXPECT_THAT(ReasonsOf(county.Plan(InspectionCounty::PlanRequest())), ElementsAre("ALREADY_EXISTS date"));
  auto by_others = InspectionCounty::PlanRequest();
  by_others.set_squad_id("SQ2");
  county.Draw(1, "2019-08-29", "2019-08-29", "H2");
  EXPECT_THAT(ReasonsOf(county.Plan(by_others, "H2")), ElementsAre("ALREADY_EXISTS date"));
}

TEST(InspectionPlan, IsFrozenOnTheFirstAndChangesAfterwardsAreLogged) {
  InspectionCounty county;
  county.Draw(1, "2019-09-30", "2019-09-30");
  const auto planned = county.Plan(InspectionCounty::PlanRequest(Shop(1), "2019-09-10"));
  const std::string id = static_cast<const tmi::PlanInspectionResponse&>(*planned.response).inspection_id();
  county.Postpone(id, "2019-09-11");
  county.Tick(AtTime("2019-08-31 23:59"));
  EXPECT_EQ(county.plan("2019-09").state(), tmi::INSPECTION_PLAN_STATE_OPEN);
  EXPECT_THAT(county.plan("2019-09").changes(), IsEmpty());
  county.Tick(AtTime("2019-09-01 00:00"));
  EXPECT_EQ(county.plan("2019-09").state(), tmi::INSPECTION_PLAN_STATE_FROZEN);
  EXPECT_EQ(county.plan("2019-09").inspections_at_freeze(), 2);
  EXPECT_EQ(county.plan("2019-09").drawn_at_freeze(), 1);
  EXPECT_FALSE(county.inspection(id).unplanned());

  const auto added = county.Plan(InspectionCounty::PlanRequest(Shop(2), "2019-09-12"));
  const std::string more = static_cast<const tmi::PlanInspectionResponse&>(*added.response).inspection_id();
  EXPECT_TRUE(county.inspection(more).unplanned());
  EXPECT_THAT(county.Postpone(id, "2019-09-13").refusals, IsEmpty());
  const auto& changes = county.plan("2019-09").changes();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].kind(), tmi::PLAN_CHANGE_KIND_ADDED);
  EXPECT_EQ(changes[0].inspection_id(), more);
  EXPECT_EQ(changes[1].kind(), tmi::PLAN_CHANGE_KIND_POSTPONED);
  EXPECT_EQ(changes[1].reason(), tmi::POSTPONE_REASON_WEATHER);
  EXPECT_EQ(changes[1].from_date(), "2019-09-11");
  EXPECT_EQ(changes[1].to_date(), "2019-09-13");
  EXPECT_EQ(changes[1].changed_by(), "H1");
}

TEST(InspectionPlan, WhatIsPlannedAfterTheFreezeInANewPlanIsAChangeToo) {
  InspectionCounty county;
  const std::string id = county.Planned();
  EXPECT_EQ(county.plan().state(), tmi::INSPECTION_PLAN_STATE_FROZEN);
  EXPECT_TRUE(county.inspection(id).unplanned());
  EXPECT_THAT(county.plan().changes(), SizeIs(2));
}

TEST(InspectionPlan, IsPutOffWithinTheMonthWithAReasonAndDispatchedAnew) {
  InspectionCounty county;
  const std::string id = county.Dispatched();
  EXPECT_THAT(ReasonsOf(county.Postpone(id, "2019-09-02")), ElementsAre("INVALID_FIELD date"));
  EXPECT_THAT(ReasonsOf(county.Postpone(id, "2019-08-05")),
              ElementsAre("ALREADY_EXISTS date", "INVALID_FIELD date"));
  EXPECT_THAT(ReasonsOf(county.Postpone(id, "2019-08-07", "H2")),
              ElementsAre("NOT_ASSIGNED_TO_CALLER inspection_id"));
  EXPECT_THAT(county.Postpone(id, "2019-08-07").refusals, IsEmpty());
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_POSTPONED);
  EXPECT_EQ(county.inspection(id).postpone_reason(), tmi::POSTPONE_REASON_WEATHER);
  EXPECT_THAT(county.inspection(id).officer_ids(), IsEmpty());
  county.Tick(AtTime("2019-08-05 20:00"));
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_POSTPONED);
  EXPECT_THAT(county.Dispatch(id).refusals, IsEmpty());
  county.Tick(AtTime("2019-08-07 20:00"));
  EXPECT_EQ(county.inspection(id).state(), tmi::INSPECTION_STATE_MISSED);
  EXPECT_THAT(ReasonsOf(county.Postpone(id, "2019-08-09")), ElementsAre("WRONG_STATE inspection_id"));
}

TEST(InspectionPlan, NumbersAreThoseOfThePolicyInForce) {
  InspectionCounty county(false);
  county.PublishPolicy("half", [](registry::v1::InteractionPolicy& policy) {
    policy.set_inspection_random_bp(5000);
    policy.set_inspection_record_minute_of_day(18 * 60);
  });
  county.Draw(1);
  EXPECT_THAT(county.Plan(InspectionCounty::PlanRequest(Shop(1))).refusals, IsEmpty());
  EXPECT_THAT(ReasonsOf(county.Plan(InspectionCounty::PlanRequest(Shop(2)))),
              ElementsAre("RATIO_RANGE reason"));
  county.Tick(AtTime("2019-08-05 18:00"));
  EXPECT_THAT(ReasonsOf(county.Plan(InspectionCounty::PlanRequest(Shop(2)))),
              ElementsAre("INVALID_FIELD date", "RATIO_RANGE reason"));
  EXPECT_EQ(county.plan().policy_version(), "half");
}

TEST(InspectionPlan, NothingIsDecidedBeforeAPolicyIsKnown) {
  InspectionCounty county(false);
  EXPECT_NE(county.Draw(1).not_ready, "");
  EXPECT_NE(county.Plan(InspectionCounty::PlanRequest()).not_ready, "");
}

}  // namespace
}  // namespace sanyuan::testing
