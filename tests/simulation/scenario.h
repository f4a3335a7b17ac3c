// What a round is about: which contexts there are, what their domains are, what clients ask of them, and what
// must be true of their states in the end. The machinery around (log, processes, faults, checks of the journal
// itself) knows nothing of it.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_SCENARIO_H_
#define SANYUAN_TESTS_SIMULATION_SCENARIO_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/partition/domain.h"
#include "common/partition/effects.h"
#include "tests/simulation/random.h"
#include "tests/simulation/schedule.h"
#include "tests/support/journaled.h"

namespace sanyuan::simulation {

struct Context {
  std::string name;                 // Its topic is "<name>.journal".
  std::vector<std::string> inputs;  // Topics.
};

// A journal that nobody in the round decides: its decisions are written by the round itself, at given times.
struct ScriptedJournal {
  struct Decision {
    Micros at = 0;
    std::vector<partition::EventPtr> events;
  };
  std::string name;
  std::vector<Decision> decisions;  // In the order of their times.
};

// What earlier asks of the same client came to, for the next ones.
class Answered {
 public:
  virtual ~Answered() = default;
  // Null until it was answered as decided.
  virtual const partition::Answer* AnswerTo(size_t ask) const = 0;
  // What a query would show: the state of a process that only follows. Null when none is up.
  virtual const partition::Domain* View(size_t context) const = 0;
};

// One command of a client. It is tried again with the same request id until it is answered.
struct Ask {
  size_t context = 0;
  County county = 0;
  partition::Actor actor;
  std::string method;
  std::function<std::shared_ptr<const google::protobuf::Message>(const Answered&)> request;
  Micros at = 0;                // Not sent before.
  std::optional<size_t> after;  // Not sent before that one was answered; a smaller index.
  bool depends = false;         // Presents the position of the answer to `after`.
  bool reuses = false;          // Wrongly takes the request id of `after` for other content.
};

// How it ended, for Scenario::Check.
using testing::Journaled;
struct Outcomes {
  // For each context: the state of the last writer, and all accepted decisions.
  std::vector<partition::Domain*> domains;
  std::vector<std::vector<Journaled>> decisions;
};

class Scenario {
 public:
  virtual ~Scenario() = default;

  virtual const std::vector<Context>& contexts() const = 0;
  virtual std::vector<ScriptedJournal> NewScriptedJournals(Random& /*random*/) { return {}; }
  virtual std::unique_ptr<partition::Domain> NewDomain(size_t context) const = 0;
  // What right clocks say at that moment of the round. Never goes back; may jump.
  virtual absl::Time TimeAt(Micros now) const = 0;
  // What clients ask, in any order of time.
  virtual std::vector<Ask> NewScript(Random& random) = 0;
  // Work that begins by itself (timers) is done by then; the round goes on until then at least.
  virtual Micros busy_until() const { return 0; }
  // When most happens at once: a part of the faults strikes then.
  virtual std::pair<Micros, Micros> rush() const { return {5 * kSecond, 10 * kSecond}; }
  // Called once all is quiet, when nothing was damaged. What is wrong, or empty.
  virtual std::string Check(const Outcomes& outcomes) const = 0;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_SCENARIO_H_
