// How a partition stands, as others ask for it, and whether it moves.
#include <utility>

#include "common/host/partition_host.h"

namespace sanyuan::host {

using partition::Partition;

void PartitionHost::LookForProgress() {
  thread_still_ = looks_not_run_++;
  journal_still_ = looks_not_moved_++;
  if (look_posted_.exchange(true)) return;
  strand_->Post([this] {
    looks_not_run_ = 0;
    look_posted_ = false;
    const HostStatus now = StatusNow();
    const uint64_t height = now.place ? now.place->height : 0;
    const bool moved = std::exchange(height_at_look_, height) != height;
    const bool works = now.in_flight > 0 || now.role == Partition::Role::kTakingOver;
    if (moved || !works || now.damage) looks_not_moved_ = 0;
  });
}

void PartitionHost::Probe(std::function<void(HostStatus)> done) {
  strand_->Post([this, done = std::move(done)] { done(StatusNow()); });
}

void PartitionHost::Visit(std::function<void(partition::Domain&)> visit) {
  strand_->Post([this, visit = std::move(visit)] {
    if (domain_) visit(*domain_);
  });
}

HostStatus PartitionHost::StatusNow() const {
  HostStatus status;
  if (!partition_) return status;
  status.role = partition_->role();
  status.not_serving = partition_->WhyNotServing();
  status.at_end = partition_->AtEnd();
  status.damage = partition_->reader().damage();
  status.held = partition_->held();
  status.format = partition_->format();
  status.place = partition_->reader().place();
  for (int kind = 0; kind < partition::kSkipKinds; ++kind) {
    status.skipped[static_cast<size_t>(kind)] =
        partition_->reader().skipped(static_cast<partition::SkipKind>(kind));
  }
  status.in_flight = partition_->in_flight();
  status.waiting = partition_->waiting();
  status.unread = partition_->unread();
  status.quiet = partition_->Quiet();
  status.next_due = domain_->NextDue();
  status.last_decided = partition_->last_decided();
  for (const auto& input : partition_->inputs()) {
    if (input->damage()) {
      status.halted_inputs.emplace_back(input->topic(), *input->damage());
    } else {
      status.read_inputs.emplace_back(input->topic(), input->next_offset());
      status.unread_inputs.emplace_back(input->topic(), input->unread());
    }
  }
  return status;
}

}  // namespace sanyuan::host
