// The command line of the simulation's executables.
#ifndef SANYUAN_TESTS_SIMULATION_OPTIONS_H_
#define SANYUAN_TESTS_SIMULATION_OPTIONS_H_

#include <cstdint>
#include <string>

#include "tests/simulation/round.h"

namespace sanyuan::simulation {

struct RunOptions {
  uint64_t rounds = 2000;
  uint64_t first = 1;
  int threads = 2;
  bool trace = false;
  std::string world = "county";
  std::string only;  // Of the controls: one safeguard's name.
};

// Exits with 2 and a usage text when an argument is not understood.
RunOptions ParseArguments(int argc, char** argv);

NewScenario ScenarioOf(const RunOptions& options);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_OPTIONS_H_
