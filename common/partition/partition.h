// The heart: one partition of one context, as a state machine without threads or I/O. Events come in by its
// methods, actions go out by Effects.
//
// It reads its journal by the rule and folds what is accepted. When it is assigned and has read to the end it
// takes over, and decides from the moment it reads its take-over as accepted. It writes ahead: each decision
// chains to its own last record without waiting, and a command is answered when its decision was read back as
// accepted. When it reads another writer's take-over it stands down: what it decided ahead is undone, and the
// calls that it can't answer are told to try again (request ids make that safe). It halts rather than lies.
//
// Time is what OnTime said last. Thread safety: none; one thread at a time. The domain and the effects must
// outlive it.
#ifndef SANYUAN_COMMON_PARTITION_PARTITION_H_
#define SANYUAN_COMMON_PARTITION_PARTITION_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/partition/bookkeeping.h"
#include "common/partition/domain.h"
#include "common/partition/effects.h"
#include "common/partition/input.h"
#include "common/partition/reader.h"

namespace sanyuan::partition {

// By how much clocks of instances may differ.
inline constexpr absl::Duration kClockTolerance = absl::Seconds(2);

struct PartitionOptions {
  std::string context;
  int32_t partition = 0;
  std::vector<std::string> inputs;  // Topics, in the order in which they are asked for news.
  Strictness strictness = Strictness::kStrict;
  std::string incarnation;  // 16 random bytes of this start.
  size_t max_in_flight = 8192;
  size_t max_in_flight_bytes = 16 << 20;
  // Commands that are not decided yet. At most half of them wait for decisions elsewhere that they depend on: one more,
  // and the oldest is told to try again, so that what never comes starves nobody else.
  size_t max_waiting = 16384;
  uint64_t digest_every = 10000;  // Heights whose decision carries a state digest.
  uint64_t cursor_every = 10000;  // Input records after which a cursor is written for its own sake.
  bool guard_clock = true;        // Off where the clock is simulated.
  bool copying = false;  // Takes a journal over that is being made out of older ones, to fill it with Copy.
  // Only for the control "a cursor outside the decision": where cursors are kept instead.
  std::map<std::string, CursorRow>* cursors_outside = nullptr;
};

// A decision elsewhere that a command depends on.
struct Dependency {
  std::string journal_id;
  uint64_t height = 0;
};

struct PendingCommand {
  uint64_t call = 0;  // Chosen by the host; comes back with Reply.
  Command command;
  std::string content;  // First 16 bytes of the digest over the client's own fields.
  std::vector<Dependency> after;
  // Goes beside the record of its decision: whose trace it is part of.
  log::RecordHeaders headers = {};
};

struct HeldWork {
  std::string why;
  std::string topic;  // Of the input whose record at `height` it is; empty when it is none.
  uint64_t height = 0;
};

class Partition {
 public:
  enum class Role : uint8_t { kFollowing, kTakingOver, kLeading };

  Partition(PartitionOptions options, Domain& domain, Effects& effects);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  // Begins at a snapshot instead of at the genesis. `record` is what the journal holds at place.offset now, `next`
  // the record after it. DataLoss when the journal does not hold them any more, or the state has not the digest
  // that `next` names: nothing may be used then, and a new Partition with an empty store reads from the genesis.
  absl::Status Restore(const Place& place, std::string_view record, std::string_view next,
                       std::string_view snapshot);

  // Own journal. Records in ascending order; the end when all before it was given.
  void OnRecords(const std::vector<RawRecord>& records);
  void OnEnd(int64_t end_offset);
  // The log has no records at these offsets, `to` not included.
  void OnNoRecords(int64_t from, int64_t to);
  void OnHeadRead(int64_t offset, const std::optional<std::string>& record);
  // It could not be read now: asked again later.
  void OnHeadUnknown();
  // A disconnect, a produce error, a pause of the thread: the head is read again before anything is answered.
  void OnDoubt();

  // Ownership.
  void Assign();
  void Unassign();
  // Decides nothing and takes nothing while it is set, but answers what it has written: another writer shall take over.
  void Pause(bool paused);

  // Producer. Stalled: nothing is taken for a while. Lost: some of what is in flight may land or not.
  void OnStalled(bool stalled);
  void OnProducerLost();

  // Inputs.
  void OnInputGrown(const std::string& topic);
  // `from` is the offset that PullInput named, `end` the end of the log at the time of reading.
  void OnInputRecords(const std::string& topic, int64_t from, const std::vector<RawRecord>& records,
                      int64_t end);
  // An input could not be read now: pulled again when it grows or time goes on.
  void OnInputUnread(const std::string& topic, int64_t from);
  void OnPages(const std::string& topic, const std::vector<RawRecord>& records);

  void OnCommand(PendingCommand command);

  // Moves the clock and, once a second of it, looks at the head again.
  void OnTime(absl::Time now);
  // While `why` is not empty the clock is wrong: nothing is decided, commands are refused for that reason.
  void DistrustClock(std::string why) { clock_trouble_ = std::move(why); }
  // Looks at the head again, where the clock may stand still.
  void CheckHead() { AskForHead(); }
  // Does a bounded piece of what can be done now (a few milliseconds); true when there is more.
  bool Pump();

  // What operators decide about the partition itself; the height of their decision, which is not read back yet. Each is
  // FailedPrecondition where this partition is not the one that decides, InvalidArgument when a field is wrong.
  // Raising to a format that the journal has already is nothing to do: the height is 0.
  absl::StatusOr<uint64_t> RaiseFormat(const journal::v1::FormatRaised& raise);
  // Passes by what holds the partition, when it is that record of an input.
  absl::StatusOr<uint64_t> SkipInput(const journal::v1::InputSkipped& skip);

  // Writes a decision of an older journal, as the others of this one are written: folded, chained, sent off. `decision` has
  // its events as messages in `events` and is otherwise complete. Also ends the copying, by a CopyCompleted, and raises the
  // format before the first copy. Gives the height. REQUIRES: copying, and leading.
  //   ResourceExhausted   too much is in flight; nothing was written
  //   FailedPrecondition  the journal is not one that is being copied, or it is not led
  //   InvalidArgument     it is older than the decision before it, or does not fold into this state
  absl::StatusOr<uint64_t> Copy(const journal::v1::Decision& decision, const std::vector<EventPtr>& events);
  // Of the last record that was written, read back or not; without its offset.
  const Place& ahead() const { return ahead_; }

  // For the scrub: damage behind the place. Halts.
  void HaltAt(int64_t offset, std::string why, std::string_view record);

  Role role() const { return role_; }
  bool halted() const { return reader_.damage().has_value(); }
  const JournalReader& reader() const { return reader_; }
  uint64_t height() const { return reader_.place() ? reader_.place()->height : 0; }
  size_t in_flight() const { return in_flight_.size(); }
  // Everything was read that the journal had when its end was last told.
  bool AtEnd() const { return CaughtUp(); }
  size_t waiting() const { return queue_.size() + blocked_.size(); }
  // Offsets of the own journal that are not read yet, as far as its end was told.
  int64_t unread() const { return std::max<int64_t>(end_offset_.value_or(0) - next_offset_, 0); }
  absl::Time last_decided() const { return last_decided_; }
  const std::vector<std::unique_ptr<InputQueue>>& inputs() const { return inputs_; }
  // What the journal may hold, as far as it is accepted.
  uint32_t format() const { return books_.Format(folded_.height); }
  const Bookkeeping& books() const { return books_; }
  // What is not tried any more; commands are refused until it is passed by.
  const std::optional<HeldWork>& held() const { return held_; }
  // Leading, with nothing in flight, nothing queued, every input read to its end, no timer due and no work.
  bool Quiet() const;
  // Whether the next pull of this input reads the record at a stored place again.
  bool Verifies(const std::string& topic) const;
  // Why commands are not taken now; empty when they are.
  std::string WhyNotServing() const;

 private:
  struct InFlight {
    Place place;
    Digest prev;
    size_t bytes = 0;
    std::vector<PendingCommand> commands;  // Those that wait for it; the first one caused it.
    Answer answer;
    std::vector<state::Change> changes;
    std::optional<SnapshotPoint> snapshot;
    absl::Time decided_at;
  };
  struct Draft {
    journal::v1::Decision decision;
    Stamp stamp;
    uint64_t height = 0;
    bool begun = false;
    size_t bytes = 0;
    std::optional<SnapshotPoint> snapshot;
  };

  // partition_read.cc
  bool Fold(const Frame& frame, int64_t offset, std::string_view record);
  absl::Status FoldContent(const Frame& frame);
  absl::Status FoldDecision(const Frame& frame);
  void AcceptOwn(const Place& place);
  void Halt();
  void StandDown(bool tell);
  void UndoAhead();
  void AskForHead();
  void ReadBehindHead();

  // partition_write.cc
  bool CaughtUp() const;
  void TryTakeOver();
  void Lead(const Place& place);
  bool CanDecide() const;
  bool HasRoom() const;
  std::string WhyNotDeciding() const;
  std::string WhyClockIsWrong() const;
  absl::Time Now() const;
  Draft NewDraft();
  absl::Status AddEvents(Draft& draft, const std::vector<EventPtr>& events);
  void Abandon(Draft& draft);
  bool Commit(Draft& draft, std::vector<PendingCommand> commands, const log::RecordHeaders& headers = {});
  void AddCursors(Draft& draft);
  void Deliver(uint64_t call, Answer answer);

  // partition_hold.cc
  void Hold(HeldWork held);
  void HoldDeadly(const Work& work, const std::string& topic, uint64_t height);
  bool MayTry(const Work& work);
  bool IsDeadly(const Work& work, const InputQueue& input, const Draft& draft);
  bool PumpHeld();
  Work WorkOn(const InputQueue& input) const;
  absl::StatusOr<uint64_t> CommitAlone(Draft& draft);

  // partition_decide.cc
  bool PumpCommands();
  void PullInputs();
  bool PumpTimers();
  bool PumpInputs();
  bool PumpWork();
  enum class Step : uint8_t { kDone, kLater, kBlocked };
  Step DecideOne(PendingCommand& command);
  std::optional<Step> AnswerFromMemory(PendingCommand& command, absl::Time now);
  const RequestRow* Remembered(const RequestKey& key) const;
  bool DependenciesMet(const PendingCommand& command) const;
  bool HeldBack(InputQueue& input);
  bool StampBehindFront(const InputQueue& input, Draft& draft) const;
  enum class Reacted : uint8_t {
    kWhole,
    kWaits,
    kFailed
  };  // Waits: for pages, for room in the record, or for good.
  Reacted ReactToFront(InputQueue& input, Draft& draft);
  void Refuse(const PendingCommand& command, Answer::Kind kind, std::string why);
  void RefuseWaiting(Answer::Kind kind, const std::string& why);

  PartitionOptions options_;
  Domain& domain_;
  Effects& effects_;
  Bookkeeping books_;
  JournalReader reader_;
  std::vector<std::unique_ptr<InputQueue>> inputs_;

  Role role_ = Role::kFollowing;
  bool assigned_ = false;
  bool paused_ = false;
  bool stalled_ = false;
  std::optional<int64_t> end_offset_;
  int64_t next_offset_ = 0;
  Place folded_;  // Of the last accepted record whose content is in the state.

  std::optional<Digest> take_over_;  // The one that is in flight.
  std::optional<SnapshotPoint> take_over_snapshot_;
  Place ahead_;  // Of the last record written.
  std::deque<InFlight> in_flight_;
  size_t in_flight_bytes_ = 0;

  absl::Time now_ = absl::InfinitePast();
  std::string clock_trouble_;
  absl::Time last_decided_ = absl::InfinitePast();        // Of what is accepted.
  absl::Time last_decided_ahead_ = absl::InfinitePast();  // With what is in flight.

  std::deque<PendingCommand> queue_;
  std::deque<PendingCommand> blocked_;  // Waiting for what they depend on.
  bool progress_ = false;               // Something that blocked ones may wait for has moved.

  bool doubt_ = false;
  std::optional<Place> head_asked_;  // One read at a time: its answer is awaited.
  bool head_again_ = false;  // That answer may be older than the doubt: the head is then read once more.
  absl::Time head_checked_ = absl::InfinitePast();
  std::vector<std::pair<uint64_t, Answer>> held_answers_;

  struct Pages {
    std::string topic;
    std::vector<uint64_t> heights;
    std::vector<std::vector<EventPtr>> events;
    bool complete = false;
  };
  std::optional<Pages> pages_;

  std::optional<HeldWork> held_;
  std::string why_failed_;          // Of the last reaction that did.
  bool one_input_at_once_ = false;  // Since one failed.
  uint64_t run_steps_ = 0;          // Of the run that is under way.
  std::vector<Work>
      suspects_;  // Timers and steps that were survived, though somebody had died of one so named.

  // Only for the control "request ids outside the fold".
  std::map<RequestKey, RequestRow> remembered_outside_;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_PARTITION_H_
