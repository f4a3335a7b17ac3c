// loaded = delivered + returned + lost, for every SKU of every run (R79, R80, I-84).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOther[] = "620121-20190806-R05-1-0002";

dt::Loss Lost(const std::string& sku, int64_t cartons, const std::string& case_number) {
  dt::Loss loss;
  loss.set_sku(sku);
  loss.set_cartons(cartons);
  loss.set_case_number(case_number);
  return loss;
}

class Reconciliation : public ::testing::Test {
 protected:
  // Shop 1 gets 3 of 620001; shop 2 gets 2 of it and 4 of 620002.
  Reconciliation() : device_(county_) {
    county_.AddShop("620121100001");
    county_.AddShop("620121100002");
    county_.Pay("620121-o1", "620121100001", {{"620001", 3}});
    county_.Pay("620121-o2", "620121100002", {{"620001", 2}, {"620002", 4}});
    run_ = county_.OnTheRoad();
  }
  void Deliver(const std::string& stop, const char* sent_at = "2019-08-06 12:00") {
    const auto arrival = device_.Arrival(stop, At("2019-08-06 08:00"));
    const auto receipt = device_.Receipt(stop, At("2019-08-06 08:01"));
    last_ = county_.Upload(device_, {arrival, receipt}, At(sent_at));
  }
  dt::RunState StateOf() const { return county_.run(run_).state; }

  DeliveryCounty county_;
  Device device_;
  std::string run_;
  partition::Outcome last_;
};

TEST_F(Reconciliation, ABalancedRunIsReconciledOnce) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 4}});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RETURNED);
  const auto outcome = county_.Reconcile(run_);
  const auto reconciled = Events(outcome.events, &dt::Event::has_run_reconciled);
  ASSERT_THAT(reconciled, SizeIs(1));
  EXPECT_EQ(reconciled[0]->run_reconciled().loaded_cartons(), 9);
  EXPECT_EQ(reconciled[0]->run_reconciled().delivered_cartons(), 3);
  EXPECT_EQ(reconciled[0]->run_reconciled().returned_cartons(), 6);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
  EXPECT_THAT(county_.Reconcile(run_).events, IsEmpty());
}

TEST_F(Reconciliation, AMissingCartonIsAnImbalanceWithSkuAndCrew) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 3}});
  const auto outcome = county_.Reconcile(run_);
  const auto found = Events(outcome.events, &dt::Event::has_run_imbalance_found);
  ASSERT_THAT(found, SizeIs(1));
  const auto& imbalance = found[0]->run_imbalance_found();
  ASSERT_EQ(imbalance.imbalances_size(), 1);
  EXPECT_EQ(imbalance.imbalances(0).sku(), "620002");
  EXPECT_EQ(imbalance.imbalances(0).carried_cartons(), 1);
  EXPECT_THAT(imbalance.crew_staff_ids(), ElementsAre("D01"));
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
  EXPECT_EQ(static_cast<const dt::ReconcileRunResponse&>(*outcome.response).imbalances_size(), 1);
}

TEST_F(Reconciliation, OneSkuCantMakeUpForAnother) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 3}, {"620002", 3}});
  county_.Reconcile(run_);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
}

TEST_F(Reconciliation, ALossNeedsItsCase) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 3}});
  EXPECT_THAT(Reasons(county_.Reconcile(run_, {Lost("620002", 1, "")}).refusals),
              ElementsAre("CASE_NUMBER_MISSING losses[0].case_number"));
  EXPECT_THAT(Reasons(county_.Reconcile(run_, {Lost("620009", 0, "YD-7")}).refusals),
              ElementsAre("QUANTITY_RANGE losses[0].cartons", "SKU_UNKNOWN losses[0].sku"));
  county_.Reconcile(run_, {Lost("620002", 1, "YD-2019-7")});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
  EXPECT_EQ(county_.sku(run_, "620002").lost, 1);
}

TEST_F(Reconciliation, LossesGivenAgainReplaceTheEarlierOnes) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 2}});
  county_.Reconcile(run_, {Lost("620002", 1, "YD-7")});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
  county_.Reconcile(run_, {Lost("620002", 1, "YD-7"), Lost("620002", 1, "YD-8")});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
  EXPECT_EQ(county_.sku(run_, "620002").lost, 2);
}

TEST_F(Reconciliation, CountingAgainMendsAnImbalance) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 3}});
  county_.Reconcile(run_);
  county_.Return(run_, {{"620001", 2}, {"620002", 4}});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
  EXPECT_THAT(Reasons(county_.Return(run_, {{"620001", 9}}).refusals), ElementsAre("WRONG_STATE run_id"));
}

TEST_F(Reconciliation, ALateUploadMendsOrBreaksTheEquation) {
  Deliver(kFirstStop);
  county_.Return(run_, {});
  county_.Reconcile(run_);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
  Deliver(kOther, "2019-08-09 12:00");
  EXPECT_THAT(Events(last_.events, &dt::Event::has_run_reconciled), SizeIs(1));
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
}

TEST_F(Reconciliation, AReceiptForGoodsThatWereCountedAsBackIsAnImbalance) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 4}});
  county_.Reconcile(run_);
  Deliver(kOther, "2019-08-09 12:00");
  const auto found = Events(last_.events, &dt::Event::has_run_imbalance_found);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->run_imbalance_found().cause(), dt::IMBALANCE_CAUSE_LATE_UPLOAD);
  EXPECT_EQ(found[0]->run_imbalance_found().imbalances(0).carried_cartons(), -2);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
}

TEST_F(Reconciliation, ACrewCarriesNothingOverTheNight) {
  Deliver(kFirstStop);
  county_.Tick(At("2019-08-06 23:58:59"));
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IN_PROGRESS);
  county_.Tick(At("2019-08-06 23:59"));
  EXPECT_EQ(StateOf(), dt::RUN_STATE_IMBALANCED);
  county_.Return(run_, {{"620001", 2}, {"620002", 4}});
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RETURNED);
  county_.Reconcile(run_);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
  EXPECT_TRUE(county_.status().ok()) << county_.status();
}

TEST_F(Reconciliation, ARunThatIsBackWithEverythingScannedClosesItsDayQuietly) {
  Deliver(kFirstStop);
  county_.Return(run_, {{"620001", 2}, {"620002", 4}});
  county_.Tick(At("2019-08-07 00:00"));
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RETURNED);
}

TEST_F(Reconciliation, TheCrewCountsNothingItself) {
  const partition::Actor crew{"D01", common::v1::ROLE_DELIVERY_STAFF};
  const auto counted = county_.Return(run_, {{"620001", 5}}, crew);
  EXPECT_THAT(Reasons(counted.refusals), ElementsAre("FORBIDDEN_ACTION "));
  EXPECT_THAT(Events(counted.events, &dt::Event::has_forbidden_action_attempted), SizeIs(1));
  EXPECT_THAT(Reasons(county_.Reconcile(run_, {}, crew).refusals), ElementsAre("FORBIDDEN_ACTION "));
}

TEST_F(Reconciliation, OnlyWhatWasOnTheRunComesBack) {
  EXPECT_THAT(Reasons(county_.Return(run_, {{"620009", 1}, {"620001", -1}, {"620001", 1}}).refusals),
              ElementsAre("INVALID_FIELD returned[2].sku", "QUANTITY_RANGE returned[1].cartons",
                          "SKU_UNKNOWN returned[0].sku"));
}

TEST_F(Reconciliation, ARunThatIsNotBackIsNotReconciled) {
  EXPECT_THAT(Reasons(county_.Reconcile(run_).refusals), ElementsAre("WRONG_STATE run_id"));
}

TEST_F(Reconciliation, GoodsOfAStopThatWasVoidedOnTheRoadHaveToComeBack) {
  county_.Void("620121-o1", "620121100001");
  Deliver(kFirstStop);
  EXPECT_EQ(county_.receipt(kFirstStop), nullptr);
  Deliver(kOther);
  county_.Return(run_, {{"620001", 3}});
  county_.Reconcile(run_);
  EXPECT_EQ(StateOf(), dt::RUN_STATE_RECONCILED);
}

}  // namespace
}  // namespace sanyuan::testing
