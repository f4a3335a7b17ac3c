// Runs rounds of the simulation, one seed each, on a few threads, and says what they held. Exits with 1 at the
// first violation, with the command that shows it again.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/simulation/options.h"

namespace sanyuan::simulation {
namespace {

struct Totals {
  uint64_t rounds = 0;
  uint64_t unsound = 0;
  uint64_t commands = 0;
  uint64_t records = 0;
  uint64_t take_overs = 0;
  uint64_t steps = 0;
  uint64_t least_faults = UINT64_MAX;
  FaultCounts faults{};

  void Add(const RoundResult& result) {
    ++rounds;
    unsound += result.unsound ? 1 : 0;
    commands += result.commands;
    records += result.records;
    take_overs += result.take_overs;
    steps += result.steps;
    uint64_t of_round = 0;
    for (size_t i = 0; i < kFaults; ++i) {
      faults[i] += result.faults[i];
      of_round += result.faults[i];
    }
    least_faults = std::min(least_faults, of_round);
  }
};

int Run(const RunOptions& options, const char* program) {
  const NewScenario scenario = ScenarioOf(options);
  std::atomic<uint64_t> next{options.first};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&] {
    while (!failed) {
      const uint64_t seed = next++;
      if (seed >= options.first + options.rounds) return;
      const RoundResult result = RunRound(scenario, seed, options.trace);
      const std::lock_guard lock(mutex);
      totals.Add(result);
      if (result.violation.empty() || failed.exchange(true)) continue;
      fmt::print(
          "VIOLATION with seed {}\n  {}\nto see it again: {} --world {} --rounds 1 --first {} --threads 1 "
          "--trace\n",
          seed, result.violation, program, options.world, seed);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  fmt::print(
      "world {}, seeds {} to {}: {} rounds in {:.1f} s on {} threads\n"
      "  {} commands, {} accepted records, {} take-overs, {} events; {} rounds with an unsound fault; at "
      "least {} faults in each\n",
      options.world, options.first, options.first + options.rounds - 1, totals.rounds, taken.count(),
      options.threads, totals.commands, totals.records, totals.take_overs, totals.steps, totals.unsound,
      totals.least_faults);
  for (size_t i = 0; i < kFaults; ++i)
    fmt::print("  {:<20} {}\n", FaultName(static_cast<Fault>(i)), totals.faults[i]);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace sanyuan::simulation

int main(int argc, char** argv) {
  return sanyuan::simulation::Run(sanyuan::simulation::ParseArguments(argc, argv), argv[0]);
}
