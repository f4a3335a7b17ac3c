// The controls of county_checks.h: each check finds a county whose journal was written wrongly.
#include "tests/property/order_intake/county_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sanyuan::order_intake {
namespace {

using testing::OrderIdOf;
using ::testing::SizeIs;

constexpr char kShop[] = "620121100001";

class CountyChecks : public ::testing::Test {
 protected:
  CountyChecks() {
    county_.AddRetailer(kShop);
    county_.OpenAllowance(kShop, "2019-08", 40);
    window_ = county_.OpenWindow("2019-08-05");
    order_ = OrderIdOf(county_.Submit(kShop, window_, {{"620003", 5}}));
  }
  void Write(v1::Event event) {
    std::vector<partition::EventPtr> events;
    events.push_back(std::make_unique<v1::Event>(std::move(event)));
    county_.Fold(events, county_.StampNow());
  }

  testing::OrderIntakeCounty county_;
  std::string window_;
  std::string order_;
};

TEST_F(CountyChecks, ReservationThatDoesNotFollowItsOrderIsFound) {
  EXPECT_THAT(testing::CheckLedgerAgainstOrders(county_.state()), SizeIs(0));
  v1::Event event;
  event.mutable_order_cancelled()->set_order_id(order_);
  event.mutable_order_cancelled()->set_released_cartons(4);
  Write(event);
  EXPECT_THAT(testing::CheckLedgerAgainstOrders(county_.state()), SizeIs(1));
}

TEST_F(CountyChecks, CartonsThatVanishFromTheLedgerAreFound) {
  EXPECT_THAT(testing::CheckJournalConservation(county_), SizeIs(0));
  v1::Event event;
  auto& taken = *event.mutable_allocation_taken();
  taken.set_order_id(order_);
  taken.set_debit_number(1);
  taken.add_lines()->set_line_number(1);
  taken.mutable_lines(0)->set_taken_cartons(3);
  Write(event);
  EXPECT_THAT(testing::CheckLedgerAgainstOrders(county_.state()), SizeIs(1))
      << "2 reserved for a line that was settled";
  v1::Event voided;
  voided.mutable_order_voided()->set_order_id(order_);
  voided.mutable_order_voided()->set_debit_number(1);
  voided.mutable_order_voided()->set_released_cartons(2);
  Write(voided);
  EXPECT_THAT(testing::CheckJournalConservation(county_), SizeIs(1)) << "3 were taken";
}

TEST_F(CountyChecks, OrderAboveTheCeilingAndTheCapIsFound) {
  const auto before = testing::Brackets(county_.state());
  v1::Event event;
  auto& amended = *event.mutable_order_amended();
  amended.set_order_id(order_);
  amended.add_lines()->set_sku("620003");
  amended.mutable_lines(0)->set_requested_cartons(41);
  amended.set_reserved_change_cartons(36);
  Write(event);
  EXPECT_THAT(testing::CheckBrackets(before, testing::Brackets(county_.state()), false), SizeIs(1));
  EXPECT_THAT(testing::CheckCap(county_.state(), Code("620003"), 6), SizeIs(1));
}

TEST_F(CountyChecks, SilenceOfSomebodyWhoOrderedIsFound) {
  v1::Event event;
  event.mutable_no_demand_recorded()->set_window_id(window_);
  event.mutable_no_demand_recorded()->set_licence(kShop);
  Write(event);
  EXPECT_THAT(testing::CheckOrders(county_.state()), SizeIs(1));
}

}  // namespace
}  // namespace sanyuan::order_intake
