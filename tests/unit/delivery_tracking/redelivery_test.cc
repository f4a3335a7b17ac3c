// Missed at 20:00, tried again within two working days, returned otherwise (R64).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLicence[] = "620121100001";

class Redelivery : public ::testing::Test {
 protected:
  Redelivery() : device_(county_) {
    county_.AddShop(kLicence);
    county_.AddShop("620121100002");
    county_.Pay("620121-o1", kLicence, {{"620001", 3}});
    county_.Pay("620121-o2", "620121100002", {{"620001", 2}});
    county_.OnTheRoad();
  }
  void Absent(const std::string& stop, const char* at) {
    county_.Upload(device_, {device_.Undelivered(stop, dt::UNDELIVERED_CAUSE_ABSENT, At(at))}, At(at));
  }

  DeliveryCounty county_;
  Device device_;
};

TEST_F(Redelivery, StopsWithoutArrivalAreMissedAtEightInTheEvening) {
  county_.Upload(device_, {device_.Arrival(kFirstStop, At("2019-08-06 08:00"))}, At("2019-08-06 08:01"));
  county_.Tick(At("2019-08-06 19:59:59"));
  EXPECT_EQ(county_.stop("620121-20190806-R05-1-0002").state, dt::STOP_STATE_PLANNED);
  county_.Tick(At("2019-08-06 20:00"));
  EXPECT_EQ(county_.stop("620121-20190806-R05-1-0002").state, dt::STOP_STATE_MISSED);
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_ARRIVED);
  EXPECT_EQ(county_.run(kFirstRun).failed_stops, 1);
  EXPECT_TRUE(county_.status().ok()) << county_.status();
}

TEST_F(Redelivery, AnArrivalThatIsProvedLaterTakesTheMissBack) {
  county_.Tick(At("2019-08-06 20:00"));
  county_.Upload(device_, {device_.Arrival(kFirstStop, At("2019-08-06 08:00"))}, At("2019-08-06 22:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_ARRIVED);
  EXPECT_EQ(county_.stop(kFirstStop).punctuality, dt::PUNCTUALITY_ON_TIME);
  EXPECT_EQ(county_.run(kFirstRun).failed_stops, 1);
}

TEST_F(Redelivery, ASecondAttemptIsPlannedForTheAgreedDay) {
  Absent(kFirstStop, "2019-08-06 08:00");
  EXPECT_THAT(county_.Redeliver(kFirstStop, "2019-08-08").refusals, IsEmpty());
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_REDELIVERY);
  EXPECT_THAT(county_.Redeliver(kFirstStop, "2019-08-08").events, IsEmpty());
  county_.Tick(At("2019-08-07 06:00"));
  EXPECT_THAT(county_.Plan("2019-08-07").events, IsEmpty());
  const auto planned = county_.Plan("2019-08-08");
  const auto stops = Events(planned.events, &dt::Event::has_stop_planned);
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops[0]->stop_planned().redelivery_of_stop_id(), kFirstStop);
  EXPECT_EQ(stops[0]->stop_planned().attempt(), 2);
  EXPECT_EQ(county_.sku("620121-20190808-R05-1", "620001").planned, 3);
  county_.Tick(At("2019-08-12 00:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_REDELIVERY);
}

TEST_F(Redelivery, TheSecondFailureIsTheLast) {
  Absent(kFirstStop, "2019-08-06 08:00");
  county_.Redeliver(kFirstStop, "2019-08-07");
  county_.OnTheRoad("2019-08-07");
  const auto outcome =
      county_.Upload(device_,
                     {device_.Undelivered("620121-20190807-R05-1-0001", dt::UNDELIVERED_CAUSE_REFUSED,
                                          At("2019-08-07 09:00"))},
                     At("2019-08-07 09:01"));
  ASSERT_THAT(Events(outcome.events, &dt::Event::has_stop_returned), SizeIs(1));
  EXPECT_EQ(county_.stop("620121-20190807-R05-1-0001").state, dt::STOP_STATE_RETURNED);
  EXPECT_THAT(Reasons(county_.Redeliver("620121-20190807-R05-1-0001", "2019-08-08").refusals),
              ElementsAre("WRONG_STATE stop_id"));
}

TEST_F(Redelivery, IsAtMostTwoWorkingDaysLater) {
  Absent(kFirstStop, "2019-08-06 08:00");
  EXPECT_THAT(Reasons(county_.Redeliver(kFirstStop, "2019-08-09").refusals),
              ElementsAre("REDELIVERY_TOO_LATE delivery_date"));
  EXPECT_THAT(Reasons(county_.Redeliver(kFirstStop, "2019-08-05").refusals),
              ElementsAre("INVALID_FIELD delivery_date"));
}

TEST_F(Redelivery, TheCalendarMovesTheLimit) {
  registry::v1::ReferenceEvent event;
  auto& calendar = *event.mutable_calendar_published()->mutable_calendar();
  calendar.set_year(2019);
  calendar.set_revision(1);
  calendar.add_days_off("2019-08-07");
  std::vector<partition::EventPtr> events;
  events.push_back(std::make_unique<registry::v1::ReferenceEvent>(event));
  county_.Receive("registry.reference.journal", events);
  Absent(kFirstStop, "2019-08-06 08:00");
  EXPECT_THAT(county_.Redeliver(kFirstStop, "2019-08-09").refusals, IsEmpty());
}

TEST_F(Redelivery, WithoutAnAgreedDayTheGoodsGoBackAfterTwoWorkingDays) {
  Absent(kFirstStop, "2019-08-06 08:00");
  county_.Tick(At("2019-08-08 19:59:59"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_ABSENT);
  county_.Tick(At("2019-08-08 20:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_RETURNED);
}

TEST_F(Redelivery, AnAgreedDayThatNobodyPlannedLapses) {
  Absent(kFirstStop, "2019-08-06 08:00");
  county_.Redeliver(kFirstStop, "2019-08-08");
  county_.Tick(At("2019-08-08 20:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_RETURNED);
  EXPECT_TRUE(county_.state().pool.empty());
}

TEST_F(Redelivery, AMissedStopMayBeAgreedAnewFromToday) {
  county_.Tick(At("2019-08-12 09:00"));
  EXPECT_THAT(county_.Redeliver(kFirstStop, "2019-08-14").refusals, IsEmpty());
  EXPECT_THAT(Reasons(county_.Redeliver("620121-20190806-R05-1-0002", "2019-08-15").refusals),
              ElementsAre("REDELIVERY_TOO_LATE delivery_date"));
}

TEST_F(Redelivery, AReceiptThatComesBeforeTheSecondAttemptIsPlannedCallsItOff) {
  const auto arrival = device_.Arrival(kFirstStop, At("2019-08-06 08:00"));
  const auto receipt = device_.Receipt(kFirstStop, At("2019-08-06 08:01"));
  county_.Tick(At("2019-08-06 20:00"));
  county_.Redeliver(kFirstStop, "2019-08-08");
  EXPECT_EQ(county_.state().pool.size(), 1U);
  county_.Upload(device_, {arrival, receipt}, At("2019-08-07 10:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_RECEIPTED);
  EXPECT_TRUE(county_.state().pool.empty());
  county_.Tick(At("2019-08-12 00:00"));
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_RECEIPTED);
  EXPECT_TRUE(county_.status().ok()) << county_.status();
}

TEST_F(Redelivery, WhatWasDeliveredIsNotDeliveredAgain) {
  county_.Upload(device_,
                 {device_.Arrival(kFirstStop, At("2019-08-06 08:00")),
                  device_.Receipt(kFirstStop, At("2019-08-06 08:01"))},
                 At("2019-08-06 08:02"));
  EXPECT_THAT(Reasons(county_.Redeliver(kFirstStop, "2019-08-07").refusals),
              ElementsAre("WRONG_STATE stop_id"));
}

}  // namespace
}  // namespace sanyuan::testing
