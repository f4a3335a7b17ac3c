// Properties of the other deciders: pacing and ceilings (invariants 4 and 17), the split of supply over order
// days (16, 26), and that a run interrupted after every single step ends as an undisturbed one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "services/allocation/domain/policy.h"
#include "tests/support/allocation_county.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_SUPPLY_DEPARTMENT;

registry::v1::BusinessScale AnyScale() {
  return *rc::gen::element(registry::v1::BUSINESS_SCALE_LARGE, registry::v1::BUSINESS_SCALE_MEDIUM,
                           registry::v1::BUSINESS_SCALE_SMALL);
}

RC_GTEST_PROP(AllocationCountyProperties, Invariant17PacingNeverFallsEndsAtTheCeilingAndTakesNothingAway,
              ()) {
  AllocationCounty county;
  const int seasons = *rc::gen::inRange(0, 3);
  county.PublishPolicy([&](registry::v1::AllocationPolicy& policy) {
    policy.set_pacing_slack_bp(*rc::gen::inRange(0, 10'001));
    for (int i = 0; i < seasons; ++i) {
      auto* season = policy.add_season_weights();
      season->set_from_date(i == 0 ? "2019-08-05" : "2019-08-20");
      season->set_to_date(i == 0 ? "2019-08-11" : "2019-08-31");
      season->set_weight_bp(*rc::gen::inRange(1, 30'000));
    }
  });
  AllocationCounty::Shop shop;
  shop.scale = AnyScale();
  county.Register({shop});
  const int64_t total = *rc::gen::inRange<int64_t>(0, 50) * *rc::gen::element<int64_t>(1, 5);
  county.Agree(1, "2019-08", total > 50 ? total / 5 * 5 : total);
  v1::OpenMonthRequest open;
  open.set_month("2019-08");
  const int occurrences = *rc::gen::inRange(1, 32);
  open.set_occurrences(occurrences);
  county.Send(Staff("620121S01", ROLE_SUPPLY_DEPARTMENT), "AllowanceService/OpenMonth", open);
  county.Tick(county.now());
  RC_ASSERT(county.status().ok());
  const auto* allowance = county.state().allowances.Find({620121, *ParseMonth("2019-08"), Code(Licence(1))});
  RC_ASSERT(allowance != nullptr);
  // U depends on A, the scale and the policy alone, and is never below A.
  RC_ASSERT(allowance->ceiling >= allowance->agreed);
  RC_ASSERT(allowance->pacing.size() == static_cast<size_t>(occurrences));
  int64_t before = 0;
  for (int64_t ceiling : allowance->pacing) {
    RC_ASSERT(ceiling >= before);
    RC_ASSERT(ceiling <= allowance->ceiling);
    before = ceiling;
  }
  // Cumulative: whoever ordered nothing so far has all of it at the last occurrence.
  RC_ASSERT(allowance->pacing.back() == allowance->ceiling);
}

RC_GTEST_PROP(AllocationCountyProperties, Invariant4CeilingGrowsWithTheAgreedTotal, ()) {
  Policy policy;
  policy.floats = {*rc::gen::inRange<int64_t>(0, 10'001), *rc::gen::inRange<int64_t>(0, 10'001),
                   *rc::gen::inRange<int64_t>(0, 10'001)};
  const auto scale = static_cast<v1::BusinessScale>(AnyScale());
  const int64_t total = *rc::gen::inRange<int64_t>(0, 100'000);
  RC_ASSERT(CeilingOf(policy, total, scale) >= total);
  RC_ASSERT(CeilingOf(policy, total + 1, scale) >= CeilingOf(policy, total, scale));
}

RC_GTEST_PROP(AllocationCountyProperties, Invariant16And26SplitOverOrderDaysLosesNoCarton, ()) {
  AllocationCounty county;
  county.PublishPolicy(
      [](registry::v1::AllocationPolicy& policy) { policy.set_reserve_bp(*rc::gen::inRange(0, 5'001)); });
  county.ListSkus(1);
  const auto supplier = Staff("620121S01", ROLE_SUPPLY_DEPARTMENT);
  v1::ConfirmSupplyRequest confirm;
  confirm.set_month("2019-08");
  auto* line = confirm.add_lines();
  line->set_sku(SkuCode(1));
  line->set_cartons(*rc::gen::inRange<int64_t>(0, 5'000));
  county.Send(supplier, "SupplyService/ConfirmSupply", confirm);
  v1::PlanReleaseRequest plan;
  plan.set_month("2019-08");
  auto* release = plan.add_lines();
  release->set_sku(SkuCode(1));
  const int days = *rc::gen::inRange(1, 6);
  int64_t weights = 0;
  for (int day = 0; day < days; ++day) {
    auto* forecast = release->add_days();
    forecast->set_window_id("620121-201908" + std::to_string(10 + day) + "-1");
    forecast->set_forecast_cartons(*rc::gen::inRange<int64_t>(0, 300));
    weights += forecast->forecast_cartons();
  }
  const auto planned = county.Send(supplier, "SupplyService/PlanRelease", plan);
  if (line->cartons() == 0) return;
  RC_ASSERT(!planned.refused());
  const auto& split = static_cast<const v1::PlanReleaseResponse&>(*planned.response).lines(0);
  int64_t sum = 0;
  const int64_t shared = line->cartons() - split.reserve_cartons();
  for (int day = 0; day < days; ++day) {
    const int64_t part = split.day_cartons(day);
    sum += part;
    // Each part within one carton of its exact share.
    const int64_t exact = shared * release->days(day).forecast_cartons();
    if (weights > 0) RC_ASSERT(std::abs(part * weights - exact) < weights);
  }
  RC_ASSERT(sum + split.reserve_cartons() + split.unreleased_cartons() == line->cartons());
  RC_ASSERT(sum == (weights == 0 ? 0 : shared));
  RC_ASSERT(county.Imbalances().empty());
}

TEST(AllocationTakeOver, AtEachSingleStepGivesTheSameBusinessState) {
  const auto prepare = [](AllocationCounty& county, std::vector<AllocationCounty::Order>& orders) {
    county.PublishPolicy();
    county.ListSkus(3);
    county.Register({{.number = 1}, {.number = 2}, {.number = 3}});
    county.Schedule();
    county.Supply({{1, 17}, {2, 40}});
    county.Tick(Shanghai(2019, 8, 3, 12));
    county.Open();
    county.Close(orders, kWindow, 1);
  };
  const std::vector<AllocationCounty::Order> orders = {
      {1, {{1, 12}, {2, 5}}}, {2, {{1, 12}}}, {3, {{1, 12}, {3, 2}}}};
  AllocationCounty undisturbed;
  auto own = orders;
  prepare(undisturbed, own);
  const int steps = undisturbed.Work();
  ASSERT_GT(steps, 8);
  for (int step = 0; step <= steps; ++step) {
    AllocationCounty county;
    auto again = orders;
    prepare(county, again);
    county.Work(step);
    county.TakeOver();
    county.Work();
    ASSERT_TRUE(county.status().ok()) << step << ": " << county.status();
    EXPECT_EQ(county.domain().store().BusinessDigests(), undisturbed.domain().store().BusinessDigests())
        << step;
  }
}

TEST(AllocationTakeOver, InTheMiddleOfACompensatingRunGivesTheSameBusinessState) {
  const auto until_freed = [](AllocationCounty& county) {
    county.PublishPolicy();
    county.ListSkus(1);
    county.Register({{.number = 1}, {.number = 2}, {.number = 3}});
    std::vector<AllocationCounty::Order> orders = {{1, {{1, 12}}}, {2, {{1, 12}}}, {3, {{1, 12}}}};
    county.Allocate(orders, {{1, 18}});
    county.TakeAll();
    county.Void(orders[0], {{1, county.Offered(orders[0], 1)}});
    county.Tick(county.now() + absl::Minutes(1));
  };
  AllocationCounty undisturbed;
  until_freed(undisturbed);
  const int steps = undisturbed.Work();
  ASSERT_GT(steps, 6);
  for (int step = 0; step <= steps; ++step) {
    AllocationCounty county;
    until_freed(county);
    county.Work(step);
    county.TakeOver();
    county.Work();
    ASSERT_TRUE(county.status().ok()) << step << ": " << county.status();
    EXPECT_EQ(county.domain().store().BusinessDigests(), undisturbed.domain().store().BusinessDigests())
        << step;
  }
}

}  // namespace
}  // namespace sanyuan::testing
