// All parts of one round, so that they can reach each other.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_WORLD_H_
#define SANYUAN_TESTS_SIMULATION_WORLD_H_

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "tests/simulation/clients.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/ownership.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

inline constexpr int kWriters = 3;
inline constexpr int kReaders = 2;

struct World {
  World(Scenario& scenario, uint64_t seed, bool trace);

  size_t contexts() const { return scenario.contexts().size(); }
  const std::string& name(size_t context) const { return scenario.contexts()[context].name; }
  // Contexts first, then scripted journals.
  size_t TopicNumber(const std::string& topic) const;
  // Whether the record that a reader has accepted at this place is there.
  bool HeadIsInLog(size_t context, const partition::Place& place) const;
  Process& process(int number) { return processes[static_cast<size_t>(number)]; }
  absl::Time Time() const { return scenario.TimeAt(schedule.now()); }

  // An unsound fault has struck: notes who knows more than the log now holds.
  void Damaged(Fault fault, size_t context);

  template <typename... T>
  void Trace(fmt::format_string<T...> text, T&&... values) const {
    if (!trace) return;
    fmt::print("{:>10.4f}  {}\n", static_cast<double>(schedule.now()) / kSecond,
               fmt::format(text, std::forward<T>(values)...));
  }

  Scenario& scenario;
  const bool trace;
  Random random;
  Schedule schedule;
  std::vector<ScriptedJournal> scripted;
  std::vector<std::string> topics;
  SimulatedLog log;
  Ledger ledger;
  Ownership ownership;
  std::deque<Process> processes;
  Clients clients;
  FaultCounts faults{};
  std::shared_ptr<void> injector;
  bool healed = false;  // No new faults; what is broken has been mended.

  // Chosen once for the round.
  partition::PartitionOptions options;
};

// A genesis for a topic, with an id drawn at random.
std::string NewGenesis(const std::string& context, Random& random);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_WORLD_H_
