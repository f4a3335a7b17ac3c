// What operators ask of a partition: to go on behind damage, to hold a newer format, to pass an input's record by.
#include <future>
#include <utility>

#include "common/host/partition_host.h"

namespace sanyuan::host {

using partition::Partition;

absl::Status PartitionHost::Release(int64_t offset, std::string repaired_record, std::string operator_id,
                                    std::string why) {
  std::promise<absl::Status> done;
  strand_->Post([&] { done.set_value(ReleaseOnStrand(offset, repaired_record, operator_id, why)); });
  return done.get_future().get();
}

absl::Status PartitionHost::ReleaseOnStrand(int64_t offset, const std::string& repaired_record,
                                            const std::string& operator_id, const std::string& why) {
  if (!partition_ || !partition_->halted() || partition_->reader().damage()->offset != offset) {
    return absl::FailedPreconditionError("the partition is not halted there");
  }
  const partition::Damage& damage = *partition_->reader().damage();
  const std::optional<partition::Place> place = partition_->reader().place();
  if (!place) return absl::FailedPreconditionError("a journal without a genesis can't be released");
  const auto end = services_.log->EndOffset(journal_);
  if (!end.ok()) return end.status();
  journal::v1::Release release;
  release.set_damage_offset(offset);
  release.set_damage_sha256(std::string(damage.sha256.view()));
  release.set_operator_id(operator_id);
  release.set_why(why);
  if (repaired_record.empty()) {
    release.set_resume_offset(*end + 1);
  } else {
    partition::Frame repaired;
    if (partition::Parse(repaired_record, repaired) != partition::FrameError::kNone ||
        repaired.prev != place->head || repaired.height != place->height + 1) {
      return absl::InvalidArgumentError("the repaired record does not continue the journal");
    }
    release.set_repaired_record(repaired_record);
    // A record that is gone leaves its neighbour where the damage was found.
    const auto found = services_.log->ReadAt(journal_, offset);
    partition::Frame neighbour;
    const bool neighbour_follows =
        found.ok() && *found &&
        partition::Parse((*found)->bytes, neighbour) == partition::FrameError::kNone &&
        neighbour.prev == repaired.digest;
    release.set_resume_offset(neighbour_follows ? offset : offset + 1);
  }
  const std::string payload = release.SerializeAsString();
  partition::Frame frame{partition::FrameKind::kRelease,
                         place->journal_id,
                         place->height + 1,
                         place->height + 1,
                         place->head,
                         payload,
                         {}};
  if (candidate_) {
    for (ownership::Announcement& old : candidate_->Withdrawn())
      services_.ownership->Announce(std::move(old));
  }
  return producer_->Append(Seal(frame));
}

absl::StatusOr<uint64_t> PartitionHost::Ask(std::function<absl::StatusOr<uint64_t>(Partition&)> what) {
  std::promise<absl::StatusOr<uint64_t>> done;
  strand_->Post([&] {
    if (!partition_ || stopped_) return done.set_value(absl::UnavailableError("it starts or stops"));
    done.set_value(what(*partition_));
    Pump();
  });
  return done.get_future().get();
}

absl::StatusOr<uint64_t> PartitionHost::RaiseFormat(const journal::v1::FormatRaised& raise) {
  return Ask([&raise](Partition& p) { return p.RaiseFormat(raise); });
}

absl::StatusOr<uint64_t> PartitionHost::SkipInput(const journal::v1::InputSkipped& skip) {
  return Ask([&skip](Partition& p) { return p.SkipInput(skip); });
}

}  // namespace sanyuan::host
