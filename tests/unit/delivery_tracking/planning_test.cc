// Planning runs from the pool of taken, paid lines (R60).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/delivery_tracking/domain/business_time.h"
#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::FromProto;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> RunIds(const partition::Outcome& outcome) {
  const auto& ids = static_cast<const dt::PlanRunsResponse&>(*outcome.response).run_ids();
  return {ids.begin(), ids.end()};
}

TEST(Planning, StopsFollowTheOrderOfTheRoundAndHaveTheirWindows) {
  DeliveryCounty county;
  county.AddShop("620121100001", {.stop_number = 2});
  county.AddShop("620121100002", {.stop_number = 1});
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Pay("620121-o2", "620121100002", {{"620001", 2}, {"620002", 1}});
  const auto outcome = county.Plan();
  EXPECT_THAT(RunIds(outcome), ElementsAre("620121-20190806-R05-1"));
  const auto stops = Events(outcome.events, &dt::Event::has_stop_planned);
  ASSERT_EQ(stops.size(), 2U);
  EXPECT_EQ(stops[0]->stop_planned().licence(), "620121100002");
  EXPECT_EQ(stops[0]->stop_planned().stop_id(), "620121-20190806-R05-1-0001");
  EXPECT_EQ(stops[1]->stop_planned().licence(), "620121100001");
  EXPECT_EQ(FromProto(stops[1]->stop_planned().promised_at()), At("2019-08-06 08:05"));
  EXPECT_EQ(FromProto(stops[1]->stop_planned().window_start()), At("2019-08-06 07:35"));
  EXPECT_EQ(FromProto(stops[1]->stop_planned().window_end()), At("2019-08-06 08:35"));
  EXPECT_EQ(county.run("620121-20190806-R05-1").planned_cartons, 6);
  EXPECT_EQ(county.run("620121-20190806-R05-1").policy_version, "delivery-2019-06");
  EXPECT_EQ(county.sku("620121-20190806-R05-1", "620001").planned, 5);
  EXPECT_TRUE(county.state().pool.empty());
}

TEST(Planning, RuralWindowsAreAnHourToBothSides) {
  DeliveryCounty county;
  county.AddRoute("R06", false, {"D02"}, 540);
  county.AddShop("620121100001", {.route = "R06"});
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  const auto outcome = county.Plan();
  const auto& stop = county.stop("620121-20190806-R06-1-0001");
  EXPECT_EQ(stop.window_start, At("2019-08-06 08:00"));
  EXPECT_EQ(stop.window_end, At("2019-08-06 10:00"));
}

TEST(Planning, APromisedTimeOfTheShopGoesBeforeTheOrderOfTheRound) {
  DeliveryCounty county;
  county.AddShop("620121100001", {.promised_minute = 600});
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Plan();
  EXPECT_EQ(county.stop("620121-20190806-R05-1-0001").promised_at, At("2019-08-06 10:00"));
}

TEST(Planning, SeveralOrdersOfAShopAreOneStop) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}, {"620001", 4}});
  county.Pay("620121-o1", "620121100001", {{"620002", 1}}, "2019-08-05", 2);
  county.Pay("620121-o2", "620121100001", {{"620001", 1}});
  county.Plan();
  EXPECT_EQ(county.run("620121-20190806-R05-1").stop_count, 1);
  EXPECT_EQ(county.stop("620121-20190806-R05-1-0001").orders.size(), 3U);
  EXPECT_EQ(county.sku("620121-20190806-R05-1", "620001").planned, 8);
}

TEST(Planning, AskedTwiceItDecidesNothingNewAndNamesTheSameRuns) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  const auto first = county.Plan();
  const auto second = county.Plan();
  EXPECT_THAT(second.events, IsEmpty());
  EXPECT_EQ(RunIds(first), RunIds(second));
}

TEST(Planning, WhatIsPaidLaterGetsARunOfItsOwn) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Plan();
  county.Pay("620121-o1", "620121100001", {{"620001", 2}}, "2019-08-05", 2);
  EXPECT_THAT(RunIds(county.Plan()), ElementsAre("620121-20190806-R05-1", "620121-20190806-R05-2"));
  EXPECT_EQ(county.sku("620121-20190806-R05-2", "620001").planned, 2);
}

TEST(Planning, ARouteWithoutGoodsGetsNoRun) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  EXPECT_THAT(RunIds(county.Plan()), IsEmpty());
}

TEST(Planning, OnlyTheRoutesAskedForArePlanned) {
  DeliveryCounty county;
  county.AddRoute("R06", true, {"D02"});
  county.AddShop("620121100001");
  county.AddShop("620121100002", {.route = "R06"});
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Pay("620121-o2", "620121100002", {{"620001", 3}});
  EXPECT_THAT(RunIds(county.Plan(DeliveryCounty::kDay, {"R06"})), ElementsAre("620121-20190806-R06-1"));
  EXPECT_EQ(county.state().pool.size(), 1U);
}

TEST(Planning, VoidedLinesLeaveThePool) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Void("620121-o1", "620121100001");
  EXPECT_TRUE(county.state().pool.empty());
  EXPECT_THAT(RunIds(county.Plan()), IsEmpty());
}

TEST(Planning, LinesVoidedAfterPlanningLeaveTheirStop) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Pay("620121-o2", "620121100001", {{"620001", 2}});
  county.Plan();
  county.Void("620121-o1", "620121100001");
  EXPECT_EQ(county.sku("620121-20190806-R05-1", "620001").planned, 2);
  county.Void("620121-o2", "620121100001");
  EXPECT_EQ(county.stop("620121-20190806-R05-1-0001").state, dt::STOP_STATE_WITHDRAWN);
  EXPECT_EQ(county.run("620121-20190806-R05-1").planned_cartons, 0);
}

TEST(Planning, IsRefusedForUnknownRoutesAndDaysGoneByAllAtOnce) {
  DeliveryCounty county;
  EXPECT_THAT(Reasons(county.Plan("2019-08-06", {"R99", "R05", "R98"}).refusals),
              ElementsAre("ROUTE_UNKNOWN route_ids[0]", "ROUTE_UNKNOWN route_ids[2]"));
  EXPECT_THAT(Reasons(county.Plan("2019-08-04", {"R05", "R05"}).refusals),
              ElementsAre("INVALID_FIELD delivery_date", "INVALID_FIELD route_ids[1]"));
  EXPECT_THAT(Reasons(county.Plan("tomorrow").refusals), ElementsAre("INVALID_FIELD delivery_date"));
}

TEST(Planning, IsNotReadyWhileNoPolicyIsKnown) {
  DeliveryCounty county(false);
  EXPECT_NE(county.Plan().not_ready, "");
}

TEST(Planning, ThePolicyOfTheLongestPrefixInForceJudges) {
  DeliveryCounty county;
  county.PublishPolicy("lanzhou", nullptr, At("2019-07-01 00:00"), "6201");
  county.PublishPolicy("lanzhou-later", nullptr, At("2019-09-01 00:00"), "6201");
  county.PublishPolicy("elsewhere", nullptr, At("2019-07-02 00:00"), "6202");
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Plan();
  EXPECT_EQ(county.run("620121-20190806-R05-1").policy_version, "lanzhou");
}

TEST(Planning, ALargeCountyIsPlannedInSeveralDecisionsOfBoundedSize) {
  DeliveryCounty county;
  Cartons lines;
  for (int sku = 0; sku < 200; ++sku) lines.emplace_back(std::to_string(620001 + sku), 1);
  constexpr int kShops = 400;
  for (int i = 0; i < kShops; ++i) {
    const std::string licence = std::to_string(620121100001 + i);
    county.AddShop(licence);
    county.Pay("620121-o" + std::to_string(i), licence, lines);
  }
  const size_t before = county.records().size();
  const auto outcome = county.Plan();
  ASSERT_THAT(RunIds(outcome), ElementsAre("620121-20190806-R05-1"));
  EXPECT_EQ(county.run("620121-20190806-R05-1").state, dt::RUN_STATE_PLANNING);
  county.Tick(county.now());
  EXPECT_EQ(county.run("620121-20190806-R05-1").state, dt::RUN_STATE_PLANNED);
  EXPECT_EQ(county.run("620121-20190806-R05-1").stop_count, kShops);
  EXPECT_EQ(county.run("620121-20190806-R05-1").planned_cartons, kShops * 200);
  EXPECT_GT(county.records().size(), before + 2);
  for (size_t i = before; i < county.records().size(); ++i) {
    size_t bytes = 0;
    for (const std::string& event : county.records()[i].events) bytes += event.size();
    EXPECT_LT(bytes, size_t{512} << 10);
  }
  EXPECT_TRUE(county.status().ok()) << county.status();
}

TEST(Planning, RetailersAreToldTheEveningBefore) {
  DeliveryCounty county;
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}});
  county.Plan();
  county.Tick(At("2019-08-05 19:59:59"));
  EXPECT_FALSE(county.run("620121-20190806-R05-1").announced);
  county.Tick(At("2019-08-05 20:00"));
  EXPECT_TRUE(county.run("620121-20190806-R05-1").announced);
}

}  // namespace
}  // namespace sanyuan::testing
