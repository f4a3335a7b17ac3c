#include "common/partition/rule.h"

#include <fmt/format.h>

#include "common/partition/safeguards.h"

namespace sanyuan::partition {

std::string_view SkipKindName(SkipKind kind) {
  switch (kind) {
    case SkipKind::kLate:
      return "late";
    case SkipKind::kLostRace:
      return "lost_race";
    case SkipKind::kDuplicate:
      return "duplicate";
    case SkipKind::kStray:
      return "stray";
  }
  return "unknown";
}

bool Rule::ResumeAt(const Place& place, std::string_view record) {
  Frame frame;
  if (Safeguards::verify_stored_places) {
    if (Parse(record, frame) != FrameError::kNone || frame.journal_id != place.journal_id ||
        frame.height != place.height || frame.digest != place.head || frame.term != place.term) {
      return false;
    }
  }
  place_ = place;
  last_offset_ = place.offset;
  hole_pending_ = false;
  return true;
}

Verdict Rule::Damage(std::string what) const {
  Verdict verdict;
  verdict.damage = std::move(what);
  return verdict;
}

void Rule::GoTo(const Place& place, int64_t next_offset) {
  place_ = place;
  last_offset_ = next_offset - 1;
  hole_pending_ = false;
}

Verdict Rule::Skip(SkipKind kind, const Frame& frame) const {
  // A release stands behind what it repairs, so it is met again after it was followed.
  if (strictness_ == Strictness::kStrict && frame.kind != FrameKind::kRelease) {
    return Damage(fmt::format("a record that one writer never leaves ({})", SkipKindName(kind)));
  }
  Verdict verdict;
  verdict.kind = Verdict::Kind::kSkipped;
  verdict.skip = kind;
  verdict.frame = frame;
  return verdict;
}

Verdict Rule::Judge(int64_t offset, std::string_view record) {
  const int64_t expected = last_offset_ ? *last_offset_ + 1 : 0;
  last_offset_ = offset;
  if (offset != expected) {
    if (strictness_ == Strictness::kStrict) {
      return Damage(fmt::format("offset {} is missing", expected));
    }
    hole_pending_ = true;
  }

  Verdict verdict;
  Frame& frame = verdict.frame;
  switch (Parse(record, frame)) {
    case FrameError::kNotAFrame:
      if (place_ && BearsId(record, place_->journal_id))
        return Damage("a frame of this journal without its magic");
      return Skip(SkipKind::kStray, Frame{});
    case FrameError::kUnknownVersion:
      return Damage("unknown frame version or kind");
    case FrameError::kWrongDigest:
      return Damage("digest does not match the content");
    case FrameError::kNone:
      break;
  }

  if (!place_) {
    if (frame.kind != FrameKind::kGenesis || offset != 0 || frame.height != 0) {
      return Damage("the journal does not begin with a genesis");
    }
  } else {
    if (frame.journal_id != place_->journal_id) return Skip(SkipKind::kStray, Frame{});
    if (frame.kind == FrameKind::kGenesis) return Damage("a second genesis");
    const bool begins_term = frame.kind != FrameKind::kDecision;
    if (begins_term && frame.term != frame.height) return Damage("a term that is not its own height");
    if (Safeguards::check_term && frame.term < place_->term) return Skip(SkipKind::kLate, frame);
    if (frame.height <= place_->height) {
      if (begins_term) return Skip(SkipKind::kLostRace, frame);
      if (!Safeguards::check_term || frame.term == place_->term) return Skip(SkipKind::kDuplicate, frame);
    }
    if (frame.height != place_->height + 1) {
      return Damage(fmt::format("height {} after {}", frame.height, place_->height));
    }
    if (Safeguards::check_prev && frame.prev != place_->head) return Damage("the chain does not continue");
    if (Safeguards::check_term && !begins_term && frame.term != place_->term) {
      return Damage(fmt::format("term {} in term {}", frame.term, place_->term));
    }
  }
  place_ = Place{frame.journal_id, frame.term, frame.height, frame.digest, offset};
  hole_pending_ = false;
  verdict.kind = Verdict::Kind::kAccepted;
  return verdict;
}

}  // namespace sanyuan::partition
