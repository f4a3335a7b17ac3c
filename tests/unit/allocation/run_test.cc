// Allocation runs from the closed window to settled offers: R85, invariants 5, 6, 15, 16, 22, 24, 25.
#include <gtest/gtest.h>

#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "services/allocation/domain/run_work.h"
#include "tests/support/allocation_county.h"
#include "tests/unit/allocation/expect.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_OPERATOR;
using common::v1::ROLE_SUPPLY_DEPARTMENT;
using Order = AllocationCounty::Order;

class RunTest : public ::testing::Test {
 protected:
  explicit RunTest(bool has_secrets = true) : county_(has_secrets) {
    county_.PublishPolicy();
    county_.ListSkus(3);
    county_.Register({{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}});
  }
  ~RunTest() override {
    EXPECT_TRUE(county_.status().ok()) << county_.status();
    EXPECT_EQ(county_.Imbalances(), std::vector<std::string>());
    const auto replayed = county_.Replayed();
    EXPECT_NE(replayed, nullptr);
    if (replayed == nullptr) return;
    EXPECT_EQ(replayed->store().StateDigest(), county_.domain().store().StateDigest());
  }

  const allocation::Run& RunOf(const std::string& id = kRun) const {
    return *county_.state().runs.Find(*ParseRun(id));
  }
  WindowSupply Pool(int sku) const {
    return *county_.state().window_supplies.Find({*ParseWindow(kWindow), Code(SkuCode(sku))});
  }

  AllocationCounty county_;
};

struct RunWithoutSecretTest : RunTest {
  RunWithoutSecretTest() : RunTest(false) {}
};

TEST_F(RunTest, EnoughForEverybodyIsTheRequestInFull) {
  std::vector<Order> orders = {{1, {{1, 10}, {2, 5}}}, {2, {{1, 20}}}};
  county_.Allocate(orders, {{1, 30}, {2, 50}});
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_PUBLISHED);
  EXPECT_EQ(county_.Offered(orders[0], 1), 10);
  EXPECT_EQ(county_.Offered(orders[0], 2), 5);
  EXPECT_EQ(county_.Offered(orders[1], 1), 20);
  EXPECT_EQ(Pool(2).free, 45);
}

TEST_F(RunTest, ScarceCartonsRaiseEverybodyToOneLevel) {
  std::vector<Order> orders = {{1, {{1, 5}}}, {2, {{1, 10}}}, {3, {{1, 40}}}, {4, {{1, 80}}}};
  county_.Allocate(orders, {{1, 100}});
  EXPECT_EQ(county_.Offered(orders[0], 1), 5);
  EXPECT_EQ(county_.Offered(orders[1], 1), 10);
  EXPECT_EQ(county_.Offered(orders[2], 1), 40);
  EXPECT_EQ(county_.Offered(orders[3], 1), 45);
  EXPECT_EQ(Pool(1).free, 0);
}

TEST_F(RunTest, SecretIsInTheJournalOnlyFromPublicationOn) {
  std::vector<Order> orders = {{1, {{1, 9}}}, {2, {{1, 9}}}};
  county_.Allocate(orders, {{1, 7}});
  bool hash_seen = false;
  bool published = false;
  bool revealed = false;
  for (const v1::Event& event : county_.All()) {
    hash_seen = hash_seen || event.has_tie_key_secret_hash_published();
    published = published || event.has_allocation_published();
    if (event.has_run_started()) {
      EXPECT_TRUE(hash_seen);
    }
    if (event.has_tie_key_secret_revealed()) {
      EXPECT_TRUE(published);
      revealed = true;
    }
    if (!published) {
      EXPECT_EQ(event.SerializeAsString().find("a secret of the test"), std::string::npos);
    }
  }
  EXPECT_TRUE(revealed);
}

TEST_F(RunTest, SeveralLinesOfOneSkuAreOneRequest) {
  std::vector<Order> orders = {{1, {{1, 4}, {1, 4}}}, {1, {{1, 4}}}, {2, {{1, 12}}}};
  county_.Allocate(orders, {{1, 12}});
  const int64_t first =
      county_.Offered(orders[0], 1) + county_.Offered(orders[0], 2) + county_.Offered(orders[1], 1);
  EXPECT_EQ(first, 6);
  EXPECT_EQ(county_.Offered(orders[0], 1), 4);
  EXPECT_EQ(county_.Offered(orders[2], 1), 6);
}

TEST_F(RunTest, RunWaitsForTheRelease) {
  std::vector<Order> orders = {{1, {{1, 9}}}};
  county_.Schedule();
  county_.Tick(Shanghai(2019, 8, 3, 12));
  county_.Open();
  county_.Close(orders);
  EXPECT_EQ(county_.Work(), 0);
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_SCHEDULED);
  county_.Supply({{1, 5}});
  county_.Work();
  EXPECT_EQ(county_.Offered(orders[0], 1), 5);
}

TEST_F(RunTest, WindowWithoutOrdersIsPublishedToo) {
  std::vector<Order> orders;
  county_.Allocate(orders, {{1, 9}});
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_PUBLISHED);
  EXPECT_EQ(RunOf().lines, 0);
}

TEST_F(RunTest, RecordedSupplyNeedsNoAllowanceAndNoLottery) {
  std::vector<Order> orders = {{1, {{1, 9}}}, {2, {{1, 3}}}};
  county_.Schedule();
  county_.Open(kWindow, false);
  v1::StateSupplyRequest request;
  request.set_window_id(kWindow);
  request.set_complete(true);
  request.add_lines()->set_sku(SkuCode(1));
  request.mutable_lines(0)->set_cartons(12);
  county_.Send(Staff("620121S01", ROLE_SUPPLY_DEPARTMENT), "SupplyService/StateSupply", request);
  county_.Close(orders);
  county_.Work();
  EXPECT_EQ(county_.Offered(orders[0], 1), 9);
  EXPECT_EQ(county_.Offered(orders[1], 1), 3);
}

TEST_F(RunTest, SkuThatNobodyReleasedGivesNothingAndSaysWhy) {
  std::vector<Order> orders = {{1, {{1, 9}, {3, 4}}}};
  county_.Allocate(orders, {{1, 9}});
  EXPECT_EQ(county_.Offered(orders[0], 2), 0);
  ASSERT_EQ(RunOf().levels.size(), 1);
  EXPECT_EQ(RunOf().levels[0].rule, v1::LINE_RULE_NO_SUPPLY);
}

TEST_F(RunTest, GradeWeighsAsThePolicySays) {
  county_.PublishPolicy(
      [](auto& policy) {
        auto* weight = policy.add_grade_weights();
        weight->set_from_grade(20);
        weight->set_to_grade(30);
        weight->set_weight(3);
      },
      "weighted", Shanghai(2019, 7, 1));
  county_.Register({{.number = 4, .grade = 25}});
  std::vector<Order> orders = {{1, {{1, 50}}}, {4, {{1, 50}}}};
  county_.Allocate(orders, {{1, 40}});
  EXPECT_EQ(county_.Offered(orders[0], 1), 10);
  EXPECT_EQ(county_.Offered(orders[1], 1), 30);
}

TEST_F(RunTest, RequestAboveTheClassCapCountsUpToTheCap) {
  county_.PublishTight({1});
  county_.PublishCaps({{1, 6}});
  std::vector<Order> orders = {{1, {{1, 10}}}, {2, {{1, 3}}}};
  county_.Allocate(orders, {{1, 50}});
  EXPECT_EQ(county_.Offered(orders[0], 1), 6);
  EXPECT_EQ(county_.Offered(orders[1], 1), 3);
}

TEST_F(RunTest, WhatChangesAfterTheSnapshotIsNotTheRunsBusiness) {
  std::vector<Order> orders = {{1, {{1, 50}}}, {2, {{1, 50}}}};
  county_.Schedule();
  county_.Supply({{1, 40}});
  county_.Tick(Shanghai(2019, 8, 3, 12));
  county_.Open();
  county_.Close(orders);
  county_.Work(1);
  ASSERT_EQ(RunOf().state, v1::RUN_STATE_SNAPSHOT);
  county_.Supply({{1, 20}});
  county_.Register({{.number = 1, .grade = 30, .active = false}});
  county_.Work();
  EXPECT_EQ(county_.Offered(orders[0], 1), 20);
  EXPECT_EQ(county_.Offered(orders[1], 1), 20);
  EXPECT_EQ(Pool(1).free, 20);
}

TEST_F(RunTest, UnfinishedRunOfAnotherInstanceIsAbandonedAndGivesTheSame) {
  std::vector<Order> orders = {{1, {{1, 50}}}, {2, {{1, 50}}}};
  county_.Schedule();
  county_.Supply({{1, 41}});
  county_.Tick(Shanghai(2019, 8, 3, 12));
  county_.Open();
  county_.Close(orders);
  while (county_.state().results.empty()) county_.Work(1);
  county_.TakeOver();
  county_.Work(1);
  EXPECT_TRUE(county_.Last()[0].has_run_abandoned());
  EXPECT_TRUE(county_.state().results.empty());
  county_.Work();
  EXPECT_EQ(county_.Offered(orders[0], 1) + county_.Offered(orders[1], 1), 41);
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_PUBLISHED);
}

TEST_F(RunTest, VoidedCartonsGoToThoseWhoAreShort) {
  std::vector<Order> orders = {{1, {{1, 30}}}, {2, {{1, 30}}}, {3, {{1, 4}}}};
  county_.Allocate(orders, {{1, 24}});
  ASSERT_EQ(county_.Offered(orders[0], 1), 10);
  county_.TakeAll();
  EXPECT_EQ(Pool(1).taken, 24);
  county_.Void(orders[0], {{1, 10}});
  EXPECT_EQ(Pool(1).free, 10);
  county_.Tick(county_.now() + absl::Minutes(1));
  county_.Work();
  const std::string second = "620121-20190805-1-r1";
  EXPECT_EQ(RunOf(second).state, v1::RUN_STATE_PUBLISHED);
  EXPECT_EQ(RunOf(second).kind, v1::RUN_KIND_COMPENSATING);
  EXPECT_EQ(county_.Offered(orders[1], 1, second), 10);
  EXPECT_EQ(county_.Offered(orders[0], 1, second), -1) << "a void order takes nothing";
  county_.TakeAll(second);
  EXPECT_EQ(Pool(1).taken, 24);
  EXPECT_EQ(county_.domain().NextDue(), Shanghai(2019, 8, 7)) << "only the close is left";
}

TEST_F(RunTest, LineThatIsVoidedWhileALaterRunIsComputedKeepsNobodyFromWhatIsFree) {
  std::vector<Order> orders = {{1, {{1, 30}}}, {2, {{1, 30}}}, {3, {{1, 30}}}};
  county_.Allocate(orders, {{1, 30}});
  county_.TakeAll();
  county_.Void(orders[0], {{1, 10}});
  county_.Tick(county_.now() + absl::Minutes(1));
  county_.Work(1);
  ASSERT_TRUE(county_.Last()[0].has_run_input_page());
  county_.Void(orders[1], {{1, 10}});
  county_.Work();
  const std::string second = "620121-20190805-1-r1";
  ASSERT_EQ(county_.Offered(orders[1], 1, second), 10);
  county_.Return(second, orders[1], 1, 10, 0);
  county_.TakeAll(second);
  EXPECT_EQ(Pool(1).waiting, 10) << "the third shop got 20 of 30";
  county_.Tick(county_.now() + absl::Minutes(1));
  county_.Work();
  EXPECT_EQ(county_.Offered(orders[2], 1, "620121-20190805-1-r2"), 10);
}

TEST_F(RunTest, ReturnedLineIsOfferedNeverMoreThanItCanTake) {
  std::vector<Order> orders = {{1, {{1, 30}}}, {2, {{1, 12}}}};
  county_.Allocate(orders, {{1, 20}});
  county_.Return(kRun, orders[0], 1, 10, 2);
  county_.TakeAll();
  EXPECT_EQ(Pool(1).free, 10);
  county_.Tick(county_.now() + absl::Minutes(1));
  county_.Work();
  const std::string second = "620121-20190805-1-r1";
  EXPECT_EQ(county_.Offered(orders[0], 1, second), 2);
  EXPECT_EQ(county_.Offered(orders[1], 1, second), 2);
  EXPECT_EQ(Pool(1).free, 6);
}

TEST_F(RunTest, RepeatedAnswersChangeNothing) {
  std::vector<Order> orders = {{1, {{1, 30}}}};
  county_.Allocate(orders, {{1, 20}});
  county_.Return(kRun, orders[0], 1, 20, 0);
  const size_t decisions = county_.records().size();
  county_.Return(kRun, orders[0], 1, 20, 0);
  EXPECT_EQ(county_.records().size(), decisions);
}

TEST_F(RunTest, ClosedWindowRollsWhatIsLeftToTheNextOneAndThenToTheReserve) {
  std::vector<Order> orders = {{1, {{1, 5}}}};
  county_.Allocate(orders, {{1, 20}});
  county_.TakeAll();
  county_.Schedule("620121-20190812-1", 2);
  county_.Supply({{1, 30}}, "620121-20190812-1");
  county_.Tick(Shanghai(2019, 8, 7));
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_CLOSED);
  EXPECT_EQ(Pool(1).rolled, 15);
  const WindowSupply next =
      *county_.state().window_supplies.Find({*ParseWindow("620121-20190812-1"), Code(SkuCode(1))});
  EXPECT_EQ(next.free, 45);
}

TEST_F(RunTest, ClosedWindowWithoutANextOneFillsTheReserve) {
  std::vector<Order> orders = {{1, {{1, 5}}}};
  county_.Allocate(orders, {{1, 20}});
  county_.TakeAll();
  const int64_t before =
      county_.state().supplies.Find({620121, *ParseMonth("2019-08"), Code(SkuCode(1))})->reserve();
  county_.Tick(Shanghai(2019, 8, 7));
  const auto& after = *county_.state().supplies.Find({620121, *ParseMonth("2019-08"), Code(SkuCode(1))});
  EXPECT_EQ(after.reserve(), before + 15);
  EXPECT_TRUE(county_.state().inputs.empty());
}

TEST_F(RunWithoutSecretTest, ScarceRunWithoutALotteryIsHeldUntilOneIsAnnounced) {
  std::vector<Order> orders = {{1, {{1, 9}}}, {2, {{1, 9}}}};
  county_.Allocate(orders, {{1, 7}});
  ASSERT_EQ(RunOf().state, v1::RUN_STATE_HELD);
  EXPECT_EQ(RunOf().held_reason, common::v1::REASON_TIE_KEY_UNKNOWN);
  v1::AnnounceTieKeyRequest announce;
  announce.set_window_id(kWindow);
  announce.set_secret_hash(std::string(Sha256("0123456789abcdef").view()));
  const auto operator_actor = Staff("620121O01", ROLE_OPERATOR);
  EXPECT_TRUE(Accepted(county_.Send(operator_actor, "TieKeyService/AnnounceTieKey", announce)));
  EXPECT_TRUE(county_.state().tie_keys.Find(*ParseWindow(kWindow))->late);
  county_.Work();
  EXPECT_EQ(RunOf().held_reason, common::v1::REASON_RUN_NOT_READY) << "the secret itself is not at hand";
}

TEST_F(RunTest, AnotherSecretThanAnnouncedHoldsTheRun) {
  v1::AnnounceTieKeyRequest announce;
  announce.set_window_id(kWindow);
  announce.set_secret_hash(std::string(Sha256("not what the file holds").view()));
  const auto operator_actor = Staff("620121O01", ROLE_OPERATOR);
  EXPECT_TRUE(Accepted(county_.Send(operator_actor, "TieKeyService/AnnounceTieKey", announce)));
  std::vector<Order> orders = {{1, {{1, 9}}}, {2, {{1, 9}}}};
  county_.Allocate(orders, {{1, 7}});
  EXPECT_EQ(RunOf().state, v1::RUN_STATE_HELD);
  EXPECT_EQ(RunOf().held_reason, common::v1::REASON_SECRET_MISMATCH);
}

TEST_F(RunTest, LotteryIsAnnouncedBeforeTheWindowOpens) {
  v1::AnnounceTieKeyRequest announce;
  announce.set_window_id("620121-20190805-2");
  announce.set_secret_hash(std::string(32, 'h'));
  const auto operator_actor = Staff("620121O01", ROLE_OPERATOR);
  county_.Schedule("620121-20190805-2");
  EXPECT_TRUE(Refused(county_.Send(operator_actor, "TieKeyService/AnnounceTieKey", announce),
                      common::v1::REASON_ALREADY_EXISTS, "secret_hash"))
      << "the service announced its own when the window was scheduled";
}

TEST_F(RunWithoutSecretTest, LateAnnouncementIsRefused) {
  v1::AnnounceTieKeyRequest announce;
  announce.set_window_id(kWindow);
  announce.set_secret_hash(std::string(32, 'h'));
  county_.Schedule();
  county_.Tick(Shanghai(2019, 8, 3, 12));
  EXPECT_TRUE(
      Refused(county_.Send(Staff("620121O01", ROLE_OPERATOR), "TieKeyService/AnnounceTieKey", announce),
              common::v1::REASON_TIE_KEY_LATE, "window_id"));
}

TEST_F(RunTest, HeldRunIsResumedByAPersonOnly) {
  std::vector<Order> orders = {{1, {{1, 9}}}};
  county_.Allocate(orders, {{1, 9}});
  v1::ResumeRunRequest request;
  request.set_run_id(kRun);
  request.set_why("looked at it");
  const auto supply = Staff("620121S01", ROLE_SUPPLY_DEPARTMENT);
  EXPECT_TRUE(Refused(county_.Send(supply, "AllocationService/ResumeRun", request),
                      common::v1::REASON_WRONG_STATE, "run_id"));
  request.set_run_id("620121-20190805-1-r7");
  EXPECT_TRUE(Refused(county_.Send(supply, "AllocationService/ResumeRun", request),
                      common::v1::REASON_ALLOCATION_RUN_UNKNOWN, "run_id"));
}

TEST_F(RunTest, SnapshotOfTheStateLoadsToTheSameDigest) {
  std::vector<Order> orders = {{1, {{1, 9}}}, {2, {{1, 9}}}};
  county_.Allocate(orders, {{1, 7}});
  const std::string bytes = county_.domain().store().Capture().Encode();
  AllocationDomain loaded(nullptr);
  ASSERT_TRUE(loaded.store().Load(bytes).ok());
  EXPECT_EQ(loaded.store().StateDigest(), county_.domain().store().StateDigest());
}

}  // namespace
}  // namespace sanyuan::testing
