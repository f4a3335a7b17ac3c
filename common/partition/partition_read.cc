// Reading: the own journal is judged, folded, and what was decided ahead is confirmed or undone.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/crash_points.h"
#include "common/partition/partition.h"
#include "common/partition/safeguards.h"

namespace sanyuan::partition {

void Partition::OnRecords(const std::vector<RawRecord>& records) {
  for (const RawRecord& record : records) {
    if (record.offset < next_offset_) continue;
    next_offset_ = record.offset + 1;
    const bool was_halted = halted();
    const ReadResult read = reader_.Read(record.offset, record.bytes);
    switch (read.kind) {
      case ReadResult::Kind::kHalted:
        if (!was_halted) Halt();
        break;
      case ReadResult::Kind::kSkipped:
        // Our take-over lost against late records of a former owner: it is tried again from the new head.
        if (take_over_ && read.frame.digest == *take_over_) {
          take_over_.reset();
          role_ = Role::kFollowing;
        }
        break;
      case ReadResult::Kind::kAccepted:
        if (!Fold(read.frame, record.offset, record.bytes)) return;
        break;
      case ReadResult::Kind::kReleased:
        next_offset_ = read.resume_offset;
        end_offset_.reset();
        Fold(read.frame, record.offset, record.bytes);
        effects_.ResumeReading(read.resume_offset);
        return;
    }
  }
}

void Partition::OnEnd(int64_t end_offset) {
  const bool was_halted = halted();
  end_offset_ = end_offset;
  if (!was_halted && next_offset_ >= end_offset && !reader_.ReachedEnd(end_offset)) Halt();
}

bool Partition::Verifies(const std::string& topic) const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [&](const auto& input) { return input->topic() == topic && input->verifying(); });
}

void Partition::OnNoRecords(int64_t from, int64_t to) {
  if (next_offset_ == from) next_offset_ = to;
}

// False when the content can't be folded: the partition is halted then.
bool Partition::Fold(const Frame& frame, int64_t offset, std::string_view record) {
  progress_ = true;
  const Place place = *reader_.place();
  if (!in_flight_.empty() && in_flight_.front().place.head == frame.digest) {
    AcceptOwn(place);
    return true;
  }
  const bool own_take_over = take_over_ && *take_over_ == frame.digest;
  // Somebody else wrote, or an earlier session of our own: what we decided ahead does not follow from it.
  const bool lost = role_ == Role::kLeading || !in_flight_.empty() ||
                    (role_ == Role::kTakingOver && frame.kind != FrameKind::kDecision);
  if (!own_take_over && lost) StandDown(true);
  if (absl::Status folded = FoldContent(frame); !folded.ok()) {
    domain_.store().RollbackTo(folded_.height);
    reader_.Halt(offset, std::string(folded.message()), record);
    Halt();
    return false;
  }
  domain_.store().Accept(frame.height);
  folded_ = place;
  effects_.Accepted({place, frame.kind, frame.prev, domain_.store().TakeChanges()});
  if (own_take_over) {
    SANYUAN_CRASH_POINT("take_over");
    take_over_.reset();
    if (take_over_snapshot_) {
      take_over_snapshot_->next = place;
      effects_.SnapshotReady(std::move(*std::exchange(take_over_snapshot_, std::nullopt)));
    }
    Lead(place);
  }
  return true;
}

absl::Status Partition::FoldContent(const Frame& frame) {
  switch (frame.kind) {
    case FrameKind::kGenesis: {
      journal::v1::Genesis genesis;
      if (absl::Status parsed = ParseKnown(frame.payload, genesis); !parsed.ok()) return parsed;
      if (genesis.context() != options_.context || genesis.partition() != options_.partition) {
        return absl::DataLossError(
            fmt::format("this is the journal of {}/{}", genesis.context(), genesis.partition()));
      }
      books_.Fold(genesis);
      return absl::OkStatus();
    }
    case FrameKind::kTakeOver: {
      journal::v1::TakeOver take_over;
      if (absl::Status parsed = ParseKnown(frame.payload, take_over); !parsed.ok()) return parsed;
      if (take_over.state_digest() != domain_.store().StateDigest().view()) {
        return absl::DataLossError("the writer that took over here had folded another state");
      }
      domain_.store().BeginRecord(frame.height);
      for (const journal::v1::Cursor& cursor : take_over.cursors()) books_.FoldCursor(cursor);
      return absl::OkStatus();
    }
    case FrameKind::kRelease: {
      journal::v1::Release release;
      domain_.store().BeginRecord(frame.height);
      return ParseKnown(frame.payload, release);
    }
    case FrameKind::kDecision:
      return FoldDecision(frame);
  }
  return absl::DataLossError("unknown kind");
}

absl::Status Partition::FoldDecision(const Frame& frame) {
  journal::v1::Decision decision;
  if (absl::Status parsed = ParseKnown(frame.payload, decision); !parsed.ok()) return parsed;
  auto events = ParseEvents(decision, [this] { return domain_.NewEvent(); });
  if (!events.ok()) return events.status();
  if (!decision.state_digest().empty() && decision.state_digest() != domain_.store().StateDigest().view()) {
    return absl::DataLossError("the writer of this decision had folded another state");
  }
  Stamp stamp = StampOf(decision);
  stamp.height = frame.height;
  stamp.format = decision.has_copied_from() ? decision.copied_from().format() : books_.Format();
  if (stamp.decided_at < last_decided_) return absl::DataLossError("time runs backwards");
  domain_.store().BeginRecord(frame.height);
  for (const EventPtr& event : *events) {
    if (absl::Status evolved = domain_.Evolve(*event, stamp); !evolved.ok()) return evolved;
  }
  books_.Fold(decision, frame.height);
  last_decided_ = stamp.decided_at;
  last_decided_ahead_ = std::max(last_decided_ahead_, last_decided_);
  return absl::OkStatus();
}

void Partition::AcceptOwn(const Place& place) {
  InFlight record = std::move(in_flight_.front());
  in_flight_.pop_front();
  in_flight_bytes_ -= record.bytes;
  domain_.store().Accept(place.height);
  const Place before = std::exchange(folded_, place);
  last_decided_ = record.decided_at;
  if (in_flight_.empty()) {
    for (const Work& work : std::exchange(suspects_, {})) effects_.Forgiven(work);
  }
  if (record.snapshot) {
    record.snapshot->place = before;
    record.snapshot->next = place;
    effects_.SnapshotReady(std::move(*record.snapshot));
  }
  effects_.Accepted({place, FrameKind::kDecision, record.prev, std::move(record.changes)});
  if (!Safeguards::answer_after_read_back) return;
  if (!record.commands.empty()) SANYUAN_CRASH_POINT("before_answer");
  for (const PendingCommand& command : record.commands) Deliver(command.call, record.answer);
}

void Partition::Deliver(uint64_t call, Answer answer) {
  if (doubt_) {
    held_answers_.emplace_back(call, std::move(answer));
  } else {
    effects_.Reply(call, std::move(answer));
  }
}

void Partition::Halt() {
  StandDown(false);
  doubt_ = false;
  OnHeadUnknown();
  for (auto& [call, answer] : std::exchange(held_answers_, {})) {
    answer = Answer{};
    answer.text = "the journal is damaged";
    effects_.Reply(call, std::move(answer));
  }
  effects_.Halted(*reader_.damage());
}

void Partition::HaltAt(int64_t offset, std::string why, std::string_view record) {
  if (halted()) return;
  reader_.Halt(offset, std::move(why), record);
  Halt();
}

void Partition::UndoAhead() {
  domain_.store().RollbackTo(folded_.height);
  domain_.DropWork();
  run_steps_ = 0;
  suspects_.clear();
  held_.reset();
  last_decided_ahead_ = last_decided_;
  in_flight_bytes_ = 0;
  take_over_.reset();
  take_over_snapshot_.reset();
  pages_.reset();
}

void Partition::StandDown(bool tell) {
  role_ = Role::kFollowing;
  std::deque<InFlight> unanswered = std::exchange(in_flight_, {});
  UndoAhead();
  if (tell) {
    assigned_ = false;
    effects_.StoodDown();
  }
  constexpr char kWhy[] = "another writer took over";
  for (const InFlight& record : unanswered) {
    for (const PendingCommand& command : record.commands) Refuse(command, Answer::Kind::kElsewhere, kWhy);
  }
  RefuseWaiting(Answer::Kind::kElsewhere, kWhy);
}

void Partition::OnDoubt() {
  if (halted() || !reader_.place()) return;
  doubt_ = Safeguards::reread_head;
  head_again_ = head_asked_.has_value();
  AskForHead();
}

// What was skipped behind the head may be gone, and something else may stand there: readers that come later will read
// it, so this one must.
void Partition::ReadBehindHead() {
  const int64_t behind = reader_.place()->offset + 1;
  if (next_offset_ <= behind) return;
  next_offset_ = behind;
  end_offset_.reset();
  reader_.GoBehindPlace();
  effects_.ResumeReading(behind);
}

void Partition::OnHeadUnknown() {
  head_asked_.reset();
  head_again_ = false;
}

void Partition::AskForHead() {
  if (!Safeguards::reread_head || head_asked_ || !reader_.place() || halted()) return;
  head_asked_ = reader_.place();
  effects_.ReadHead(head_asked_->offset);
}

void Partition::OnHeadRead(int64_t offset, const std::optional<std::string>& record) {
  if (!head_asked_ || head_asked_->offset != offset || halted()) return;
  const Place asked = *std::exchange(head_asked_, std::nullopt);
  Frame frame;
  if (!record || Parse(*record, frame) != FrameError::kNone || frame.digest != asked.head) {
    HaltAt(offset, "the record that was read here before is gone or changed", record.value_or(""));
    return;
  }
  if (std::exchange(head_again_, false)) return AskForHead();
  if (std::exchange(doubt_, false)) {
    ReadBehindHead();
    for (auto& [call, answer] : std::exchange(held_answers_, {})) effects_.Reply(call, std::move(answer));
  }
}

}  // namespace sanyuan::partition
