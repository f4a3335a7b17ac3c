#include "services/order_intake/domain/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order_intake/domain/allowance.h"
#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using testing::EventOf;
using testing::Offer;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kOther;
using testing::kShop;

class SettlementTest : public ::testing::Test {
 protected:
  SettlementTest() {
    for (const char* shop : {kShop, kOther}) {
      county_.AddRetailer(shop);
      county_.OpenAllowance(shop, "2019-08", 100);
    }
    window_ = county_.OpenWindow("2019-08-05");
    order_ = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}, {"620002", 20}}));
  }
  ~SettlementTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  const Allowance& Ledger(const char* shop = kShop) { return county_.AllowanceOf(shop, "2019-08"); }
  std::vector<partition::EventPtr> Share(const std::vector<Offer>& offers, bool compensating = false) {
    return county_.Publish(compensating ? "run-2" : "run-1", window_, offers, compensating);
  }

  testing::OrderIntakeCounty county_;
  std::string window_;
  std::string order_;
};

TEST_F(SettlementTest, TakenOfferTurnsReservedIntoConsumedAndReleasesTheRest) {
  county_.CloseWindow(window_);
  const auto events = Share({{order_, kShop, {{1, 10}, {2, 5}}}});
  ASSERT_THAT(events, SizeIs(2));
  const v1::AllocationTaken& taken = EventOf(events[0]).allocation_taken();
  EXPECT_EQ(taken.debit_number(), 1u);
  EXPECT_EQ(taken.lines(1).taken_cartons(), 5);
  EXPECT_EQ(taken.lines(1).released_cartons(), 15);
  EXPECT_EQ(taken.lines(1).price_fen(), 2000);
  EXPECT_EQ(EventOf(events[1]).run_settled().run_id(), "run-1");
  EXPECT_EQ(Ledger().reserved, 0);
  EXPECT_EQ(Ledger().consumed, 15);
  EXPECT_EQ(AvailableInMonth(Ledger()), 85);
  const Order& order = county_.OrderOf(order_);
  EXPECT_EQ(order.state, OrderState::kPartAllocated);
  ASSERT_THAT(order.debits, SizeIs(1));
  EXPECT_EQ(order.debits[0].amount_fen, 10 * 1000 + 5 * 2000);
}

TEST_F(SettlementTest, OrderIsAllocatedInFullInPartOrNotAtAll) {
  const std::string full = OrderIdOf(county_.Submit(kOther, window_, {{"620001", 4}}));
  const std::string nothing = OrderIdOf(county_.Submit(kOther, window_, {{"620001", 6}}));
  county_.CloseWindow(window_);
  Share({{order_, kShop, {{1, 10}, {2, 19}}}, {full, kOther, {{1, 4}}}, {nothing, kOther, {{1, 0}}}});
  EXPECT_EQ(county_.OrderOf(order_).state, OrderState::kPartAllocated);
  EXPECT_EQ(county_.OrderOf(full).state, OrderState::kAllocated);
  EXPECT_EQ(county_.OrderOf(nothing).state, OrderState::kNotAllocated);
  EXPECT_THAT(county_.OrderOf(nothing).debits, SizeIs(0)) << "nothing is to be paid";
  EXPECT_EQ(Ledger(kOther).reserved, 0);
  EXPECT_EQ(Ledger(kOther).consumed, 4);
}

TEST_F(SettlementTest, CeilingLoweredMeanwhileDoesNotTakeBackWhatIsReserved) {
  county_.CloseWindow(window_);
  county_.OpenAllowance(kShop, "2019-08", 5);
  Share({{order_, kShop, {{1, 10}, {2, 20}}}});
  EXPECT_EQ(county_.OrderOf(order_).state, OrderState::kAllocated);
  EXPECT_EQ(Ledger().consumed, 30);
  EXPECT_EQ(AvailableInMonth(Ledger()), 0);
}

TEST_F(SettlementTest, OfferToASuspendedLicenceGoesBackAndItsReservationIsReleased) {
  county_.CloseWindow(window_);
  county_.AddRetailer(kShop, {.active = false});
  const auto events = Share({{order_, kShop, {{1, 10}, {2, 5}}}});
  const v1::AllocationReturned& returned = EventOf(events[0]).allocation_returned();
  EXPECT_EQ(returned.lines(0).reason(), common::v1::REASON_LICENCE_NOT_ACTIVE);
  EXPECT_EQ(returned.lines(0).still_can_take_cartons(), 0);
  EXPECT_EQ(Ledger().reserved, 0);
  EXPECT_EQ(Ledger().consumed, 0);
  EXPECT_EQ(county_.OrderOf(order_).state, OrderState::kNotAllocated);
}

TEST_F(SettlementTest, LaterOfferReservesAnewInTheMonthOfTheOrder) {
  county_.CloseWindow(window_);
  Share({{order_, kShop, {{1, 10}, {2, 5}}}});
  county_.Pay(order_, true, "b1");
  county_.Tick(At("2019-09-01", 0, 0));
  const auto events = Share({{order_, kShop, {{2, 7}}}}, true);
  const v1::AllocationTaken& taken = EventOf(events[0]).allocation_taken();
  EXPECT_EQ(taken.lines(0).reserved_anew_cartons(), 7);
  EXPECT_EQ(taken.debit_number(), 2u);
  EXPECT_EQ(Ledger().reserved, 0);
}

TEST_F(SettlementTest, LaterOfferOverTheCeilingByNowGoesBackWithWhatFits) {
  county_.CloseWindow(window_);
  Share({{order_, kShop, {{1, 10}, {2, 5}}}});
  county_.OpenAllowance(kShop, "2019-08", 18);
  const auto events = Share({{order_, kShop, {{2, 7}}}}, true);
  const v1::ReturnedLine& line = EventOf(events[0]).allocation_returned().lines(0);
  EXPECT_EQ(line.reason(), common::v1::REASON_OVER_TOTAL);
  EXPECT_EQ(line.still_can_take_cartons(), 3);
  EXPECT_EQ(Ledger().consumed, 15);
  EXPECT_EQ(county_.OrderOf(order_).settlements[1].returned_reason, common::v1::REASON_OVER_TOTAL);
}

TEST_F(SettlementTest, OffersOfOneReactionShareTheRoom) {
  const std::string second = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 30}}));
  county_.CloseWindow(window_);
  Share({{order_, kShop, {{1, 0}, {2, 0}}}, {second, kShop, {{1, 0}}}});
  county_.OpenAllowance(kShop, "2019-08", 25);
  Share({{order_, kShop, {{1, 10}, {2, 10}}}, {second, kShop, {{1, 6}}}}, true);
  EXPECT_EQ(Ledger().consumed, 20) << "the third offer found 5 left";
  EXPECT_EQ(county_.OrderOf(second).settlements[0].taken, 0);
}

TEST_F(SettlementTest, OfferOfMoreThanWasAskedForGoesBack) {
  county_.CloseWindow(window_);
  const auto events = Share({{order_, kShop, {{1, 11}, {2, 20}}}});
  EXPECT_EQ(EventOf(events[1]).allocation_returned().lines(0).reason(), common::v1::REASON_QUANTITY_RANGE);
  EXPECT_EQ(EventOf(events[1]).allocation_returned().lines(0).still_can_take_cartons(), 10);
  EXPECT_EQ(county_.OrderOf(order_).state, OrderState::kLocked) << "its first line has no answer yet";
  EXPECT_EQ(Ledger().reserved, 10);
}

TEST_F(SettlementTest, OfferToNobodyGoesBack) {
  county_.CloseWindow(window_);
  const auto events = Share({{"620121-00000000000000000000000000", kShop, {{1, 3}}}});
  EXPECT_EQ(EventOf(events[0]).allocation_returned().lines(0).reason(), common::v1::REASON_ORDER_UNKNOWN);
}

TEST_F(SettlementTest, NothingIsTakenFromPagesThatWereNotPublished) {
  county_.CloseWindow(window_);
  auto page = std::make_unique<allocation::v1::Event>();
  page->mutable_allocation_page()->set_run_id("run-1");
  auto published = std::make_unique<allocation::v1::Event>();
  published->mutable_allocation_published()->set_run_id("run-1");
  published->mutable_allocation_published()->set_window_id(window_);
  published->mutable_allocation_published()->set_pages_digest(std::string(32, 'x'));
  std::vector<partition::EventPtr> pages, events;
  pages.push_back(std::move(page));
  events.push_back(std::move(published));
  testing::OrderIntakeCounty other;
  other.Receive("allocation.journal", events, {&pages});
  EXPECT_THAT(std::string(other.status().message()), ::testing::HasSubstr("not those that were published"));
}

TEST_F(SettlementTest, LargeRunIsSettledInPartsWithTheSameResult) {
  std::vector<std::string> orders;
  for (int i = 0; i < 40; ++i) {
    const std::string shop = std::to_string(620121200000 + i);
    county_.AddRetailer(shop);
    county_.OpenAllowance(shop, "2019-08", 100);
    orders.push_back(OrderIdOf(county_.Submit(shop, window_, {{"620001", 3}, {"620002", 2}})));
  }
  county_.CloseWindow(window_);
  const size_t before = county_.records().size();
  county_.Publish("run-1", window_, county_.FullOffers(window_), false, 500);
  EXPECT_GT(county_.records().size(), before + 5) << "several decisions";
  for (const std::string& order : orders) EXPECT_EQ(county_.OrderOf(order).state, OrderState::kAllocated);
}

TEST_F(SettlementTest, WithoutFloatingPolicyTheLedgerIsNotTouched) {
  testing::OrderIntakeCounty county(false, false);
  county.AddRetailer(kShop);
  const std::string window = county.OpenWindow("2019-08-05");
  const std::string order = OrderIdOf(county.Submit(kShop, window, {{"620001", 400}}));
  county.CloseWindow(window);
  county.Publish("run-1", window, {{order, kShop, {{1, 300}}}});
  county.Publish("run-2", window, {{order, kShop, {{1, 100}}}}, true);
  EXPECT_TRUE(county.state().allowances.empty());
  EXPECT_EQ(county.OrderOf(order).state, OrderState::kAllocated);
  EXPECT_EQ(county.domain().NextDue(), absl::InfiniteFuture()) << "payments have no deadline";
  EXPECT_TRUE(county.status().ok()) << county.status();
}

}  // namespace
}  // namespace sanyuan::order_intake
