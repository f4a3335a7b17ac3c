// A run is loaded as planned, or each difference has its reason (R79).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRun[] = "620121-20190806-R05-1";

void Planned(DeliveryCounty& county) {
  county.AddShop("620121100001");
  county.Pay("620121-o1", "620121100001", {{"620001", 3}, {"620002", 5}});
  county.Plan();
}

TEST(Run, IsLoadedAsPlanned) {
  DeliveryCounty county;
  Planned(county);
  EXPECT_THAT(county.Load(kRun).refusals, IsEmpty());
  EXPECT_EQ(county.run(kRun).state, dt::RUN_STATE_LOADED);
  EXPECT_EQ(county.sku(kRun, "620002").loaded, 5);
  EXPECT_THAT(county.Load(kRun).events, IsEmpty());
}

TEST(Run, ADifferenceNeedsAReason) {
  DeliveryCounty county;
  Planned(county);
  const auto refused = county.Load(kRun, {{"620002", 1}}, dt::LOAD_DIFFERENCE_REASON_UNSPECIFIED);
  EXPECT_THAT(Reasons(refused.refusals),
              ElementsAre("LOAD_DIFFERENCE_UNEXPLAINED loaded[1].difference_reason"));
  EXPECT_EQ(refused.refusals[0].limit(), 5);
  EXPECT_EQ(refused.refusals[0].value(), 4);
  EXPECT_THAT(county.Load(kRun, {{"620002", 1}}).refusals, IsEmpty());
  EXPECT_EQ(county.sku(kRun, "620002").loaded, 4);
}

TEST(Run, NothingRidesAlongThatNobodyBought) {
  DeliveryCounty county;
  Planned(county);
  EXPECT_THAT(Reasons(county.Load(kRun, {{"620002", -1}}).refusals),
              ElementsAre("QUANTITY_RANGE loaded[1].cartons"));
  dt::LoadRunRequest request;
  request.set_county_code(DeliveryCounty::kCode);
  request.set_run_id(kRun);
  request.add_loaded()->set_sku("620001");
  request.mutable_loaded(0)->set_cartons(3);
  request.add_loaded()->set_sku("620009");
  request.add_loaded()->set_sku("620001");
  const auto refused = county.Send({"W01", common::v1::ROLE_DEPOT},
                                   "/sanyuan.delivery_tracking.v1.DeliveryRunService/LoadRun", request);
  EXPECT_THAT(Reasons(refused.refusals), ElementsAre("INVALID_FIELD loaded", "INVALID_FIELD loaded[2].sku",
                                                     "SKU_UNKNOWN loaded[1].sku"));
}

TEST(Run, LeavesOnlyLoadedAndOnce) {
  DeliveryCounty county;
  Planned(county);
  EXPECT_THAT(Reasons(county.Depart(kRun).refusals), ElementsAre("WRONG_STATE run_id"));
  county.Load(kRun);
  county.Tick(At("2019-08-06 06:30"));
  EXPECT_THAT(county.Depart(kRun).refusals, IsEmpty());
  EXPECT_EQ(county.run(kRun).departed_at, At("2019-08-06 06:30"));
  EXPECT_THAT(county.Depart(kRun).events, IsEmpty());
  EXPECT_THAT(Reasons(county.Load(kRun).refusals), ElementsAre("WRONG_STATE run_id"));
}

TEST(Run, UnknownAndMalformedRunsAreNamed) {
  DeliveryCounty county;
  EXPECT_THAT(Reasons(county.Depart("620121-20190806-R05-7").refusals), ElementsAre("RUN_UNKNOWN run_id"));
  EXPECT_THAT(Reasons(county.Depart("620122-20190806-R05-1").refusals), ElementsAre("INVALID_FIELD run_id"));
}

TEST(Run, WhoTakesOverAtNoonMayReportToo) {
  DeliveryCounty county;
  Planned(county);
  county.OnTheRoad();
  Device device(county, "phone-2");
  const auto arrival = device.Arrival(std::string(kRun) + "-0001", At("2019-08-06 08:00"));
  const auto rejected = county.Upload(device, {arrival}, At("2019-08-06 08:01"), "D02");
  EXPECT_THAT(Reasons(ResultsOf(rejected).results(0).refusals()), ElementsAre("NOT_CREW arrival.stop_id"));
  dt::AssignCrewRequest request;
  request.set_county_code(DeliveryCounty::kCode);
  request.set_run_id(kRun);
  request.add_staff_ids("D02");
  const char* method = "/sanyuan.delivery_tracking.v1.DeliveryRunService/AssignCrew";
  EXPECT_THAT(county.Send({"W01", common::v1::ROLE_DEPOT}, method, request).refusals, IsEmpty());
  EXPECT_THAT(county.Send({"W01", common::v1::ROLE_DEPOT}, method, request).events, IsEmpty());
  const auto again = device.Arrival(std::string(kRun) + "-0001", At("2019-08-06 08:02"));
  const auto taken = county.Upload(device, {again}, At("2019-08-06 08:03"), "D02");
  EXPECT_EQ(ResultsOf(taken).results(0).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  request.add_staff_ids("K01");
  EXPECT_THAT(Reasons(county.Send({"W01", common::v1::ROLE_DEPOT}, method, request).refusals),
              ElementsAre("STAFF_UNKNOWN staff_ids[1]"));
}

}  // namespace
}  // namespace sanyuan::testing
