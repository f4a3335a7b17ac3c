// The callers: they send the commands of the script, wait, and send them again with the same request id until
// they are answered, to whoever they believe owns the partition. Answers can be lost on the way.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_CLIENTS_H_
#define SANYUAN_TESTS_SIMULATION_CLIENTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/partition.h"
#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

struct World;

// The life of one command.
struct Asked {
  partition::Command command;
  std::string content;
  bool sent = false;
  bool waiting = false;  // An attempt is on its way.
  uint64_t attempt = 0;  // The latest one.
  bool done = false;
  std::optional<partition::Answer> answer;  // As the client got it; only kDecided.
  std::vector<partition::Dependency> depends_on;
};

class Clients final : public Answered {
 public:
  Clients(World& world, std::vector<Ask> script);

  void Begin();
  // From the server's side, at the moment of the answer.
  void OnReply(int process, size_t context, uint64_t call, partition::Answer answer);

  const partition::Answer* AnswerTo(size_t ask) const override;
  const partition::Domain* View(size_t context) const override;
  const std::vector<Ask>& script() const { return script_; }
  const std::vector<Asked>& asked() const { return asked_; }
  // All commands of the context are answered, except those that wait for something of a damaged context.
  bool Done(size_t context) const;
  // For people: which are not.
  std::string Unanswered() const;

  Micros clock_offset = 0;

 private:
  bool WaitsForDamage(size_t ask) const;
  void Send(size_t ask);
  void Prepare(size_t ask);
  void NewId(Asked& asked);
  void Take(size_t ask, uint64_t attempt, const partition::Answer& answer);
  void Retry(size_t ask, Micros delay);
  void CheckKnowledge(int process, size_t context, size_t ask);

  World& world_;
  std::vector<Ask> script_;
  std::vector<Asked> asked_;
  std::vector<std::vector<size_t>> followers_;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_CLIENTS_H_
