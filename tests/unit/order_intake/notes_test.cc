#include "services/order_intake/domain/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order_intake/domain/inputs.h"
#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using testing::OrderIdOf;

using testing::kShop;

TEST(Notes, FactThatChangesNothingHereGivesNoEvent) {
  testing::OrderIntakeCounty county;
  county.AddRetailer(kShop);
  county.AddStaff("AM07", {"phone-7"});
  county.OpenAllowance(kShop, "2019-08", 10, {5, 10});
  county.CompleteMonth("2019-08");
  county.PublishTight("620121-tight-1", {"620001"}, At("2019-08-01", 0, 0));
  county.PublishRation("620121-ration-1", {{"620001", 2}}, At("2019-08-01", 0, 0));
  const size_t decisions = county.records().size();
  county.AddRetailer(kShop);
  county.AddStaff("AM07", {"phone-7"});
  county.AddStaff("AM08", {});
  county.ListSku("620001", 1000);
  county.OpenAllowance(kShop, "2019-08", 10, {5, 10});
  county.CompleteMonth("2019-08");
  county.PublishTight("620121-tight-1", {"620001"}, At("2019-08-01", 0, 0));
  county.PublishRation("620121-ration-1", {{"620001", 2}}, At("2019-08-01", 0, 0));
  EXPECT_EQ(county.records().size(), decisions);
  county.AddRetailer(kShop, {.route = "R02"});
  EXPECT_EQ(county.records().size(), decisions + 1);
}

TEST(Notes, FactThatIsNotWellFormedIsLeftAlone) {
  testing::OrderIntakeCounty county;
  const size_t decisions = county.records().size();
  county.AddRetailer("a licence with spaces");
  county.OpenAllowance(kShop, "2019-13", 10);
  county.OpenAllowance(kShop, "2019-08", -1);
  county.ListSku("", 5);
  EXPECT_EQ(county.records().size(), decisions);
  EXPECT_TRUE(county.status().ok()) << county.status();
}

TEST(Notes, DeviceSharedByTwoPeopleIsAStaffDeviceUntilBothGaveItUp) {
  testing::OrderIntakeCounty county;
  county.AddStaff("D1", {"tablet"});
  county.AddStaff("D2", {"tablet"});
  county.AddStaff("D1", {});
  EXPECT_TRUE(county.state().device_holders.Contains({620121, "tablet"}));
  county.AddStaff("D2", {});
  EXPECT_FALSE(county.state().device_holders.Contains({620121, "tablet"}));
}

TEST(Notes, AdjustedCeilingKeepsWhatIsReserved) {
  testing::OrderIntakeCounty county;
  county.AddRetailer(kShop);
  county.OpenAllowance(kShop, "2019-08", 10);
  const std::string window = county.OpenWindow("2019-08-05");
  county.Submit(kShop, window, {{"620001", 7}});
  county.OpenAllowance(kShop, "2019-08", 20);
  EXPECT_EQ(county.AllowanceOf(kShop, "2019-08").ceiling, 20);
  EXPECT_EQ(county.AllowanceOf(kShop, "2019-08").reserved, 7);
}

TEST(Notes, MuchReadAtOnceIsNotedInParts) {
  testing::OrderIntakeCounty county;
  std::vector<partition::EventPtr> events;
  for (int i = 0; i < 100; ++i) {
    auto event = std::make_unique<allocation::v1::Event>();
    auto& opened = *event->mutable_allowance_opened();
    opened.set_county_code("620121");
    opened.set_licence(std::to_string(620121100000 + i));
    opened.set_month("2019-08");
    opened.set_ceiling_cartons(i);
    events.push_back(std::move(event));
  }
  const size_t decisions = county.records().size();
  county.Receive(kAllocationTopic, events, {}, 300);
  EXPECT_GT(county.records().size(), decisions + 5);
  EXPECT_EQ(county.state().allowances.size(), 100u);
}

// A county through all kinds of decisions, for the fold itself.
void LiveThrough(testing::OrderIntakeCounty& county) {
  for (int i = 1; i <= 4; ++i) {
    const std::string shop = "62012110000" + std::to_string(i);
    county.AddRetailer(shop);
    county.OpenAllowance(shop, "2019-08", 100, {40, 70, 100});
  }
  county.AddStaff("AM07", {"phone-7"});
  county.CompleteMonth("2019-08");
  county.PublishTight("620121-tight-1", {"620003"}, At("2019-08-01", 0, 0));
  county.PublishRation("620121-ration-1", {{"620003", 5}}, At("2019-08-01", 0, 0));
  const std::string window = county.OpenWindow("2019-08-05");
  const std::string a = OrderIdOf(county.Submit("620121100001", window, {{"620001", 8}, {"620003", 5, 90}}));
  const std::string b = OrderIdOf(county.Submit("620121100002", window, {{"620002", 9}}));
  const std::string c = OrderIdOf(county.Submit("620121100003", window, {{"620002", 9}}));
  county.ReportDemand("620121100004", window, {{"620005", 7}});
  county.Amend("620121100002", b, {{"620002", 6}});
  county.Cancel("620121100003", c);
  county.CloseWindow(window);
  county.Publish("run-1", window, county.FullOffers(window));
  county.Pay(a, true, "b1");
  county.Pay(b, false, "b2");
  county.Tick(At("2019-08-05", 13, 0));
  EXPECT_TRUE(county.status().ok()) << county.status();
}

TEST(Fold, ReplayOfAllDecisionsGivesTheSameState) {
  testing::OrderIntakeCounty county;
  LiveThrough(county);
  const auto replayed = county.Replayed();
  EXPECT_EQ(replayed->store().StateDigest(), county.domain().store().StateDigest());
  EXPECT_EQ(replayed->store().BusinessDigests(), county.domain().store().BusinessDigests());
}

TEST(Fold, SnapshotLoadsToTheSameState) {
  testing::OrderIntakeCounty county;
  LiveThrough(county);
  OrderIntakeDomain loaded;
  ASSERT_TRUE(loaded.store().Load(county.domain().store().Capture().Encode()).ok());
  EXPECT_EQ(loaded.store().StateDigest(), county.domain().store().StateDigest());
  EXPECT_EQ(loaded.NextDue(), county.domain().NextDue());
}

TEST(Fold, ContentThatCannotBeFoldedIsRefused) {
  OrderIntakeDomain domain;
  domain.store().BeginRecord(1);
  v1::Event event;
  EXPECT_EQ(domain.Evolve(event, {}).code(), absl::StatusCode::kInvalidArgument);
  event.mutable_order_submitted()->set_order_id("620121-00000000000000000000000000");
  EXPECT_EQ(domain.Evolve(event, {}).code(), absl::StatusCode::kInvalidArgument);
  event.mutable_order_voided()->set_order_id("620121-00000000000000000000000000");
  EXPECT_EQ(domain.Evolve(event, {}).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sanyuan::order_intake
