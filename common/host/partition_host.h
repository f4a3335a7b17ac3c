// Runs one partition: its strand, its log, its snapshots and its view. Without other instances it owns the partition: it
// assigns it once it has been read, and again whenever it stood down. With them (HostServices::ownership) it follows the
// journal all the time, and leads when the others let it (common/ownership/candidate.h).
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_HOST_PARTITION_HOST_H_
#define SANYUAN_COMMON_HOST_PARTITION_HOST_H_

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/host/command_measures.h"
#include "common/host/executor.h"
#include "common/host/partition_observer.h"
#include "common/host/projector.h"
#include "common/host/read_records.h"
#include "common/host/recent_records.h"
#include "common/host/snapshot_store.h"
#include "common/host/tail.h"
#include "common/host/work_log.h"
#include "common/log/log.h"
#include "common/ownership/candidate.h"
#include "common/ownership/ownership.h"
#include "common/partition/content.h"
#include "common/partition/partition.h"
#include "common/view/view_store.h"

namespace sanyuan::host {

// What a context is made of, for every partition alike.
struct ContextSpec {
  std::string context;              // "order_intake"; its journal's topic is "order_intake.journal".
  std::vector<std::string> inputs;  // Topics.
  bool single_partition = false;    // The reference journal; every partition of others reads its partition 0.
  std::function<std::unique_ptr<partition::Domain>()> new_domain;
  const view::Projection* projection = nullptr;
  // Which events feeds show; without it the context has no feeds.
  std::function<bool(const google::protobuf::Message& event)> shown_in_feeds = nullptr;

  std::string topic() const { return context + ".journal"; }
};

// Gives who observes a partition, nullptr when nobody does. `read` reads journals where they lie, what was read lately
// from memory; it may block.
using ObserveFn = std::function<PartitionObserver*(const ContextSpec& spec,
                                                   const log::TopicPartition& journal, ReadRecords read)>;

// What the hosts share. Everything outlives them.
struct HostServices {
  log::Log* log = nullptr;
  view::ViewStore* views = nullptr;
  SnapshotStore* snapshots = nullptr;
  WorkLogs* works = nullptr;  // May be nullptr: then work that processes die of is tried for ever.
  RecentRecords* recent = nullptr;
  Executor* deciding = nullptr;  // Partitions run here.
  Executor* blocking = nullptr;  // Projecting, encoding snapshots.
  Executor* reading = nullptr;   // Of the log, where a call may wait for a broker for seconds.
  bool simulated_clock = false;
  ownership::Ownership* ownership = nullptr;  // nullptr: no other instance writes.
  // Records of a journal that others may read as an input have become readable.
  std::function<void(const log::TopicPartition&)> grown;
  ObserveFn observe;  // May be empty.
};

// Of a clock that never goes back; not a time of day.
absl::Time SteadyNow();

// How readers of this log judge what was not to be expected of one writer.
inline partition::Strictness StrictnessOf(const log::Log& log) {
  return log.records_land_late() ? partition::Strictness::kLenient : partition::Strictness::kStrict;
}

struct HostStatus {
  partition::Partition::Role role = partition::Partition::Role::kFollowing;
  std::string not_serving;  // Empty while commands are taken.
  bool at_end = false;      // It has read its journal to the end.
  std::optional<partition::Damage> damage;
  std::optional<partition::HeldWork> held;
  uint32_t format = partition::kFirstFormat;
  std::optional<partition::Place> place;
  std::array<uint64_t, partition::kSkipKinds> skipped{};
  size_t in_flight = 0;
  size_t waiting = 0;
  std::string stalled;  // Why nothing moves here; empty while it does, and before that was long.
  int64_t unread = 0;   // Offsets of its journal that it has not read yet.
  bool quiet = false;
  absl::Time next_due = absl::InfiniteFuture();
  absl::Time last_decided = absl::InfinitePast();
  std::vector<std::pair<std::string, partition::Damage>> halted_inputs;
  // Topic of each input that is not halted, and the first offset that was not read yet.
  std::vector<std::pair<std::string, int64_t>> read_inputs;
  // Topic of each such input, and how many offsets were not read when its end was last told.
  std::vector<std::pair<std::string, int64_t>> unread_inputs;
};

// For how many looks in a row, one a second, nothing has moved. A process that was frozen meanwhile was not looked at.
struct Stillness {
  int thread = 0;   // What is posted to the strand does not run.
  int journal = 0;  // That, or what was written is not read back.
};

class PartitionHost final : private partition::Effects,
                            private log::ProducerListener,
                            private log::RecordListener {
 public:
  PartitionHost(const ContextSpec& spec, int32_t partition, const HostServices& services);
  ~PartitionHost() override;

  const ContextSpec& spec() const { return spec_; }
  const log::TopicPartition& journal() const { return journal_; }
  Projector& projector() { return *projector_; }
  // nullptr when the context has no feeds.
  Tail* tail() { return tail_.get(); }

  // Begins reading, from a snapshot when a usable one is there. Errors of the log. Partitions that start at the
  // same time load their snapshots side by side.
  std::future<absl::Status> Start();
  // Gives the producer and the subscription up; commands that wait are told to try again.
  void Stop();

  using ReplyFn = std::function<void(partition::Answer)>;
  // `reply` is called once, on a thread of the executor; it must not block. `headers` go beside the record of its decision.
  // `times` is filled before `reply` is called, and outlives it.
  void Submit(partition::Command command, std::string content, std::vector<partition::Dependency> after,
              ReplyFn reply, log::RecordHeaders headers = {}, CommandTimes* times = nullptr);
  CommandMeasures& measures() { return measures_; }
  const CommandMeasures& measures() const { return measures_; }
  // While `clock_trouble` is not empty the clock is not moved and nothing is decided, nor is the lead asked for.
  void OnTime(absl::Time now, const std::string& clock_trouble = "");
  void OnInputGrown(const std::string& topic);
  // The view is not what it was; nothing where another instance writes it, who looks by itself (Projector::CheckView).
  void BuildViewAnew();
  // Of other instances. REQUIRES: there is an ownership.
  void OnAssigned(bool assigned);
  void OnAnnounced(const ownership::Announcement& announcement, bool earlier);
  // Whether another instance has said, since this was last asked, that the journal is damaged.
  bool TakeDoubt() { return doubted_.exchange(false); }
  // To be called ten times a second.
  void LookAtOwnership();
  // Whether the position is one of a journal that this one was copied from: what it names is in here from the beginning.
  bool IsOlder(const std::string& journal_id, uint64_t height) const;
  // Commands and queries are for this instance.
  bool leading() const { return leading_; }
  // To be called every second: also what waits for its time is looked at.
  void CheckHead();
  // To be called every second.
  void LookForProgress();
  // As the newest look found it.
  Stillness stillness() const { return {thread_still_, journal_still_}; }
  // Forgets the snapshot and the state and reads the whole journal again, so that damage behind them halts it.
  void RestartFromGenesis();
  // Goes no further: what was read of the journal before is not in it any more.
  void HaltAt(int64_t offset, std::string why);
  // Writes an operator's release for the damage at `offset`. FailedPrecondition when the partition is not halted
  // there, InvalidArgument when the repaired record does not continue the journal.
  absl::Status Release(int64_t offset, std::string repaired_record, std::string operator_id, std::string why);

  // See partition::Partition.
  absl::StatusOr<uint64_t> RaiseFormat(const journal::v1::FormatRaised& raise);
  absl::StatusOr<uint64_t> SkipInput(const journal::v1::InputSkipped& skip);

  // Asked on the strand, in its turn.
  void Probe(std::function<void(HostStatus)> done);
  // Runs `visit` on the domain's state as it stands (with what is in flight), in its turn.
  void Visit(std::function<void(partition::Domain&)> visit);

 private:
  // partition::Effects
  bool Produce(std::string record, const log::RecordHeaders& headers) override;
  void Written(uint64_t call) override;
  void Reply(uint64_t call, partition::Answer answer) override;
  void Accepted(partition::AcceptedRecord record) override;
  bool WantsSnapshot() override;
  void SnapshotReady(partition::SnapshotPoint point) override;
  void ReadHead(int64_t offset) override;
  void ResumeReading(int64_t offset) override;
  void PullInput(const std::string& topic, int64_t offset) override;
  void FetchPages(const std::string& topic, std::vector<uint64_t> heights) override;
  void Trying(const partition::Work& work) override;
  void Survived() override;
  void Forgiven(const partition::Work& work) override;
  int Deaths(const partition::Work& work) override;
  void Held(const std::string& why) override;
  void StoodDown() override;
  void Halted(const partition::Damage& damage) override;
  void InputHalted(const std::string& topic, const partition::Damage& damage) override;

  // log::ProducerListener, log::RecordListener
  void OnStalled(const absl::Status& why) override;
  void OnLost(const absl::Status& why) override;
  void OnRecords(absl::Span<const log::Record> records) override;
  void OnEnd(int64_t end_offset) override;
  void OnTrouble(const absl::Status& why) override;

  void Do(std::function<void(partition::Partition&)> what);
  void Pump();
  absl::Status StartOnStrand();
  absl::Status Subscribe(int64_t offset);
  void Resubscribe(int64_t offset);
  absl::StatusOr<bool> RestoreSnapshot();
  void RestartOnStrand();
  void RenewProducer();
  void NewCandidate();
  void StepCandidate();
  void HaltIfDiffers(const std::optional<std::string>& what);
  void NoteRole();
  void SayLeft();
  // What the next step of the candidate may depend on.
  struct Signs {
    bool leading = false, drained = false, at_end = false;
    bool operator==(const Signs&) const = default;
  };
  Signs SignsNow() const;
  void NewPartition();
  void NoteOrigins();
  void OpenWorkLog();
  absl::Status ReleaseOnStrand(int64_t offset, const std::string& repaired_record,
                               const std::string& operator_id, const std::string& why);
  log::TopicPartition InputJournal(const std::string& topic) const;
  void GivePulled(const std::string& topic, int64_t offset, std::vector<partition::RawRecord> records,
                  int64_t end);
  HostStatus StatusNow() const;
  absl::StatusOr<uint64_t> Ask(std::function<absl::StatusOr<uint64_t>(partition::Partition&)> what);

  const ContextSpec spec_;
  const HostServices services_;
  const log::TopicPartition journal_;
  CommandMeasures measures_;
  std::unique_ptr<Strand> strand_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<Tail> tail_;
  PartitionObserver* observer_ = nullptr;
  std::unique_ptr<WorkLog> work_log_;

  // Used on the strand only.
  std::unique_ptr<partition::Domain> domain_;
  std::unique_ptr<partition::Partition> partition_;
  std::unique_ptr<log::Producer> producer_;
  std::unique_ptr<log::Subscription> subscription_;
  struct Waiting {
    ReplyFn reply;
    CommandTimes times;
    CommandTimes* told = nullptr;
  };
  void Finish(Waiting waiting, partition::Answer answer);
  void GiveUpWaiting();
  std::unordered_map<uint64_t, Waiting> replies_;
  absl::Time trying_since_ = absl::InfinitePast();
  uint64_t next_call_ = 0;
  bool pump_posted_ = false;
  bool projecting_ = false;
  bool stopped_ = false;
  // Set before the end: readings that wait for their turn are left out, those under way take as long as the log lets them.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> look_posted_{false};
  std::atomic<int> looks_not_run_{0};
  std::atomic<int> looks_not_moved_{0};
  std::atomic<int> thread_still_{0};
  std::atomic<int> journal_still_{0};
  uint64_t height_at_look_ = 0;
  int64_t read_to_ = 0;       // What the subscription has not given yet.
  int unreadable_heads_ = 0;  // Looks in a row that found the head damaged where it lies.
  absl::Duration retake_wait_ = absl::Seconds(1);
  absl::Time retake_at_ = absl::InfiniteFuture();
  absl::Time now_ = absl::InfinitePast();
  std::string clock_trouble_;
  std::unique_ptr<ownership::Candidate> candidate_;  // nullptr: nobody else writes.
  bool paused_ = false;
  Signs signs_;           // When it was last stepped.
  bool decided_ = false;  // Since the last take-over.
  absl::Time next_alarm_ = absl::InfinitePast();
  std::map<std::string, absl::Time> next_pull_;  // Of each input: not before.
  std::map<std::string, std::optional<partition::Place>>
      pages_from_;  // Of each input: the last page that was found.

  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> older_;  // Height by journal id; guarded by the mutex.

  std::atomic<uint64_t> generation_{0};  // Of the subscription: what an old one still delivers is dropped.
  std::atomic<bool> leading_{false};
  std::atomic<bool> doubted_{false};
  std::atomic<bool> snapshot_running_{false};
  std::atomic<int64_t> next_snapshot_ns_{0};
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_PARTITION_HOST_H_
