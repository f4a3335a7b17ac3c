// The rules of suspicion (R65): each alone, and both sides of a comparison whichever came first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Suspicion : public ::testing::Test {
 protected:
  // Shops 1 and 2 stand 250 m apart, 3 and 4 further off.
  Suspicion() : device_(county_) {
    const int32_t north[] = {0, 250, 2000, 4000};
    for (int i = 1; i <= 4; ++i) {
      county_.AddShop(Licence(i), {.north_m = north[i - 1]});
      county_.Pay("620121-o" + std::to_string(i), Licence(i), {{"620001", 1}});
    }
    run_ = county_.OnTheRoad();
  }
  static std::string Licence(int i) { return "62012110000" + std::to_string(i); }
  std::string Stop(int i) const { return run_ + "-000" + std::to_string(i); }
  dt::ReceiptState StateOf(int i) const { return county_.receipt(Stop(i))->state; }
  uint32_t RulesOf(int i) const { return county_.receipt(Stop(i))->rules; }

  partition::Outcome Send(const std::vector<dt::DeviceEvent>& events, const char* at = "2019-08-06 12:00") {
    return county_.Upload(device_, events, At(at));
  }

  DeliveryCounty county_;
  Device device_;
  std::string run_;
};

TEST_F(Suspicion, OneCardForTwoLicencesHitsBothReceipts) {
  Send({device_.Arrival(Stop(1), At("2019-08-06 08:00")), device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_AUTO_VERIFIED);
  const auto arrival = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto second = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  second.mutable_receipt()->set_card_id("C" + Licence(1));
  const auto outcome = Send({arrival, second});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_CARD_REUSED);
  EXPECT_EQ(RulesOf(2), 1U << dt::SUSPICION_RULE_CARD_REUSED | 1U << dt::SUSPICION_RULE_PROOF_FALSE);
  const auto suspected = Events(outcome.events, &dt::Event::has_proxy_receipt_suspected);
  ASSERT_THAT(suspected, SizeIs(2));
  EXPECT_EQ(suspected[0]->proxy_receipt_suspected().licence(), Licence(2));
  EXPECT_THAT(suspected[0]->proxy_receipt_suspected().related_licences(), ElementsAre(Licence(1)));
  EXPECT_THAT(suspected[0]->proxy_receipt_suspected().crew_staff_ids(), ElementsAre("D01"));
  EXPECT_EQ(suspected[1]->proxy_receipt_suspected().licence(), Licence(1));
  EXPECT_TRUE(suspected[1]->proxy_receipt_suspected().first());
}

TEST_F(Suspicion, OnePhoneForTwoLicencesHitsBoth) {
  auto first = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  auto one = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  auto second = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto two = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  two.mutable_receipt()->set_receiver_phone_hash("ph-" + Licence(1));
  Send({first, one, second, two});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_PHONE_REUSED);
  EXPECT_EQ(RulesOf(2),
            1U << dt::SUSPICION_RULE_PHONE_REUSED | 1U << dt::SUSPICION_RULE_RECEIVER_NOT_AUTHORISED);
}

TEST_F(Suspicion, OneSignatureImageForTwoReceiptsHitsBothAndProvesNothing) {
  const auto arrival1 = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  const auto receipt1 = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  const auto arrival2 = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto receipt2 = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  receipt2.mutable_receipt()->set_signature_sha256(receipt1.receipt().signature_sha256());
  const auto outcome = Send({arrival1, receipt1, arrival2, receipt2});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_SIGNATURE_REUSED);
  EXPECT_EQ(RulesOf(2), 1U << dt::SUSPICION_RULE_SIGNATURE_REUSED);
  EXPECT_THAT(Reasons(ResultsOf(outcome).results(3).findings()),
              ElementsAre("PROOF_FALSE receipt.signature_sha256"));
}

TEST_F(Suspicion, ACardUsedForAnotherLicenceLongAgoIsForgiven) {
  Send({device_.Arrival(Stop(1), At("2019-08-06 08:00")), device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  county_.Pay("620121-o9", Licence(2), {{"620001", 1}}, "2019-09-09");
  county_.Tick(At("2019-09-09 18:00"));
  const std::string later = county_.OnTheRoad("2019-09-10");
  auto second = device_.Receipt(later + "-0001", At("2019-09-10 08:11"));
  second.mutable_receipt()->set_card_id("C" + Licence(1));
  Send({second}, "2019-09-10 12:00");
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_AUTO_VERIFIED);
  EXPECT_FALSE(county_.receipt(later + "-0001")->rules >> dt::SUSPICION_RULE_CARD_REUSED & 1U);
}

TEST_F(Suspicion, TwoReceiptsAMinuteApartAtDistantShopsAreTooFast) {
  const auto a1 = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  const auto a3 = device_.Arrival(Stop(3), At("2019-08-06 08:00"));
  const auto r1 = device_.Receipt(Stop(1), At("2019-08-06 08:01:00"));
  const auto r3 = device_.Receipt(Stop(3), At("2019-08-06 08:01:59"));
  Send({a1, a3, r1, r3});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_TOO_FAST);
  EXPECT_EQ(RulesOf(3), 1U << dt::SUSPICION_RULE_TOO_FAST);
}

TEST_F(Suspicion, AFullMinuteOrNeighbouringShopsAreNot) {
  const auto a1 = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  const auto a2 = device_.Arrival(Stop(2), At("2019-08-06 08:00"));
  const auto a3 = device_.Arrival(Stop(3), At("2019-08-06 08:00"));
  const auto r1 = device_.Receipt(Stop(1), At("2019-08-06 08:01:00"));
  const auto r2 = device_.Receipt(Stop(2), At("2019-08-06 08:01:10"));
  const auto r3 = device_.Receipt(Stop(3), At("2019-08-06 08:02:10"));
  Send({a1, a2, a3, r1, r2, r3});
  for (int i : {1, 2, 3}) EXPECT_EQ(StateOf(i), dt::RECEIPT_STATE_AUTO_VERIFIED) << i;
}

TEST_F(Suspicion, TooFastIsFoundWithoutAProvableTime) {
  const auto r1 = device_.Receipt(Stop(1), At("2019-08-06 08:01:00"));
  const auto r3 = device_.Receipt(Stop(3), At("2019-08-06 08:01:30"));
  device_.Reboot(At("2019-08-06 11:00"));
  Send({r1, r3});
  EXPECT_TRUE(RulesOf(1) >> dt::SUSPICION_RULE_TOO_FAST & 1U);
}

TEST_F(Suspicion, AReceiptBeforeTheArrivalIsSuspect) {
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:05"));
  Send({receipt, arrival});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_BEFORE_ARRIVAL);
}

TEST_F(Suspicion, AReceiptWithoutAnyArrivalIsSuspect) {
  Send({device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_BEFORE_ARRIVAL);
}

TEST_F(Suspicion, AReceiptWaitsForTheGapBelowIt) {
  const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:00"));
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  const auto early = Send({receipt});
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_CAPTURED);
  EXPECT_THAT(Events(early.events, &dt::Event::has_proxy_receipt_suspected), IsEmpty());
  EXPECT_EQ(county_.state().waiting.size(), 1U);
  Send({arrival});
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_AUTO_VERIFIED);
  EXPECT_TRUE(county_.state().waiting.empty());
}

TEST_F(Suspicion, AGapThatHeldNoArrivalEndsTheWait) {
  const auto other = device_.LateReason(Stop(2), dt::LATE_REASON_CREW, "", At("2019-08-06 08:00"));
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  Send({receipt});
  Send({other});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_BEFORE_ARRIVAL);
}

TEST_F(Suspicion, AGapThatIsNeverFilledIsGivenUpAfterTheDevicesQueueTime) {
  device_.SetNext(9);
  Send({device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  county_.Tick(At("2019-08-20 11:59"));
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_CAPTURED);
  county_.Tick(At("2019-08-20 12:00"));
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_BEFORE_ARRIVAL);
  EXPECT_TRUE(county_.status().ok()) << county_.status();
}

TEST_F(Suspicion, WhatWasGivenUpDoesNotWaitAgainWhenItIsComparedLater) {
  device_.SetNext(9);
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  Send({receipt});
  county_.Tick(At("2019-08-20 12:00"));
  const auto arrival = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto second = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  second.mutable_receipt()->set_photo_sha256(receipt.receipt().photo_sha256());
  county_.Upload(device_, {arrival, second}, At("2019-08-20 12:30"));
  EXPECT_TRUE(county_.state().waiting.empty());
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_BEFORE_ARRIVAL | 1U << dt::SUSPICION_RULE_SIGNATURE_REUSED);
  EXPECT_TRUE(county_.status().ok()) << county_.status();
}

TEST_F(Suspicion, GoodsForAStaffMembersRelativeAreSuspect) {
  county_.AddStaff("D01", common::v1::ROLE_DELIVERY_STAFF, {"phone-1"}, {Licence(1)});
  Send({device_.Arrival(Stop(1), At("2019-08-06 08:00")), device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  EXPECT_EQ(RulesOf(1), 1U << dt::SUSPICION_RULE_RELATIVE_OF_STAFF);
}

TEST_F(Suspicion, SuspectsThatNobodyLooksAtStaySuspect) {
  Send({device_.Receipt(Stop(1), At("2019-08-06 08:01"))});
  county_.Tick(At("2019-12-31 12:00"));
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_SUSPECT);
  EXPECT_TRUE(county_.receipt(Stop(1))->closed);
}

TEST_F(Suspicion, AFurtherRuleIsToldAgainAsNotTheFirst) {
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  Send({receipt});
  const auto arrival = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto second = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  second.mutable_receipt()->set_photo_sha256(receipt.receipt().photo_sha256());
  const auto outcome = Send({arrival, second});
  const auto suspected = Events(outcome.events, &dt::Event::has_proxy_receipt_suspected);
  ASSERT_THAT(suspected, SizeIs(2));
  EXPECT_FALSE(suspected[1]->proxy_receipt_suspected().first());
  EXPECT_THAT(suspected[1]->proxy_receipt_suspected().rules(),
              ElementsAre(dt::SUSPICION_RULE_SIGNATURE_REUSED, dt::SUSPICION_RULE_BEFORE_ARRIVAL));
}

TEST_F(Suspicion, WhatPeopleHaveDecidedNoRuleTouches) {
  const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:01"));
  Send({receipt});
  county_.Resolve(Stop(1), dt::RECEIPT_VERDICT_CONFIRMED_DIRECT);
  const auto arrival = device_.Arrival(Stop(2), At("2019-08-06 08:10"));
  auto second = device_.Receipt(Stop(2), At("2019-08-06 08:11"));
  second.mutable_receipt()->set_card_id("C" + Licence(1));
  Send({arrival, second});
  EXPECT_EQ(StateOf(1), dt::RECEIPT_STATE_CONFIRMED_DIRECT);
  EXPECT_EQ(StateOf(2), dt::RECEIPT_STATE_SUSPECT);
}

}  // namespace
}  // namespace sanyuan::testing
