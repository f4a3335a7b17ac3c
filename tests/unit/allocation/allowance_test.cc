// Ceilings, pacing and adjustments: R26, R27, R94, invariants 4, 17 and 21.
#include <gtest/gtest.h>

#include "tests/support/allocation_county.h"
#include "tests/unit/allocation/expect.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_COUNTY_MANAGER;
using common::v1::ROLE_MARKETING_MANAGER;
using common::v1::ROLE_SUPPLY_DEPARTMENT;

class AllowanceTest : public ::testing::Test {
 protected:
  AllowanceTest() {
    county_.PublishPolicy();
    county_.Register({{.number = 1, .scale = registry::v1::BUSINESS_SCALE_LARGE},
                      {.number = 2, .scale = registry::v1::BUSINESS_SCALE_MEDIUM},
                      {.number = 3, .scale = registry::v1::BUSINESS_SCALE_SMALL},
                      {.number = 4}});
  }
  ~AllowanceTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  partition::Outcome OpenMonth(const std::string& month = "2019-08", int occurrences = 4) {
    v1::OpenMonthRequest request;
    request.set_month(month);
    request.set_occurrences(occurrences);
    auto outcome = county_.Send(supply_, "AllowanceService/OpenMonth", request);
    county_.Tick(county_.now());
    return outcome;
  }
  const allocation::Allowance* Of(int shop, const std::string& month = "2019-08") const {
    return county_.state().allowances.Find({620121, *ParseMonth(month), Code(Licence(shop))});
  }
  std::string Adjust(int shop, v1::AdjustmentKind kind, int64_t cartons) {
    v1::ProposeAdjustmentRequest request;
    request.set_licence(Licence(shop));
    request.set_month("2019-08");
    request.set_kind(kind);
    request.set_cartons(cartons);
    request.set_why("a wedding season");
    const auto outcome = county_.Send(supply_, "AllowanceService/ProposeAdjustment", request);
    EXPECT_TRUE(Accepted(outcome));
    return static_cast<const v1::ProposeAdjustmentResponse&>(*outcome.response).adjustment_id();
  }
  partition::Outcome ApproveAdjustment(const std::string& id, const partition::Actor& who) {
    v1::ApproveAdjustmentRequest request;
    request.set_adjustment_id(id);
    return county_.Send(who, "AllowanceService/ApproveAdjustment", request);
  }

  AllocationCounty county_;
  const partition::Actor supply_ = Staff("620121S01", ROLE_SUPPLY_DEPARTMENT);
  const partition::Actor manager_ = Staff("620121C01", ROLE_COUNTY_MANAGER);
};

TEST_F(AllowanceTest, CeilingIsTheAgreedTotalAndTheFloatOfTheScale) {
  county_.Agree(1, "2019-08", 300);
  county_.Agree(2, "2019-08", 120);
  county_.Agree(3, "2019-08", 5);
  ASSERT_TRUE(Accepted(OpenMonth()));
  EXPECT_EQ(Of(1)->ceiling, 315);
  EXPECT_EQ(Of(2)->ceiling, 132);
  EXPECT_EQ(Of(3)->ceiling, 6);
  EXPECT_EQ(Of(4), nullptr);
  EXPECT_EQ(county_.state().months.Find({620121, *ParseMonth("2019-08")})->state, v1::MONTH_STATE_OPEN);
}

TEST_F(AllowanceTest, EvenMonthOfFourWindowsIsPacedAsPublished) {
  county_.Agree(2, "2019-08", 115);
  OpenMonth();
  ASSERT_EQ(Of(2)->ceiling, 126);
  EXPECT_EQ(Of(2)->pacing, (std::vector<int64_t>{45, 76, 108, 126}));
}

TEST_F(AllowanceTest, EvenMonthOfFiveWindowsIsPacedAsPublished) {
  county_.Agree(2, "2019-08", 115);
  OpenMonth("2019-08", 5);
  EXPECT_EQ(Of(2)->pacing, (std::vector<int64_t>{38, 63, 89, 114, 126}));
}

TEST_F(AllowanceTest, MarkerComesAfterEveryAllowance) {
  county_.Agree(1);
  county_.Agree(2);
  OpenMonth();
  int opened = 0;
  for (const v1::Event& event : county_.All()) {
    if (event.has_allowance_opened()) ++opened;
    if (event.has_allowances_opened()) {
      EXPECT_EQ(opened, 2);
    }
  }
  EXPECT_TRUE(county_.Last().back().has_allowances_opened());
}

TEST_F(AllowanceTest, LargeCountyOpensInPagesUnderTheLimitOfADecision) {
  std::vector<AllocationCounty::Shop> shops;
  for (int i = 1; i <= 4'000; ++i) shops.push_back({.number = i});
  county_.Register(shops);
  for (int i = 1; i <= 4'000; ++i) county_.Agree(i);
  OpenMonth();
  size_t pages = 0;
  for (const auto& record : county_.records()) {
    size_t bytes = 0;
    size_t allowances = 0;
    for (const std::string& event : record.events) {
      bytes += event.size();
      v1::Event parsed;
      ASSERT_TRUE(parsed.ParseFromString(event));
      allowances += parsed.has_allowance_opened() ? 1 : 0;
    }
    pages += allowances > 0 ? 1 : 0;
    EXPECT_LT(bytes, 512 << 10);
  }
  EXPECT_GT(pages, 1);
  EXPECT_EQ(county_.state().allowances.size(), 4'000);
}

TEST_F(AllowanceTest, AgreementThatComesLaterGetsItsAllowanceAtOnce) {
  OpenMonth();
  county_.Tick(Shanghai(2019, 8, 10));
  county_.Agree(2);
  ASSERT_NE(Of(2), nullptr);
  EXPECT_EQ(Of(2)->ceiling, 110);
}

TEST_F(AllowanceTest, ScheduledWindowOpensTheMonthByItself) {
  county_.Agree(2);
  county_.Schedule();
  county_.Tick(county_.now());
  ASSERT_NE(Of(2), nullptr);
  EXPECT_EQ(Of(2)->pacing.size(), 4);
}

TEST_F(AllowanceTest, WindowOfAFarMonthOpensItAWeekBefore) {
  county_.Agree(2, "2019-08", 100, 6);
  county_.Schedule("620121-20191007-1");
  county_.Tick(Shanghai(2019, 9, 23));
  EXPECT_EQ(Of(2, "2019-10"), nullptr);
  county_.Tick(Shanghai(2019, 9, 24));
  EXPECT_NE(Of(2, "2019-10"), nullptr);
}

TEST_F(AllowanceTest, OpeningAMonthTwiceIsOneOpening) {
  county_.Agree(2);
  OpenMonth();
  const size_t decisions = county_.records().size();
  EXPECT_TRUE(Accepted(OpenMonth()));
  EXPECT_EQ(county_.records().size(), decisions);
  EXPECT_TRUE(Refused(OpenMonth("2019-08", 5), common::v1::REASON_ALREADY_EXISTS, "occurrences"));
}

TEST_F(AllowanceTest, ReliefNeedsTwoPeopleAndStaysWithinTheReservesShare) {
  county_.Agree(2, "2019-08", 200);
  OpenMonth();
  const std::string id = Adjust(2, v1::ADJUSTMENT_KIND_RELIEF, 8);
  EXPECT_TRUE(Refused(ApproveAdjustment(id, supply_), common::v1::REASON_FOUR_EYES, "adjustment_id"));
  EXPECT_TRUE(Accepted(ApproveAdjustment(id, manager_)));
  EXPECT_EQ(Of(2)->ceiling, 228);
  EXPECT_EQ(Of(2)->pacing.back(), 228);
  const auto second = ApproveAdjustment(Adjust(2, v1::ADJUSTMENT_KIND_RELIEF, 3), manager_);
  const auto* refusal = FindRefusal(second, common::v1::REASON_OVER_RELIEF, "adjustment_id");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->limit(), 2);
}

TEST_F(AllowanceTest, LoweringNeverGoesBelowZero) {
  county_.Agree(2);
  OpenMonth();
  EXPECT_TRUE(Accepted(ApproveAdjustment(Adjust(2, v1::ADJUSTMENT_KIND_LOWERING, 500), manager_)));
  EXPECT_EQ(Of(2)->ceiling, 0);
  EXPECT_TRUE(county_.Last()[0].has_allowance_adjusted());
}

TEST_F(AllowanceTest, MarketingManagerWhoAdjustsIsRefusedAndRecorded) {
  county_.Agree(2);
  OpenMonth();
  v1::ProposeAdjustmentRequest request;
  request.set_licence(Licence(2));
  const auto outcome =
      county_.Send(Staff("620121M01", ROLE_MARKETING_MANAGER), "AllowanceService/ProposeAdjustment", request);
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_FORBIDDEN_ACTION, ""));
  EXPECT_TRUE(county_.Last()[0].has_forbidden_action_attempted());
}

}  // namespace
}  // namespace sanyuan::testing
