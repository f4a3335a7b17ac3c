// The state is the fold of the journal: replayed, or loaded from a snapshot, it is the same to the last bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

// Two runs with a bit of everything: late, absent, suspect, waiting, rejected, missed, redelivered, disputed.
void PlayADay(DeliveryCounty& county) {
  for (int i = 1; i <= 6; ++i) {
    const std::string licence = "62012110000" + std::to_string(i);
    county.AddShop(licence);
    county.Pay("620121-o" + std::to_string(i), licence, {{"620001", i}, {"620002", 1}});
  }
  const std::string run = county.OnTheRoad();
  const auto stop = [&run](int i) { return run + "-000" + std::to_string(i); };
  Device device(county);
  std::vector<dt::DeviceEvent> events;
  for (int i = 1; i <= 3; ++i) {
    events.push_back(device.Arrival(stop(i), At("2019-08-06 08:00") + absl::Minutes(30 * i)));
    events.push_back(device.Receipt(stop(i), At("2019-08-06 08:04") + absl::Minutes(30 * i)));
  }
  events[5].mutable_receipt()->set_card_id(events[3].receipt().card_id());
  events.push_back(device.Undelivered(stop(4), dt::UNDELIVERED_CAUSE_ABSENT, At("2019-08-06 10:00")));
  device.SetNext(12);
  events.push_back(device.Receipt(stop(5), At("2019-08-06 11:00")));
  events.push_back(device.Arrival(stop(6), At("2019-08-06 11:00")));
  events.back().mutable_arrival()->set_stop_id("620121-20190806-R05-1-0077");
  county.Upload(device, events, At("2019-08-06 12:00"));
  county.Redeliver(stop(4), "2019-08-07");
  county.Dispute(stop(1), "620121100001");
  county.Settle(stop(1), dt::RECEIPT_VERDICT_CONFIRMED_DIRECT);
  county.Resolve(stop(3), dt::RECEIPT_VERDICT_CONFIRMED_PROXY);
  county.Return(run, {{"620001", 4}});
  dt::Loss loss;
  loss.set_sku("620001");
  loss.set_cartons(1);
  loss.set_case_number("YD-7");
  county.Reconcile(run, {loss});
  county.OnTheRoad("2019-08-07");
  county.Tick(At("2019-08-30 00:00"));
}

TEST(Replay, GivesTheSameStateAndTheSameDigestOfEachCounty) {
  DeliveryCounty county;
  PlayADay(county);
  ASSERT_TRUE(county.status().ok()) << county.status();
  const auto replayed = county.Replayed();
  ASSERT_TRUE(county.status().ok()) << county.status();
  EXPECT_EQ(replayed->store().StateDigest(), county.domain().store().StateDigest());
  EXPECT_EQ(replayed->store().BusinessDigests(), county.domain().store().BusinessDigests());
}

TEST(Replay, ASnapshotLoadsToTheSameStateAndGoesOnFromThere) {
  DeliveryCounty county;
  PlayADay(county);
  delivery_tracking::DeliveryTrackingDomain loaded;
  ASSERT_TRUE(loaded.store().Load(county.domain().store().Capture().Encode()).ok());
  EXPECT_EQ(loaded.store().StateDigest(), county.domain().store().StateDigest());
  EXPECT_EQ(loaded.NextDue(), county.domain().NextDue());
}

TEST(Replay, AnEventThatCantBeFoldedIsRefused) {
  delivery_tracking::DeliveryTrackingDomain domain;
  domain.store().BeginRecord(1);
  dt::Event event;
  EXPECT_TRUE(absl::IsInvalidArgument(domain.Evolve(event, {})));
  event.mutable_stop_missed()->set_stop_id("620121-20190806-R05-1-0001");
  EXPECT_TRUE(absl::IsInvalidArgument(domain.Evolve(event, {})));
}

TEST(Replay, StandingDownTakesBackWhatWasNotAccepted) {
  DeliveryCounty county;
  PlayADay(county);
  auto& store = county.domain().store();
  const auto digest = store.StateDigest();
  const uint64_t height = store.record();
  store.BeginRecord(height + 1);
  dt::Event event;
  event.mutable_run_announced()->set_run_id("620121-20190806-R05-1");
  ASSERT_TRUE(county.domain().Evolve(event, {}).ok());
  dt::Event crew;
  crew.mutable_crew_assigned()->set_run_id("620121-20190806-R05-1");
  crew.mutable_crew_assigned()->add_staff_ids("D02");
  ASSERT_TRUE(county.domain().Evolve(crew, {}).ok());
  EXPECT_NE(store.StateDigest(), digest);
  store.RollbackTo(height);
  EXPECT_EQ(store.StateDigest(), digest);
}

}  // namespace
}  // namespace sanyuan::testing
