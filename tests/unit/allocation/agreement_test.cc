// The agreed monthly total: R23, R87, R91 to R93.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/allocation_county.h"
#include "tests/unit/allocation/expect.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_ACCOUNT_MANAGER;
using common::v1::ROLE_COUNTY_MANAGER;
using common::v1::ROLE_INSPECTOR;
using common::v1::ROLE_MARKETING_MANAGER;
using common::v1::ROLE_ORDER_DESK;

class AgreementTest : public ::testing::Test {
 protected:
  AgreementTest() {
    county_.PublishPolicy();
    county_.Register({{.number = 1}, {.number = 2, .large = true}, {.number = 3, .active = false}});
  }
  ~AgreementTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  v1::DraftAgreementRequest DraftFor(int shop, int64_t total = 100) const {
    v1::DraftAgreementRequest request;
    request.set_licence(Licence(shop));
    request.set_agreed_total_cartons(total);
    request.set_from_month("2019-08");
    request.set_term_months(6);
    *request.mutable_evidence() = county_.Evidence();
    return request;
  }
  std::string Draft(const v1::DraftAgreementRequest& request) {
    const auto outcome = county_.Send(am_, "AgreementService/DraftAgreement", request);
    EXPECT_TRUE(Accepted(outcome));
    return static_cast<const v1::DraftAgreementResponse&>(*outcome.response).agreement_id();
  }
  partition::Outcome Propose(const std::string& id) {
    v1::ProposeAgreementRequest request;
    request.set_agreement_id(id);
    return county_.Send(am_, "AgreementService/ProposeAgreement", request);
  }
  partition::Outcome Accept(const std::string& id, const partition::Actor& who, int64_t total = 100) {
    v1::AcceptAgreementRequest request;
    request.set_agreement_id(id);
    request.set_agreed_total_cartons(total);
    return county_.Send(who, "AgreementService/AcceptAgreement", request);
  }
  partition::Outcome Approve(const std::string& id, const partition::Actor& who) {
    v1::ApproveAgreementRequest request;
    request.set_agreement_id(id);
    return county_.Send(who, "AgreementService/ApproveAgreement", request);
  }
  std::string Proposed(int shop) {
    std::string id = Draft(DraftFor(shop));
    EXPECT_TRUE(Accepted(Propose(id)));
    return id;
  }
  v1::AgreementState StateOf(const std::string& id) const {
    return county_.state().agreements.Find({620121, id})->state;
  }

  AllocationCounty county_;
  const partition::Actor am_ = Staff("620121A01", ROLE_ACCOUNT_MANAGER);
  const partition::Actor mm_ = Staff("620121M01", ROLE_MARKETING_MANAGER);
};

// Descriptors of everything that speaks of agreements and allowances.
void CollectFields(const google::protobuf::Descriptor* message, std::set<std::string>& names,
                   std::set<const google::protobuf::Descriptor*>& seen) {
  if (!seen.insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    names.emplace(message->field(i)->name());
    if (message->field(i)->message_type() != nullptr)
      CollectFields(message->field(i)->message_type(), names, seen);
  }
}

TEST(AgreementSchema, HasNoSkuAndNoLowerLimitAnywhere) {
  std::set<std::string> names;
  std::set<const google::protobuf::Descriptor*> seen;
  for (const auto* file : {v1::Agreement::descriptor()->file(), v1::Allowance::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) CollectFields(file->message_type(i), names, seen);
  }
  EXPECT_TRUE(names.contains("agreed_total_cartons"));
  for (const std::string& name : names) {
    for (const std::string forbidden : {"sku", "brand", "class_code", "min", "floor", "lower", "least"}) {
      EXPECT_EQ(name.find(forbidden), std::string::npos) << name;
    }
  }
}

TEST_F(AgreementTest, ProposedConsentedAndApprovedIsApprovedForTheNextMonth) {
  const std::string id = Proposed(1);
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_PROPOSED);
  EXPECT_TRUE(Accepted(Accept(id, Retailer(1))));
  EXPECT_TRUE(Accepted(Approve(id, mm_)));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_APPROVED);
  county_.Tick(Shanghai(2019, 8, 1));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_ACTIVE);
}

TEST_F(AgreementTest, ProposalWithGapsInItsEvidenceIsRefusedWithEachGap) {
  auto request = DraftFor(1);
  request.mutable_evidence()->clear_ordered_cartons();
  request.mutable_evidence()->clear_capacity_estimate_cartons();
  request.mutable_evidence()->set_policy_version("another");
  const std::string id = Draft(request);
  const auto outcome = Propose(id);
  EXPECT_EQ(outcome.refusals.size(), 3);
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_EVIDENCE_INCOMPLETE, "evidence.ordered_cartons"));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_EVIDENCE_INCOMPLETE, "evidence.capacity_estimate_cartons"));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_EVIDENCE_INCOMPLETE, "evidence.policy_version"));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_DRAFT);
}

TEST_F(AgreementTest, NewRetailerNeedsNoHistory) {
  auto request = DraftFor(1);
  request.mutable_evidence()->clear_ordered_cartons();
  request.mutable_evidence()->clear_same_month_last_year_cartons();
  request.mutable_evidence()->set_new_retailer(true);
  EXPECT_TRUE(Accepted(Propose(Draft(request))));
}

TEST_F(AgreementTest, DraftIsRefusedWithEverythingThatStandsAgainstIt) {
  auto request = DraftFor(3, 103);
  request.set_term_months(7);
  request.set_from_month("2019-06");
  const auto outcome = county_.Send(am_, "AgreementService/DraftAgreement", request);
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_INVALID_FIELD, "agreed_total_cartons"));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_TERM_RANGE, "term_months"));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_NOT_EFFECTIVE, "from_month"));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_LICENCE_NOT_ACTIVE, "licence"));
  EXPECT_EQ(outcome.refusals.size(), 4);
}

TEST_F(AgreementTest, SilenceIsNeverConsent) {
  const std::string id = Proposed(1);
  EXPECT_TRUE(Refused(Approve(id, mm_), common::v1::REASON_CONSENT_MISSING, "agreement_id"));
  county_.Tick(Shanghai(2019, 8, 8, 8));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_LAPSED);
  EXPECT_TRUE(Refused(Approve(id, mm_), common::v1::REASON_CONSENT_MISSING, "agreement_id"));
}

TEST_F(AgreementTest, ConsentToAnotherFigureIsNone) {
  const std::string id = Proposed(1);
  const auto outcome = Accept(id, Retailer(1), 105);
  ASSERT_TRUE(Refused(outcome, common::v1::REASON_CONSENT_MISSING, "agreed_total_cartons"));
  EXPECT_EQ(outcome.refusals[0].limit(), 100);
}

TEST_F(AgreementTest, OnlyTheRetailerHimselfAccepts) {
  const std::string id = Proposed(1);
  EXPECT_TRUE(Refused(Accept(id, Retailer(2)), common::v1::REASON_NOT_OWN_LICENCE, "agreement_id"));
  const auto outcome = Accept(id, am_);
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_FORBIDDEN_ACTION, ""));
  ASSERT_EQ(county_.Last().size(), 1);
  EXPECT_EQ(county_.Last()[0].forbidden_action_attempted().actor_id(), am_.id);
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_PROPOSED);
}

TEST_F(AgreementTest, DeskRecordsASignatureOnlyWithItsProof) {
  const std::string id = Proposed(1);
  v1::RecordConsentsRequest request;
  auto* consent = request.add_consents();
  consent->set_agreement_id(id);
  consent->set_method(v1::CONSENT_METHOD_SIGNATURE);
  consent->set_agreed_total_cartons(100);
  const auto desk = Staff("620121D01", ROLE_ORDER_DESK);
  const auto without = county_.Send(desk, "AgreementService/RecordConsents", request);
  const auto& refused = static_cast<const v1::RecordConsentsResponse&>(*without.response);
  ASSERT_EQ(refused.results(0).refusals_size(), 1);
  EXPECT_EQ(refused.results(0).refusals(0).reason(), common::v1::REASON_CONSENT_MISSING);
  consent->set_proof_digest(std::string(32, 'x'));
  EXPECT_TRUE(Accepted(county_.Send(desk, "AgreementService/RecordConsents", request)));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_ACCEPTED);
}

TEST_F(AgreementTest, NobodyBothProposesAndApproves) {
  const std::string id = Proposed(1);
  Accept(id, Retailer(1));
  const auto outcome = Approve(id, Staff(am_.id, ROLE_MARKETING_MANAGER));
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_FOUR_EYES, "agreement_id"));
}

TEST_F(AgreementTest, LargeRetailerNeedsThreeSignaturesOfThreePeople) {
  const std::string id = Proposed(2);
  Accept(id, Retailer(2));
  EXPECT_TRUE(Accepted(Approve(id, mm_)));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_ACCEPTED);
  EXPECT_TRUE(
      Refused(Approve(id, Staff(mm_.id, ROLE_INSPECTOR)), common::v1::REASON_FOUR_EYES, "agreement_id"));
  EXPECT_TRUE(Accepted(Approve(id, Staff("620121I01", ROLE_INSPECTOR))));
  EXPECT_TRUE(Accepted(Approve(id, Staff("620121C01", ROLE_COUNTY_MANAGER))));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_APPROVED);
}

TEST_F(AgreementTest, CounteredProposalIsRevisedAndProposedAgain) {
  const std::string id = Proposed(1);
  v1::CounterAgreementRequest counter;
  counter.set_agreement_id(id);
  counter.set_stated_total_cartons(130);
  EXPECT_TRUE(Accepted(county_.Send(Retailer(1), "AgreementService/CounterAgreement", counter)));
  EXPECT_TRUE(Refused(Approve(id, mm_), common::v1::REASON_CONSENT_MISSING, "agreement_id"));
  v1::ReviseAgreementRequest revise;
  revise.set_agreement_id(id);
  revise.set_agreed_total_cartons(120);
  EXPECT_TRUE(Accepted(county_.Send(am_, "AgreementService/ReviseAgreement", revise)));
  EXPECT_TRUE(Accepted(Propose(id)));
  EXPECT_TRUE(
      Refused(Accept(id, Retailer(1), 100), common::v1::REASON_CONSENT_MISSING, "agreed_total_cartons"));
  EXPECT_TRUE(Accepted(Accept(id, Retailer(1), 120)));
}

TEST_F(AgreementTest, AgreedTotalNeverChangesInsideAMonth) {
  county_.Agree(1);
  county_.Tick(Shanghai(2019, 8, 10));
  const auto outcome = county_.Send(am_, "AgreementService/DraftAgreement", DraftFor(1, 150));
  const auto* refusal = FindRefusal(outcome, common::v1::REASON_FIXED_IN_MONTH, "from_month");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->detail(), "2019-09");
}

TEST_F(AgreementTest, SuccessorSupersedesOnItsFirstDay) {
  const std::string first = county_.Agree(1);
  county_.Tick(Shanghai(2019, 8, 10));
  const std::string second = county_.Agree(1, "2019-09", 150);
  EXPECT_EQ(StateOf(first), v1::AGREEMENT_STATE_ACTIVE);
  county_.Tick(Shanghai(2019, 9, 1));
  EXPECT_EQ(StateOf(first), v1::AGREEMENT_STATE_SUPERSEDED);
  EXPECT_EQ(StateOf(second), v1::AGREEMENT_STATE_ACTIVE);
}

TEST_F(AgreementTest, WithoutSuccessorItIsCarriedOneMonthAndThenExpires) {
  const std::string id = county_.Agree(1, "2019-08", 100, 1);
  county_.Tick(Shanghai(2019, 9, 1));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_ACTIVE);
  EXPECT_EQ(county_.state().agreements.Find({620121, id})->carried_months, 1);
  county_.Tick(Shanghai(2019, 10, 1));
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_EXPIRED);
}

TEST_F(AgreementTest, StoppedLicenceSuspendsItAndItsReturnResumesIt) {
  const std::string id = county_.Agree(1);
  county_.Tick(Shanghai(2019, 8, 1));
  county_.Register({{.number = 1, .active = false}});
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_SUSPENDED);
  county_.Register({{.number = 1}});
  EXPECT_EQ(StateOf(id), v1::AGREEMENT_STATE_ACTIVE);
}

TEST_F(AgreementTest, EachItemOfABatchIsJudgedAlone) {
  v1::ProposeAgreementsRequest request;
  for (int shop : {1, 3, 1, 9}) {
    auto* proposal = request.add_proposals();
    proposal->set_licence(Licence(shop));
    proposal->set_agreed_total_cartons(100);
    proposal->set_from_month("2019-08");
    proposal->set_term_months(6);
    *proposal->mutable_evidence() = county_.Evidence();
  }
  const auto outcome = county_.Send(am_, "AgreementService/ProposeAgreements", request);
  ASSERT_TRUE(Accepted(outcome));
  const auto& response = static_cast<const v1::ProposeAgreementsResponse&>(*outcome.response);
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).refusals_size(), 0);
  EXPECT_EQ(response.results(1).refusals(0).reason(), common::v1::REASON_LICENCE_NOT_ACTIVE);
  EXPECT_EQ(response.results(2).refusals(0).field(), "proposals[2].licence");
  EXPECT_EQ(response.results(3).refusals(0).reason(), common::v1::REASON_LICENCE_UNKNOWN);
  EXPECT_EQ(county_.state().agreements.size(), 1);
}

TEST_F(AgreementTest, AWishAlreadySatisfiedChangesNothing) {
  const std::string id = Proposed(1);
  Accept(id, Retailer(1));
  const size_t decisions = county_.records().size();
  EXPECT_TRUE(Accepted(Accept(id, Retailer(1))));
  Approve(id, mm_);
  EXPECT_TRUE(Accepted(Approve(id, mm_)));
  EXPECT_EQ(county_.records().size(), decisions + 1);
}

}  // namespace
}  // namespace sanyuan::testing
