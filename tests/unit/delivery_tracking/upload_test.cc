// Device events take effect exactly once, whatever way they come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/delivery_tracking/domain/device_stream.h"
#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::Ranges;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Upload : public ::testing::Test {
 protected:
  Upload() : device_(county_) {
    for (int i = 1; i <= 3; ++i) {
      const std::string licence = "62012110000" + std::to_string(i);
      county_.AddShop(licence);
      county_.Pay("620121-o" + std::to_string(i), licence, {{"620001", i}});
    }
    run_ = county_.OnTheRoad();
  }

  std::string Stop(int number) const { return run_ + "-000" + std::to_string(number); }
  const dt::UploadDeviceEventsResponse& Send(const std::vector<dt::DeviceEvent>& events, const char* at) {
    last_ = county_.Upload(device_, events, At(at));
    return ResultsOf(last_);
  }
  Ranges Taken() const {
    const auto* row = county_.state().streams.Find({DeliveryCounty::kCounty, {"phone-1", "install-1"}});
    return row ? row->ranges : Ranges();
  }

  DeliveryCounty county_;
  Device device_;
  std::string run_;
  partition::Outcome last_;
};

TEST(Ranges, JoinAndKeepGaps) {
  Ranges ranges;
  for (uint64_t sequence : {5U, 1U, 3U, 2U, 9U, 4U}) delivery_tracking::Insert(ranges, sequence);
  EXPECT_THAT(ranges, ElementsAre(std::pair(1U, 5U), std::pair(9U, 9U)));
  EXPECT_TRUE(delivery_tracking::Contains(ranges, 3));
  EXPECT_FALSE(delivery_tracking::Contains(ranges, 6));
  EXPECT_TRUE(delivery_tracking::HasAllUpTo(ranges, 5));
  EXPECT_FALSE(delivery_tracking::HasAllUpTo(ranges, 9));
}

TEST_F(Upload, TheSameUploadTwiceDecidesNothingTheSecondTime) {
  const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:02"));
  EXPECT_FALSE(Send({arrival, receipt}, "2019-08-06 08:05").results(0).repeated_event());
  const auto digest = county_.domain().store().StateDigest();
  const auto& again = Send({arrival, receipt}, "2019-08-06 08:06");
  EXPECT_THAT(last_.events, IsEmpty());
  EXPECT_EQ(again.results(1).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  EXPECT_TRUE(again.results(1).repeated_event());
  EXPECT_EQ(county_.domain().store().StateDigest(), digest);
  EXPECT_EQ(county_.sku(run_, "620001").delivered, 1);
}

TEST_F(Upload, OverlappingAndOutOfOrderUploadsTakeEachEventOnce) {
  std::vector<dt::DeviceEvent> events;
  for (int i = 1; i <= 3; ++i) {
    events.push_back(device_.Arrival(Stop(i), At("2019-08-06 08:00") + absl::Minutes(10 * i)));
    events.push_back(device_.Receipt(Stop(i), At("2019-08-06 08:02") + absl::Minutes(10 * i)));
  }
  Send({events[5], events[3]}, "2019-08-06 09:00");
  EXPECT_THAT(Taken(), ElementsAre(std::pair(4U, 4U), std::pair(6U, 6U)));
  const auto& second = Send({events[4], events[3], events[2], events[2]}, "2019-08-06 09:01");
  EXPECT_TRUE(second.results(1).repeated_event());
  EXPECT_FALSE(second.results(2).repeated_event());
  EXPECT_TRUE(second.results(3).repeated_event());
  const auto& third = Send({events[1], events[0]}, "2019-08-06 09:02");
  ASSERT_EQ(third.taken_size(), 1);
  EXPECT_EQ(third.taken(0).last(), 6U);
  EXPECT_EQ(county_.sku(run_, "620001").delivered, 6);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(county_.receipt(Stop(i))->state, dt::RECEIPT_STATE_AUTO_VERIFIED) << i;
  }
}

TEST_F(Upload, EventsFourteenDaysLateAreJudgedByWhenTheyHappened) {
  const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:10"));
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:12"));
  county_.Tick(At("2019-08-06 21:00"));
  EXPECT_EQ(county_.stop(Stop(1)).state, dt::STOP_STATE_MISSED);
  Send({arrival, receipt}, "2019-08-20 08:10");
  EXPECT_EQ(county_.stop(Stop(1)).state, dt::STOP_STATE_RECEIPTED);
  EXPECT_EQ(county_.stop(Stop(1)).punctuality, dt::PUNCTUALITY_ON_TIME);
  EXPECT_FALSE(county_.stop(Stop(1)).missed);
  EXPECT_EQ(county_.receipt(Stop(1))->state, dt::RECEIPT_STATE_AUTO_VERIFIED);
}

TEST_F(Upload, AGapIsKeptAndWhatFollowsItIsProcessed) {
  device_.SetNext(7);
  Send({device_.Arrival(Stop(1), At("2019-08-06 08:00"))}, "2019-08-06 08:01");
  EXPECT_THAT(Taken(), ElementsAre(std::pair(7U, 7U)));
  EXPECT_EQ(county_.stop(Stop(1)).state, dt::STOP_STATE_ARRIVED);
}

TEST_F(Upload, AnEventWithWrongContentIsKeptWithItsReasonsAndHoldsNothingUp) {
  auto wrong = device_.Receipt(Stop(1), At("2019-08-06 08:02"));
  wrong.mutable_receipt()->set_licence("620121100009");
  wrong.mutable_receipt()->set_photo_sha256("short");
  wrong.mutable_receipt()->add_delivered()->set_sku("620001");
  wrong.mutable_receipt()->mutable_delivered(0)->set_cartons(2);
  wrong.mutable_receipt()->add_delivered()->set_sku("620099");
  const auto arrival = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  const auto& results = Send({wrong, arrival}, "2019-08-06 08:11");
  EXPECT_EQ(results.results(0).status(), dt::DEVICE_EVENT_STATUS_REJECTED);
  EXPECT_THAT(
      Reasons(results.results(0).refusals()),
      ElementsAre("INVALID_FIELD receipt.licence", "INVALID_FIELD receipt.photo_sha256",
                  "OVER_DELIVERED receipt.delivered[0].cartons", "SKU_UNKNOWN receipt.delivered[1].sku"));
  EXPECT_EQ(results.results(1).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  EXPECT_EQ(county_.state().rejected.size(), 1U);
  EXPECT_THAT(Taken(), ElementsAre(std::pair(1U, 2U)));
  // Sent again, it gets the same answer and is kept once.
  const auto& again = Send({wrong}, "2019-08-06 08:12");
  EXPECT_EQ(again.results(0).status(), dt::DEVICE_EVENT_STATUS_REJECTED);
  EXPECT_EQ(again.results(0).refusals_size(), 4);
  EXPECT_TRUE(again.results(0).repeated_event());
  EXPECT_THAT(last_.events, IsEmpty());
}

TEST_F(Upload, ANumberUsedForTwoThingsIsNoticedAndBothAreKept) {
  Send({device_.Arrival(Stop(1), At("2019-08-06 08:00"))}, "2019-08-06 08:01");
  device_.SetNext(1);
  const auto other = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  const auto& results = Send({other}, "2019-08-06 08:11");
  EXPECT_THAT(Reasons(results.results(0).refusals()), ElementsAre("SEQUENCE_REUSED sequence"));
  EXPECT_EQ(county_.stop(Stop(2)).state, dt::STOP_STATE_PLANNED);
  EXPECT_EQ(county_.state().rejected.size(), 1U);
  Send({other}, "2019-08-06 08:12");
  EXPECT_THAT(last_.events, IsEmpty());
}

TEST_F(Upload, NumbersOutOfRangeAreNotTaken) {
  device_.SetNext(0);
  auto zero = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  auto huge = zero;
  huge.set_sequence(UINT64_MAX);
  const auto& results = Send({zero, huge}, "2019-08-06 08:01");
  EXPECT_EQ(results.results(0).status(), dt::DEVICE_EVENT_STATUS_NOT_TAKEN);
  EXPECT_EQ(results.results(1).status(), dt::DEVICE_EVENT_STATUS_NOT_TAKEN);
  EXPECT_THAT(Taken(), IsEmpty());
}

TEST_F(Upload, TooManyGapsMustBeFilledFirst) {
  for (uint64_t i = 0; i < 4; ++i) {
    std::vector<dt::DeviceEvent> events;
    for (uint64_t k = 0; k < 250; ++k) {
      device_.SetNext(2 * (250 * i + k) + 2);
      events.push_back(device_.LateReason(Stop(1), dt::LATE_REASON_CREW, "", At("2019-08-06 08:00")));
    }
    Send(events, "2019-08-06 08:01");
  }
  EXPECT_EQ(Taken().size(), delivery_tracking::kMaximumRanges);
  device_.SetNext(100'000);
  const auto beyond = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  EXPECT_EQ(Send({beyond}, "2019-08-06 08:02").results(0).status(), dt::DEVICE_EVENT_STATUS_NOT_TAKEN);
  device_.SetNext(3);
  const auto fills = device_.LateReason(Stop(1), dt::LATE_REASON_CREW, "", At("2019-08-06 08:00"));
  EXPECT_EQ(Send({fills, beyond}, "2019-08-06 08:03").results(1).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
}

TEST_F(Upload, OnlyTheCallersOwnDeviceIsTaken) {
  const auto batch =
      device_.Batch({device_.Arrival(Stop(1), At("2019-08-06 08:00"))}, At("2019-08-06 08:01"));
  EXPECT_THAT(Reasons(county_.Upload(batch, "D02").refusals), ElementsAre("DEVICE_UNKNOWN device_key"));
  EXPECT_THAT(Reasons(county_.Upload(batch, "D99").refusals), ElementsAre("DEVICE_UNKNOWN device_key"));
  EXPECT_THAT(Taken(), IsEmpty());
}

TEST_F(Upload, MalformedUploadsAreRefusedWithEveryField) {
  dt::UploadDeviceEventsRequest request;
  request.set_county_code("62012");
  request.mutable_sent()->mutable_since_boot()->set_seconds(-1);
  EXPECT_THAT(Reasons(county_.Upload(request).refusals),
              ElementsAre("INVALID_FIELD county_code", "INVALID_FIELD device_key",
                          "INVALID_FIELD installation_id", "INVALID_FIELD sent.boot_id",
                          "INVALID_FIELD sent.device_time", "INVALID_FIELD sent.since_boot"));
}

TEST_F(Upload, TooLargeUploadsAreRefusedWhole) {
  std::vector<dt::DeviceEvent> events;
  for (int i = 0; i < 501; ++i)
    events.push_back(device_.LateReason(Stop(1), dt::LATE_REASON_CREW, "", At("2019-08-06 08:00")));
  county_.Tick(At("2019-08-06 08:01"));
  EXPECT_THAT(Reasons(county_.Upload(device_.Batch(events, county_.now())).refusals),
              ElementsAre("TOO_LARGE events"));
  EXPECT_THAT(Taken(), IsEmpty());
}

TEST_F(Upload, AnEventFromBeyondItsUploadIsRejected) {
  const auto event = device_.Arrival(Stop(1), At("2019-08-06 08:30"));
  EXPECT_THAT(Reasons(Send({event}, "2019-08-06 08:01").results(0).refusals()),
              ElementsAre("INVALID_FIELD clock.since_boot"));
}

TEST_F(Upload, AnEmptyUploadIsASynchronisationForLaterEventsOfTheSameStart) {
  Send({}, "2019-08-06 07:30");
  const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  device_.Reboot(At("2019-08-06 12:00"));
  Send({arrival}, "2019-08-06 12:05");
  EXPECT_EQ(county_.stop(Stop(1)).punctuality, dt::PUNCTUALITY_ON_TIME);
}

TEST_F(Upload, InstallationsAndDevicesNumberForThemselves) {
  auto batch = device_.Batch({device_.Arrival(Stop(1), At("2019-08-06 08:00"))}, At("2019-08-06 08:01"));
  county_.Tick(At("2019-08-06 08:01"));
  county_.Upload(batch);
  batch.set_installation_id("install-2");
  batch.mutable_events(0)->mutable_arrival()->set_stop_id(Stop(2));
  *batch.mutable_events(0)->mutable_arrival()->mutable_position() = county_.Near("620121100002");
  const auto outcome = county_.Upload(batch);
  EXPECT_EQ(ResultsOf(outcome).results(0).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  EXPECT_FALSE(ResultsOf(outcome).results(0).repeated_event());
}

}  // namespace
}  // namespace sanyuan::testing
