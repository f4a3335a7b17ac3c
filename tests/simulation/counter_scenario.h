// Two contexts of counters that read each other: the smallest round that uses everything of a partition.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_COUNTER_SCENARIO_H_
#define SANYUAN_TESTS_SIMULATION_COUNTER_SCENARIO_H_

#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

class CounterScenario final : public Scenario {
 public:
  const std::vector<Context>& contexts() const override;
  std::unique_ptr<partition::Domain> NewDomain(size_t context) const override;
  absl::Time TimeAt(Micros now) const override {
    return absl::FromUnixSeconds(1'560'000'000) + absl::Microseconds(now);
  }
  std::vector<Ask> NewScript(Random& random) override;
  // Each sum equals what its commands added, each copy the sum of the other context, each alarm rang once
  // and each run wrote all of its pages.
  std::string Check(const Outcomes& outcomes) const override;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_COUNTER_SCENARIO_H_
