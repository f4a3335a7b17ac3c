// Invariants 4, 16, 17, 23 and 26 of the allocation mathematics on generated cases.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "services/allocation/domain/maths/bands.h"
#include "services/allocation/domain/maths/largest_remainder.h"
#include "services/allocation/domain/maths/pacing.h"
#include "services/allocation/domain/maths/ranges.h"
#include "services/allocation/domain/maths/supply_split.h"
#include "tests/property/allocation/fill_case.h"

namespace sanyuan::allocation {
namespace {

// Mostly small, now and then up to the limit.
int64_t Cartons() {
  const int64_t limit = *rc::gen::weightedElement<int64_t>({{5, 50}, {4, 10'000}, {1, kMaxTotalCartons}});
  return *rc::gen::inRange<int64_t>(0, limit + 1);
}

std::vector<int64_t> Weights() {
  const int64_t limit = *rc::gen::weightedElement<int64_t>({{5, 4}, {4, 10'000}, {1, kMaxTotalCartons}});
  return *rc::gen::nonEmpty(
      rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, limit + 1)));
}

FloatTable Floats(int64_t basis_points) { return {basis_points, basis_points, basis_points}; }

RC_GTEST_PROP(Bands, Invariant4_TheCeilingIsAtLeastTheAgreementAndMonotone, ()) {
  const Scale scale = *rc::gen::element(Scale::kLarge, Scale::kMedium, Scale::kSmall);
  const int64_t agreed = std::min(Cartons(), kMaxTotalCartons - 1);
  const int64_t floating = *rc::gen::inRange<int64_t>(0, kBasisPoints);
  const int64_t ceiling = *MonthlyCeiling(agreed, scale, Floats(floating));
  RC_ASSERT(ceiling >= agreed);
  RC_ASSERT(ceiling <= *MonthlyCeiling(agreed + 1, scale, Floats(floating)));
  RC_ASSERT(ceiling <= *MonthlyCeiling(agreed, scale, Floats(floating + 1)));
  // Never more than the float allows, but for the one carton of a small shop.
  RC_ASSERT((ceiling - agreed) * kBasisPoints <= agreed * floating ||
            (scale == Scale::kSmall && ceiling == agreed + 1));
}

RC_GTEST_PROP(LargestRemainder, Invariant26_PartsAddUpAndAreWithinOneOfTheExactShare, ()) {
  const int64_t total = Cartons();
  const std::vector<int64_t> weights = Weights();
  std::vector<int64_t> parts(weights.size());
  const int64_t placed = *LargestRemainder(total, weights, absl::MakeSpan(parts));
  const int64_t sum = Sum(weights);
  RC_ASSERT(placed == (sum > 0 ? total : 0));
  RC_ASSERT(Sum(parts) == placed);
  for (size_t i = 0; i < parts.size(); ++i) {
    const __int128 off = static_cast<__int128>(parts[i]) * sum - static_cast<__int128>(total) * weights[i];
    RC_ASSERT(sum == 0 || (off < sum && -off < sum));
    RC_ASSERT(weights[i] > 0 || parts[i] == 0);
  }
}

RC_GTEST_PROP(Pacing, Invariant17_NeverDecreasesAndEndsAtTheWholeCeiling, ()) {
  const int64_t ceiling = Cartons();
  std::vector<int64_t> season = Weights();
  for (int64_t& weight : season) weight /= static_cast<int64_t>(season.size());
  season.front() = std::max<int64_t>(season.front(), 1);
  const int64_t slack = *rc::gen::inRange<int64_t>(0, kBasisPoints + 1);
  std::vector<int64_t> ceilings(season.size());
  RC_ASSERT(PacingCeilings(ceiling, season, slack, absl::MakeSpan(ceilings)).ok());
  RC_ASSERT(ceilings.back() == ceiling);
  RC_ASSERT(std::is_sorted(ceilings.begin(), ceilings.end()));
  SeasonShare share{0, Sum(season)};
  for (size_t t = 0; t < season.size(); ++t) {
    share.cumulative += season[t];
    RC_ASSERT(ceilings[t] == *PacingCeilingAt(ceiling, share, slack));
    // At least the season's own share, and at most one carton over share and slack together.
    const __int128 exact = static_cast<__int128>(ceiling) * share.cumulative;
    RC_ASSERT(static_cast<__int128>(ceilings[t]) * share.total >= exact);
    RC_ASSERT((static_cast<__int128>(ceilings[t]) - 1) * share.total * kBasisPoints <
              exact * kBasisPoints + static_cast<__int128>(ceiling) * share.total * slack + 1);
    RC_ASSERT(*ReleaseLimitAt(ceiling, share, slack) <= ceilings[t]);
    RC_ASSERT(*ReleaseLimitAt(ceiling, share, slack) >= ceilings[t] - 1);
  }
}

RC_GTEST_PROP(SupplySplit, Invariant16_DaysReserveAndRestAddUpThroughEveryRoll, ()) {
  const int64_t supply = Cartons();
  const int64_t reserve = *rc::gen::inRange<int64_t>(0, kBasisPoints + 1);
  const std::vector<int64_t> forecasts = Weights();
  std::vector<int64_t> days(forecasts.size());
  DaySplit split = *SplitOverDays(supply, reserve, forecasts, absl::MakeSpan(days));
  RC_ASSERT(Sum(days) + split.reserve_cartons + split.unallocated_cartons == supply);
  RC_ASSERT(static_cast<__int128>(split.reserve_cartons) * kBasisPoints <=
            static_cast<__int128>(supply) * reserve);
  for (size_t day = 0; day < days.size(); ++day) {
    const int64_t unused = *rc::gen::inRange<int64_t>(0, days[day] + 1);
    RC_ASSERT(RollUnused(day, unused, absl::MakeSpan(days), split).ok());
    RC_ASSERT(Sum(days) + split.reserve_cartons + split.unallocated_cartons == supply);
  }
}

RC_GTEST_PROP(SupplySplit, Invariant23_TheBalanceIsItsRatioUpToHalfACartonOrShort, ()) {
  const int64_t forecast = Cartons();
  const int64_t ratio = *rc::gen::inRange<int64_t>(9'000, 9'801);
  const int64_t confirmed = Cartons();
  const BalancedSupply supply = *BalanceSupply(forecast, ratio, confirmed);
  RC_ASSERT(supply.cartons <= confirmed);
  RC_ASSERT(supply.short_cartons == 0 || supply.cartons == confirmed);
  const int64_t off = (supply.cartons + supply.short_cartons) * kBasisPoints - forecast * ratio;
  RC_ASSERT(off <= kBasisPoints / 2 && off > -kBasisPoints / 2);
}

RC_GTEST_PROP(SupplySplit, Invariant23_TheRuralPoolIsFilledAtLeastAsWellAsTheUrbanOne, ()) {
  const Pool rural{Cartons(), *rc::gen::inRange<int64_t>(9'400, 9'801)};
  const Pool urban{Cartons(), *rc::gen::inRange<int64_t>(9'000, rural.ratio_basis_points + 1)};
  const int64_t both =
      BalanceSupply(rural.forecast_cartons, rural.ratio_basis_points, kMaxTotalCartons)->cartons +
      BalanceSupply(urban.forecast_cartons, urban.ratio_basis_points, kMaxTotalCartons)->cartons;
  const int64_t supply = std::min(kMaxTotalCartons, *rc::gen::inRange<int64_t>(0, both + 10));
  const PoolSplit split = *SplitRuralUrban(supply, rural, urban);
  RC_ASSERT(split.rural_cartons >= 0 && split.urban_cartons >= 0 && split.unallocated_cartons >= 0);
  RC_ASSERT(split.rural_cartons + split.urban_cartons + split.unallocated_cartons == supply);
  RC_ASSERT(split.short_cartons == std::max<int64_t>(0, both - supply));
  RC_ASSERT(split.unallocated_cartons == std::max<int64_t>(0, supply - both));
  // (rural + 1/2) / rural forecast >= (urban - 1/2) / urban forecast
  RC_ASSERT(static_cast<__int128>(2 * split.rural_cartons + 1) * urban.forecast_cartons >=
            static_cast<__int128>(2 * split.urban_cartons - 1) * rural.forecast_cartons);
}

}  // namespace
}  // namespace sanyuan::allocation
