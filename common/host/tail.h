// What a partition has accepted, read again from its journal for those who show it to others: every accepted record
// from a place on, in order, judged by the rule as every reader judges, and never further than the partition itself
// has come. So a record at which the partition halts is shown to nobody, and what was dropped by a release neither.
//
// Whoever stands at the end shares one reading: a record is read and parsed once, however many follow, and kept for a
// while within a bound. Who is further behind reads for himself, a piece whenever he asks; who does not ask costs
// nothing.
//
// Thread safety: Tail's methods from any thread; a follower one thread at a time. Followers end before their tail.
#ifndef SANYUAN_COMMON_HOST_TAIL_H_
#define SANYUAN_COMMON_HOST_TAIL_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/host/executor.h"
#include "common/host/read_records.h"
#include "common/partition/domain.h"
#include "common/partition/reader.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::host {

// One accepted record. Only decisions have events.
struct TailRecord {
  struct Shown {
    uint32_t index = 0;  // Of the event in its decision.
    partition::EventPtr event;
  };
  partition::Place place;
  Digest prev;
  absl::Time decided_at;
  std::vector<Shown> events;  // Those that feeds show.
  bool release = false;       // An operator's: decisions that stood here before may be gone.
  std::optional<journal::v1::Origin> copied_from;  // Of a copy: the record of an older journal.
  bool copy_completed = false;                     // No copy comes behind it.
  size_t bytes = 0;
  log::RecordHeaders headers = {};
};
using TailRecordPtr = std::shared_ptr<const TailRecord>;

// A place as a token remembers it: the same on every engine.
struct TailPosition {
  std::string journal_id;  // 16 bytes.
  uint64_t height = 0;
  std::string head_prefix;  // First bytes of the digest of the record at the height, at least one.
  // Where that record lay, for who knows it: then nothing is read from the beginning to find it.
  std::optional<int64_t> offset = std::nullopt;
};

class Tail {
 public:
  // `shown` says which events anybody is shown; the others are not kept. `read` may block, and is called from
  // `strand` and from the threads of followers.
  struct Source {
    log::TopicPartition journal;
    ReadRecords read;
    std::function<partition::EventPtr()> new_event;
    std::function<bool(const google::protobuf::Message&)> shown;
    partition::Strictness strictness = partition::Strictness::kStrict;
    // What is kept for followers that stand near the end.
    size_t kept_records = 1024;
    size_t kept_bytes = 4 << 20;
  };
  Tail(Source source, std::unique_ptr<Strand> strand);
  ~Tail();

  // The partition says how far it has accepted, that it reads its journal anew, or why it goes no further.
  void Reached(const partition::Place& place);
  void Restarted();
  void Halted(const std::string& why);

  class Follower;
  // Begins with the record at `from`, which is read again and must be what the position says; with nullopt behind
  // the last accepted record. `wake` is called from any thread whenever there may be more after an empty Read; it
  // must not call back from inside. May block on the disk.
  //   FailedPrecondition  the position is of another journal
  //   OutOfRange          the journal ends before it: it was cut, or the position is made up
  //   DataLoss            the journal holds another record there
  //   Unavailable         the partition is halted
  //   Aborted             the journal is being read again; try later
  absl::StatusOr<std::unique_ptr<Follower>> Follow(const std::optional<TailPosition>& from,
                                                   std::function<void()> wake);

  // Of the journal; empty while it is being read.
  std::string JournalId() const;
  // Where the journal begins, and the ends of the older journals that it was copied from, the latest generation first; none of
  // most. May block on the disk.
  struct Beginning {
    TailPosition genesis;
    std::vector<journal::v1::Generation> copied_from;
  };
  absl::StatusOr<Beginning> ReadBeginning();

  // For metrics and tests.
  size_t followers() const;
  size_t kept_records() const;
  uint64_t records_read() const { return records_read_; }

 private:
  // A reader that stands at a place, and where it goes on.
  struct Standing {
    std::unique_ptr<partition::JournalReader> reader;
    int64_t next_offset = 0;
  };

  absl::Status WhyNot() const;  // REQUIRES: mutex_ is held.
  void Forget();                // REQUIRES: mutex_ is held.
  std::vector<std::function<void()>> Waiting();
  void ScheduleReading();
  void ReadOn();
  bool BeginShared(const partition::Place& at, uint64_t generation);
  absl::Status ReadShared(const partition::Place& target, uint64_t generation);
  absl::StatusOr<std::vector<log::Record>> Fetch(int64_t offset, size_t limit);
  absl::StatusOr<Standing> StandAt(const partition::Place& place);
  // Up to `limit` records, none beyond `last_offset`, into `out`. Unavailable at damage.
  absl::Status Advance(Standing& standing, int64_t last_offset, size_t limit,
                       std::vector<TailRecordPtr>& out);
  absl::StatusOr<TailRecordPtr> Decode(const partition::Place& place, const partition::Frame& frame,
                                       log::RecordHeaders headers) const;
  // The record that lies at `offset`, if the way from it leads to what was accepted.
  absl::StatusOr<TailRecordPtr> FindAt(int64_t offset, uint64_t height, const partition::Place& accepted,
                                       Standing& standing);
  // The accepted record of a height, and a reader that stands at it.
  absl::StatusOr<TailRecordPtr> Find(uint64_t height, const partition::Place& accepted, Standing& standing);

  const Source source_;
  std::atomic<uint64_t> records_read_{0};

  mutable std::mutex mutex_;
  std::optional<partition::Place> accepted_;
  uint64_t furthest_ = 0;    // Greatest height that was ever accepted by this process.
  uint64_t generation_ = 0;  // Of the partition's reading.
  std::string halted_;       // Why; empty while it is not.
  std::set<Follower*> followers_;
  bool scheduled_ = false;
  std::optional<partition::Place>
      kept_from_;  // The place before the first kept record; nothing: no shared reading.
  std::deque<TailRecordPtr> kept_;
  size_t kept_bytes_ = 0;

  Standing shared_;  // Used on the strand only.
  uint64_t shared_generation_ = 0;
  std::unique_ptr<Strand> strand_;
};

class Tail::Follower {
 public:
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Of the last record that Read gave; before that, where following began.
  const partition::Place& place() const { return place_; }
  // The next records, at most `limit` of them. None: all was given, and `wake` will be called.
  // Unavailable and Aborted as Follow; DataLoss when what was given is no longer part of the journal.
  absl::StatusOr<std::vector<TailRecordPtr>> Read(size_t limit);

 private:
  friend class Tail;
  Follower(Tail& tail, const partition::Place& place, std::function<void()> wake)
      : tail_(tail), wake_(std::move(wake)), place_(place) {}

  Tail& tail_;
  const std::function<void()> wake_;
  bool waiting_ = false;  // Guarded by the tail's mutex.
  partition::Place place_;
  TailRecordPtr first_;  // The record at the place that was asked for, until it was given.
  Standing own_;         // While behind the shared reading.
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_TAIL_H_
