// What a partition's host counts and times of its commands, for metrics. A sample is a few additions to numbers of its own:
// no lock and no allocation, so it may be taken for every command.
//
// Thread safety: all methods may be called from any thread. Numbers that are read while others are written need not be of
// the same moment.
#ifndef SANYUAN_COMMON_HOST_COMMAND_MEASURES_H_
#define SANYUAN_COMMON_HOST_COMMAND_MEASURES_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "common/partition/effects.h"

namespace sanyuan::host {

class LatencyHistogram {
 public:
  // Upper bounds of all buckets but the last one, which has none; microseconds.
  static constexpr std::array<int64_t, 18> kBoundsUs = {
      20,     50,     100,     200,     500,     1'000,     2'000,     5'000,     10'000,
      20'000, 50'000, 100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000};
  static constexpr size_t kBuckets = kBoundsUs.size() + 1;

  // Samples of each bucket by itself, and the sum of all.
  struct Counts {
    std::array<uint64_t, kBuckets> buckets{};
    absl::Duration sum;

    Counts& operator+=(const Counts& other) {
      for (size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
      sum += other.sum;
      return *this;
    }
  };

  // What is below zero, because a clock went back, counts as zero.
  void Observe(absl::Duration took) {
    const int64_t ns = std::max<int64_t>(absl::ToInt64Nanoseconds(took), 0);
    const auto bound = std::lower_bound(kBoundsUs.begin(), kBoundsUs.end(), (ns + 999) / 1000);
    buckets_[static_cast<size_t>(bound - kBoundsUs.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(static_cast<uint64_t>(ns), std::memory_order_relaxed);
  }
  Counts counts() const {
    Counts counts;
    for (size_t i = 0; i < kBuckets; ++i) counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    counts.sum = absl::Nanoseconds(static_cast<int64_t>(sum_ns_.load(std::memory_order_relaxed)));
    return counts;
  }

 private:
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> sum_ns_{0};
};

// The ways of a command, one behind the other.
enum class Stage : uint8_t {
  kWaiting,  // From its coming to the partition until the domain is asked: for its strand, its turn, what it depends on.
  kDeciding,   // Until its decision was given to the log.
  kLanding,    // Until that was read back as accepted, or given up.
  kAnswering,  // Until its answer went to the transport; where the view must show it first, also for the view.
};
inline constexpr std::array<std::string_view, 4> kStages = {"waiting", "deciding", "landing", "answering"};

// How a command ended here, as partition::Answer has it; refused are those that were decided with a refusal.
inline constexpr std::array<std::string_view, 10> kOutcomes = {
    "accepted",  "refused",   "invalid",     "request_id_reused", "request_id_out_of_window",
    "not_ready", "elsewhere", "unavailable", "overloaded",        "internal"};

// When a command came to each stage; InfinitePast where it did not.
struct CommandTimes {
  absl::Time submitted = absl::InfinitePast();
  absl::Time deciding = absl::InfinitePast();
  absl::Time written = absl::InfinitePast();
  absl::Time answered = absl::InfinitePast();  // By the partition.
};

class CommandMeasures {
 public:
  void Observe(Stage stage, absl::Duration took) { stages_[static_cast<size_t>(stage)].Observe(took); }
  // A command is answered by its partition.
  void Answered(const partition::Answer& answer, const CommandTimes& times) {
    size_t outcome = static_cast<size_t>(answer.kind) + 1;
    if (answer.kind == partition::Answer::Kind::kDecided) outcome = answer.refusals.empty() ? 0 : 1;
    outcomes_[outcome].fetch_add(1, std::memory_order_relaxed);
    // What was answered without being written, from memory or by a refusal, has no stages to speak of.
    if (times.written == absl::InfinitePast()) return;
    Observe(Stage::kWaiting, times.deciding - times.submitted);
    Observe(Stage::kDeciding, times.written - times.deciding);
    Observe(Stage::kLanding, times.answered - times.written);
  }
  // This process has begun to decide for the partition.
  void TookOver() { take_overs_.fetch_add(1, std::memory_order_relaxed); }

  LatencyHistogram::Counts counts(Stage stage) const { return stages_[static_cast<size_t>(stage)].counts(); }
  uint64_t outcomes(size_t which) const { return outcomes_[which].load(std::memory_order_relaxed); }
  uint64_t take_overs() const { return take_overs_.load(std::memory_order_relaxed); }

 private:
  static_assert(static_cast<size_t>(partition::Answer::Kind::kInternal) + 2 == kOutcomes.size());

  std::array<LatencyHistogram, kStages.size()> stages_;
  std::array<std::atomic<uint64_t>, kOutcomes.size()> outcomes_{};
  std::atomic<uint64_t> take_overs_{0};
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_COMMAND_MEASURES_H_
