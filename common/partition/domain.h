// What a context gives to its partitions: pure decisions and the fold of its events.
//
// A Domain holds the folded state of one partition and decides on it. It has no clock, no I/O, no threads and
// no randomness: time, actor and request id come with each input, so the same inputs give the same decisions.
// The partition calls Decide/Fire/React/Step, writes what they return as one decision, and folds the decision
// by Evolve, on the writer at once and on every reader later. Evolve alone changes state; what it does depends
// on the event, the stamp and the state, nothing else.
//
// Thread safety: none; one thread at a time, as its state::Store.
#ifndef SANYUAN_COMMON_PARTITION_DOMAIN_H_
#define SANYUAN_COMMON_PARTITION_DOMAIN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/state/code.h"
#include "common/state/store.h"
#include "google/protobuf/message.h"
#include "sanyuan/common/v1/access.pb.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::partition {

using RequestId = std::array<uint8_t, 16>;

// Who acts. For timers, reactions and runs: role SYSTEM and an empty id.
struct Actor {
  std::string id;  // Licence number of a retailer, staff id otherwise.
  common::v1::Role role = common::v1::ROLE_SYSTEM;
};

// What every decision is stamped with. Equal on the writer and on every later reader.
struct Stamp {
  absl::Time decided_at;   // The owner's clock; never decreases along a journal.
  absl::Time received_at;  // When the first of our servers got the call; decided_at for all but commands.
  Actor actor;
  std::string method;      // Full RPC name; empty for all but commands.
  RequestId request_id{};  // Zero for all but commands.
  // Of the record. In Evolve only, zero elsewhere; for internal tables that remember where pages stand, never
  // for ids or business rows: heights differ from engine to engine and from run to run.
  uint64_t height = 0;
  // What the journal may hold at this record (content.h). A change in how events fold, or in which ones are written, asks it,
  // so that old records go on to fold as they did.
  uint32_t format = 1;
};

// An id for what a command creates: "620121-" and 26 characters that derive from county, actor, method and
// request id, so that a later repeat still finds its first result. `ordinal` tells several apart.
std::string DeriveId(County county, const Stamp& stamp, uint32_t ordinal = 0);
// The same for what a timer or an input creates: from the county and a business key.
std::string DeriveId(County county, std::string_view kind, std::string_view business_key);

using EventPtr = std::unique_ptr<google::protobuf::Message>;
using Refusals = std::vector<common::v1::Refusal>;

// What one input comes to. Refused: `refusals` is not empty, and `events` holds at most the record of a
// forbidden attempt. Nothing to do: both empty. Unknown yet (an input has not arrived): `not_ready` says what
// is missing; the caller is told to try again and nothing is journaled.
struct Outcome {
  std::vector<EventPtr> events;
  Refusals refusals;
  EventPtr response;  // For commands: what the caller gets, without position.
  std::string not_ready;

  bool refused() const { return !refusals.empty(); }
};

struct Command {
  County county = 0;
  Actor actor;
  std::string method;
  RequestId request_id{};
  absl::Time received_at;
  std::shared_ptr<const google::protobuf::Message> request;
};

// One accepted decision of an input journal.
struct Input {
  std::string_view topic;
  Stamp stamp;  // Without the format of its journal.
  uint64_t height = 0;
  const std::vector<EventPtr>* events = nullptr;  // Of the input's context, parsed and known.
  // The events of the decisions that PagesOf asked for, in that order.
  std::vector<const std::vector<EventPtr>*> pages;
};

// What a reaction gives for one input, in parts: effects from `index` on, until about `budget` bytes of events
// are reached. `done` when none are left; otherwise the next call comes with the index after the last.
struct Reaction {
  std::vector<EventPtr> events;
  uint64_t next_index = 0;
  bool done = true;
};

class Domain {
 public:
  virtual ~Domain() = default;

  virtual state::Store& store() = 0;

  // An empty message of the context's Event type, to parse accepted events into.
  virtual EventPtr NewEvent() const = 0;
  virtual EventPtr NewInputEvent(std::string_view topic) const = 0;

  virtual Outcome Decide(const Command& command, const Stamp& stamp) const = 0;

  // The time of the earliest timer that is set; InfiniteFuture when none is.
  virtual absl::Time NextDue() const = 0;
  // Called when stamp.decided_at >= NextDue(). One decision's worth; called again while timers are due.
  // REQUIRES of implementations: an outcome with events moves or ends the timer; the events of one outcome
  // stay under 512 KiB.
  virtual Outcome Fire(const Stamp& stamp) const = 0;

  // A large result is a publishing event that names earlier decisions of its journal, its pages. Heights of the
  // pages that React needs for this input; they are fetched and verified before it is called.
  virtual std::vector<uint64_t> PagesOf(const Input& /*input*/) const { return {}; }
  virtual Reaction React(const Input& input, uint64_t index, size_t budget, const Stamp& stamp) const = 0;

  // Long computations (an allocation run) are cut into steps of at most a few milliseconds; what they hold
  // between steps is not state and is dropped when the writer stands down. HasWork is asked after each record.
  virtual bool HasWork() const { return false; }
  // May return an empty outcome: the step only computed.
  virtual Outcome Step(const Stamp& /*stamp*/) { return {}; }
  virtual void DropWork() {}

  // InvalidArgument when the event can't be folded into this state: the journal then holds what this version
  // does not understand, and the partition halts. REQUIRES: events come in journal order.
  virtual absl::Status Evolve(const google::protobuf::Message& event, const Stamp& stamp) = 0;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_DOMAIN_H_
