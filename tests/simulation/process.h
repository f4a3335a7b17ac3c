// One process of the round: it hosts a partition of every context, as a writer or as a reader that only
// follows. It has a clock of its own, can stand still and can crash; what it keeps over a crash are the last
// snapshots that its partitions gave it.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_PROCESS_H_
#define SANYUAN_TESTS_SIMULATION_PROCESS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/partition.h"
#include "tests/simulation/simulated_log.h"

namespace sanyuan::simulation {

struct World;
class Process;

// The host of one partition: gives the partition's actions to the simulated world, and its events back.
class Member final : public partition::Effects {
 public:
  Member(World& world, Process& process, size_t context)
      : world_(world), process_(process), context_(context) {}

  void Start(bool from_snapshot);
  // Everything in memory is gone. Some of what was produced may land within `late`.
  void Crash(Micros late);
  // Changes the snapshot on disk, or cuts it short.
  void TearSnapshot();
  bool has_snapshot() const { return stored_ || fresh_; }

  partition::Partition& operator*() { return *partition_; }
  partition::Partition* operator->() { return partition_.get(); }
  const partition::Partition* operator->() const { return partition_.get(); }
  partition::Domain& domain() { return *domain_; }
  int64_t next_offset() const { return next_; }

  // The own log or an input may hold more.
  void OnLogChanged();
  void OnInputChanged(const std::string& topic);
  void OnCommand(partition::PendingCommand command);
  // Where this one leads.
  void RaiseFormat();
  void OnTick();
  void Doubt();
  void SchedulePump();

  // Faults of its producer.
  void LoseTail(Micros noticed_after) { lose_tail_ = noticed_after; }
  void LoseNothing() { lose_tail_.reset(); }
  void DestroyProducer(Micros late);
  void Stall(Micros until);
  SimulatedLog::SessionId session() const { return session_; }

  // Digest accepted at each height in this life.
  const std::map<uint64_t, Digest>& history() const { return history_; }
  // Set when the log lost the record at this member's head: it knows more than the log.
  std::optional<Micros> knows_more_since;
  partition::Place lost_head;  // That record, since then.
  // It was told so (a disconnect) or noticed a pause of its own since then.
  bool doubts = false;

 private:
  bool Produce(std::string record, const log::RecordHeaders& headers) override;
  void Reply(uint64_t call, partition::Answer answer) override;
  void Accepted(partition::AcceptedRecord record) override;
  void SnapshotReady(partition::SnapshotPoint point) override;
  void ReadHead(int64_t offset) override;
  void ResumeReading(int64_t offset) override {
    next_ = offset;
    OnLogChanged();  // Engines tell the end anew.
  }
  void PullInput(const std::string& topic, int64_t offset) override;
  void FetchPages(const std::string& topic, std::vector<uint64_t> heights) override;
  void StoodDown() override;
  void Halted(const partition::Damage& damage) override;
  void InputHalted(const std::string& topic, const partition::Damage& damage) override;

  struct StoredSnapshot {
    partition::Place place;
    partition::Place next;
    std::string bytes;
    bool torn = false;
  };

  void Build();
  void Restore();
  void StoreFresh();
  void Fetch();
  void NewProducer();

  World& world_;
  Process& process_;
  const size_t context_;
  std::optional<StoredSnapshot> stored_;
  std::map<std::string, partition::CursorRow> cursors_outside_;  // Of a control; on disk.

  std::unique_ptr<partition::Domain> domain_;
  std::unique_ptr<partition::Partition> partition_;
  std::optional<partition::SnapshotPoint> fresh_;
  SimulatedLog::SessionId session_ = 0;
  std::map<uint64_t, Digest> history_;
  int64_t next_ = 0;
  bool fetching_ = false;
  bool pumping_ = false;
  Micros stalled_until_ = 0;
  Micros pulls_answered_ = 0;
  std::optional<Micros> lose_tail_;  // At the next record; noticed so much later.
};

class Process {
 public:
  Process(World& world, int number, bool writer);

  void Start(bool from_snapshots);
  // Down for `down`; then it starts again.
  void Crash(Micros late, Micros down, bool from_snapshots, bool torn);
  void Pause(Micros until);

  void OnLogChanged(size_t topic);

  // Runs `action` here after `delay`: later while the process stands still, never when it has crashed since.
  void Deliver(Micros delay, std::function<void()> action);
  // The same, when it comes from the log and this process reads late.
  void DeliverRead(Micros delay, std::function<void()> action);

  int number() const { return number_; }
  bool writer() const { return writer_; }
  bool up() const { return up_; }
  bool HasSnapshot() const;
  bool paused() const;
  int life() const { return life_; }
  Micros woke_at() const { return woke_at_; }
  absl::Time Clock() const;
  Member& member(size_t context) { return *members_[context]; }

  Micros clock_offset = 0;
  Micros reads_late_until = 0;
  Micros reads_late_by = 0;

 private:
  void Run(int life, const std::function<void()>& action);
  void Scrub();
  void Touch();
  void Tick();

  World& world_;
  const int number_;
  const bool writer_;
  bool up_ = false;
  int life_ = 0;
  Micros paused_until_ = 0;
  Micros woke_at_ = 0;
  Micros last_active_ = 0;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_PROCESS_H_
