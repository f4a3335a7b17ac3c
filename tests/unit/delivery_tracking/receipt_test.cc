// Receipts and their four proofs, checked against the registry's copy (R65).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Receipt : public ::testing::Test {
 protected:
  Receipt() : device_(county_) {
    county_.AddShop("620121100001", {.authorised_phones = {"ph-wife"}});
    county_.AddShop("620121100002", {.pickup_agreement = true});
    county_.Pay("620121-o1", "620121100001", {{"620001", 3}, {"620002", 2}});
    county_.Pay("620121-o2", "620121100002", {{"620001", 2}});
    county_.OnTheRoad();
  }

  dt::DeviceEvent Report(const std::string& stop = kFirstStop) {
    arrival_ = device_.Arrival(stop, At("2019-08-06 08:00"));
    return device_.Receipt(stop, At("2019-08-06 08:02"));
  }
  // Arrival and receipt in one upload: the result of the receipt.
  dt::DeviceEventResult Send(const dt::DeviceEvent& receipt) {
    last_ = county_.Upload(device_, {arrival_, receipt}, At("2019-08-06 08:05"));
    return ResultsOf(last_).results(1);
  }
  const delivery_tracking::Receipt& Stored(const std::string& stop = kFirstStop) {
    return *county_.receipt(stop);
  }
  bool HasRule(dt::SuspicionRule rule, const std::string& stop = kFirstStop) {
    return (Stored(stop).rules >> rule & 1U) != 0;
  }

  std::map<County, Digest> DigestsAfterPhone(const std::string& hash) {
    auto report = Report();
    report.mutable_receipt()->set_receiver_phone_hash(hash);
    Send(report);
    EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_RECEIVER_NOT_AUTHORISED));
    return county_.domain().store().BusinessDigests();
  }

  DeliveryCounty county_;
  Device device_;
  dt::DeviceEvent arrival_;
  partition::Outcome last_;
};

TEST_F(Receipt, WithTwoTrueProofsIsVerifiedByItself) {
  auto report = Report();
  report.mutable_receipt()->clear_card_id();
  report.mutable_receipt()->clear_position();
  const auto result = Send(report);
  EXPECT_EQ(result.status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  EXPECT_THAT(result.findings(), IsEmpty());
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_AUTO_VERIFIED);
  EXPECT_EQ(Stored().receiver, dt::RECEIVER_KIND_LICENSEE);
  EXPECT_EQ(county_.stop(kFirstStop).state, dt::STOP_STATE_RECEIPTED);
  EXPECT_EQ(county_.sku(kFirstRun, "620001").delivered, 3);
}

TEST_F(Receipt, WithOneProofWaitsForAPerson) {
  auto report = Report();
  report.mutable_receipt()->clear_card_id();
  report.mutable_receipt()->clear_position();
  report.mutable_receipt()->clear_photo_sha256();
  const auto result = Send(report);
  EXPECT_THAT(Reasons(result.findings()), ElementsAre("PROOF_TOO_FEW receipt"));
  EXPECT_EQ(result.findings(0).limit(), 2);
  EXPECT_EQ(result.findings(0).value(), 1);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_CAPTURED);
}

TEST_F(Receipt, AFalseCardIsNamed) {
  auto report = Report();
  report.mutable_receipt()->set_card_id("C620121100002");
  EXPECT_THAT(Reasons(Send(report).findings()), ElementsAre("PROOF_FALSE receipt.card_id"));
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_PROOF_FALSE));
}

TEST_F(Receipt, AFalsePinIsNamed) {
  auto report = Report();
  report.mutable_receipt()->set_pin_hash("pin-620121100002");
  EXPECT_THAT(Reasons(Send(report).findings()), ElementsAre("PROOF_FALSE receipt.pin_hash"));
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);
}

TEST_F(Receipt, OneFileIsNotSignatureAndPhoto) {
  auto report = Report();
  report.mutable_receipt()->set_photo_sha256(report.receipt().signature_sha256());
  EXPECT_THAT(Reasons(Send(report).findings()), ElementsAre("PROOF_FALSE receipt.signature_sha256"));
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);
}

TEST_F(Receipt, APositionFarFromTheShopIsNamedWithItsDistance) {
  auto report = Report();
  *report.mutable_receipt()->mutable_position() = county_.Near("620121100001", 1500);
  const auto result = Send(report);
  ASSERT_THAT(Reasons(result.findings()), ElementsAre("PROOF_FALSE receipt.position"));
  EXPECT_EQ(result.findings(0).limit(), 200);
  EXPECT_NEAR(static_cast<double>(result.findings(0).value()), 1500, 10);
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_TOO_FAR));
}

TEST_F(Receipt, TwoHundredMetresAreNearAndAFewMoreAreFar) {
  auto near = Report();
  *near.mutable_receipt()->mutable_position() = county_.Near("620121100001", 198);
  EXPECT_THAT(Send(near).findings(), IsEmpty());
  auto far = Report("620121-20190806-R05-1-0002");
  *far.mutable_receipt()->mutable_position() = county_.Near("620121100002", 205);
  EXPECT_THAT(Reasons(Send(far).findings()), ElementsAre("PROOF_FALSE receipt.position"));
}

TEST_F(Receipt, AMockedPositionIsAFalseProof) {
  auto report = Report();
  report.mutable_receipt()->mutable_position()->set_mocked(true);
  EXPECT_THAT(Reasons(Send(report).findings()), ElementsAre("PROOF_FALSE receipt.position"));
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_PROOF_FALSE));
  EXPECT_FALSE(HasRule(dt::SUSPICION_RULE_TOO_FAR));
}

TEST_F(Receipt, AFalseProofCountsEvenBesideThreeTrueOnes) {
  auto report = Report();
  report.mutable_receipt()->set_pin_hash("pin-guessed");
  Send(report);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);
  ASSERT_THAT(Events(last_.events, &dt::Event::has_proxy_receipt_suspected), SizeIs(1));
}

TEST_F(Receipt, AnAuthorisedPersonMayReceive) {
  auto report = Report();
  report.mutable_receipt()->set_receiver_phone_hash("ph-wife");
  Send(report);
  EXPECT_EQ(Stored().receiver, dt::RECEIVER_KIND_AUTHORISED);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_AUTO_VERIFIED);
}

TEST_F(Receipt, AnybodyElseIsSuspect) {
  auto report = Report();
  report.mutable_receipt()->set_receiver_phone_hash("ph-neighbour");
  Send(report);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_RECEIVER_NOT_AUTHORISED));
}

// Keyed hashes differ from deployment to deployment.
TEST_F(Receipt, TheHashOfAPhoneIsNoPartOfTheBusinessDigest) {
  struct Elsewhere : Receipt {
    using Receipt::DigestsAfterPhone;
    void TestBody() override {}
  } elsewhere;
  const auto digests = DigestsAfterPhone("ph-neighbour");
  EXPECT_FALSE(digests.empty());
  EXPECT_EQ(elsewhere.DigestsAfterPhone("ph-neighbour-of-another-key"), digests);
}

TEST_F(Receipt, StaffMayNotReceiveAndWhoDidIsOnRecord) {
  auto report = Report();
  report.mutable_receipt()->set_receiver_phone_hash("ph-A01");
  Send(report);
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_RECEIVER_IS_STAFF));
  const auto attempts = Events(last_.events, &dt::Event::has_forbidden_action_attempted);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_EQ(attempts[0]->forbidden_action_attempted().staff_id(), "A01");
}

TEST_F(Receipt, NobodyIdentifiedIsNotVerified) {
  auto report = Report();
  report.mutable_receipt()->clear_receiver_phone_hash();
  report.mutable_receipt()->clear_card_id();
  report.mutable_receipt()->clear_pin_hash();
  Send(report);
  EXPECT_EQ(Stored().receiver, dt::RECEIVER_KIND_UNKNOWN);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_CAPTURED);
}

TEST_F(Receipt, FewerCartonsThanPlannedMayBeHandedOver) {
  auto report = Report();
  report.mutable_receipt()->add_delivered()->set_sku("620001");
  report.mutable_receipt()->mutable_delivered(0)->set_cartons(2);
  EXPECT_EQ(Send(report).status(), dt::DEVICE_EVENT_STATUS_ACCEPTED);
  EXPECT_EQ(county_.sku(kFirstRun, "620001").delivered, 2);
  EXPECT_EQ(county_.sku(kFirstRun, "620002").delivered, 0);
}

TEST_F(Receipt, ATimeThatCantBeProvedIsUnverified) {
  const auto report = Report();
  device_.Reboot(At("2019-08-06 08:04"));
  Send(report);
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_TIME_UNVERIFIED);
  EXPECT_THAT(Events(last_.events, &dt::Event::has_proxy_receipt_suspected), IsEmpty());
}

TEST_F(Receipt, AtAPickUpPointItIsNeverCountedAsDirect) {
  auto report = Report("620121-20190806-R05-1-0002");
  report.mutable_receipt()->set_at_pickup_point(true);
  auto& position = *report.mutable_receipt()->mutable_position();
  position.set_latitude_udeg(DeliveryCounty::kLatitude - 50'000);
  position.set_longitude_udeg(DeliveryCounty::kLongitude);
  EXPECT_THAT(Send(report).findings(), IsEmpty());
  EXPECT_EQ(Stored("620121-20190806-R05-1-0002").state, dt::RECEIPT_STATE_CAPTURED);
  EXPECT_TRUE(Stored("620121-20190806-R05-1-0002").at_pickup_point);
}

TEST_F(Receipt, APickUpPointWithoutAgreementIsSuspect) {
  auto report = Report();
  report.mutable_receipt()->set_at_pickup_point(true);
  Send(report);
  EXPECT_TRUE(HasRule(dt::SUSPICION_RULE_PICKUP_WITHOUT_AGREEMENT));
}

TEST_F(Receipt, ASecondReceiptOfAStopIsRejectedAndKept) {
  Send(Report());
  const auto second = device_.Receipt(kFirstStop, At("2019-08-06 09:00"));
  const auto outcome = county_.Upload(device_, {second}, At("2019-08-06 09:01"));
  EXPECT_THAT(Reasons(ResultsOf(outcome).results(0).refusals()), ElementsAre("WRONG_STATE receipt.stop_id"));
  EXPECT_EQ(county_.sku(kFirstRun, "620001").delivered, 3);
}

TEST_F(Receipt, AForgottenPersonsProofsCantBeCheckedAnyMore) {
  registry::v1::Event event;
  event.mutable_person_forgotten()->set_county_code(DeliveryCounty::kCode);
  event.mutable_person_forgotten()->set_person("620121100001");
  std::vector<partition::EventPtr> events;
  events.push_back(std::make_unique<registry::v1::Event>(event));
  county_.Receive("registry.journal", events);
  EXPECT_EQ(county_.state().retailers.Find({DeliveryCounty::kCounty, Code("620121100001")})->pin_hash, "");
  Send(Report());
  EXPECT_EQ(Stored().state, dt::RECEIPT_STATE_SUSPECT);  // The phone is nobody's now.
  EXPECT_THAT(Reasons(ResultsOf(last_).results(1).findings()), Not(Contains("PROOF_FALSE receipt.pin_hash")));
}

}  // namespace
}  // namespace sanyuan::testing
