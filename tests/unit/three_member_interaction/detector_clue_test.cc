// A suspected proxy receipt opens one clue (R65), and what is found later is added to it.
#include "services/three_member_interaction/domain/detector_clue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::v1::SUSPICION_RULE_CARD_REUSED;
using delivery_tracking::v1::SUSPICION_RULE_TOO_FAR;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kStop[] = "620121-20190805-R05-1-0001";

std::string ClueOf(const std::string& stop) {
  return three_member_interaction::ReceiptClueId(ThreeMemberCounty::kCounty, stop);
}

TEST(DetectorClue, ASuspectedReceiptOpensAClue) {
  ThreeMemberCounty county;
  county.Suspect(kStop, {SUSPICION_RULE_TOO_FAR});
  const tmi::Clue& clue = county.clue(ClueOf(kStop));
  EXPECT_EQ(clue.state(), tmi::CLUE_STATE_REPORTED);
  EXPECT_EQ(clue.source(), tmi::CLUE_SOURCE_DETECTOR);
  EXPECT_EQ(clue.type(), tmi::CLUE_TYPE_PROXY_RECEIPT);
  EXPECT_EQ(clue.licence(), ThreeMemberCounty::Shop(1));
  EXPECT_EQ(clue.stop_id(), kStop);
  EXPECT_THAT(clue.detector_rules(), ElementsAre("TOO_FAR"));
  EXPECT_THAT(clue.staff_ids(), ElementsAre("D1"));
}

TEST(DetectorClue, MoreRulesAreAddedToTheSameClue) {
  ThreeMemberCounty county;
  county.Suspect(kStop, {SUSPICION_RULE_TOO_FAR});
  county.Accept(ClueOf(kStop));
  county.Suspect(kStop, {SUSPICION_RULE_TOO_FAR, SUSPICION_RULE_CARD_REUSED}, {ThreeMemberCounty::Shop(2)});
  const tmi::Clue& clue = county.clue(ClueOf(kStop));
  EXPECT_EQ(clue.state(), tmi::CLUE_STATE_ACCEPTED);
  EXPECT_THAT(clue.detector_rules(), ElementsAre("CARD_REUSED", "TOO_FAR"));
  EXPECT_THAT(clue.related_licences(), ElementsAre(ThreeMemberCounty::Shop(2)));
  EXPECT_EQ(county.state().clues.size(), 1U);
  const size_t decisions = county.records().size();
  county.Suspect(kStop, {SUSPICION_RULE_CARD_REUSED});
  EXPECT_EQ(county.records().size(), decisions);
}

TEST(DetectorClue, WhatIsFoundBitByBitGivesTheClueThatIsFoundAtOnce) {
  const std::string one = ThreeMemberCounty::Shop(2);
  const std::string other = ThreeMemberCounty::Shop(3);
  ThreeMemberCounty at_once;
  at_once.Suspect(kStop, {SUSPICION_RULE_CARD_REUSED, SUSPICION_RULE_TOO_FAR}, {one, other});
  ThreeMemberCounty bit_by_bit;
  bit_by_bit.Suspect(kStop, {SUSPICION_RULE_TOO_FAR}, {other});
  bit_by_bit.Suspect(kStop, {SUSPICION_RULE_CARD_REUSED, SUSPICION_RULE_TOO_FAR}, {one, other});
  EXPECT_EQ(bit_by_bit.domain().store().BusinessDigests(), at_once.domain().store().BusinessDigests());
}

TEST(DetectorClue, TwoOfOneDecisionAboutOneReceiptMakeOneClue) {
  ThreeMemberCounty county;
  std::vector<partition::EventPtr> events;
  for (auto rule : {SUSPICION_RULE_TOO_FAR, SUSPICION_RULE_CARD_REUSED}) {
    auto event = std::make_unique<delivery_tracking::v1::Event>();
    auto& suspected = *event->mutable_proxy_receipt_suspected();
    suspected.set_stop_id(kStop);
    suspected.set_county_code(ThreeMemberCounty::kCode);
    suspected.set_licence(ThreeMemberCounty::Shop(1));
    suspected.add_rules(rule);
    events.push_back(std::move(event));
  }
  county.Receive(three_member_interaction::kDeliveryTopic, events);
  EXPECT_TRUE(county.status().ok()) << county.status();
  EXPECT_THAT(county.clue(ClueOf(kStop)).detector_rules(), ElementsAre("CARD_REUSED", "TOO_FAR"));
}

TEST(DetectorClue, IsNotSentBackAndNeedsNobodysAnswer) {
  ThreeMemberCounty county;
  county.Suspect(kStop, {SUSPICION_RULE_TOO_FAR});
  const std::string id = ClueOf(kStop);
  EXPECT_THAT(ReasonsOf(county.Return(id)), ElementsAre("WRONG_STATE clue_id"));
  county.Accept(id);
  county.Assign(id);
  county.Start(id);
  county.Propose(id, tmi::CLUE_RESULT_TRUE);
  county.Approve(id, tmi::CLUE_RESULT_TRUE);
  EXPECT_THAT(county.Feedback(id).refusals, IsEmpty());
  EXPECT_EQ(county.clue(id).state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(county.clue(id).closing(), tmi::CLUE_CLOSING_DETECTOR);
}

TEST(DetectorClue, WhoIsNamedInItDoesNotLookIntoIt) {
  ThreeMemberCounty county;
  county.AddStaff("I2", common::v1::ROLE_INSPECTOR, "SQ1", {ThreeMemberCounty::Shop(2)});
  county.Suspect(kStop, {SUSPICION_RULE_CARD_REUSED}, {ThreeMemberCounty::Shop(2)});
  county.Accept(ClueOf(kStop));
  EXPECT_THAT(ReasonsOf(county.Assign(ClueOf(kStop))), ElementsAre("SQUAD_NOT_ALLOWED squad_id"));
}

}  // namespace
}  // namespace sanyuan::testing
