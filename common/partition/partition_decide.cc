// Deciding: commands, timers, reactions to inputs and runs in steps, a bounded piece at a time.
#include <algorithm>
#include <cstring>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/crash_points.h"
#include "common/partition/partition.h"
#include "common/partition/safeguards.h"

namespace sanyuan::partition {
namespace {

// While it lives the domain's code may run: who dies then has died with that work.
class Attempt {
 public:
  Attempt(Effects& effects, const Work& work) : effects_(effects) { effects_.Trying(work); }
  ~Attempt() { effects_.Survived(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  Effects& effects_;
};

// One Pump stays within a few milliseconds, so that nothing of the partition waits long for anything else.
constexpr int kCommandsAtOnce = 64;
constexpr int kTimersAtOnce = 8;
constexpr size_t kReactionBudget = 256 << 10;
constexpr int kInputsAtOnce = 256;

}  // namespace

bool Partition::Pump() {
  if (halted()) {
    RefuseWaiting(Answer::Kind::kUnavailable, WhyNotServing());
    return false;
  }
  TryTakeOver();
  if (held_) return PumpHeld();
  // Nobody knows for how long, so nobody is left waiting.
  if (role_ == Role::kLeading && !WhyClockIsWrong().empty()) {
    RefuseWaiting(Answer::Kind::kUnavailable, WhyNotServing());
  }
  if (!CanDecide()) return false;
  // Whatever holds the partition, nothing is decided behind it.
  const bool more_inputs = PumpInputs();
  const bool more_timers = !held_ && PumpTimers();
  const bool more_commands = !held_ && PumpCommands();
  const bool more_work = !held_ && PumpWork();
  if (held_) return PumpHeld();
  return more_inputs || more_timers || more_commands || more_work;
}

void Partition::OnTime(absl::Time now) {
  now_ = now;
  if (head_checked_ + absl::Seconds(1) <= now || now < head_checked_) {
    head_checked_ = now;
    AskForHead();
  }
}

void Partition::Refuse(const PendingCommand& command, Answer::Kind kind, std::string why) {
  Answer answer;
  answer.kind = kind;
  answer.text = std::move(why);
  effects_.Reply(command.call, std::move(answer));
}

void Partition::RefuseWaiting(Answer::Kind kind, const std::string& why) {
  for (auto* waiting : {&queue_, &blocked_}) {
    for (const PendingCommand& command : std::exchange(*waiting, {})) Refuse(command, kind, why);
  }
}

void Partition::OnCommand(PendingCommand command) {
  if (halted()) {
    Refuse(command, Answer::Kind::kUnavailable, WhyNotServing());
  } else if (!assigned_ || paused_) {
    Refuse(command, Answer::Kind::kElsewhere, WhyNotServing());
  } else if (waiting() >= options_.max_waiting) {
    Answer answer;
    answer.kind = Answer::Kind::kOverloaded;
    effects_.Reply(command.call, std::move(answer));
  } else {
    queue_.push_back(std::move(command));
  }
}

bool Partition::PumpCommands() {
  if (std::exchange(progress_, false) && !blocked_.empty()) {
    queue_.insert(queue_.begin(), std::make_move_iterator(blocked_.begin()),
                  std::make_move_iterator(blocked_.end()));
    blocked_.clear();
  }
  for (int i = 0; i < kCommandsAtOnce && !queue_.empty(); ++i) {
    if (!HasRoom()) return false;  // Goes on when records come back.
    PendingCommand command = std::move(queue_.front());
    queue_.pop_front();
    switch (DecideOne(command)) {
      case Step::kDone:
        break;
      case Step::kBlocked:
        blocked_.push_back(std::move(command));
        if (blocked_.size() > options_.max_waiting / 2) {
          Refuse(blocked_.front(), Answer::Kind::kNotReady, "what it depends on has not arrived");
          blocked_.pop_front();
        }
        break;
      case Step::kLater:
        queue_.push_front(std::move(command));
        return false;
    }
  }
  return !queue_.empty() && HasRoom();
}

bool Partition::DependenciesMet(const PendingCommand& command) const {
  for (const Dependency& after : command.after) {
    const Place& own = *reader_.place();
    const std::string_view own_id(reinterpret_cast<const char*>(own.journal_id.data()),
                                  own.journal_id.size());
    if (after.journal_id == own_id) {
      if (after.height > own.height) return false;
      continue;
    }
    // Whatever an older journal held, its end was read before this one began.
    const OriginRow* older = books_.origins.Find({after.journal_id});
    if (older != nullptr && after.height <= older->height) continue;
    const auto it = std::find_if(inputs_.begin(), inputs_.end(), [&after](const auto& input) {
      return input->consumed().journal_id == after.journal_id;
    });
    if (it == inputs_.end() || (*it)->consumed().height < after.height) return false;
  }
  return true;
}

const RequestRow* Partition::Remembered(const RequestKey& key) const {
  if (!Safeguards::fold_request_ids) {
    const auto it = remembered_outside_.find(key);
    return it == remembered_outside_.end() ? nullptr : &it->second;
  }
  return books_.requests.Find(key);
}

// A request that was decided before, or whose id can't be judged.
std::optional<Partition::Step> Partition::AnswerFromMemory(PendingCommand& command, absl::Time now) {
  const absl::Time asked =
      absl::FromUnixMillis(static_cast<int64_t>(RequestMillis(command.command.request_id)));
  if (asked < now - kRequestWindow || asked > now + kRequestAhead) {
    Answer answer;
    answer.kind = Answer::Kind::kOutOfWindow;
    answer.text = absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone());
    effects_.Reply(command.call, std::move(answer));
    return Step::kDone;
  }
  const RequestRow* row =
      Remembered(KeyOf(command.command.actor, command.command.method, command.command.request_id));
  if (row == nullptr) return std::nullopt;
  if (row->content != command.content) {
    Answer answer;
    answer.kind = Answer::Kind::kReused;
    effects_.Reply(command.call, std::move(answer));
    return Step::kDone;
  }
  // Only a memory outside of the fold knows decisions that were undone.
  const uint64_t first = in_flight_.empty() ? 0 : in_flight_.front().place.height;
  if (row->height >= first && row->height - first < in_flight_.size()) {
    InFlight& record = in_flight_[row->height - first];
    if (Safeguards::answer_after_read_back) {
      record.commands.push_back(std::move(command));
    } else {
      effects_.Reply(command.call, record.answer);
    }
    return Step::kDone;
  }
  journal::v1::Decision result;
  if (!result.ParseFromString(row->result)) {
    Refuse(command, Answer::Kind::kInternal, "what was decided for this request can't be read");
    return Step::kDone;
  }
  Answer answer;
  answer.kind = Answer::Kind::kDecided;
  answer.journal_id = reader_.place()->journal_id;
  answer.height = row->height;
  answer.refusals.assign(result.refusals().begin(), result.refusals().end());
  answer.response = result.response();
  Deliver(command.call, std::move(answer));
  return Step::kDone;
}

Partition::Step Partition::DecideOne(PendingCommand& pending) {
  if (!DependenciesMet(pending)) return Step::kBlocked;
  Draft draft = NewDraft();
  if (std::optional<Step> answered = AnswerFromMemory(pending, draft.stamp.decided_at)) return *answered;

  const Command& command = pending.command;
  draft.stamp.received_at = absl::FromUnixMicros(absl::ToUnixMicros(command.received_at));
  draft.stamp.actor = command.actor;
  draft.stamp.method = command.method;
  draft.stamp.request_id = command.request_id;
  const RequestKey key = KeyOf(command.actor, command.method, command.request_id);
  const Work work{Work::Kind::kCommand, key.hash.first, key.hash.second, 0};
  if (effects_.Deaths(work) >= kDeathsOfCommand) {
    Refuse(pending, Answer::Kind::kInternal, "the server did not survive it and does not try it again");
    return Step::kDone;
  }
  const Attempt attempt(effects_, work);
  SANYUAN_CRASH_POINT("deciding" + command.method);
  const Outcome outcome = domain_.Decide(command, draft.stamp);
  if (!outcome.not_ready.empty()) {
    Answer answer;
    answer.kind = Answer::Kind::kNotReady;
    answer.text = outcome.not_ready;
    effects_.Reply(pending.call, std::move(answer));
    return Step::kDone;
  }

  journal::v1::CommandCause& cause = *draft.decision.mutable_command();
  cause.set_actor_id(command.actor.id);
  cause.set_actor_role(command.actor.role);
  cause.set_method(command.method);
  cause.set_request_id(command.request_id.data(), command.request_id.size());
  cause.set_content(pending.content);
  cause.set_received_at_us(absl::ToUnixMicros(command.received_at));
  for (const common::v1::Refusal& refusal : outcome.refusals) *draft.decision.add_refusals() = refusal;
  if (outcome.response != nullptr) draft.decision.set_response(outcome.response->SerializeAsString());
  if (absl::Status added = AddEvents(draft, outcome.events); !added.ok()) {
    Abandon(draft);
    Answer answer;
    answer.kind = Answer::Kind::kInternal;
    answer.text = std::string(added.message());
    effects_.Reply(pending.call, std::move(answer));
    return Step::kDone;
  }
  std::vector<PendingCommand> commands;
  commands.push_back(pending);
  const uint64_t height = draft.height;
  journal::v1::Decision result;
  *result.mutable_refusals() = draft.decision.refusals();
  result.set_response(draft.decision.response());
  if (!Commit(draft, std::move(commands), pending.headers)) return Step::kLater;
  if (!Safeguards::fold_request_ids) {
    remembered_outside_[key] = RequestRow{pending.content, height, result.SerializeAsString()};
  }
  return Step::kDone;
}

bool Partition::PumpTimers() {
  for (int i = 0; i < kTimersAtOnce; ++i) {
    if (!HasRoom() || domain_.NextDue() > Now()) return false;
    const Work work{Work::Kind::kTimer, static_cast<uint64_t>(absl::ToUnixMicros(domain_.NextDue())), 0, 0};
    if (!MayTry(work)) return false;
    Draft draft = NewDraft();
    {
      const Attempt attempt(effects_, work);
      const Outcome outcome = domain_.Fire(draft.stamp);
      if (outcome.events.empty()) return false;
      draft.decision.mutable_timer();
      if (absl::Status added = AddEvents(draft, outcome.events); !added.ok()) {
        Abandon(draft);
        Hold({"a timer: " + std::string(added.message()), "", 0});
        return false;
      }
    }
    if (!Commit(draft, {})) return false;
  }
  return domain_.NextDue() <= Now();
}

bool Partition::PumpWork() {
  if (!domain_.HasWork() || !HasRoom()) return false;
  const Work work{Work::Kind::kRun, run_steps_, 0, 0};
  if (!MayTry(work)) return false;
  Draft draft = NewDraft();
  bool decides = false;
  {
    const Attempt attempt(effects_, work);
    const Outcome outcome = domain_.Step(draft.stamp);
    decides = !outcome.events.empty();
    if (absl::Status added = decides ? AddEvents(draft, outcome.events) : absl::OkStatus(); !added.ok()) {
      Abandon(draft);
      domain_.DropWork();
      Hold({"a run: " + std::string(added.message()), "", 0});
      return false;
    }
  }
  ++run_steps_;
  if (decides) {
    draft.decision.mutable_work();
    if (!Commit(draft, {})) {
      domain_.DropWork();
      run_steps_ = 0;
      return false;
    }
    if (domain_.HasWork()) SANYUAN_CRASH_POINT("between_pages");
  }
  if (!domain_.HasWork()) run_steps_ = 0;
  return domain_.HasWork();
}

void Partition::OnInputGrown(const std::string& topic) {
  for (auto& input : inputs_) {
    if (input->topic() == topic) input->OnGrown();
  }
}

void Partition::OnInputRecords(const std::string& topic, int64_t from, const std::vector<RawRecord>& records,
                               int64_t end) {
  for (auto& input : inputs_) {
    if (input->topic() == topic && !input->OnRecords(from, records, end)) {
      effects_.InputHalted(topic, *input->damage());
    }
  }
}

void Partition::OnInputUnread(const std::string& topic, int64_t from) {
  for (auto& input : inputs_) {
    if (input->topic() == topic) input->OnUnread(from);
  }
}

// True while the front must wait for what its writer had read when it wrote it.
bool Partition::HeldBack(InputQueue& input) {
  const Place& own = *reader_.place();
  const std::string_view own_id(reinterpret_cast<const char*>(own.journal_id.data()), own.journal_id.size());
  for (const journal::v1::Cursor& seen : input.front()->seen) {
    if (seen.topic() == options_.context + ".journal") {
      if (seen.journal_id() != own_id) {
        input.Halt(input.front()->place.offset, "its writer had read another journal than this one");
        effects_.InputHalted(input.topic(), *input.damage());
        return true;
      }
      if (seen.height() <= own.height) continue;
      // It has seen more of our journal than we have: what it saw comes, or our end was cut off. The record that it
      // saw is looked for, as the head is.
      if (Safeguards::reread_head && !head_asked_ && seen.head().size() == own.head.bytes.size()) {
        head_asked_ =
            Place{own.journal_id, own.term, seen.height(), DigestFromBytes(seen.head()), seen.offset()};
        effects_.ReadHead(seen.offset());
      }
      return true;
    }
    for (const auto& other : inputs_) {
      if (other->topic() == seen.topic() && other->consumed().height < seen.height()) return true;
    }
  }
  return false;
}

// Adds the front's effects to the draft.
Partition::Reacted Partition::ReactToFront(InputQueue& queue, Draft& draft) {
  const InputQueue::Item& item = *queue.front();
  Input input;
  input.topic = queue.topic();
  input.stamp = StampOf(item.decision);
  input.height = item.place.height;
  input.events = &item.events;
  if (!item.events.empty()) {
    Work asking = WorkOn(queue);
    asking.c = kAskingForPages;
    if (IsDeadly(asking, queue, draft)) return Reacted::kWaits;
    std::vector<uint64_t> heights;
    {
      const Attempt attempt(effects_, asking);
      heights = domain_.PagesOf(input);
    }
    if (!heights.empty()) {
      if (!pages_ || pages_->topic != queue.topic() || pages_->heights != heights) {
        pages_ = Pages{queue.topic(), heights, {}, false};
        effects_.FetchPages(queue.topic(), heights);
      }
      if (!pages_->complete) return Reacted::kWaits;
      for (const auto& events : pages_->events) input.pages.push_back(&events);
    }
  }
  uint64_t index = queue.consumed().index;
  while (true) {
    const size_t used = draft.bytes;
    if (used >= kReactionBudget) return Reacted::kWaits;
    Reaction reaction;
    if (!item.events.empty()) {
      const Work work = WorkOn(queue);
      if (IsDeadly(work, queue, draft)) return Reacted::kWaits;
      const Attempt attempt(effects_, work);
      SANYUAN_CRASH_POINT("reacting/" + options_.context);
      reaction = domain_.React(input, index, kReactionBudget - used, draft.stamp);
      if (!reaction.events.empty()) {
        if (absl::Status added = AddEvents(draft, reaction.events); !added.ok()) {
          why_failed_ = std::string(added.message());
          return Reacted::kFailed;
        }
      }
    }
    index = reaction.next_index;
    queue.Consume(index, reaction.done);
    if (reaction.done) break;
  }
  if (pages_ && pages_->complete && !input.pages.empty()) pages_.reset();
  progress_ = true;
  return Reacted::kWhole;
}

// An effect is never stamped earlier than its cause, whichever clock is behind; but a clock that is wrong stays the trouble
// of its own partition. False: what is in the draft already has an earlier stamp.
bool Partition::StampBehindFront(const InputQueue& input, Draft& draft) const {
  absl::Time cause = absl::FromUnixMicros(input.front()->decision.decided_at_us());
  if (options_.guard_clock) {
    cause = std::min(cause, absl::FromUnixMicros(absl::ToUnixMicros(now_ + kClockTolerance)));
  }
  if (cause <= draft.stamp.decided_at) return true;
  if (draft.decision.events_size() > 0) return false;
  draft.stamp.decided_at = draft.stamp.received_at = cause;
  draft.decision.set_decided_at_us(absl::ToUnixMicros(cause));
  return true;
}

void Partition::PullInputs() {
  for (auto& input : inputs_) {
    if (std::optional<int64_t> offset = input->WantsPull()) effects_.PullInput(input->topic(), *offset);
  }
}

bool Partition::PumpInputs() {
  bool more = false;
  PullInputs();
  for (auto& input : inputs_) {
    if (input->front() == nullptr || input->damage() || !HasRoom()) continue;
    const CursorRow before = input->consumed();
    Draft draft = NewDraft();
    bool waits = false, failed = false;
    // What goes beside a record goes on to the decision that follows from it alone.
    std::optional<log::RecordHeaders> beside;
    for (int i = 0; i < (one_input_at_once_ ? 1 : kInputsAtOnce) && input->front() != nullptr; ++i) {
      waits = HeldBack(*input) || halted();
      if (waits || !StampBehindFront(*input, draft)) break;
      log::RecordHeaders of_front = input->front()->headers;
      const int events_before = draft.decision.events_size();
      const Reacted reacted = ReactToFront(*input, draft);
      if (draft.decision.events_size() > events_before) {
        beside = beside ? log::RecordHeaders() : std::move(of_front);
      }
      waits = reacted == Reacted::kWaits;
      failed = reacted == Reacted::kFailed;
      if (waits || failed) break;
    }
    if (halted()) return false;
    if (failed) {
      const uint64_t height = input->front()->place.height;
      const bool alone = height == before.height + 1;
      Abandon(draft);
      input->Restart(&before);
      // What came before it in the draft is decided by itself first.
      one_input_at_once_ = true;
      if (!alone) return true;
      Hold({why_failed_, input->topic(), height});
      return false;
    }
    const bool effects = draft.decision.events_size() > 0;
    if (effects || input->unwritten() >= options_.cursor_every) {
      draft.decision.mutable_input();
      if (!Commit(draft, {}, beside.value_or(log::RecordHeaders()))) {
        Abandon(draft);
        input->Restart(&before);
        continue;
      }
      if (input->consumed().index != 0) SANYUAN_CRASH_POINT("paged_reaction");
    }
    if (held_) return false;
    more = more || (!waits && input->front() != nullptr) || (waits && effects);
  }
  return more;
}

void Partition::OnPages(const std::string& topic, const std::vector<RawRecord>& records) {
  if (!pages_ || pages_->topic != topic || pages_->complete) return;
  if (records.size() != pages_->heights.size()) {
    pages_.reset();  // Some could not be read: asked for again.
    return;
  }
  pages_->events.clear();
  for (size_t i = 0; i < records.size(); ++i) {
    Frame frame;
    journal::v1::Decision decision;
    if (Parse(records[i].bytes, frame) != FrameError::kNone || frame.kind != FrameKind::kDecision ||
        frame.height != pages_->heights[i] || !ParseKnown(frame.payload, decision).ok()) {
      pages_.reset();  // Asked for again; the domain checks the digest over the pages' content.
      return;
    }
    auto events = ParseEvents(decision, [&] { return domain_.NewInputEvent(topic); });
    if (!events.ok()) {
      pages_.reset();
      return;
    }
    pages_->events.push_back(*std::move(events));
  }
  pages_->complete = true;
}

bool Partition::Quiet() const {
  if (!CanDecide() || !in_flight_.empty() || !queue_.empty() || domain_.NextDue() <= Now() ||
      domain_.HasWork()) {
    return false;
  }
  return std::all_of(inputs_.begin(), inputs_.end(), [](const auto& input) { return input->Idle(); });
}

}  // namespace sanyuan::partition
