// A log as lenient as the journal allows one to be: each topic is a totally ordered list of records. Writers
// append through sessions. Records of one session land in their order, each some time after it was produced;
// after one that does not land none of the later ones does. A session may outlive its writer, so records land
// late, behind those of other writers; and a record may land again.
//
// The second half of the faults break even that (a record lost in the middle, the end cut off, another log in
// its place, a flipped byte): the journal must notice.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_SIMULATED_LOG_H_
#define SANYUAN_TESTS_SIMULATION_SIMULATED_LOG_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/input.h"
#include "tests/simulation/random.h"
#include "tests/simulation/schedule.h"

namespace sanyuan::simulation {

class SimulatedLog {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  using SessionId = size_t;

  SimulatedLog(Schedule& schedule, Random& random, size_t topics)
      : schedule_(schedule), random_(random), topics_(topics) {}

  // Called after each change of a topic.
  std::function<void(size_t topic)> on_changed;

  int64_t End(size_t topic) const { return static_cast<int64_t>(topics_[topic].records.size()); }
  // Null when there is no such record.
  Bytes At(size_t topic, int64_t offset) const;
  std::optional<std::string> Read(size_t topic, int64_t offset) const;
  // Records from `offset` on, at most `count` of them.
  std::vector<partition::RawRecord> ReadFrom(size_t topic, int64_t offset, size_t count) const;
  // At once, behind all others.
  void Append(size_t topic, std::string record);

  SessionId Open(size_t topic);
  void Produce(SessionId session, std::string record);
  // What may still land of the topic.
  size_t Pending(size_t topic) const;

  // Sound faults.
  // What is pending lands only from `until` on.
  void Hold(SessionId session, Micros until);
  // Some first part of what is pending still lands, after up to `late`; nothing after it does.
  void Break(SessionId session, Micros late);
  void SlowDown(size_t topic, Micros until, Micros by);
  // Half of what lands until then lands again, a while later.
  void Duplicate(size_t topic, Micros until) { topics_[topic].duplicate_until = until; }

  // Unsound faults.
  // The next record that has another one of its session behind it vanishes, and the later ones land. `done` is
  // called when the first of them has.
  void LoseNextInTheMiddle(size_t topic, std::function<void()> done);
  void LoseNothing(size_t topic) { topics_[topic].lose_next = nullptr; }
  // A record that has landed vanishes; its offset stays empty.
  void LoseLanded(size_t topic, int64_t offset);
  void Cut(size_t topic, int64_t end);
  void Recreate(size_t topic, std::vector<std::string> records);
  void Flip(size_t topic, int64_t offset, size_t byte, uint8_t mask);

 private:
  struct Topic {
    std::vector<Bytes> records;
    Micros slow_until = 0;
    Micros slow_by = 0;
    Micros duplicate_until = 0;
    std::function<void()> lose_next;
  };
  struct Session {
    size_t topic = 0;
    std::deque<Bytes> pending;
    bool broken = false;
    bool scheduled = false;
    Micros held_until = 0;
    Micros late = 0;
    std::function<void()> lost_before_next;
  };

  void ScheduleLanding(SessionId id);
  void Land(SessionId id);
  void LandOne(Session& session);

  Schedule& schedule_;
  Random& random_;
  std::vector<Topic> topics_;
  std::deque<Session> sessions_;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_SIMULATED_LOG_H_
