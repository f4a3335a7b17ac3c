// What the domain's code does not survive or can't do, and what operators decide about the partition itself.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/partition.h"

namespace sanyuan::partition {
namespace {

// Skips are of this format.
constexpr uint32_t kSkipsSince = 2;

}  // namespace

std::string Text(const Work& work) {
  switch (work.kind) {
    case Work::Kind::kNone:
      return "nothing";
    case Work::Kind::kCommand:
      return "a command";
    case Work::Kind::kTimer:
      return "a timer";
    case Work::Kind::kInput:
      return fmt::format("input {} at height {}", work.a, work.b);
    case Work::Kind::kRun:
      return fmt::format("step {} of a run", work.a);
  }
  return "work of another version";
}

std::string Partition::WhyNotServing() const {
  std::string why = WhyNotDeciding();
  if (why.empty() && held_) why = "held: " + held_->why;
  return why;
}

void Partition::Hold(HeldWork held) {
  if (held_) return;
  if (!held.topic.empty()) {
    const auto input = std::find_if(inputs_.begin(), inputs_.end(),
                                    [&held](const auto& one) { return one->topic() == held.topic; });
    const uint64_t done = (*input)->consumed().index;
    const std::string partly = done == 0 ? "" : fmt::format(", of which {} effects are decided", done);
    held.why = fmt::format("{} at height {}{}: {}", held.topic, held.height, partly, held.why);
  }
  held_ = std::move(held);
  effects_.Held(held_->why);
}

void Partition::HoldDeadly(const Work& work, const std::string& topic, uint64_t height) {
  const std::string what = topic.empty() ? Text(work) + ": " : "";
  Hold({fmt::format("{}{} processes died of it", what, effects_.Deaths(work)), topic, height});
}

// Timers that are due together, and steps of different runs, share their names. So one with whose name somebody has died is
// tried when all before it has landed, and is forgiven when what it decided has: the deadly one is then the only one that is
// left.
bool Partition::MayTry(const Work& work) {
  const int deaths = effects_.Deaths(work);
  if (deaths == 0) return true;
  if (!in_flight_.empty()) return false;
  if (deaths >= kDeathsOfOthers) {
    HoldDeadly(work, "", 0);
    return false;
  }
  suspects_.push_back(work);
  return true;
}

// What is in the draft, of records before it, is written first.
bool Partition::IsDeadly(const Work& work, const InputQueue& input, const Draft& draft) {
  if (effects_.Deaths(work) < kDeathsOfOthers) return false;
  if (draft.decision.events_size() == 0) HoldDeadly(work, input.topic(), input.front()->place.height);
  return true;
}

bool Partition::PumpHeld() {
  PullInputs();
  RefuseWaiting(Answer::Kind::kUnavailable, WhyNotServing());
  return false;
}

Work Partition::WorkOn(const InputQueue& input) const {
  const auto which =
      std::find_if(inputs_.begin(), inputs_.end(), [&input](const auto& one) { return one.get() == &input; });
  return {Work::Kind::kInput, static_cast<uint64_t>(which - inputs_.begin()), input.front()->place.height,
          input.consumed().index};
}

absl::StatusOr<uint64_t> Partition::CommitAlone(Draft& draft) {
  const uint64_t height = draft.height;
  if (Commit(draft, {})) return height;
  Abandon(draft);
  return absl::UnavailableError("the log takes no records");
}

absl::StatusOr<uint64_t> Partition::RaiseFormat(const journal::v1::FormatRaised& raise) {
  if (raise.format() < kFirstFormat || raise.format() > kNewestFormat) {
    return absl::InvalidArgumentError(
        fmt::format("format: {} is not between {} and {}", raise.format(), kFirstFormat, kNewestFormat));
  }
  if (std::string why = WhyNotDeciding(); !why.empty()) return absl::FailedPreconditionError(why);
  if (books_.Format() >= raise.format()) return 0;
  Draft draft = NewDraft();
  *draft.decision.mutable_format_raised() = raise;
  return CommitAlone(draft);
}

absl::StatusOr<uint64_t> Partition::SkipInput(const journal::v1::InputSkipped& skip) {
  if (skip.why().empty()) return absl::InvalidArgumentError("why: a reason is wanted");
  if (std::string why = WhyNotDeciding(); !why.empty()) return absl::FailedPreconditionError(why);
  const auto input = std::find_if(inputs_.begin(), inputs_.end(),
                                  [&skip](const auto& one) { return one->topic() == skip.topic(); });
  if (input == inputs_.end() || !held_ || held_->topic != skip.topic() || held_->height != skip.height()) {
    return absl::FailedPreconditionError(held_ ? "the partition is held by something else: " + held_->why
                                               : "the partition is not held");
  }
  if (books_.Format() < kSkipsSince) {
    return absl::FailedPreconditionError(fmt::format(
        "skips are of format {}, the journal has format {}; raise it first", kSkipsSince, books_.Format()));
  }
  if ((*input)->front() == nullptr || (*input)->front()->place.height != skip.height()) {
    return absl::UnavailableError("the record is being read again");
  }
  const CursorRow before = (*input)->consumed();
  (*input)->Consume(0, true);
  Draft draft = NewDraft();
  *draft.decision.mutable_input_skipped() = skip;
  auto height = CommitAlone(draft);
  if (!height.ok()) {
    (*input)->Restart(&before);
    return height;
  }
  held_.reset();
  one_input_at_once_ = false;
  progress_ = true;
  return height;
}

}  // namespace sanyuan::partition
