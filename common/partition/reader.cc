#include "common/partition/reader.h"

#include <utility>

#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::partition {

ReadResult JournalReader::Read(int64_t offset, std::string_view record) {
  if (damage_) return TryRelease(offset, record);
  std::optional<Place> before = rule_.place();
  const Verdict verdict = rule_.Judge(offset, record);
  ReadResult result;
  switch (verdict.kind) {
    case Verdict::Kind::kAccepted:
      before_ = std::move(before);
      result.kind = ReadResult::Kind::kAccepted;
      result.frame = verdict.frame;
      break;
    case Verdict::Kind::kSkipped:
      ++skipped_[static_cast<size_t>(verdict.skip)];
      result.kind = ReadResult::Kind::kSkipped;
      result.frame = verdict.frame;
      break;
    case Verdict::Kind::kDamage:
      damage_ = Damage{offset, verdict.damage, Sha256(record)};
      break;
  }
  return result;
}

bool JournalReader::ReachedEnd(int64_t end_offset) {
  if (!damage_ && rule_.HolePending()) {
    damage_ = Damage{end_offset, "offsets are missing at the end of the log", Digest{}};
  }
  return !damage_.has_value();
}

bool JournalReader::ResumeAt(const Place& place, std::string_view record) {
  if (rule_.ResumeAt(place, record)) return true;
  damage_ = Damage{place.offset, "the record that was read here before is gone or changed",
                   record.empty() ? Digest{} : Sha256(record)};
  return false;
}

void JournalReader::Halt(int64_t offset, std::string why, std::string_view record) {
  if (damage_) return;
  damage_ = Damage{offset, std::move(why), record.empty() ? Digest{} : Sha256(record)};
  // A record that was accepted by its frame but not by its content is not behind us.
  if (rule_.place() && rule_.place()->offset == offset && before_) rule_.GoTo(*before_, offset);
}

ReadResult JournalReader::TryRelease(int64_t offset, std::string_view record) {
  ReadResult result;
  Frame frame;
  if (!rule_.place() || Parse(record, frame) != FrameError::kNone || frame.kind != FrameKind::kRelease) {
    return result;
  }
  const Place stand = *rule_.place();
  journal::v1::Release release;
  if (frame.journal_id != stand.journal_id || frame.height != stand.height + 1 || frame.prev != stand.head ||
      frame.term != frame.height ||
      !release.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size())) ||
      release.damage_offset() != damage_->offset || release.damage_sha256() != damage_->sha256.view()) {
    return result;
  }
  if (!release.repaired_record().empty()) {
    repaired_ = release.repaired_record();
    Rule repair = rule_;
    repair.GoTo(stand, damage_->offset);
    const Verdict verdict = repair.Judge(damage_->offset, repaired_);
    if (verdict.kind != Verdict::Kind::kAccepted) return result;
    rule_.GoTo(*repair.place(), release.resume_offset());
    frame = verdict.frame;
  } else {
    rule_.GoTo(Place{frame.journal_id, frame.term, frame.height, frame.digest, offset},
               release.resume_offset());
  }
  before_ = stand;
  damage_.reset();
  result.kind = ReadResult::Kind::kReleased;
  result.frame = frame;
  result.resume_offset = release.resume_offset();
  return result;
}

}  // namespace sanyuan::partition
