// Who should write each context, as a coordinator beside the log says it: announcements come late, so for a
// while two processes may believe that they are to write, or none. Beside it a board, where everybody
// publishes the head that it has accepted, and damage that it has found; an exported checkpoint is one more
// such head. Whoever is to write does so only when it has read what is published, and halts when it has read
// something else or damage was found.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_OWNERSHIP_H_
#define SANYUAN_TESTS_SIMULATION_OWNERSHIP_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/rule.h"
#include "tests/simulation/schedule.h"

namespace sanyuan::simulation {

struct World;
class Process;

struct FoundDamage {
  Micros at = 0;
  int64_t offset = 0;
  std::string why;
};

class Ownership {
 public:
  Ownership(World& world, size_t contexts) : world_(world), cells_(contexts) {}

  void Begin();
  int owner(size_t context) const { return cells_[context].owner; }
  void Move(size_t context, int to);
  void MoveElsewhere(size_t context);
  // Tells a second process to write as well, for a while.
  void Confuse(size_t context, int second, Micros until);

  void OnStarted(Process& process);
  void OnStoodDown(Process& process, size_t context);

  // The board.
  static constexpr int kCheckpoint = -1;
  void Publish(int who, size_t context, const partition::Place& place) { cells_[context].heads[who] = place; }
  void PublishDamage(size_t context, FoundDamage damage);
  const std::map<int, partition::Place>& heads(size_t context) const { return cells_[context].heads; }
  const std::optional<FoundDamage>& damage(size_t context) const { return cells_[context].damage; }

 private:
  struct Cell {
    int owner = 0;
    Micros idle_since = 0;
    std::map<int, partition::Place> heads;
    std::optional<FoundDamage> damage;
  };

  void TryAssign(Process& process, size_t context, bool believed);
  bool HasReadWhatIsPublished(Process& process, size_t context);
  void Monitor();

  World& world_;
  std::vector<Cell> cells_;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_OWNERSHIP_H_
