#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using testing::Find;
using ::testing::IsEmpty;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kShop;

class DemandTest : public ::testing::Test {
 protected:
  DemandTest() {
    county_.AddRetailer(kShop);
    window_ = county_.OpenWindow("2019-08-05");
  }
  ~DemandTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }
  const Participation& Said() {
    return *county_.state().participations.Find(RetailerInWindow{*WindowId::Parse(window_), Code(kShop)});
  }

  testing::OrderIntakeCounty county_;
  std::string window_;
};

TEST_F(DemandTest, IsStoredExactlyAsSentWhateverTheCeiling) {
  county_.OpenAllowance(kShop, "2019-08", 10);
  EXPECT_FALSE(county_.ReportDemand(kShop, window_, {{"620003", 900000000}, {"620001", 0}}).refused());
  ASSERT_THAT(Said().demand, SizeIs(2));
  EXPECT_EQ(Said().demand[0], (DemandLine{Code("620003"), 900000000}));
  EXPECT_EQ(Said().demand[1], (DemandLine{Code("620001"), 0}));
}

TEST_F(DemandTest, NeedsNoAllowanceAndIsTakenWhileTheMonthIsNotOpen) {
  EXPECT_FALSE(county_.ReportDemand(kShop, window_, {{"620003", 7}}).refused());
  EXPECT_THAT(Said().demand, SizeIs(1));
}

TEST_F(DemandTest, OrderAboveItChangesNothingOfIt) {
  county_.OpenAllowance(kShop, "2019-08", 100);
  county_.ReportDemand(kShop, window_, {{"620003", 7}});
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620003", 20, 3}}));
  EXPECT_NE(order, "");
  EXPECT_EQ(Said().demand[0].cartons, 7);
  EXPECT_EQ(county_.OrderOf(order).lines[0].demand, 3) << "what was said on the line stays, too";
}

TEST_F(DemandTest, LaterStatementReplacesTheEarlierOneAndTheSameAgainIsNoEvent) {
  county_.ReportDemand(kShop, window_, {{"620003", 7}, {"620001", 1}});
  EXPECT_THAT(county_.ReportDemand(kShop, window_, {{"620003", 7}, {"620001", 1}}).events, IsEmpty());
  county_.ReportDemand(kShop, window_, {{"620002", 9}});
  ASSERT_THAT(Said().demand, SizeIs(1));
  EXPECT_EQ(Said().demand[0], (DemandLine{Code("620002"), 9}));
}

TEST_F(DemandTest, IsNotTakenAfterTheCutOff) {
  county_.Tick(At("2019-08-05", 0, 1));
  EXPECT_NE(Find(county_.ReportDemand(kShop, window_, {{"620003", 7}}), common::v1::REASON_WINDOW_CLOSED),
            nullptr);
}

TEST_F(DemandTest, ListedTwiceUnknownOrNegativeIsNamedByLine) {
  EXPECT_EQ(Find(county_.ReportDemand(kShop, window_, {{"620003", 7}, {"620003", 7}}),
                 common::v1::REASON_INVALID_FIELD)
                ->field(),
            "lines[1].sku");
  EXPECT_EQ(Find(county_.ReportDemand(kShop, window_, {{"620003", -7}}), common::v1::REASON_QUANTITY_RANGE)
                ->field(),
            "lines[0].demand_cartons");
  EXPECT_EQ(
      Find(county_.ReportDemand(kShop, window_, {{"999999", 7}}), common::v1::REASON_SKU_UNKNOWN)->field(),
      "lines[0].sku");
}

TEST_F(DemandTest, StaffDoesNotReportItForARetailer) {
  v1::ReportDemandRequest request;
  request.set_county_code("620121");
  request.set_licence(kShop);
  request.set_window_id(window_);
  request.add_lines()->set_sku("620001");
  const auto outcome = county_.Send({"AM07", common::v1::ROLE_ACCOUNT_MANAGER},
                                    "/sanyuan.order_intake.v1.DemandService/ReportDemand", request);
  EXPECT_NE(Find(outcome, common::v1::REASON_STAFF_ACTOR), nullptr);
  EXPECT_TRUE(testing::EventOf(outcome.events[0]).has_forbidden_action_attempted());
  EXPECT_TRUE(county_.state().participations.empty());
}

}  // namespace
}  // namespace sanyuan::order_intake
