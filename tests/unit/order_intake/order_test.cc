#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::Asked;
using testing::At;
using testing::EventOf;
using testing::Find;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kOther;
using testing::kShop;

// One open window of the first of five occurrences, two shops with a ceiling of 126 each.
class OrderTest : public ::testing::Test {
 protected:
  OrderTest() {
    for (const char* shop : {kShop, kOther}) {
      county_.AddRetailer(shop);
      county_.OpenAllowance(shop, "2019-08", 126, {38, 63, 89, 114, 126});
    }
    county_.CompleteMonth("2019-08");
    window_ = county_.OpenWindow("2019-08-05");
  }
  ~OrderTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  int64_t Reserved(const char* shop = kShop) { return county_.AllowanceOf(shop, "2019-08").reserved; }
  std::vector<common::v1::Reason> Reasons(const partition::Outcome& outcome) {
    std::vector<common::v1::Reason> reasons;
    for (const auto& refusal : outcome.refusals) reasons.push_back(refusal.reason());
    return reasons;
  }

  testing::OrderIntakeCounty county_;
  std::string window_;
};

TEST_F(OrderTest, OrderAndItsReservationAreOneDecision) {
  const auto outcome = county_.Submit(kShop, window_, {{"620001", 3}, {"620002", 4}});
  ASSERT_THAT(outcome.events, SizeIs(1));
  const v1::OrderSubmitted& submitted = EventOf(outcome.events[0]).order_submitted();
  EXPECT_EQ(submitted.reserved_cartons(), 7);
  EXPECT_EQ(submitted.order_id(), OrderIdOf(outcome));
  EXPECT_EQ(Reserved(), 7);
  EXPECT_EQ(county_.OrderOf(submitted.order_id()).state, OrderState::kSubmitted);
}

TEST_F(OrderTest, DecisionNamesThePolicyItWasJudgedBy) {
  const auto outcome = county_.Submit(kShop, window_, {{"620001", 3}});
  EXPECT_EQ(EventOf(outcome.events[0]).order_submitted().policy_version(), "ordering-2019-06");
}

TEST_F(OrderTest, OrderOverThePacingCeilingIsRefusedWithWhatWouldFit) {
  county_.Submit(kShop, window_, {{"620001", 30}});
  const auto outcome = county_.Submit(kShop, window_, {{"620001", 9}});
  EXPECT_THAT(Reasons(outcome), ::testing::ElementsAre(common::v1::REASON_OVER_PACING));
  const auto* refusal = Find(outcome, common::v1::REASON_OVER_PACING);
  EXPECT_EQ(refusal->field(), "lines");
  EXPECT_EQ(refusal->limit(), 8);
  EXPECT_EQ(refusal->value(), 9);
  EXPECT_THAT(outcome.events, IsEmpty());
  EXPECT_EQ(Reserved(), 30) << "nothing was cut or kept by the system";
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620001", 8}})), "");
}

TEST_F(OrderTest, OrderOverTheMonthsCeilingIsRefusedUnderBothReasons) {
  const auto outcome = county_.Submit(kShop, window_, {{"620001", 100}, {"620002", 27}});
  EXPECT_THAT(Reasons(outcome),
              ::testing::ElementsAre(common::v1::REASON_OVER_TOTAL, common::v1::REASON_OVER_PACING));
  EXPECT_EQ(Find(outcome, common::v1::REASON_OVER_TOTAL)->limit(), 126);
  EXPECT_EQ(Find(outcome, common::v1::REASON_OVER_TOTAL)->value(), 127);
}

TEST_F(OrderTest, UnusedRoomIsUsableInALaterOccurrence) {
  const std::string last = county_.OpenWindow("2019-08-26", {.occurrence = 5});
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, last, {{"620001", 126}})), "");
}

TEST_F(OrderTest, AllThatStandsAgainstAnOrderIsSaidAtOnce) {
  county_.ListSku("620004", 100, false);
  const auto outcome = county_.Submit(kShop, window_, {{"620004", 5}, {"999999", 1}, {"620001", 200}});
  EXPECT_THAT(Reasons(outcome),
              ::testing::UnorderedElementsAre(common::v1::REASON_SKU_CLOSED, common::v1::REASON_SKU_UNKNOWN,
                                              common::v1::REASON_OVER_TOTAL, common::v1::REASON_OVER_PACING));
  EXPECT_EQ(Find(outcome, common::v1::REASON_SKU_CLOSED)->field(), "lines[0].sku");
  EXPECT_EQ(Find(outcome, common::v1::REASON_SKU_UNKNOWN)->field(), "lines[1].sku");
}

TEST_F(OrderTest, MalformedFieldsAreAllNamed) {
  const auto outcome =
      county_.Submit(kShop, window_, {{"", 1}, {"620001", -1}, {"620001", 2000000}, {"620002", 1, -3}});
  EXPECT_EQ(Find(outcome, common::v1::REASON_SKU_FORMAT)->field(), "lines[0].sku");
  EXPECT_THAT(Reasons(outcome), SizeIs(4));
  const auto none = county_.Submit(kShop, window_, {});
  EXPECT_EQ(Find(none, common::v1::REASON_NO_LINES)->field(), "lines");
  const auto many = county_.Submit(kShop, window_, std::vector<Asked>(1001, Asked{"620001", 0}));
  EXPECT_EQ(Find(many, common::v1::REASON_TOO_MANY_LINES)->limit(), 1000);
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, std::vector<Asked>(1000, Asked{"620001", 0}))), "");
}

TEST_F(OrderTest, SuspendedAndExpiredLicencesDoNotOrder) {
  county_.AddRetailer(kShop, {.active = false});
  EXPECT_NE(Find(county_.Submit(kShop, window_, {{"620001", 1}}), common::v1::REASON_LICENCE_NOT_ACTIVE),
            nullptr);
  county_.AddRetailer(kShop, {.valid_to = "2019-08-04"});
  EXPECT_NE(Find(county_.Submit(kShop, window_, {{"620001", 1}}), common::v1::REASON_LICENCE_NOT_ACTIVE),
            nullptr);
  county_.AddRetailer(kShop, {.valid_to = "2019-08-05"});
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620001", 1}})), "");
}

TEST_F(OrderTest, RetailerOrdersForHisOwnLicenceOnly) {
  v1::SubmitOrderRequest request;
  request.set_county_code("620121");
  request.set_licence(kOther);
  request.set_window_id(window_);
  request.add_lines()->set_sku("620001");
  request.mutable_lines(0)->set_requested_cartons(500);
  const auto outcome = county_.Send({kShop, common::v1::ROLE_RETAILER},
                                    "/sanyuan.order_intake.v1.OrderService/SubmitOrder", request);
  EXPECT_THAT(Reasons(outcome), ::testing::ElementsAre(common::v1::REASON_NOT_OWN_LICENCE))
      << "the room of another shop stays unsaid";
  const std::string order = OrderIdOf(county_.Submit(kOther, window_, {{"620001", 3}}));
  EXPECT_NE(Find(county_.Amend(kShop, order, {{"620001", 1}}), common::v1::REASON_NOT_OWN_LICENCE), nullptr);
  EXPECT_NE(Find(county_.Cancel(kShop, order), common::v1::REASON_NOT_OWN_LICENCE), nullptr);
}

TEST_F(OrderTest, AccountManagerWhoOrdersIsRefusedAndRecorded) {
  v1::SubmitOrderRequest request;
  request.set_county_code("620121");
  request.set_licence(kShop);
  request.set_window_id(window_);
  request.add_lines()->set_sku("620001");
  const auto outcome = county_.Send({"AM07", common::v1::ROLE_ACCOUNT_MANAGER},
                                    "/sanyuan.order_intake.v1.OrderService/SubmitOrder", request);
  EXPECT_THAT(Reasons(outcome), ::testing::ElementsAre(common::v1::REASON_STAFF_ACTOR));
  ASSERT_THAT(outcome.events, SizeIs(1));
  const v1::ForbiddenActionAttempted& attempt = EventOf(outcome.events[0]).forbidden_action_attempted();
  EXPECT_EQ(attempt.actor_id(), "AM07");
  EXPECT_EQ(attempt.actor_role(), common::v1::ROLE_ACCOUNT_MANAGER);
  EXPECT_EQ(attempt.licence(), kShop);
  EXPECT_EQ(Reserved(), 0);
  EXPECT_EQ(county_.state().attempts.size(), 1u);
}

TEST_F(OrderTest, OrderTypedOnAStaffDeviceIsRefusedAndRecorded) {
  county_.AddStaff("AM07", {"phone-7", "phone-8"});
  v1::SubmitOrderRequest request;
  request.set_county_code("620121");
  request.set_licence(kShop);
  request.set_window_id(window_);
  request.add_lines()->set_sku("620001");
  request.set_device_id("phone-8");
  const partition::Actor shop{kShop, common::v1::ROLE_RETAILER};
  const char method[] = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
  const auto outcome = county_.Send(shop, method, request);
  EXPECT_EQ(Find(outcome, common::v1::REASON_STAFF_ACTOR)->field(), "device_id");
  EXPECT_EQ(EventOf(outcome.events[0]).forbidden_action_attempted().device_id(), "phone-8");
  county_.AddStaff("AM07", {"phone-7"});
  EXPECT_FALSE(county_.Send(shop, method, request).refused()) << "the phone was sold on";
}

TEST_F(OrderTest, TextThatIsNoIdDoesNotGetIntoTheRecordOfAnAttempt) {
  v1::CancelOrderRequest request;
  request.set_county_code("620121");
  request.set_order_id(std::string(5000, 'x'));
  const auto outcome = county_.Send({"AM 07\n", common::v1::ROLE_ACCOUNT_MANAGER},
                                    "/sanyuan.order_intake.v1.OrderService/CancelOrder", request);
  const auto& attempt = EventOf(outcome.events[0]).forbidden_action_attempted();
  EXPECT_EQ(attempt.actor_id(), "");
  EXPECT_EQ(attempt.order_id(), "");
}

TEST_F(OrderTest, ReservationFollowsAmendmentAndCancellation) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}}));
  county_.Amend(kShop, order, {{"620001", 4}, {"620002", 20}});
  EXPECT_EQ(Reserved(), 24);
  county_.Amend(kShop, order, {{"620002", 1}});
  EXPECT_EQ(Reserved(), 1);
  county_.Cancel(kShop, order);
  EXPECT_EQ(Reserved(), 0);
  EXPECT_EQ(county_.OrderOf(order).state, OrderState::kCancelled);
}

TEST_F(OrderTest, AmendmentIsJudgedWithoutWhatItReplaces) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 38}}));
  EXPECT_FALSE(county_.Amend(kShop, order, {{"620002", 38}}).refused());
  const auto outcome = county_.Amend(kShop, order, {{"620002", 39}});
  EXPECT_EQ(Find(outcome, common::v1::REASON_OVER_PACING)->limit(), 38);
  EXPECT_EQ(Find(outcome, common::v1::REASON_OVER_PACING)->value(), 39);
}

TEST_F(OrderTest, CancellingACancelledOrderIsASuccessWithoutAnEvent) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}}));
  EXPECT_THAT(county_.Cancel(kShop, order).events, SizeIs(1));
  const auto again = county_.Cancel(kShop, order);
  EXPECT_FALSE(again.refused());
  EXPECT_NE(again.response, nullptr);
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_EQ(Reserved(), 0);
}

TEST_F(OrderTest, AmendingToTheSameLinesIsASuccessWithoutAnEvent) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10, 12}}));
  const auto again = county_.Amend(kShop, order, {{"620001", 10, 12}});
  EXPECT_NE(again.response, nullptr);
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_THAT(county_.Amend(kShop, order, {{"620001", 10}}).events, SizeIs(1)) << "he no longer says 12";
}

TEST_F(OrderTest, CancelledOrderIsNotAmended) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}}));
  county_.Cancel(kShop, order);
  EXPECT_NE(Find(county_.Amend(kShop, order, {{"620001", 1}}), common::v1::REASON_ORDER_NOT_OPEN), nullptr);
}

TEST_F(OrderTest, CeilingLoweredBelowWhatIsReservedLeavesNothingAndCancelsNothing) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 30}}));
  county_.OpenAllowance(kShop, "2019-08", 20, {20, 20, 20, 20, 20});
  EXPECT_EQ(county_.OrderOf(order).state, OrderState::kSubmitted);
  EXPECT_EQ(Find(county_.Submit(kShop, window_, {{"620001", 1}}), common::v1::REASON_OVER_TOTAL)->limit(), 0);
  EXPECT_FALSE(county_.Amend(kShop, order, {{"620001", 29}}).refused()) << "less is always possible";
  EXPECT_FALSE(county_.Amend(kShop, order, {{"620001", 0}}).refused());
}

TEST_F(OrderTest, OrderOfNothingIsAcceptedWithoutAnAllowance) {
  county_.AddRetailer("620121100009");
  EXPECT_NE(OrderIdOf(county_.Submit("620121100009", window_, {{"620001", 0}})), "");
  EXPECT_NE(
      Find(county_.Submit("620121100009", window_, {{"620001", 1}}), common::v1::REASON_ALLOWANCE_NOT_OPEN),
      nullptr);
}

TEST_F(OrderTest, MissingAllowanceIsNotYetUntilTheMonthIsComplete) {
  const std::string september = county_.OpenWindow("2019-09-02");
  const auto outcome = county_.Submit(kShop, september, {{"620001", 1}});
  EXPECT_FALSE(outcome.refused());
  EXPECT_THAT(outcome.not_ready, HasSubstr("2019-09"));
  county_.CompleteMonth("2019-09");
  EXPECT_NE(Find(county_.Submit(kShop, september, {{"620001", 1}}), common::v1::REASON_ALLOWANCE_NOT_OPEN),
            nullptr);
}

TEST_F(OrderTest, LedgerIsThatOfTheWindowsMonth) {
  county_.OpenAllowance(kShop, "2019-09", 50, {});
  const std::string september = county_.OpenWindow("2019-09-02");
  EXPECT_EQ(county_.now(), At("2019-08-31", 12, 0)) << "ordered in August, for September";
  county_.Submit(kShop, september, {{"620001", 50}});
  EXPECT_EQ(Reserved(), 0);
  EXPECT_EQ(county_.AllowanceOf(kShop, "2019-09").reserved, 50);
}

class CappedOrderTest : public OrderTest {
 protected:
  CappedOrderTest() {
    county_.PublishTight("620121-tight-1", {"620003"}, At("2019-08-05", 0, 0));
    county_.PublishRation("620121-ration-1", {{"620003", 5}, {"620004", 1}}, At("2019-08-05", 0, 0));
    window_ = county_.OpenWindow("2019-08-12", {.occurrence = 2});
  }
};

TEST_F(CappedOrderTest, SkuOnTwoLinesAndInTwoOrdersIsJudgedByItsSum) {
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620003", 2}, {"620003", 2}})), "");
  const auto outcome = county_.Submit(kShop, window_, {{"620001", 3}, {"620003", 1}, {"620003", 1}});
  const auto* refusal = Find(outcome, common::v1::REASON_OVER_CAP);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->field(), "lines[1].requested_cartons");
  EXPECT_EQ(refusal->limit(), 1);
  EXPECT_EQ(refusal->value(), 2);
}

TEST_F(CappedOrderTest, OnlyTightSkusAreCapped) {
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620004", 40}})), "");
}

TEST_F(CappedOrderTest, ClassWithoutARationHasNoCap) {
  county_.AddRetailer(kShop, {.ration_class = "B"});
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620003", 40}})), "");
}

TEST_F(CappedOrderTest, CancelledOrdersNoLongerUseTheCap) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620003", 5}}));
  EXPECT_TRUE(county_.Submit(kShop, window_, {{"620003", 1}}).refused());
  county_.Cancel(kShop, order);
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620003", 5}})), "");
}

TEST_F(CappedOrderTest, WindowIsJudgedByTheVersionsItOpenedWith) {
  county_.PublishRation("620121-ration-2", {{"620003", 1}}, At("2019-08-05", 0, 0));
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620003", 5}})), "");
  const std::string next = county_.OpenWindow("2019-08-19", {.occurrence = 3});
  EXPECT_EQ(Find(county_.Submit(kShop, next, {{"620003", 2}}), common::v1::REASON_OVER_CAP)->limit(), 1);
}

TEST_F(OrderTest, SkuClosedLaterStaysInTheOrderAndCanOnlyShrink) {
  const std::string order = OrderIdOf(county_.Submit(kShop, window_, {{"620004", 5}}));
  county_.ListSku("620004", 100, false);
  EXPECT_EQ(Find(county_.Amend(kShop, order, {{"620004", 6}}), common::v1::REASON_SKU_CLOSED)->field(),
            "lines[0].sku");
  EXPECT_FALSE(county_.Amend(kShop, order, {{"620004", 4}, {"620001", 1}}).refused());
}

TEST_F(OrderTest, NumberOfOrdersInAWindowIsBounded) {
  for (int i = 0; i < 100; ++i) ASSERT_NE(OrderIdOf(county_.Submit(kShop, window_, {{"620001", 0}})), "");
  EXPECT_EQ(
      Find(county_.Submit(kShop, window_, {{"620001", 0}}), common::v1::REASON_TOO_MANY_ORDERS)->limit(),
      100);
}

TEST(OrderWithoutPolicy, NeedsNoAllowanceAndReservesNothing) {
  testing::OrderIntakeCounty county(false, false);
  county.AddRetailer(kShop);
  const std::string window = county.OpenWindow("2019-08-05");
  const auto outcome = county.Submit(kShop, window, {{"620001", 40000}});
  ASSERT_THAT(outcome.events, SizeIs(1));
  EXPECT_EQ(EventOf(outcome.events[0]).order_submitted().reserved_cartons(), 0);
  EXPECT_TRUE(county.state().allowances.empty());
}

}  // namespace
}  // namespace sanyuan::order_intake
