// Invariants 5 to 14 of water-filling on generated cases, what a Level promises, and the controls: rules
// that look reasonable and break an invariant, which the same predicates must find.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "services/allocation/domain/maths/largest_remainder.h"
#include "tests/property/allocation/fill_case.h"

namespace rc {

template <>
struct Arbitrary<sanyuan::allocation::FillCase> {
  static Gen<sanyuan::allocation::FillCase> arbitrary() {
    using sanyuan::allocation::Divisor;
    using sanyuan::allocation::FillCase;
    using sanyuan::allocation::FillLine;
    using sanyuan::allocation::FillRule;
    const auto line = gen::build<FillLine>(gen::set(&FillLine::request, gen::inRange<int64_t>(0, 40)),
                                           gen::set(&FillLine::weight, gen::inRange<int32_t>(1, 8)),
                                           gen::set(&FillLine::key, gen::inRange<uint32_t>(0, 1'000'000)));
    const auto lines =
        gen::nonEmpty(gen::uniqueBy<std::vector<FillLine>>(line, [](const FillLine& a) { return a.key; }));
    const auto rule = gen::build<FillRule>(
        gen::set(&FillRule::divisor, gen::element(Divisor::kWebster, Divisor::kAdams, Divisor::kJefferson)),
        gen::set(&FillRule::min_one));
    const auto parts = gen::build<FillCase>(
        gen::set(&FillCase::rule, rule), gen::set(&FillCase::lines, lines),
        gen::set(&FillCase::supply, gen::inRange<int64_t>(0, 1'000)), gen::set(&FillCase::pick),
        gen::set(&FillCase::lie, gen::inRange<int64_t>(0, 80)), gen::set(&FillCase::order),
        gen::set(&FillCase::whole_level, gen::inRange<int64_t>(0, 6)));
    // Scarcity of every degree, whatever the number of lines.
    return gen::map(parts, [](FillCase fill) {
      fill.supply = fill.demand() * fill.supply / 950;
      return fill;
    });
  }
};

}  // namespace rc

namespace sanyuan::allocation {
namespace {

RC_GTEST_PROP(WaterFillInvariant, 5_IsFeasibleAndWastesNothing, (const FillCase& fill)) {
  RC_ASSERT(IsFeasibleAndWastesNothing(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 6_HandsOutLowestPrioritiesFirst, (const FillCase& fill)) {
  RC_ASSERT(HandsOutLowestPrioritiesFirst(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 6_TreatsEqualShopsEqually, (FillCase fill)) {
  for (FillLine& line : fill.lines) line.request = 40 - line.request % 3;
  RC_ASSERT(TreatsEqualShopsEqually(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 7_LowersNobodyWithOneCartonMore, (const FillCase& fill)) {
  RC_ASSERT(LowersNobodyWithOneCartonMore(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 8_RaisesNobodyWithAFurtherShop, (const FillCase& fill)) {
  RC_ASSERT(RaisesNobodyWithAFurtherShop(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 9_KeepsTheOthersWhenAServedShopLeaves, (const FillCase& fill)) {
  RC_ASSERT(KeepsTheOthersWhenAServedShopLeaves(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 10_IgnoresTheOrderOfLines, (const FillCase& fill)) {
  RC_ASSERT(IgnoresTheOrderOfLines(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 11_RewardsNoMisreport, (const FillCase& fill)) {
  RC_ASSERT(RewardsNoMisreport(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 12_GivesEveryDemanderOne, (const FillCase& fill)) {
  RC_ASSERT(GivesEveryDemanderOne(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 13_MeetsWholeContinuousShares, (const FillCase& fill)) {
  RC_ASSERT(MeetsWholeContinuousShares(RealRule, fill));
}
RC_GTEST_PROP(WaterFillInvariant, 14_GivesHigherWeightsNoLess, (FillCase fill)) {
  for (FillLine& line : fill.lines) line.request = 40 - line.request % 3;
  RC_ASSERT(GivesHigherWeightsNoLess(RealRule, fill));
}

RC_GTEST_PROP(Level, GivesEveryLineBackFromTheLineAlone, (const FillCase& fill)) {
  const std::vector<int64_t> cartons = RealRule(fill);
  const Level level = LevelOf(fill);
  RC_ASSERT(level.limited == (fill.supply < fill.demand()));
  for (size_t i = 0; i < cartons.size(); ++i) {
    const FillLine& line = fill.lines[i];
    RC_ASSERT(CartonsAt(level, line.request, line.weight, KeyOf(line.key)) == cartons[i]);
  }
}

RC_GTEST_PROP(Level, LetsTheKeyDecideForTiedLinesOnly, (const FillCase& fill)) {
  const Level level = LevelOf(fill);
  TieKey last;
  last.bytes.fill(0xFF);
  for (const FillLine& line : fill.lines) {
    const int64_t with_lowest_key = CartonsAt(level, line.request, line.weight, TieKey());
    const int64_t with_highest_key = CartonsAt(level, line.request, line.weight, last);
    const bool somebody_won = level.cut_off != TieKey();
    RC_ASSERT(with_lowest_key - with_highest_key ==
              (IsTied(level, line.request, line.weight) && somebody_won ? 1 : 0));
  }
}

RC_GTEST_PROP(Level, DoesNotDependOnTheOrderOfLines, (FillCase fill)) {
  const Level level = LevelOf(fill);
  RC_ASSERT(std::gcd(level.numerator, level.denominator) == 1);
  std::reverse(fill.lines.begin(), fill.lines.end());
  RC_ASSERT(LevelOf(fill) == level);
}

// Controls. Each wrong rule is one that somebody might propose.

std::vector<int64_t> Proportional(const FillCase& fill) {
  std::vector<int64_t> requests;
  for (const FillLine& line : fill.lines) requests.push_back(line.request);
  std::vector<int64_t> parts(requests.size());
  EXPECT_TRUE(LargestRemainder(std::min(fill.supply, fill.demand()), requests, absl::MakeSpan(parts)).ok());
  return parts;
}

std::vector<int64_t> FirstComeFirstServed(const FillCase& fill) {
  std::vector<int64_t> parts;
  int64_t left = fill.supply;
  for (const FillLine& line : fill.lines) {
    parts.push_back(std::min(left, line.request));
    left -= parts.back();
  }
  return parts;
}

std::vector<int64_t> EqualPartsWhateverWasAsked(const FillCase& fill) {
  return std::vector<int64_t>(fill.lines.size(), fill.supply / static_cast<int64_t>(fill.lines.size()));
}

std::vector<int64_t> LosesTheLastCarton(FillCase fill) {
  fill.supply = std::max<int64_t>(0, fill.supply - 1);
  return RealRule(fill);
}

std::vector<int64_t> FavoursLowGrades(FillCase fill) {
  for (FillLine& line : fill.lines) line.weight = 9 - line.weight;
  return RealRule(fill);
}

std::vector<int64_t> ForgetsMinOne(FillCase fill) {
  fill.rule.min_one = false;
  return RealRule(fill);
}

std::vector<int64_t> RewardsLargeRequests(FillCase fill) {
  for (FillLine& line : fill.lines) line.weight = static_cast<int32_t>(1 + line.request);
  return RealRule(fill);
}

std::vector<int64_t> BreaksTiesByPlace(FillCase fill) {
  for (size_t i = 0; i < fill.lines.size(); ++i) fill.lines[i].key = static_cast<uint32_t>(i);
  return RealRule(fill);
}

struct Control {
  std::string name;
  SharingRule wrong;
  bool (*invariant)(const SharingRule&, const FillCase&);
};

TEST(WaterFillInvariant, EachIsFoundBrokenByARuleThatBreaksIt) {
  const std::vector<Control> controls = {
      {"5: equal parts", EqualPartsWhateverWasAsked, IsFeasibleAndWastesNothing},
      {"5: a carton lost", LosesTheLastCarton, IsFeasibleAndWastesNothing},
      {"6: proportional", Proportional, HandsOutLowestPrioritiesFirst},
      {"6: first come", FirstComeFirstServed, HandsOutLowestPrioritiesFirst},
      {"6: first come, equal shops", FirstComeFirstServed, TreatsEqualShopsEqually},
      {"7: proportional", Proportional, LowersNobodyWithOneCartonMore},
      {"8: proportional", Proportional, RaisesNobodyWithAFurtherShop},
      {"9: proportional", Proportional, KeepsTheOthersWhenAServedShopLeaves},
      {"10: first come", FirstComeFirstServed, IgnoresTheOrderOfLines},
      {"10: ties by place", BreaksTiesByPlace, IgnoresTheOrderOfLines},
      {"11: proportional", Proportional, RewardsNoMisreport},
      {"11: by request", RewardsLargeRequests, RewardsNoMisreport},
      {"12: without min-one", ForgetsMinOne, GivesEveryDemanderOne},
      {"12: proportional", Proportional, GivesEveryDemanderOne},
      {"13: proportional", Proportional, MeetsWholeContinuousShares},
      {"14: low grades", FavoursLowGrades, GivesHigherWeightsNoLess},
  };
  for (const Control& control : controls) {
    std::mt19937_64 random(7);
    int broken = 0;
    for (int i = 0; i < 5'000; ++i) {
      const FillCase fill = RandomCase(random, CaseBounds());
      broken += control.invariant(control.wrong, fill) ? 0 : 1;
      ASSERT_TRUE(control.invariant(RealRule, fill)) << control.name << ": " << fill;
    }
    EXPECT_GT(broken, 0) << control.name;
  }
}

}  // namespace
}  // namespace sanyuan::allocation
