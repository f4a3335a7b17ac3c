// Shows that the simulation would notice: each safeguard of the journal is switched off in turn, under the same
// fault mix, and must be caught; the seed that catches it must pass with the safeguard on. Exits with 1 when one
// is not caught within the given number of seeds.
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "common/partition/safeguards.h"
#include "tests/simulation/options.h"

#ifndef SANYUAN_TEST_CONTROLS
#error "this needs the build in which safeguards can be switched off"
#endif

namespace sanyuan::simulation {
namespace {

using partition::Safeguards;

struct Control {
  std::string_view name;
  bool* safeguard;
};
const Control kControls[] = {
    {"check_prev", &Safeguards::check_prev},
    {"check_term", &Safeguards::check_term},
    {"await_take_over", &Safeguards::await_take_over},
    {"fold_request_ids", &Safeguards::fold_request_ids},
    {"fold_cursors", &Safeguards::fold_cursors},
    {"answer_after_read_back", &Safeguards::answer_after_read_back},
    {"verify_stored_places", &Safeguards::verify_stored_places},
    {"reread_head", &Safeguards::reread_head},
    {"run_from_snapshot", &Safeguards::run_from_snapshot},
    {"verify_snapshots", &Safeguards::verify_snapshots},
};

struct Caught {
  uint64_t seed = 0;
  std::string violation;
};

// The lowest seed that fails, or 0.
Caught Catch(const RunOptions& options) {
  const NewScenario scenario = ScenarioOf(options);
  std::atomic<uint64_t> next{options.first};
  std::mutex mutex;
  Caught caught;
  std::atomic<uint64_t> limit{options.first + options.rounds};
  const auto work = [&] {
    for (uint64_t seed = next++; seed < limit; seed = next++) {
      const RoundResult result = RunRound(scenario, seed, options.trace);
      if (result.violation.empty()) continue;
      const std::lock_guard lock(mutex);
      if (seed < limit) {
        limit = seed;
        caught = {seed, result.violation};
      }
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(options.threads));
  for (int i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return caught;
}

int Run(const RunOptions& options, const char* program) {
  bool all = true;
  for (const Control& control : kControls) {
    if (!options.only.empty() && options.only != control.name) continue;
    *control.safeguard = false;
    const Caught caught = Catch(options);
    *control.safeguard = true;
    if (caught.violation.empty()) {
      fmt::print("{:<24} NOT CAUGHT in {} seeds\n", control.name, options.rounds);
      all = false;
      continue;
    }
    const std::string with = RunRound(ScenarioOf(options), caught.seed).violation;
    fmt::print(
        "{:<24} caught after {} seeds; seed {} with it on: {}\n    {}\n    to see it again: {} --world {} "
        "--only {} --rounds 1 --first {} --threads 1 --trace\n",
        control.name, caught.seed - options.first + 1, caught.seed, with.empty() ? "passes" : with,
        caught.violation, program, options.world, control.name, caught.seed);
    all = all && with.empty();
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace sanyuan::simulation

int main(int argc, char** argv) {
  return sanyuan::simulation::Run(sanyuan::simulation::ParseArguments(argc, argv), argv[0]);
}
