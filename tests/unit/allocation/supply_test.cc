// Supply, its reserve, the split over order days, release by two people, recorded supply: R17, R27, R75, R80,
// invariant 16.
#include <gtest/gtest.h>

#include "tests/support/allocation_county.h"
#include "tests/unit/allocation/expect.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_MARKETING_MANAGER;
using common::v1::ROLE_SUPPLY_DEPARTMENT;

constexpr char kSecondWindow[] = "620121-20190812-1";

class SupplyTest : public ::testing::Test {
 protected:
  SupplyTest() {
    county_.PublishPolicy([](auto& policy) {
      auto* ratio = policy.add_balance_ratios();
      ratio->set_class_code("4");
      ratio->set_min_bp(9'000);
      ratio->set_max_bp(9'800);
    });
    county_.ListSkus(3, "4");
  }
  ~SupplyTest() override {
    EXPECT_TRUE(county_.status().ok()) << county_.status();
    EXPECT_EQ(county_.Imbalances(), std::vector<std::string>());
  }

  partition::Outcome Confirm(int sku, int64_t cartons) {
    v1::ConfirmSupplyRequest request;
    request.set_month("2019-08");
    auto* line = request.add_lines();
    line->set_sku(SkuCode(sku));
    line->set_cartons(cartons);
    return county_.Send(planner_, "SupplyService/ConfirmSupply", request);
  }
  partition::Outcome Plan(int sku, const std::vector<std::pair<std::string, int64_t>>& days,
                          int64_t ratio = 0) {
    v1::PlanReleaseRequest request;
    request.set_month("2019-08");
    auto* line = request.add_lines();
    line->set_sku(SkuCode(sku));
    line->set_ratio_bp(ratio);
    for (const auto& [window, forecast] : days) {
      auto* day = line->add_days();
      day->set_window_id(window);
      day->set_forecast_cartons(forecast);
    }
    return county_.Send(planner_, "SupplyService/PlanRelease", request);
  }
  partition::Outcome ApproveRelease(const std::string& window, const partition::Actor& who) {
    v1::ApproveReleaseRequest request;
    request.set_window_id(window);
    return county_.Send(who, "SupplyService/ApproveRelease", request);
  }
  partition::Outcome StateSupply(const std::string& window, int sku, int64_t cartons, bool complete) {
    v1::StateSupplyRequest request;
    request.set_window_id(window);
    request.set_complete(complete);
    auto* line = request.add_lines();
    line->set_sku(SkuCode(sku));
    line->set_cartons(cartons);
    return county_.Send(planner_, "SupplyService/StateSupply", request);
  }
  const allocation::Supply& Of(int sku) const {
    return *county_.state().supplies.Find({620121, *ParseMonth("2019-08"), Code(SkuCode(sku))});
  }
  WindowSupply InWindow(const std::string& window, int sku) const {
    const WindowSupply* row =
        county_.state().window_supplies.Find({*ParseWindow(window), Code(SkuCode(sku))});
    return row == nullptr ? WindowSupply{} : *row;
  }

  AllocationCounty county_;
  const partition::Actor planner_ = Staff("620121S01", ROLE_SUPPLY_DEPARTMENT);
  const partition::Actor approver_ = Staff("620121S02", ROLE_SUPPLY_DEPARTMENT);
};

TEST_F(SupplyTest, FivePerCentOfTheMonthAreKeptBack) {
  ASSERT_TRUE(Accepted(Confirm(1, 1'009)));
  EXPECT_EQ(Of(1).reserve(), 50);
  EXPECT_EQ(Of(1).unreleased(), 959);
}

TEST_F(SupplyTest, RestIsSplitOverTheOrderDaysByTheirForecasts) {
  Confirm(1, 1'000);
  const auto outcome = Plan(1, {{kWindow, 100}, {kSecondWindow, 200}});
  ASSERT_TRUE(Accepted(outcome));
  const auto& line = static_cast<const v1::PlanReleaseResponse&>(*outcome.response).lines(0);
  EXPECT_EQ(line.day_cartons(0), 317);
  EXPECT_EQ(line.day_cartons(1), 633);
  EXPECT_EQ(line.reserve_cartons(), 50);
  EXPECT_EQ(line.unreleased_cartons(), 0);
  EXPECT_EQ(InWindow(kWindow, 1).free, 0) << "planned is not released";
}

TEST_F(SupplyTest, OneOrderDayTakesAllButTheReserve) {
  Confirm(1, 1'000);
  Plan(1, {{kWindow, 12}});
  EXPECT_EQ(InWindow(kWindow, 1).planned, 950);
}

TEST_F(SupplyTest, RatioGivesASlightlyTightBalanceAndSaysWhatIsShort) {
  Confirm(1, 1'000);
  const auto enough = Plan(1, {{kWindow, 400}}, 9'500);
  EXPECT_EQ(static_cast<const v1::PlanReleaseResponse&>(*enough.response).lines(0).day_cartons(0), 380);
  const auto too_little = Plan(1, {{kWindow, 2'000}}, 9'500);
  const auto& line = static_cast<const v1::PlanReleaseResponse&>(*too_little.response).lines(0);
  EXPECT_EQ(line.day_cartons(0), 950);
  EXPECT_EQ(line.short_cartons(), 950);
  EXPECT_TRUE(Refused(Plan(1, {{kWindow, 400}}, 9'900), common::v1::REASON_RATIO_RANGE, "lines[0].ratio_bp"));
}

TEST_F(SupplyTest, SomebodyElseThanThePlannerReleases) {
  Confirm(1, 1'000);
  Plan(1, {{kWindow, 1}});
  EXPECT_TRUE(Refused(ApproveRelease(kWindow, planner_), common::v1::REASON_FOUR_EYES, "window_id"));
  EXPECT_TRUE(Accepted(ApproveRelease(kWindow, approver_)));
  EXPECT_EQ(InWindow(kWindow, 1).free, 950);
  EXPECT_EQ(Of(1).unreleased(), 0);
}

TEST_F(SupplyTest, ConfirmedSupplyIsNotLoweredUnderWhatIsReleased) {
  Confirm(1, 1'000);
  Plan(1, {{kWindow, 1}});
  ApproveRelease(kWindow, approver_);
  EXPECT_TRUE(Refused(Confirm(1, 998), common::v1::REASON_OVER_SUPPLY, "lines[0].cartons"));
  EXPECT_TRUE(Accepted(Confirm(1, 1'100)));
  EXPECT_EQ(Of(1).unreleased(), 95);
}

TEST_F(SupplyTest, RecordedSupplyOfADayIsWhatWasStated) {
  ASSERT_TRUE(Accepted(StateSupply(kWindow, 1, 40, false)));
  ASSERT_TRUE(Accepted(StateSupply(kWindow, 1, 60, true)));
  EXPECT_EQ(InWindow(kWindow, 1).free, 60);
  const auto less = StateSupply(kWindow, 1, 50, true);
  EXPECT_TRUE(Refused(less, common::v1::REASON_OVER_SUPPLY, "lines[0].cartons"));
  EXPECT_EQ(county_.state().supplies.size(), 0) << "no month, no reserve";
}

TEST_F(SupplyTest, RecordedSupplyIsNotForWindowsUnderTheFloatingPolicy) {
  county_.Schedule();
  county_.Open();
  EXPECT_TRUE(Refused(StateSupply(kWindow, 1, 40, true), common::v1::REASON_WRONG_STATE, "window_id"));
}

TEST_F(SupplyTest, MarketingManagerWhoPlansIsRefusedAndRecorded) {
  const auto outcome = county_.Send(Staff("620121M01", ROLE_MARKETING_MANAGER), "SupplyService/PlanRelease",
                                    v1::PlanReleaseRequest());
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_FORBIDDEN_ACTION, ""));
}

TEST_F(SupplyTest, EveryFieldThatIsWrongIsNamed) {
  v1::PlanReleaseRequest request;
  request.set_month("2019-13");
  request.add_lines();
  EXPECT_TRUE(Refused(county_.Send(planner_, "SupplyService/PlanRelease", request),
                      common::v1::REASON_INVALID_FIELD, "month"));
  EXPECT_TRUE(Refused(Plan(1, {{"620122-20190805-1", 1}}), common::v1::REASON_INVALID_FIELD,
                      "lines[0].days[0].window_id"));
  EXPECT_TRUE(Refused(Plan(1, {{"620121-20190905-1", 1}}), common::v1::REASON_INVALID_FIELD,
                      "lines[0].days[0].window_id"));
  EXPECT_TRUE(Refused(Plan(2, {{kWindow, 1}}), common::v1::REASON_SUPPLY_UNKNOWN, "lines[0].sku"));
}

}  // namespace
}  // namespace sanyuan::testing
