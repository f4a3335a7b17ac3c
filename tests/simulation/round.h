// One round: a seed, run from an empty log to quiescence, with everything checked.
// Thread safety: RunRound may be called from any thread; rounds share nothing.
#ifndef SANYUAN_TESTS_SIMULATION_ROUND_H_
#define SANYUAN_TESTS_SIMULATION_ROUND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/faults.h"
#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

using NewScenario = std::function<std::unique_ptr<Scenario>()>;

struct RoundResult {
  std::string violation;  // Empty when all held.
  FaultCounts faults{};
  bool unsound = false;
  uint64_t commands = 0;
  uint64_t records = 0;     // Accepted, in all contexts.
  uint64_t take_overs = 0;  // Among them.
  uint64_t steps = 0;
};

RoundResult RunRound(const NewScenario& scenario, uint64_t seed, bool trace = false);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_ROUND_H_
