// What people decide about receipts, and within which time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLicence[] = "620121100001";
constexpr char kStop[] = "620121-20190806-R05-1-0001";

class Verdict : public ::testing::Test {
 protected:
  // At 12:00 a receipt is known, suspect for having no arrival.
  Verdict() : device_(county_) {
    county_.AddShop(kLicence);
    county_.Pay("620121-o1", kLicence, {{"620001", 1}});
    county_.OnTheRoad();
    const auto receipt = device_.Receipt(kStop, At("2019-08-06 08:01"));
    county_.Upload(device_, {receipt}, At("2019-08-06 12:00"));
  }
  dt::ReceiptState StateOf() const { return county_.receipt(kStop)->state; }

  DeliveryCounty county_;
  Device device_;
};

TEST_F(Verdict, DirectIsConfirmedOnce) {
  EXPECT_THAT(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT).events, SizeIs(1));
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_CONFIRMED_DIRECT);
  EXPECT_THAT(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT).events, IsEmpty());
  EXPECT_THAT(Reasons(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PROXY).refusals),
              ElementsAre("WRONG_STATE stop_id"));
}

TEST_F(Verdict, ProxyIsConfirmedWithItsCrew) {
  const auto outcome = county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PROXY);
  const auto confirmed = Events(outcome.events, &dt::Event::has_proxy_receipt_confirmed);
  ASSERT_THAT(confirmed, SizeIs(1));
  EXPECT_THAT(confirmed[0]->proxy_receipt_confirmed().crew_staff_ids(), ElementsAre("D01"));
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_CONFIRMED_PROXY);
}

TEST_F(Verdict, PickUpNeedsAValidAgreement) {
  EXPECT_THAT(Reasons(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PICKUP).refusals),
              ElementsAre("PICKUP_AGREEMENT_MISSING verdict"));
  county_.AddShop(kLicence, {.pickup_agreement = true});
  county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PICKUP);
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_CONFIRMED_PICKUP);
}

TEST_F(Verdict, TheCrewCantConfirmItsOwnAndTheAttemptIsRecorded) {
  const auto outcome = county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT, "D01");
  EXPECT_THAT(Reasons(outcome.refusals), ElementsAre("FORBIDDEN_ACTION "));
  ASSERT_THAT(Events(outcome.events, &dt::Event::has_forbidden_action_attempted), SizeIs(1));
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_SUSPECT);
}

TEST_F(Verdict, NobodyOfTheCrewDecidesInAnotherRole) {
  dt::ResolveReceiptRequest request;
  request.set_county_code(DeliveryCounty::kCode);
  request.set_stop_id(kStop);
  const auto outcome = county_.Send({"D01", common::v1::ROLE_SERVICE_DESK},
                                    "/sanyuan.delivery_tracking.v1.ReceiptService/ResolveReceipt", request);
  EXPECT_THAT(Reasons(outcome.refusals),
              ElementsAre("FOUR_EYES stop_id", "INVALID_FIELD basis", "INVALID_FIELD verdict"));
}

TEST_F(Verdict, ASecondProofOfTheArrivalMakesItCount) {
  EXPECT_EQ(county_.stop(kStop).punctuality, dt::PUNCTUALITY_UNSPECIFIED);
  county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT, "K01", At("2019-08-06 09:00"));
  EXPECT_EQ(county_.stop(kStop).punctuality, dt::PUNCTUALITY_LATE);
  EXPECT_EQ(county_.stop(kStop).late_seconds, 1800);
  EXPECT_EQ(county_.stop(kStop).arrival->method, dt::ARRIVAL_METHOD_SECOND_PROOF);
}

TEST_F(Verdict, AProvedArrivalIsNotReplaced) {
  const auto arrival = device_.Arrival(kStop, At("2019-08-06 07:59"));
  county_.Upload(device_, {arrival}, At("2019-08-06 12:01"));
  EXPECT_THAT(
      Reasons(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT, "K01", At("2019-08-06 09:00"))
                  .refusals),
      ElementsAre("WRONG_STATE confirmed_arrived_at"));
  EXPECT_THAT(
      Reasons(county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT, "K01", At("2019-08-07 09:00"))
                  .refusals),
      ElementsAre("INVALID_FIELD confirmed_arrived_at"));
}

TEST_F(Verdict, TheRetailerDisputesWithinFortyEightHoursOfKnowing) {
  county_.Tick(At("2019-08-08 12:00"));
  EXPECT_THAT(county_.Dispute(kStop, kLicence).refusals, IsEmpty());
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_DISPUTED);
  EXPECT_THAT(county_.Dispute(kStop, kLicence).events, IsEmpty());
}

TEST_F(Verdict, OneSecondLaterItIsTooLate) {
  county_.Tick(At("2019-08-08 12:00:01"));
  EXPECT_THAT(Reasons(county_.Dispute(kStop, kLicence).refusals), ElementsAre("DISPUTE_TOO_LATE stop_id"));
  EXPECT_TRUE(county_.receipt(kStop)->closed);
}

TEST_F(Verdict, OnlyTheOwnReceiptIsDisputedAndByNobodyElse) {
  EXPECT_THAT(Reasons(county_.Dispute(kStop, "620121100009").refusals), Contains("NOT_OWN_LICENCE stop_id"));
  const auto outcome = county_.Dispute(kStop, "A01");
  EXPECT_THAT(Reasons(outcome.refusals), ElementsAre("FORBIDDEN_ACTION "));
  EXPECT_THAT(Events(outcome.events, &dt::Event::has_forbidden_action_attempted), SizeIs(1));
}

TEST_F(Verdict, ADisputeIsSettledBySomebodyElseThanWhoHadConfirmed) {
  county_.Resolve(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT, "K01");
  county_.Dispute(kStop, kLicence);
  EXPECT_THAT(Reasons(county_.Settle(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PROXY, "K01").refusals),
              ElementsAre("FOUR_EYES stop_id"));
  const auto settled = county_.Settle(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PROXY, "K02");
  EXPECT_THAT(Events(settled.events, &dt::Event::has_proxy_receipt_confirmed), SizeIs(1));
  EXPECT_EQ(StateOf(), dt::RECEIPT_STATE_SETTLED);
  EXPECT_EQ(county_.receipt(kStop)->verdict, dt::RECEIPT_VERDICT_CONFIRMED_PROXY);
  EXPECT_THAT(county_.Settle(kStop, dt::RECEIPT_VERDICT_CONFIRMED_PROXY, "K02").events, IsEmpty());
  EXPECT_THAT(Reasons(county_.Dispute(kStop, kLicence).refusals), ElementsAre("WRONG_STATE stop_id"));
}

TEST_F(Verdict, WhatIsNotDisputedIsNotSettled) {
  EXPECT_THAT(Reasons(county_.Settle(kStop, dt::RECEIPT_VERDICT_CONFIRMED_DIRECT).refusals),
              ElementsAre("WRONG_STATE stop_id"));
}

TEST_F(Verdict, WithoutAReceiptThereIsNothingToDecide) {
  EXPECT_THAT(
      Reasons(county_.Resolve("620121-20190806-R05-1-0002", dt::RECEIPT_VERDICT_CONFIRMED_DIRECT).refusals),
      ElementsAre("RECEIPT_UNKNOWN stop_id"));
}

}  // namespace
}  // namespace sanyuan::testing
