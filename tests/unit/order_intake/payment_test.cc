#include "services/order_intake/domain/payment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using testing::EventOf;
using testing::Find;
using ::testing::IsEmpty;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kShop;

// An order of 30 cartons, of which 25 were taken for 40,000 fen and wait for their money until 12:00.
class PaymentTest : public ::testing::Test {
 protected:
  PaymentTest() {
    county_.AddRetailer(kShop);
    county_.OpenAllowance(kShop, "2019-08", 100);
    window_ = county_.OpenWindow("2019-08-05");
    order_ = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}, {"620002", 20}}));
    county_.CloseWindow(window_);
    county_.Publish("run-1", window_, {{order_, kShop, {{1, 10}, {2, 15}}}});
  }
  ~PaymentTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  const Allowance& Ledger() { return county_.AllowanceOf(kShop, "2019-08"); }
  const Order& Row() { return county_.OrderOf(order_); }
  std::vector<v1::OrderVoided> Voided() {
    std::vector<v1::OrderVoided> voided;
    for (const auto& record : county_.records()) {
      for (const std::string& bytes : record.events) {
        v1::Event event;
        EXPECT_TRUE(event.ParseFromString(bytes));
        if (event.has_order_voided()) voided.push_back(event.order_voided());
      }
    }
    return voided;
  }

  testing::OrderIntakeCounty county_;
  std::string window_;
  std::string order_;
};

TEST_F(PaymentTest, PaidOrderCarriesItsLinesForDelivery) {
  const auto outcome = county_.Pay(order_, true, "b1");
  ASSERT_THAT(outcome.events, SizeIs(1));
  const v1::OrderPaid& paid = EventOf(outcome.events[0]).order_paid();
  EXPECT_EQ(paid.order_day(), "2019-08-05");
  EXPECT_EQ(paid.licence(), kShop);
  ASSERT_EQ(paid.lines_size(), 2);
  EXPECT_EQ(paid.lines(1).cartons(), 15);
  EXPECT_EQ(paid.lines(1).amount_fen(), 30000);
  EXPECT_EQ(paid.amount_fen(), 40000);
  EXPECT_EQ(Row().state, OrderState::kPaid);
  EXPECT_EQ(county_.domain().NextDue(), absl::InfiniteFuture());
}

TEST_F(PaymentTest, BankMayRepeatItsMessageButNotContradictIt) {
  county_.Pay(order_, false, "b1");
  EXPECT_THAT(county_.Pay(order_, false, "b1").events, IsEmpty());
  EXPECT_EQ(Row().debits[0].tries.size(), 1u);
  EXPECT_NE(Find(county_.Pay(order_, true, "b1"), common::v1::REASON_ALREADY_EXISTS), nullptr);
  county_.Pay(order_, true, "b2");
  const auto again = county_.Pay(order_, true, "b2");
  EXPECT_FALSE(again.refused());
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_NE(Find(county_.Pay(order_, true, "b3"), common::v1::REASON_WRONG_STATE), nullptr)
      << "it is paid already";
}

TEST_F(PaymentTest, FailedDebitIsTriedAgainAsOftenAsThePolicyAllows) {
  EXPECT_EQ(EventOf(county_.Pay(order_, false, "b1").events[0]).payment_failed().failed_tries(), 1u);
  EXPECT_EQ(Row().state, OrderState::kPaymentFailed);
  county_.Pay(order_, false, "b2");
  county_.Pay(order_, false, "b3");
  EXPECT_EQ(Find(county_.Pay(order_, false, "b4"), common::v1::REASON_PAYMENT_TRIES_USED)->limit(), 3);
  EXPECT_EQ(Row().state, OrderState::kPaymentFailed) << "it is void at its deadline, not before";
}

TEST_F(PaymentTest, OnlyTheDebitsOwnAmountPaysIt) {
  const auto outcome = county_.Pay(order_, true, "b1", 1, 39999);
  EXPECT_EQ(Find(outcome, common::v1::REASON_AMOUNT_MISMATCH)->limit(), 40000);
  EXPECT_EQ(Find(outcome, common::v1::REASON_AMOUNT_MISMATCH)->value(), 39999);
}

TEST_F(PaymentTest, UnpaidOrderIsVoidAfterItsDeadlineAndReleasesOnce) {
  county_.Pay(order_, false, "b1");
  county_.Tick(At("2019-08-05", 12, 5, 0));
  EXPECT_EQ(Row().state, OrderState::kPaymentFailed) << "what was received by 12:00 may still arrive";
  county_.Tick(At("2019-08-05", 12, 5, 1));
  EXPECT_EQ(Row().state, OrderState::kVoid);
  EXPECT_EQ(Ledger().consumed, 0);
  EXPECT_EQ(Ledger().reserved, 0);
  ASSERT_THAT(Voided(), SizeIs(1));
  EXPECT_TRUE(Voided()[0].whole_order());
  EXPECT_EQ(Voided()[0].released_cartons(), 25);
  EXPECT_EQ(Voided()[0].lines(1).cartons(), 15);
  county_.Tick(At("2019-08-30", 0, 0));
  EXPECT_THAT(Voided(), SizeIs(1));
  EXPECT_NE(Find(county_.Pay(order_, true, "b2"), common::v1::REASON_PAYMENT_LATE), nullptr);
}

TEST_F(PaymentTest, PaymentCountsByTheTimeOfItsReception) {
  county_.Tick(At("2019-08-05", 12, 2));
  v1::RecordPaymentRequest request;
  request.set_county_code("620121");
  request.set_order_id(order_);
  request.set_debit_number(1);
  request.set_result(v1::PAYMENT_RESULT_PAID);
  request.set_amount_fen(40000);
  request.set_bank_reference("b1");
  const partition::Actor bank{"bank", common::v1::ROLE_BANK};
  const char method[] = "/sanyuan.order_intake.v1.OrderService/RecordPayment";
  EXPECT_NE(
      Find(county_.Send(bank, method, request, At("2019-08-05", 12, 0, 1)), common::v1::REASON_PAYMENT_LATE),
      nullptr);
  EXPECT_FALSE(county_.Send(bank, method, request, At("2019-08-05", 12, 0, 0)).refused());
}

TEST_F(PaymentTest, VoidOrderReturnsWhatItIsOffered) {
  county_.Tick(At("2019-08-05", 13, 0));
  const auto events = county_.Publish("run-2", window_, {{order_, kShop, {{2, 5}}}}, true);
  EXPECT_EQ(EventOf(events[0]).allocation_returned().lines(0).reason(), common::v1::REASON_ORDER_NOT_OPEN);
  EXPECT_EQ(Ledger().consumed, 0);
}

TEST_F(PaymentTest, LinesOfALaterOfferAreDebitedByThemselves) {
  county_.Pay(order_, true, "b1");
  county_.Tick(At("2019-08-05", 13, 0));
  county_.Publish("run-2", window_, {{order_, kShop, {{2, 5}}}}, true);
  EXPECT_EQ(Row().state, OrderState::kPaid);
  ASSERT_THAT(Row().debits, SizeIs(2));
  EXPECT_EQ(Row().debits[1].deadline, At("2019-08-06", 12, 0)) << "the next deadline";
  const v1::OrderPaid paid = EventOf(county_.Pay(order_, true, "b2", 2).events[0]).order_paid();
  EXPECT_EQ(paid.debit_number(), 2u);
  ASSERT_EQ(paid.lines_size(), 1);
  EXPECT_EQ(paid.lines(0).line_number(), 2u);
  EXPECT_EQ(paid.lines(0).cartons(), 5);
  EXPECT_EQ(Ledger().consumed, 30);
}

TEST_F(PaymentTest, OnlyTheLaterLinesAreVoidWhenOnlyTheyWereNotPaid) {
  county_.Pay(order_, true, "b1");
  county_.Tick(At("2019-08-05", 13, 0));
  county_.Publish("run-2", window_, {{order_, kShop, {{2, 5}}}}, true);
  county_.Tick(At("2019-08-06", 13, 0));
  EXPECT_EQ(Row().state, OrderState::kPaid);
  EXPECT_EQ(Row().settlements[1].taken, 15);
  EXPECT_EQ(Ledger().consumed, 25);
  ASSERT_THAT(Voided(), SizeIs(1));
  EXPECT_FALSE(Voided()[0].whole_order());
  const auto events = county_.Publish("run-3", window_, {{order_, kShop, {{2, 5}}}}, true);
  EXPECT_EQ(EventOf(events[0]).allocation_returned().lines(0).still_can_take_cartons(), 0)
      << "freed lines take nothing more";
}

TEST_F(PaymentTest, OrderWithTwoUnpaidDebitsIsVoidWhenTheLastOneIs) {
  county_.Publish("run-2", window_, {{order_, kShop, {{2, 5}}}}, true);
  ASSERT_THAT(Row().debits, SizeIs(2));
  county_.Tick(At("2019-08-05", 13, 0));
  ASSERT_THAT(Voided(), SizeIs(2));
  EXPECT_FALSE(Voided()[0].whole_order());
  EXPECT_TRUE(Voided()[1].whole_order());
  EXPECT_EQ(Row().state, OrderState::kVoid);
  EXPECT_EQ(Ledger().consumed, 0);
}

TEST_F(PaymentTest, UnknownOrdersAndDebitsAreRefused) {
  EXPECT_NE(
      Find(county_.Pay("620121-00000000000000000000000000", true, "b1"), common::v1::REASON_ORDER_UNKNOWN),
      nullptr);
  EXPECT_NE(Find(county_.Pay(order_, true, "b1", 2), common::v1::REASON_NOT_ALLOCATED), nullptr);
  EXPECT_EQ(Find(county_.Pay(order_, true, ""), common::v1::REASON_INVALID_FIELD)->field(), "bank_reference");
}

}  // namespace
}  // namespace sanyuan::order_intake
