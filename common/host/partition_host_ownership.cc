// What other instances announce, and what follows from it for a partition.
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "common/host/partition_host.h"

namespace sanyuan::host {

using partition::Partition;

absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

namespace {

// After it a partition that can't take over is worth an operator's look, and again after each such time.
constexpr absl::Duration kBehindAlarm = absl::Seconds(30);

}  // namespace

void PartitionHost::NewCandidate() {
  ownership::Announcement self;
  self.share = {spec_.context, journal_.partition};
  self.instance = services_.ownership->instance();
  candidate_ = std::make_unique<ownership::Candidate>(std::move(self), ownership::CandidateOptions{});
}

void PartitionHost::OnAssigned(bool assigned) {
  strand_->Post([this, assigned] {
    candidate_->OnAssigned(assigned);
    StepCandidate();
  });
}

void PartitionHost::OnAnnounced(const ownership::Announcement& announcement, bool earlier) {
  if (announcement.damage && announcement.instance != services_.ownership->instance()) {
    spdlog::critical("{}: the instance at {} says to have found damage at offset {}: {}", journal_.ToString(),
                     announcement.address, announcement.damage->offset, announcement.damage->why);
    doubted_ = true;
  }
  strand_->Post([this, announcement, earlier] {
    HaltIfDiffers(candidate_->OnAnnounced(announcement, earlier, SteadyNow()));
    StepCandidate();
  });
}

void PartitionHost::LookAtOwnership() {
  strand_->Post([this] {
    StepCandidate();
    if (candidate_->Behind(SteadyNow()) < kBehindAlarm) return;
    if (SteadyNow() < next_alarm_) return;
    next_alarm_ = SteadyNow() + kBehindAlarm;
    spdlog::error("{}: it can't take over, having not accepted yet what others say to have accepted",
                  journal_.ToString());
  });
}

void PartitionHost::HaltIfDiffers(const std::optional<std::string>& what) {
  if (!what) return;
  // Not from inside the partition.
  strand_->Post([this, what] {
    if (!partition_ || !partition_->reader().place()) return;
    partition_->HaltAt(partition_->reader().place()->offset, *what, {});
    Pump();
  });
}

void PartitionHost::StepCandidate() {
  if (!candidate_ || !partition_ || stopped_) return;
  signs_ = SignsNow();
  ownership::Standing standing;
  // Who could not decide leaves the lead to who can.
  standing.at_end = signs_.at_end && clock_trouble_.empty();
  standing.leading = signs_.leading;
  standing.drained = signs_.drained;
  standing.decided = decided_;
  standing.place = partition_->reader().place();
  if (const auto& damage = partition_->reader().damage()) {
    standing.damage = ownership::FoundDamage{damage->offset, damage->why};
  }
  ownership::Course course = candidate_->Step(standing, SteadyNow());
  if (course.lead) {
    partition_->Assign();
  } else {
    partition_->Unassign();
  }
  if (std::exchange(paused_, course.pause) != course.pause) partition_->Pause(course.pause);
  for (ownership::Announcement& announcement : course.announce) {
    services_.ownership->Announce(std::move(announcement));
  }
  Pump();
}

PartitionHost::Signs PartitionHost::SignsNow() const {
  return {partition_->role() == Partition::Role::kLeading, partition_->in_flight() == 0, partition_->AtEnd()};
}

void PartitionHost::SayLeft() {
  if (!candidate_ || !candidate_->leader() ||
      candidate_->leader()->instance != services_.ownership->instance()) {
    return;
  }
  ownership::Announcement left = *candidate_->leader();
  left.state = ownership::Announcement::State::kLeft;
  if (partition_) left.place = partition_->reader().place();
  services_.ownership->Announce(std::move(left));
}

// Where calls for this partition go, and who keeps its view and publishes its events.
void PartitionHost::NoteRole() {
  const bool leads = partition_ && !paused_ && partition_->role() == Partition::Role::kLeading;
  if (leading_.exchange(leads) == leads) return;
  if (!leads) decided_ = false;
  if (observer_ != nullptr) observer_->Leads(leads);
  if (projector_ && candidate_ && services_.views->shared()) projector_->StandBy(!leads);
}

}  // namespace sanyuan::host
