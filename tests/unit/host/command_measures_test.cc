#include "common/host/command_measures.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace sanyuan::host {
namespace {

using partition::Answer;

uint64_t Samples(const LatencyHistogram::Counts& counts) {
  return std::accumulate(counts.buckets.begin(), counts.buckets.end(), uint64_t{0});
}

TEST(LatencyHistogramTest, ASampleCountsInTheFirstBucketWhoseBoundIsNotBelowIt) {
  for (size_t i = 0; i < LatencyHistogram::kBoundsUs.size(); ++i) {
    LatencyHistogram histogram;
    const absl::Duration bound = absl::Microseconds(LatencyHistogram::kBoundsUs[i]);
    histogram.Observe(bound);
    histogram.Observe(bound + absl::Nanoseconds(1));
    const auto counts = histogram.counts();
    EXPECT_EQ(counts.buckets[i], 1) << bound;
    EXPECT_EQ(counts.buckets[i + 1], 1) << bound;
    EXPECT_EQ(counts.sum, 2 * bound + absl::Nanoseconds(1));
  }
}

TEST(LatencyHistogramTest, AClockThatGoesBackIsNoTime) {
  LatencyHistogram histogram;
  histogram.Observe(absl::Seconds(-5));
  EXPECT_EQ(histogram.counts().buckets[0], 1);
  EXPECT_EQ(histogram.counts().sum, absl::ZeroDuration());
}

TEST(LatencyHistogramTest, NoSampleOfManyThreadsIsLost) {
  LatencyHistogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&histogram] {
      for (int i = 0; i < 10'000; ++i) histogram.Observe(absl::Microseconds(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Samples(histogram.counts()), 40'000);
  EXPECT_EQ(histogram.counts().sum, 4 * absl::Microseconds(10'000 * 9'999 / 2));
}

TEST(CommandMeasuresTest, EachKindOfAnswerHasItsOutcome) {
  CommandMeasures measures;
  Answer refused;
  refused.kind = Answer::Kind::kDecided;
  refused.refusals.emplace_back();
  measures.Answered(refused, {});
  for (size_t kind = 0; kind + 1 < kOutcomes.size(); ++kind) {
    Answer answer;
    answer.kind = static_cast<Answer::Kind>(kind);
    for (size_t i = 0; i <= kind; ++i) measures.Answered(answer, {});
  }
  // accepted 1, refused 1, and from there on as often as its place.
  EXPECT_EQ(measures.outcomes(0), 1);
  for (size_t outcome = 1; outcome < kOutcomes.size(); ++outcome)
    EXPECT_EQ(measures.outcomes(outcome), outcome);
  for (size_t stage = 0; stage < kStages.size(); ++stage) {
    EXPECT_EQ(Samples(measures.counts(static_cast<Stage>(stage))), 0) << kStages[stage];
  }
}

TEST(CommandMeasuresTest, ADecidedCommandHasATimeForEachStageUpToItsAnswer) {
  CommandMeasures measures;
  const absl::Time at = absl::FromUnixSeconds(1'560'000'000);
  measures.Answered(Answer{}, {at, at + absl::Seconds(1), at + absl::Seconds(3), at + absl::Seconds(6)});
  EXPECT_EQ(measures.counts(Stage::kWaiting).sum, absl::Seconds(1));
  EXPECT_EQ(measures.counts(Stage::kDeciding).sum, absl::Seconds(2));
  EXPECT_EQ(measures.counts(Stage::kLanding).sum, absl::Seconds(3));
  EXPECT_EQ(Samples(measures.counts(Stage::kAnswering)), 0);
}

}  // namespace
}  // namespace sanyuan::host
