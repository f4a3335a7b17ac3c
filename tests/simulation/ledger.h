// What has been seen of each context's journal by anybody in the round, and the checks that hold at every
// moment. The first violation stays and ends the round.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_LEDGER_H_
#define SANYUAN_TESTS_SIMULATION_LEDGER_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/rule.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/schedule.h"

namespace sanyuan::simulation {

// One acknowledgement: `process` told the caller of `ask` that it was decided.
struct Acknowledged {
  Micros at = 0;
  int process = 0;
  size_t ask = 0;
  uint64_t height = 0;
  std::string result;  // Refusals and response; the same for every repeat.
};

// What was done to a context's log that no engine may do.
struct UnsoundFault {
  Fault fault = Fault::kCutEnd;
  Micros at = 0;
};

struct Chapter {
  std::string name;
  partition::JournalId journal_id{};
  // The accepted records by height, as the first reader accepted them.
  std::vector<partition::Place> accepted;
  std::vector<Acknowledged> acknowledged;
  std::optional<UnsoundFault> unsound;
  Micros last_take_over = 0;  // When it was accepted for the first time.
  // Called once, when the next take-over was accepted for the first time.
  std::function<void(const partition::Place&)> on_take_over;
};

class Ledger {
 public:
  explicit Ledger(const Schedule& schedule, size_t contexts) : schedule_(schedule), chapters(contexts) {}

  void Fail(std::string text);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  // All readers of a sound log accept the same sequence.
  void Accepted(int process, size_t context, const partition::Place& place);
  // On a sound log nobody halts.
  void Halted(int process, size_t context, const std::string& why);

 private:
  const Schedule& schedule_;
  std::string failure_;

 public:
  std::vector<Chapter> chapters;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_LEDGER_H_
