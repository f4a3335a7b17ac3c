#include "services/allocation/domain/maths/water_filling.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

// A key that compares like the number.
TieKey Key(uint32_t number) {
  TieKey key;
  for (size_t i = 0; i < 4; ++i) key.bytes[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return key;
}

std::vector<TieKey> KeysInOrder(size_t lines) {
  std::vector<TieKey> keys;
  for (uint32_t i = 0; i < lines; ++i) keys.push_back(Key(i));
  return keys;
}

struct Shared {
  std::vector<int64_t> cartons;
  Level level;
};

Shared Share(const FillRule& rule, int64_t supply, const std::vector<int64_t>& requests,
             const std::vector<int32_t>& weights) {
  Shared shared{std::vector<int64_t>(requests.size(), -1), {}};
  const std::vector<TieKey> keys = KeysInOrder(requests.size());
  const absl::StatusOr<Level> level =
      WaterFill(rule, supply, requests, weights, keys, absl::MakeSpan(shared.cartons));
  EXPECT_TRUE(level.ok()) << level.status();
  if (level.ok()) shared.level = *level;
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(CartonsAt(shared.level, requests[i], weights[i], keys[i]), shared.cartons[i]) << "line " << i;
  }
  return shared;
}

absl::Status Refusal(int64_t supply, const std::vector<int64_t>& requests,
                     const std::vector<int32_t>& weights, const std::vector<TieKey>& keys) {
  std::vector<int64_t> cartons(requests.size());
  return WaterFill({}, supply, requests, weights, keys, absl::MakeSpan(cartons)).status();
}

TEST(WaterFill, FillsSmallRequestsFirst) {
  EXPECT_THAT(Share({}, 100, {5, 10, 40, 80}, {1, 1, 1, 1}).cartons, ElementsAre(5, 10, 40, 45));
}

TEST(WaterFill, NeverLowersAPartWhenThereIsMore) {
  EXPECT_THAT(Share({}, 10, {99, 99, 99}, {6, 6, 2}).cartons, ElementsAre(5, 4, 1));
  EXPECT_THAT(Share({}, 11, {99, 99, 99}, {6, 6, 2}).cartons, ElementsAre(5, 5, 1));
  EXPECT_THAT(Share({}, 12, {99, 99, 99}, {6, 6, 2}).cartons, ElementsAre(5, 5, 2));
}

TEST(WaterFill, LetsTheDivisorFavourSmallOrLargeWeights) {
  EXPECT_THAT(Share({Divisor::kAdams}, 3, {9, 9, 9}, {1, 2, 7}).cartons, ElementsAre(1, 1, 1));
  EXPECT_THAT(Share({Divisor::kWebster}, 3, {9, 9, 9}, {1, 2, 7}).cartons, ElementsAre(0, 1, 2));
  EXPECT_THAT(Share({Divisor::kJefferson}, 3, {9, 9, 9}, {1, 2, 7}).cartons, ElementsAre(0, 0, 3));
}

TEST(WaterFill, WithMinOneGivesNobodyTwoBeforeEveryDemanderHasOne) {
  const FillRule rule{Divisor::kJefferson, true};
  EXPECT_THAT(Share(rule, 3, {9, 0, 9, 9}, {1, 1, 1, 1000}).cartons, ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(Share(rule, 4, {9, 0, 9, 9}, {1, 1, 1, 1000}).cartons, ElementsAre(1, 0, 1, 2));
}

TEST(WaterFill, WithMinOneAndTooLittleForAllIsALotteryByTieKey) {
  const FillRule rule{Divisor::kWebster, true};
  const Shared shared = Share(rule, 2, {9, 9, 9}, {1, 1, 1000});
  EXPECT_THAT(shared.cartons, ElementsAre(1, 1, 0));
  EXPECT_EQ(shared.level.numerator, 0);
  EXPECT_EQ(shared.level.cut_off, Key(2));
}

TEST(WaterFill, WithoutScarcityMeetsEveryRequestAndNamesNoLevel) {
  const Shared shared = Share({}, 15, {5, 10}, {1, 3});
  EXPECT_THAT(shared.cartons, ElementsAre(5, 10));
  EXPECT_EQ(shared.level, Level());
  EXPECT_EQ(Share({}, 0, {0, 0}, {1, 1}).level, Level());
  EXPECT_EQ(Share({}, 3, {}, {}).level, Level());
}

TEST(WaterFill, OfNothingRefusesTheVeryFirstCarton) {
  const Shared shared = Share({}, 0, {5, 10}, {1, 3});
  EXPECT_THAT(shared.cartons, ElementsAre(0, 0));
  EXPECT_TRUE(shared.level.limited);
  EXPECT_EQ(shared.level.numerator, 1);
  EXPECT_EQ(shared.level.denominator, 3);
  EXPECT_EQ(shared.level.cut_off, Key(1));
}

TEST(WaterFill, NamesTheFirstCartonThatWasNotHandedOutInLowestTerms) {
  const Shared shared = Share({}, 6, {9, 9}, {2, 6});
  EXPECT_THAT(shared.cartons, ElementsAre(2, 4));
  EXPECT_EQ(shared.level.numerator, 3);
  EXPECT_EQ(shared.level.denominator, 2);
  EXPECT_EQ(shared.level.cut_off, Key(1));
  EXPECT_TRUE(IsTied(shared.level, 9, 6));
  EXPECT_FALSE(IsTied(shared.level, 9, 4));
  EXPECT_FALSE(IsTied(shared.level, 4, 6));
}

TEST(WaterFill, AsksOnlyTiedLinesForTheirKey) {
  const std::vector<int64_t> requests = {1, 50, 50, 50};
  const std::vector<int32_t> weights = {1, 1, 7, 1};
  std::vector<int64_t> cartons(4);
  std::vector<size_t> asked;
  const auto key_of = [&asked](size_t line) {
    asked.push_back(line);
    return Key(static_cast<uint32_t>(line));
  };
  const auto level = WaterFill({}, 20, requests, weights, key_of, absl::MakeSpan(cartons));
  ASSERT_TRUE(level.ok());
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::count(asked.begin(), asked.end(), i), IsTied(*level, requests[i], weights[i]) ? 1 : 0);
  }
  EXPECT_LT(asked.size(), 4u);
  asked.clear();
  ASSERT_TRUE(WaterFill({}, 151, requests, weights, key_of, absl::MakeSpan(cartons)).ok());
  EXPECT_TRUE(asked.empty());
}

TEST(WaterFill, SeparatesTheClosestPrioritiesThatExist) {
  // 1/999 is 0.000001 more than 1/1000.
  EXPECT_THAT(Share({}, 1, {1, 1}, {999, 1000}).cartons, ElementsAre(0, 1));
  // 1,998,001/999 is 0.000001 more than 2,000,001/1000.
  EXPECT_THAT(Share({}, 1'999'001, {1'000'000, 1'000'000}, {999, 1000}).cartons,
              ElementsAre(999'001, 1'000'000));
  const Shared shared = Share({}, 1'999'000, {1'000'000, 1'000'001 - 1}, {999, 1000});
  EXPECT_EQ(std::accumulate(shared.cartons.begin(), shared.cartons.end(), int64_t{0}), 1'999'000);
}

TEST(WaterFill, HoldsAtTheLargestRunThatIsAllowed) {
  std::vector<int64_t> requests(kMaxLines, kMaxRequestCartons);
  std::vector<int32_t> weights(kMaxLines);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int32_t>(1 + i % kMaxWeight);
  const int64_t demand = kMaxLines * kMaxRequestCartons;
  for (const int64_t supply : {demand - 1, demand / 2, int64_t{1}}) {
    const Shared shared = Share({Divisor::kJefferson, true}, supply, requests, weights);
    EXPECT_EQ(std::accumulate(shared.cartons.begin(), shared.cartons.end(), int64_t{0}), supply);
  }
  weights.assign(kMaxLines, 1);
  EXPECT_EQ(Share({}, demand - 1, requests, weights).level.numerator, 2 * kMaxRequestCartons - 1);
  EXPECT_THAT(Share({}, INT64_MAX, requests, weights).cartons, Each(kMaxRequestCartons));
}

TEST(WaterFill, RefusesWhatIsOutsideTheRangesAndNamesIt) {
  const std::vector<TieKey> keys = KeysInOrder(2);
  EXPECT_THAT(Refusal(1, {1, -1}, {1, 1}, keys).message(), HasSubstr("request of line 1 is -1"));
  EXPECT_THAT(Refusal(1, {1, kMaxRequestCartons + 1}, {1, 1}, keys).message(),
              HasSubstr("request of line 1"));
  EXPECT_THAT(Refusal(1, {1, 1}, {0, 1}, keys).message(), HasSubstr("weight of line 0 is 0"));
  EXPECT_THAT(Refusal(1, {1, 1}, {1, 1001}, keys).message(), HasSubstr("weight of line 1 is 1001"));
  EXPECT_THAT(Refusal(-1, {1, 1}, {1, 1}, keys).message(), HasSubstr("supply_cartons is -1"));
  EXPECT_THAT(Refusal(1, {1, 1}, {1}, keys).message(), HasSubstr("differ in length"));
  EXPECT_THAT(Refusal(1, {1, 1}, {1, 1}, KeysInOrder(1)).message(), HasSubstr("tie_keys differ in length"));
  const std::vector<int64_t> many(kMaxLines + 1, 1);
  EXPECT_THAT(Refusal(1, many, std::vector<int32_t>(many.size(), 1), KeysInOrder(many.size())).message(),
              HasSubstr("number of lines"));
  EXPECT_EQ(Refusal(1, {1, 1}, {0, 1}, keys).code(), absl::StatusCode::kInvalidArgument);
}

TEST(WaterFill, RefusesToInventAnOrderBetweenEqualTieKeys) {
  EXPECT_THAT(Refusal(1, {1, 1}, {1, 1}, {Key(5), Key(5)}).message(), HasSubstr("same tie key"));
  // Where the key does not decide, it does no harm.
  EXPECT_TRUE(Refusal(2, {1, 1}, {1, 1}, {Key(5), Key(5)}).ok());
  EXPECT_TRUE(Refusal(2, {1, 1, 1}, {1, 1, 1}, {Key(5), Key(5), Key(6)}).ok());
}

}  // namespace
}  // namespace sanyuan::allocation
