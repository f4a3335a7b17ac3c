#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/allocation/domain/maths/bands.h"
#include "services/allocation/domain/maths/largest_remainder.h"
#include "services/allocation/domain/maths/pacing.h"
#include "services/allocation/domain/maths/ranges.h"
#include "services/allocation/domain/maths/supply_split.h"

namespace sanyuan::allocation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const FloatTable kFloats;

std::vector<int64_t> Split(int64_t total, const std::vector<int64_t>& weights) {
  std::vector<int64_t> parts(weights.size(), -1);
  const auto placed = LargestRemainder(total, weights, absl::MakeSpan(parts));
  EXPECT_TRUE(placed.ok()) << placed.status();
  return parts;
}

std::vector<int64_t> Pace(int64_t ceiling, const std::vector<int64_t>& season) {
  std::vector<int64_t> ceilings(season.size(), -1);
  const absl::Status status =
      PacingCeilings(ceiling, season, kDefaultPacingSlackBasisPoints, absl::MakeSpan(ceilings));
  EXPECT_TRUE(status.ok()) << status;
  return ceilings;
}

bool Refused(const absl::Status& status) { return status.code() == absl::StatusCode::kInvalidArgument; }

TEST(MonthlyCeiling, FloatsByScale) {
  EXPECT_EQ(*MonthlyCeiling(300, Scale::kLarge, kFloats), 315);
  EXPECT_EQ(*MonthlyCeiling(120, Scale::kMedium, kFloats), 132);
  EXPECT_EQ(*MonthlyCeiling(40, Scale::kSmall, kFloats), 46);
}

TEST(MonthlyCeiling, GivesASmallShopAtLeastOneCartonMore) {
  EXPECT_EQ(*MonthlyCeiling(5, Scale::kSmall, kFloats), 6);
  EXPECT_EQ(*MonthlyCeiling(5, Scale::kMedium, kFloats), 5);
}

TEST(MonthlyCeiling, OfNoAgreementOrNoFloatIsTheAgreedTotal) {
  EXPECT_EQ(*MonthlyCeiling(0, Scale::kSmall, kFloats), 0);
  EXPECT_EQ(*MonthlyCeiling(5, Scale::kSmall, FloatTable{0, 0, 0}), 5);
}

TEST(MonthlyCeiling, HoldsAtTheLimitsAndRefusesBeyond) {
  EXPECT_EQ(*MonthlyCeiling(kMaxTotalCartons, Scale::kLarge, FloatTable{10'000, 0, 0}), 2 * kMaxTotalCartons);
  const auto refused = MonthlyCeiling(-1, Scale::kLarge, kFloats);
  EXPECT_TRUE(Refused(refused.status()));
  EXPECT_THAT(refused.status().message(), HasSubstr("agreed_cartons is -1"));
  EXPECT_TRUE(Refused(MonthlyCeiling(kMaxTotalCartons + 1, Scale::kLarge, kFloats).status()));
  EXPECT_TRUE(Refused(MonthlyCeiling(1, Scale::kMedium, FloatTable{0, 10'001, 0}).status()));
}

TEST(LargestRemainder, ShowsTheAlabamaParadoxThatWaterFillingAvoids) {
  EXPECT_THAT(Split(10, {6, 6, 2}), ElementsAre(4, 4, 2));
  EXPECT_THAT(Split(11, {6, 6, 2}), ElementsAre(5, 5, 1));
}

TEST(LargestRemainder, IsTheProportionalRuleOfTheWorkedExample) {
  EXPECT_THAT(Split(100, {5, 10, 40, 80}), ElementsAre(4, 7, 30, 59));
}

TEST(LargestRemainder, GivesEqualRemaindersToTheEarlier) {
  EXPECT_THAT(Split(2, {1, 1, 1}), ElementsAre(1, 1, 0));
}

TEST(LargestRemainder, PlacesNothingWhereNobodyHasAClaim) {
  std::vector<int64_t> parts(2, -1);
  EXPECT_EQ(*LargestRemainder(7, std::vector<int64_t>{0, 0}, absl::MakeSpan(parts)), 0);
  EXPECT_THAT(parts, ElementsAre(0, 0));
  EXPECT_EQ(*LargestRemainder(7, {}, {}), 0);
}

TEST(LargestRemainder, HoldsAtTheLimitsAndRefusesBeyond) {
  const int64_t most = kMaxTotalCartons;
  EXPECT_THAT(Split(most, {most, most, most}), ElementsAre(333333333334, 333333333333, 333333333333));
  const std::vector<int64_t> many(kMaxLines, most);
  EXPECT_EQ(Split(most, many), std::vector<int64_t>(kMaxLines, most / kMaxLines));

  std::vector<int64_t> parts(1);
  EXPECT_TRUE(Refused(LargestRemainder(most + 1, {1}, absl::MakeSpan(parts)).status()));
  EXPECT_TRUE(Refused(LargestRemainder(1, {-1}, absl::MakeSpan(parts)).status()));
  EXPECT_TRUE(Refused(LargestRemainder(1, {most + 1}, absl::MakeSpan(parts)).status()));
  EXPECT_TRUE(Refused(LargestRemainder(1, {1, 1}, absl::MakeSpan(parts)).status()));
}

TEST(Pacing, OfAFlatMonthIsTheWorkedExample) {
  EXPECT_THAT(Pace(126, {1, 1, 1, 1}), ElementsAre(45, 76, 108, 126));
  EXPECT_THAT(Pace(126, {1, 1, 1, 1, 1}), ElementsAre(38, 63, 89, 114, 126));
}

TEST(Pacing, FollowsTheSeason) {
  // Festival weeks: 60% of the month before its second half.
  EXPECT_THAT(Pace(100, {35, 25, 20, 20}), ElementsAre(45, 70, 90, 100));
  EXPECT_THAT(Pace(100, {3500, 2500, 2000, 2000}), ElementsAre(45, 70, 90, 100));
}

TEST(Pacing, LeavesTheWholeCeilingForTheLastOccurrence) {
  EXPECT_THAT(Pace(1, {1, 1}), ElementsAre(1, 1));
  EXPECT_THAT(Pace(0, {1, 1}), ElementsAre(0, 0));
  EXPECT_THAT(Pace(7, {1}), ElementsAre(7));
}

TEST(Pacing, OfOneOccurrenceIsThatOfTheWholeMonth) {
  EXPECT_EQ(*PacingCeilingAt(126, {2, 4}, 1'000), 76);
  EXPECT_EQ(*PacingCeilingAt(126, {4, 4}, 1'000), 126);
}

TEST(Pacing, HoldsAtTheLimitsAndRefusesBeyond) {
  const int64_t most = kMaxTotalCartons;
  EXPECT_EQ(*PacingCeilingAt(most, {most, most}, kBasisPoints), most);
  EXPECT_EQ(*PacingCeilingAt(most, {most - 1, most}, 0), most - 1);
  EXPECT_TRUE(Refused(PacingCeilingAt(1, {0, 0}, 0).status()));
  EXPECT_TRUE(Refused(PacingCeilingAt(1, {2, 1}, 0).status()));
  EXPECT_TRUE(Refused(PacingCeilingAt(1, {1, 1}, -1).status()));
  std::vector<int64_t> ceilings(2);
  EXPECT_TRUE(Refused(PacingCeilings(1, {0, 0}, 0, absl::MakeSpan(ceilings))));
  EXPECT_TRUE(Refused(PacingCeilings(1, {most, 1}, 0, absl::MakeSpan(ceilings))));
  EXPECT_TRUE(Refused(PacingCeilings(1, {1}, 0, absl::MakeSpan(ceilings))));
  EXPECT_TRUE(Refused(PacingCeilings(1, {}, 0, {})));
}

TEST(ReleaseLimit, RoundsDownBecauseGoodsMustBeThere) {
  EXPECT_EQ(*ReleaseLimitAt(99, {1, 20}, kDefaultReleaseSlackBasisPoints), 9);
  EXPECT_EQ(*ReleaseLimitAt(99, {20, 20}, kDefaultReleaseSlackBasisPoints), 99);
  EXPECT_TRUE(Refused(ReleaseLimitAt(-1, {1, 1}, 0).status()));
}

TEST(BalanceSupply, RoundsHalvesUp) {
  EXPECT_EQ(BalanceSupply(100, 9'500, 1'000)->cartons, 95);
  EXPECT_EQ(BalanceSupply(10, 9'500, 1'000)->cartons, 10);
  EXPECT_EQ(BalanceSupply(9, 9'500, 1'000)->cartons, 9);
  EXPECT_EQ(BalanceSupply(1, 4'999, 1'000)->cartons, 0);
}

TEST(BalanceSupply, IsShortWhereConfirmedSupplyIsLess) {
  const auto supply = BalanceSupply(100, 9'500, 80);
  EXPECT_EQ(supply->cartons, 80);
  EXPECT_EQ(supply->short_cartons, 15);
  EXPECT_EQ(BalanceSupply(100, 9'500, 95)->short_cartons, 0);
  EXPECT_TRUE(Refused(BalanceSupply(100, 20'001, 95).status()));
  EXPECT_EQ(BalanceSupply(kMaxTotalCartons, 20'000, kMaxTotalCartons)->short_cartons, kMaxTotalCartons);
}

TEST(SplitOverDays, KeepsTheReserveBackAndLosesNothing) {
  std::vector<int64_t> days(5);
  const auto split =
      SplitOverDays(1'019, kDefaultReserveBasisPoints, {30, 20, 20, 20, 10}, absl::MakeSpan(days));
  EXPECT_EQ(split->reserve_cartons, 50);
  EXPECT_EQ(split->unallocated_cartons, 0);
  EXPECT_THAT(days, ElementsAre(290, 194, 194, 194, 97));
}

TEST(SplitOverDays, WithoutAForecastLeavesTheRestUnallocated) {
  std::vector<int64_t> days(2, -1);
  const auto split = SplitOverDays(100, kDefaultReserveBasisPoints, {0, 0}, absl::MakeSpan(days));
  EXPECT_EQ(split->reserve_cartons, 5);
  EXPECT_EQ(split->unallocated_cartons, 95);
  EXPECT_THAT(days, ElementsAre(0, 0));
}

TEST(RollUnused, GoesToTheNextDayAndThenToTheReserve) {
  std::vector<int64_t> days = {10, 20};
  DaySplit split{5, 0};
  EXPECT_TRUE(RollUnused(0, 4, absl::MakeSpan(days), split).ok());
  EXPECT_THAT(days, ElementsAre(6, 24));
  EXPECT_TRUE(RollUnused(1, 24, absl::MakeSpan(days), split).ok());
  EXPECT_THAT(days, ElementsAre(6, 0));
  EXPECT_EQ(split.reserve_cartons, 29);
  EXPECT_TRUE(Refused(RollUnused(0, 7, absl::MakeSpan(days), split)));
  EXPECT_TRUE(Refused(RollUnused(2, 0, absl::MakeSpan(days), split)));
}

TEST(SplitRuralUrban, GivesEachPoolItsBalanceWhileThereIsEnough) {
  const auto split = SplitRuralUrban(200, {100, 9'800}, {100, 9'200});
  EXPECT_EQ(split->rural_cartons, 98);
  EXPECT_EQ(split->urban_cartons, 92);
  EXPECT_EQ(split->unallocated_cartons, 10);
  EXPECT_EQ(split->short_cartons, 0);
}

TEST(SplitRuralUrban, ShrinksBothInProportionAndRoundsForTheCountry) {
  const auto split = SplitRuralUrban(101, {100, 9'500}, {100, 9'500});
  EXPECT_EQ(split->rural_cartons, 51);
  EXPECT_EQ(split->urban_cartons, 50);
  EXPECT_EQ(split->unallocated_cartons, 0);
  EXPECT_EQ(split->short_cartons, 89);
}

TEST(SplitRuralUrban, RefusesToFavourTheTown) {
  EXPECT_TRUE(Refused(SplitRuralUrban(1, {100, 9'400}, {100, 9'500}).status()));
}

TEST(SplitRuralUrban, HoldsAtTheLimits) {
  const Pool most{kMaxTotalCartons, kMaxRatioBasisPoints};
  const auto split = SplitRuralUrban(kMaxTotalCartons, most, most);
  EXPECT_EQ(split->rural_cartons, kMaxTotalCartons / 2);
  EXPECT_EQ(split->short_cartons, 3 * kMaxTotalCartons);
}

}  // namespace
}  // namespace sanyuan::allocation
