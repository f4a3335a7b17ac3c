// Arrivals, lateness and failures (R60, R64), judged by times that can be proved (invariant 28).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Arrival : public ::testing::Test {
 protected:
  Arrival() : device_(county_) {
    county_.AddShop("620121100001", {.promised_minute = 600});
    county_.AddShop("620121100002", {.measured = false});
    county_.Pay("620121-o1", "620121100001", {{"620001", 3}});
    county_.Pay("620121-o2", "620121100002", {{"620001", 2}});
    county_.OnTheRoad();
  }
  partition::Outcome Send(const dt::DeviceEvent& event, const char* at) {
    return county_.Upload(device_, {event}, At(at));
  }
  std::vector<std::string> Rejected(const dt::DeviceEvent& event, const char* at) {
    return Reasons(ResultsOf(Send(event, at)).results(0).refusals());
  }

  DeliveryCounty county_;
  Device device_;
};

TEST_F(Arrival, InsideThePromisedWindowIsOnTimeToTheSecond) {
  Send(device_.Arrival(kFirstStop, At("2019-08-06 10:30:00")), "2019-08-06 10:31");
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_ON_TIME);
  EXPECT_EQ(county_.stop(kFirstStop).arrival->method, dt::ARRIVAL_METHOD_GEOFENCE);
  EXPECT_EQ(county_.run("620121-20190806-R05-1").state, dt::RUN_STATE_IN_PROGRESS);
}

TEST_F(Arrival, OneSecondLaterIsLateAndNamesTheCrew) {
  const auto outcome = Send(device_.Arrival(kFirstStop, At("2019-08-06 10:30:01")), "2019-08-06 10:31");
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_LATE);
  const auto late = Events(outcome.events, &dt::Event::has_stop_late);
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_EQ(late[0]->stop_late().late_seconds(), 1);
  EXPECT_THAT(late[0]->stop_late().crew_staff_ids(), ElementsAre("D01"));
  EXPECT_EQ(county_.run("620121-20190806-R05-1").late_stops, 1);
}

TEST_F(Arrival, BeforeTheWindowIsNeitherOnTimeNorLate) {
  Send(device_.Arrival(kFirstStop, At("2019-08-06 09:29:59")), "2019-08-06 10:31");
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_EARLY);
}

TEST_F(Arrival, ASettableClockChangesTheStatusAndNothingElse) {
  device_.ShiftCalendar(-absl::Hours(48));
  Send(device_.Arrival(kFirstStop, At("2019-08-06 11:00")), "2019-08-06 11:01");
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_LATE);
  EXPECT_EQ(county_.stop(kFirstStop).arrival->time.status, dt::CLOCK_STATUS_OFFSET_KNOWN);
  EXPECT_EQ(*county_.stop(kFirstStop).arrival->time.corrected, At("2019-08-06 11:00"));
  EXPECT_EQ(county_.stop(kFirstStop).arrival->time.device_time, At("2019-08-04 11:00"));
}

TEST_F(Arrival, AnAgreeingClockIsSynced) {
  device_.ShiftCalendar(absl::Seconds(60));
  Send(device_.Arrival(kFirstStop, At("2019-08-06 10:00")), "2019-08-06 11:01");
  EXPECT_EQ(county_.stop(kFirstStop).arrival->time.status, dt::CLOCK_STATUS_SYNCED);
}

TEST_F(Arrival, AfterARestartOfflineTheTimeIsNeitherOnTimeNorLate) {
  const auto arrival = device_.Arrival(kFirstStop, At("2019-08-06 11:00"));
  device_.Reboot(At("2019-08-06 12:00"));
  Send(arrival, "2019-08-06 12:05");
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_ARRIVED);
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_TIME_UNVERIFIED);
  EXPECT_FALSE(county_.stop(kFirstStop).arrival->time.corrected);
  EXPECT_EQ(county_.run("620121-20190806-R05-1").late_stops, 0);
}

TEST_F(Arrival, ASlowCallDoesNotMakeItLater) {
  Send(device_.Arrival(kFirstStop, At("2019-08-06 10:29")), "2019-08-06 10:30");
  // The call's own delay of 40 minutes; the first one had shown when the device was started.
  const auto slow = device_.LateReason(kFirstStop, dt::LATE_REASON_CREW, "", At("2019-08-06 10:31"));
  county_.Tick(At("2019-08-06 11:11"));
  county_.Upload(device_.Batch({slow}, At("2019-08-06 10:31")));
  const auto second = device_.Arrival("620121-20190806-R05-1-0002", At("2019-08-06 08:10"));
  auto with_photo = second;
  with_photo.mutable_arrival()->set_photo_sha256(Image("door"));
  Send(with_photo, "2019-08-06 11:12");
  EXPECT_EQ(*county_.stop("620121-20190806-R05-1-0002").arrival->time.corrected, At("2019-08-06 08:10"));
}

TEST_F(Arrival, TooFarFromTheShopNeedsAPhoto) {
  const auto far = device_.Arrival(kFirstStop, At("2019-08-06 10:00"), 250);
  const auto outcome = Send(far, "2019-08-06 10:01");
  const auto& refusal = ResultsOf(outcome).results(0).refusals(0);
  EXPECT_EQ(refusal.reason(), common::v1::REASON_TOO_FAR_FROM_SHOP);
  EXPECT_EQ(refusal.limit(), 200);
  EXPECT_NEAR(static_cast<double>(refusal.value()), 250, 3);
  auto with_photo = device_.Arrival(kFirstStop, At("2019-08-06 10:02"), 250);
  with_photo.mutable_arrival()->set_photo_sha256(Image("door"));
  EXPECT_THAT(Rejected(with_photo, "2019-08-06 10:03"), IsEmpty());
  EXPECT_EQ(county_.stop(kFirstStop).arrival->method, dt::ARRIVAL_METHOD_MANUAL_PHOTO);
}

TEST_F(Arrival, AFakedOrInexactPositionDoesNotCountAsBeingThere) {
  auto mocked = device_.Arrival(kFirstStop, At("2019-08-06 10:00"));
  mocked.mutable_arrival()->mutable_position()->set_mocked(true);
  EXPECT_THAT(Rejected(mocked, "2019-08-06 10:01"), ElementsAre("TOO_FAR_FROM_SHOP arrival.position"));
  auto inexact = device_.Arrival(kFirstStop, At("2019-08-06 10:02"));
  inexact.mutable_arrival()->mutable_position()->set_accuracy_m(150);
  EXPECT_THAT(Rejected(inexact, "2019-08-06 10:03"), ElementsAre("TOO_FAR_FROM_SHOP arrival.position"));
  const auto unmeasured = device_.Arrival("620121-20190806-R05-1-0002", At("2019-08-06 10:04"));
  EXPECT_THAT(Rejected(unmeasured, "2019-08-06 10:05"), ElementsAre("TOO_FAR_FROM_SHOP arrival.position"));
}

TEST_F(Arrival, TheFirstReportOfAnArrivalCounts) {
  Send(device_.Arrival(kFirstStop, At("2019-08-06 10:00")), "2019-08-06 10:01");
  EXPECT_THAT(Rejected(device_.Arrival(kFirstStop, At("2019-08-06 10:05")), "2019-08-06 10:06"),
              ElementsAre("WRONG_STATE arrival.stop_id"));
  EXPECT_EQ(*county_.stop(kFirstStop).arrival->time.corrected, At("2019-08-06 10:00"));
}

TEST_F(Arrival, WeatherAndRoadsNeedAProofOtherReasonsDoNot) {
  const absl::Time t = At("2019-08-06 10:00");
  EXPECT_THAT(Rejected(device_.LateReason(kFirstStop, dt::LATE_REASON_WEATHER, "", t), "2019-08-06 10:01"),
              ElementsAre("LATE_PROOF_MISSING late_reason.proof_sha256"));
  EXPECT_THAT(
      Rejected(device_.LateReason(kFirstStop, dt::LATE_REASON_ROAD_CLOSED, "x", t), "2019-08-06 10:01"),
      ElementsAre("INVALID_FIELD late_reason.proof_sha256"));
  EXPECT_THAT(
      Rejected(device_.LateReason(kFirstStop, dt::LATE_REASON_WEATHER, Image("snow"), t), "2019-08-06 10:01"),
      IsEmpty());
  EXPECT_EQ(county_.stop(kFirstStop).late_reason, dt::LATE_REASON_WEATHER);
  EXPECT_THAT(Rejected(device_.LateReason(kFirstStop, dt::LATE_REASON_VEHICLE, "", t), "2019-08-06 10:01"),
              IsEmpty());
  EXPECT_THAT(
      Rejected(device_.LateReason(kFirstStop, dt::LATE_REASON_UNSPECIFIED, "", t), "2019-08-06 10:01"),
      ElementsAre("INVALID_FIELD late_reason.reason"));
}

TEST_F(Arrival, NothingIsReportedOfGoodsThatAreNotOnBoard) {
  county_.Pay("620121-o3", "620121100001", {{"620001", 1}});
  county_.Plan();
  EXPECT_THAT(
      Rejected(device_.Arrival("620121-20190806-R05-2-0001", At("2019-08-06 10:00")), "2019-08-06 10:01"),
      ElementsAre("WRONG_STATE arrival.stop_id"));
}

TEST_F(Arrival, UnknownStopsAreNamed) {
  auto event = device_.Arrival(kFirstStop, At("2019-08-06 10:00"));
  event.mutable_arrival()->set_stop_id("620121-20190806-R05-1-0099");
  EXPECT_THAT(Rejected(event, "2019-08-06 10:01"), ElementsAre("STOP_UNKNOWN arrival.stop_id"));
  auto malformed = device_.Arrival(kFirstStop, At("2019-08-06 10:00"));
  malformed.mutable_arrival()->set_stop_id("620122-20190806-R05-1-0001");
  EXPECT_THAT(Rejected(malformed, "2019-08-06 10:01"), ElementsAre("INVALID_FIELD arrival.stop_id"));
}

TEST_F(Arrival, AnAbsentRetailerIsRecorded) {
  Send(device_.Arrival(kFirstStop, At("2019-08-06 10:00")), "2019-08-06 10:01");
  const auto outcome =
      Send(device_.Undelivered(kFirstStop, dt::UNDELIVERED_CAUSE_ABSENT, At("2019-08-06 10:05")),
           "2019-08-06 10:06");
  ASSERT_THAT(Events(outcome.events, &dt::Event::has_retailer_absent), SizeIs(1));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_ABSENT);
  EXPECT_EQ(county_.run("620121-20190806-R05-1").failed_stops, 1);
  EXPECT_THAT(Rejected(device_.Receipt(kFirstStop, At("2019-08-06 10:07")), "2019-08-06 10:08"),
              ElementsAre("WRONG_STATE receipt.stop_id"));
}

TEST_F(Arrival, AnUnreachableRoadNeedsAPhoto) {
  auto event =
      device_.Undelivered(kFirstStop, dt::UNDELIVERED_CAUSE_UNREACHABLE_ROAD, At("2019-08-06 10:05"));
  event.mutable_undelivered()->clear_photo_sha256();
  EXPECT_THAT(Rejected(event, "2019-08-06 10:06"), ElementsAre("EVIDENCE_MISSING undelivered.photo_sha256"));
}

}  // namespace
}  // namespace sanyuan::testing
