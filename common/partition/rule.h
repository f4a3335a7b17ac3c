// The rule by which every reader of a journal accepts, skips or halts. It looks at frames only, never at
// content, so all readers of all versions judge alike.
//
// A reader holds (journal id, term, height, head, offset). A record is
//   accepted  if its prev is the head, its height the next one, and its term the reader's own (or it begins
//             a term: a take-over);
//   skipped   if it comes from a lower term (late record of a former owner), if it is a take-over or a record
//             of the own term at a height already passed (lost race, duplicate), or if it is not of this
//             journal at all (stray). Bytes that bear its id and are no frame were one: they are damage;
//   damage    otherwise. The reader halts and never goes past it, except by a release.
// On an engine with one writer and no late records (Strictness::kStrict) what would be skipped is damage.
//
// The weakenings of Safeguards exist in test builds only, to show that the tests would notice.
#ifndef SANYUAN_COMMON_PARTITION_RULE_H_
#define SANYUAN_COMMON_PARTITION_RULE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/partition/frame.h"

namespace sanyuan::partition {

// A place in a journal that was read: what a reader must hold to judge the next record.
struct Place {
  JournalId journal_id{};
  uint64_t term = 0;
  uint64_t height = 0;
  Digest head;
  int64_t offset = -1;  // Of the record at `height`.

  bool operator==(const Place&) const = default;
};

enum class Strictness : uint8_t { kLenient, kStrict };

enum class SkipKind : uint8_t { kLate, kLostRace, kDuplicate, kStray };
inline constexpr int kSkipKinds = 4;
std::string_view SkipKindName(SkipKind kind);

struct Verdict {
  enum class Kind : uint8_t { kAccepted, kSkipped, kDamage };
  Kind kind = Kind::kDamage;
  SkipKind skip = SkipKind::kStray;
  std::string damage;  // For people: what is wrong.
  Frame frame;         // Of accepted and of skipped records (but strays); its payload points into the record.
};

class Rule {
 public:
  explicit Rule(Strictness strictness) : strictness_(strictness) {}

  // Nothing until a genesis was accepted or a place was given.
  const std::optional<Place>& place() const { return place_; }

  // Goes on from a place that was stored. `record` is what the log holds at its offset now: every stored place
  // is checked by reading its record again. False when that is not the record at the place; the log was cut or
  // changed, and nothing may be read on from there.
  bool ResumeAt(const Place& place, std::string_view record);

  // Judges the next record of the log and, when it is accepted, moves on. REQUIRES: offsets ascend.
  Verdict Judge(int64_t offset, std::string_view record);

  // Goes on at `next_offset`, as a release says; `place` is where the reader then stands.
  void GoTo(const Place& place, int64_t next_offset);

  // True while offsets are missing behind the place and no accepted record has shown yet that nothing of the
  // journal was among them. A reader that reaches the end of the log like this has found damage.
  bool HolePending() const { return hole_pending_; }

 private:
  Verdict Damage(std::string what) const;
  Verdict Skip(SkipKind kind, const Frame& frame) const;

  Strictness strictness_;
  std::optional<Place> place_;
  std::optional<int64_t> last_offset_;
  bool hole_pending_ = false;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_RULE_H_
