#include "common/partition/partition.h"

#include <utility>

#include "common/partition/content.h"
#include "common/partition/safeguards.h"

namespace sanyuan::partition {

Partition::Partition(PartitionOptions options, Domain& domain, Effects& effects)
    : options_(std::move(options)),
      domain_(domain),
      effects_(effects),
      books_(domain.store()),
      reader_(options_.strictness) {
  for (const std::string& topic : options_.inputs) {
    inputs_.push_back(std::make_unique<InputQueue>(topic, options_.strictness,
                                                   [this, topic] { return domain_.NewInputEvent(topic); }));
  }
}

Partition::~Partition() = default;

void Partition::Assign() { assigned_ = true; }

void Partition::Unassign() {
  if (!std::exchange(assigned_, false)) return;
  if (role_ != Role::kFollowing || !queue_.empty() || !blocked_.empty()) StandDown(false);
}

void Partition::Pause(bool paused) {
  paused_ = paused;
  if (paused) RefuseWaiting(Answer::Kind::kElsewhere, WhyNotServing());
}

absl::Status Partition::Restore(const Place& place, std::string_view record, std::string_view next,
                                std::string_view snapshot) {
  if (absl::Status loaded = domain_.store().Load(snapshot); !loaded.ok()) return loaded;
  if (Safeguards::verify_snapshots) {
    Frame frame;
    if (Parse(next, frame) != FrameError::kNone || frame.height != place.height + 1 ||
        frame.prev != place.head) {
      return absl::DataLossError("the journal does not go on behind the snapshot");
    }
    std::string expected;
    journal::v1::TakeOver take_over;
    journal::v1::Decision decision;
    if (frame.kind == FrameKind::kTakeOver && ParseKnown(frame.payload, take_over).ok()) {
      expected = take_over.state_digest();
    } else if (frame.kind == FrameKind::kDecision && ParseKnown(frame.payload, decision).ok()) {
      expected = decision.state_digest();
    }
    if (expected != domain_.store().StateDigest().view()) {
      return absl::DataLossError("the snapshot has another digest than the journal says");
    }
  }
  if (!reader_.ResumeAt(place, record)) return absl::DataLossError(reader_.damage()->why);
  Frame frame;
  if (Parse(record, frame) != FrameError::kNotAFrame) {
    journal::v1::TakeOver take_over;
    journal::v1::Decision decision;
    if (frame.kind == FrameKind::kDecision && ParseKnown(frame.payload, decision).ok()) {
      last_decided_ = absl::FromUnixMicros(decision.decided_at_us());
    } else if (frame.kind == FrameKind::kTakeOver && ParseKnown(frame.payload, take_over).ok() &&
               take_over.decided_at_us() != 0) {
      last_decided_ = absl::FromUnixMicros(take_over.decided_at_us());
    }
  }
  last_decided_ahead_ = last_decided_;
  domain_.store().RestoredAt(place.height);
  folded_ = place;
  next_offset_ = place.offset + 1;
  return absl::OkStatus();
}

}  // namespace sanyuan::partition
