// Writing: taking over, drafting decisions on the state ahead, and sending them off.
#include <algorithm>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/crash_points.h"
#include "common/partition/partition.h"
#include "common/partition/safeguards.h"

namespace sanyuan::partition {
namespace {

// Engines take records of a megabyte; a decision keeps under Kafka's default limit with room to spare.
constexpr size_t kMaxRecord = 900 << 10;

constexpr char kBeingCopied[] = "copying the older journals into this one was not finished";

}  // namespace

bool Partition::CaughtUp() const { return end_offset_ && next_offset_ >= *end_offset_ && reader_.place(); }

absl::Time Partition::Now() const {
  return std::max(absl::FromUnixMicros(absl::ToUnixMicros(now_)), last_decided_ahead_);
}

void Partition::TryTakeOver() {
  if (!assigned_ || role_ != Role::kFollowing || take_over_ || halted() || stalled_ || !CaughtUp()) return;
  if (books_.BeingCopied() != options_.copying) return;
  const Place place = *reader_.place();
  const Digest state = domain_.store().StateDigest();
  journal::v1::TakeOver take_over;
  take_over.set_incarnation(options_.incarnation);
  take_over.set_state_digest(std::string(state.view()));
  if (last_decided_ != absl::InfinitePast()) take_over.set_decided_at_us(absl::ToUnixMicros(last_decided_));
  books_.cursors.ForEach([&](const TopicKey& key, const CursorRow& row) {
    *take_over.add_cursors() = CursorMessage(key.topic, options_.partition, row);
  });
  const std::string payload = take_over.SerializeAsString();
  Frame frame{
      FrameKind::kTakeOver, place.journal_id, place.height + 1, place.height + 1, place.head, payload, {}};
  std::string bytes = Seal(frame);
  const size_t size = bytes.size();
  if (!effects_.Produce(std::move(bytes), {})) return;
  const Place next{frame.journal_id, frame.term, frame.height, frame.digest, -1};
  if (Safeguards::await_take_over) {
    take_over_ = frame.digest;
    if (effects_.WantsSnapshot())
      take_over_snapshot_ = SnapshotPoint{place, state, next, domain_.store().Capture()};
    role_ = Role::kTakingOver;
    SANYUAN_CRASH_POINT("take_over");
  } else {
    domain_.store().BeginRecord(frame.height);
    in_flight_.push_back({next, frame.prev, size, {}, {}, {}, std::nullopt, last_decided_});
    in_flight_bytes_ += size;
    Lead(next);
  }
}

void Partition::Lead(const Place& place) {
  role_ = Role::kLeading;
  ahead_ = place;
  one_input_at_once_ = false;
  for (auto& input : inputs_) {
    if (!Safeguards::fold_cursors && options_.cursors_outside != nullptr) {
      const auto it = options_.cursors_outside->find(input->topic());
      input->Restart(it == options_.cursors_outside->end() ? nullptr : &it->second);
    } else {
      input->Restart(books_.cursors.Find({input->topic()}));
    }
  }
  progress_ = true;
}

bool Partition::HasRoom() const {
  return in_flight_.size() < options_.max_in_flight && in_flight_bytes_ < options_.max_in_flight_bytes;
}

bool Partition::CanDecide() const { return WhyNotServing().empty(); }

std::string Partition::WhyNotDeciding() const {
  if (halted()) return "the journal is damaged: " + reader_.damage()->why;
  if (books_.BeingCopied() && !options_.copying) return kBeingCopied;
  if (role_ != Role::kLeading) return assigned_ ? "taking over" : "not the owner";
  if (paused_) return "another instance is to take over";
  if (stalled_) return "the log takes no records";
  if (std::string why = WhyClockIsWrong(); !why.empty()) return why;
  if (now_ == absl::InfinitePast()) return "the clock was not set yet";
  return "";
}

std::string Partition::WhyClockIsWrong() const {
  if (!clock_trouble_.empty()) return clock_trouble_;
  if (options_.guard_clock && now_ != absl::InfinitePast() && now_ + kClockTolerance < last_decided_ahead_) {
    return "the clock is behind the last decision";
  }
  return "";
}

Partition::Draft Partition::NewDraft() {
  Draft draft;
  draft.height = ahead_.height + 1;
  draft.stamp.decided_at = Now();
  draft.stamp.received_at = draft.stamp.decided_at;
  draft.stamp.format = books_.Format();
  draft.decision.set_decided_at_us(absl::ToUnixMicros(draft.stamp.decided_at));
  if (draft.height % options_.digest_every == 0) {
    const Digest digest = domain_.store().StateDigest();
    draft.decision.set_state_digest(std::string(digest.view()));
    if (effects_.WantsSnapshot())
      draft.snapshot = SnapshotPoint{ahead_, digest, {}, domain_.store().Capture()};
  }
  return draft;
}

absl::Status Partition::AddEvents(Draft& draft, const std::vector<EventPtr>& events) {
  if (!draft.begun) {
    domain_.store().BeginRecord(draft.height);
    draft.begun = true;
  }
  Stamp stamp = draft.stamp;
  stamp.height = draft.height;
  for (const EventPtr& event : events) {
    std::string* bytes = draft.decision.add_events();
    if (!event->SerializeToString(bytes)) return absl::InternalError("an event can't be serialized");
    draft.bytes += bytes->size();
    if (absl::Status evolved = domain_.Evolve(*event, stamp); !evolved.ok()) return evolved;
  }
  if (draft.bytes > kMaxRecord) return absl::InternalError("a decision is too large for one record");
  return absl::OkStatus();
}

void Partition::Abandon(Draft& draft) {
  if (draft.begun) domain_.store().RollbackTo(draft.height - 1);
  draft.begun = false;
}

void Partition::AddCursors(Draft& draft) {
  for (auto& input : inputs_) {
    if (!input->CursorMoved()) continue;
    if (Safeguards::fold_cursors) {
      *draft.decision.add_cursors() = CursorMessage(input->topic(), options_.partition, input->consumed());
    } else if (options_.cursors_outside != nullptr) {
      (*options_.cursors_outside)[input->topic()] = input->consumed();
    }
  }
}

// Seals and sends the draft. False: the log took nothing, and all of it is undone.
bool Partition::Commit(Draft& draft, std::vector<PendingCommand> commands,
                       const log::RecordHeaders& headers) {
  AddCursors(draft);
  if (!draft.begun) {
    domain_.store().BeginRecord(draft.height);
    draft.begun = true;
  }
  books_.Fold(draft.decision, draft.height);
  std::vector<state::Change> changes = domain_.store().TakeChanges();

  const std::string payload = draft.decision.SerializeAsString();
  Frame frame{FrameKind::kDecision, ahead_.journal_id, ahead_.term, draft.height, ahead_.head, payload, {}};
  std::string bytes = Seal(frame);
  const size_t size = bytes.size();
  if (!effects_.Produce(std::move(bytes), headers)) {
    Abandon(draft);
    return false;
  }
  for (auto& input : inputs_) {
    if (input->CursorMoved()) input->CursorWritten();
  }
  const Place place{frame.journal_id, frame.term, frame.height, frame.digest, -1};
  Answer answer;
  answer.kind = Answer::Kind::kDecided;
  answer.journal_id = frame.journal_id;
  answer.height = frame.height;
  answer.refusals.assign(draft.decision.refusals().begin(), draft.decision.refusals().end());
  answer.response = draft.decision.response();
  if (!Safeguards::answer_after_read_back) {
    for (const PendingCommand& command : commands) effects_.Reply(command.call, answer);
  }
  for (const PendingCommand& command : commands) effects_.Written(command.call);
  last_decided_ahead_ = draft.stamp.decided_at;
  in_flight_.push_back({place, frame.prev, size, std::move(commands), std::move(answer), std::move(changes),
                        std::move(draft.snapshot), draft.stamp.decided_at});
  in_flight_bytes_ += size;
  ahead_ = place;
  return true;
}

void Partition::OnStalled(bool stalled) { stalled_ = stalled; }

void Partition::OnProducerLost() {
  if (halted()) return;
  // What is in flight may land or not. The commands are decided again after the new take-over; those whose
  // decision landed find it in the memory of request ids.
  std::deque<InFlight> unanswered = std::exchange(in_flight_, {});
  role_ = Role::kFollowing;
  UndoAhead();
  for (auto record = unanswered.rbegin(); record != unanswered.rend(); ++record) {
    for (PendingCommand& command : record->commands) queue_.push_front(std::move(command));
  }
}

}  // namespace sanyuan::partition
