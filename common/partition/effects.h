// What a partition asks of the world, and the port through which it does. The partition itself has no thread
// and no I/O: its host calls it with events, and it calls the host with these actions. The same partition
// runs under a real host (host.h) and under the seeded simulation.
//
// Thread safety: called on the partition's thread, from inside one of its methods. Implementations must not
// call the partition back from inside an action.
#ifndef SANYUAN_COMMON_PARTITION_EFFECTS_H_
#define SANYUAN_COMMON_PARTITION_EFFECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "common/partition/domain.h"
#include "common/partition/reader.h"
#include "common/partition/work.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::partition {

// How a command ended.
struct Answer {
  enum class Kind : uint8_t {
    kDecided,      // Accepted in the journal at `place`; refused when `refusals` is not empty.
    kInvalid,      // Can never be decided: `refusals` says why. Nothing was journaled.
    kReused,       // The request id was used for other content.
    kOutOfWindow,  // The request id is too old or too far ahead; `text` holds the server's time (RFC 3339).
    kNotReady,     // Something it needs has not arrived yet; try again.
    kElsewhere,  // Not decided here: another instance leads, or this one stops for it. Trying again is safe.
    kUnavailable,  // Not decided here now, or not known: halted, the log away. Trying again is safe.
    kOverloaded,   // Too much is waiting; try again later.
    kInternal,     // The decider failed.
  };
  Kind kind = Kind::kUnavailable;
  JournalId journal_id{};
  uint64_t height = 0;
  Refusals refusals;
  std::string response;  // Serialized response message, without position.
  std::string text;
};

// A record that was accepted, with what it changed.
struct AcceptedRecord {
  Place place;
  FrameKind kind;
  Digest prev;
  std::vector<state::Change> changes;
};

// Everything folded before the record at `next`, which carries `digest`.
struct SnapshotPoint {
  Place place;  // Of the record before `next`.
  Digest digest;
  Place next;
  state::Snapshot snapshot;
};

class Effects {
 public:
  virtual ~Effects() = default;

  // Appends to the own journal, with what goes beside the record. False: not taken (stalled, lost); nothing of it will land.
  virtual bool Produce(std::string record, const log::RecordHeaders& headers) = 0;
  // A command's decision was produced and is in flight; what the domain made of it came between Trying and this. Called
  // for each command, so it must cost next to nothing.
  virtual void Written(uint64_t /*call*/) {}
  // `call` is what OnCommand was given.
  virtual void Reply(uint64_t call, Answer answer) = 0;
  virtual void Accepted(AcceptedRecord record) = 0;
  // Asked before a state is captured, which costs a millisecond for each ten thousand rows.
  virtual bool WantsSnapshot() { return true; }
  virtual void SnapshotReady(SnapshotPoint point) = 0;

  // Reads the own journal's record at `offset` again; the answer comes by OnHeadRead.
  virtual void ReadHead(int64_t offset) = 0;
  // Reads the own journal on from `offset`; records before it must not be delivered any more.
  virtual void ResumeReading(int64_t offset) = 0;

  // Reads the next records of an input from `offset` on; they come by OnInputRecords, with that offset.
  virtual void PullInput(const std::string& topic, int64_t offset) = 0;
  // Fetches the records of an input at these heights; they come by OnPages.
  virtual void FetchPages(const std::string& topic, std::vector<uint64_t> heights) = 0;

  // Another writer took over, or this one has to begin anew. Its host decides whether to assign it again.
  virtual void StoodDown() = 0;
  virtual void Halted(const Damage& damage) = 0;
  // What follows is the domain's work on `work`, up to Survived: who dies between the two may be asked about it after the
  // restart. Called for each command, so it must cost next to nothing.
  virtual void Trying(const Work& /*work*/) {}
  // A command or input is forgiven by it.
  virtual void Survived() {}
  // A timer or a step of a run is nothing to be afraid of any more.
  virtual void Forgiven(const Work& /*work*/) {}
  // How many processes have died with it.
  virtual int Deaths(const Work& /*work*/) { return 0; }
  // It is not tried any more: the partition is there for reads only.
  virtual void Held(const std::string& /*why*/) {}

  // An input's journal is damaged: it is read no further.
  virtual void InputHalted(const std::string& topic, const Damage& damage) = 0;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_EFFECTS_H_
