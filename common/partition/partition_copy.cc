// Writing what an older journal decided: the journal of another partition count is filled by it.
#include <utility>

#include "common/partition/content.h"
#include "common/partition/partition.h"

namespace sanyuan::partition {

absl::StatusOr<uint64_t> Partition::Copy(const journal::v1::Decision& decision,
                                         const std::vector<EventPtr>& events) {
  if (!options_.copying || !books_.BeingCopied()) {
    return absl::FailedPreconditionError("this journal is not being copied from older ones");
  }
  if (role_ != Role::kLeading || halted()) return absl::FailedPreconditionError(WhyNotDeciding());
  if (!HasRoom()) return absl::ResourceExhaustedError("too many copies are in flight");
  Draft draft = NewDraft();
  std::string digest = draft.decision.state_digest();
  draft.decision = decision;
  draft.decision.clear_events();
  draft.decision.clear_state_digest();
  if (!digest.empty()) draft.decision.set_state_digest(std::move(digest));
  const uint32_t format = draft.stamp.format;
  draft.stamp = StampOf(decision);
  draft.stamp.format = decision.has_copied_from() ? decision.copied_from().format() : format;
  if (draft.stamp.decided_at < last_decided_ahead_) {
    return absl::InvalidArgumentError("it is older than the decision before it");
  }
  if (absl::Status added = AddEvents(draft, events); !added.ok()) {
    Abandon(draft);
    return absl::InvalidArgumentError(added.message());
  }
  return CommitAlone(draft);
}

}  // namespace sanyuan::partition
