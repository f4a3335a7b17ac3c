// One journal read from a place on: the rule, halting at damage, and going on by a release.
//
// Used by whoever reads a journal: the partition that writes it, contexts that take it as an input, feeds,
// the scrub and `journal verify`. All of them take the same way past damage.
// Thread safety: none.
#ifndef SANYUAN_COMMON_PARTITION_READER_H_
#define SANYUAN_COMMON_PARTITION_READER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/partition/rule.h"

namespace sanyuan::partition {

struct Damage {
  int64_t offset = 0;
  std::string why;
  Digest sha256;  // Of the bytes found there; zero when there was no record.
};

struct ReadResult {
  enum class Kind : uint8_t {
    kAccepted,  // `frame` is the next record of the journal.
    kSkipped,
    kHalted,    // Damage was found, here or earlier; nothing is accepted any more.
    kReleased,  // A release was followed: `frame` is accepted (the release, or the record that it repairs), and
                // reading must go on at `resume_offset`.
  };
  Kind kind = Kind::kHalted;
  Frame frame;  // Its payload points into the record, or into the reader for a repaired one.
  int64_t resume_offset = 0;
};

class JournalReader {
 public:
  explicit JournalReader(Strictness strictness) : rule_(strictness) {}

  // REQUIRES: offsets ascend, except after kReleased.
  ReadResult Read(int64_t offset, std::string_view record);
  // The log ends here, all before it was read: an unexplained hole is damage now. False when halted by it.
  bool ReachedEnd(int64_t end_offset);

  // What comes next is what is read next at the offset behind the place. REQUIRES: a place, and no damage.
  void GoBehindPlace() { rule_.GoTo(*rule_.place(), rule_.place()->offset + 1); }
  // See Rule::ResumeAt. On false the reader is halted at the place's offset.
  bool ResumeAt(const Place& place, std::string_view record);
  // Halts for what only the caller can see: content that this version does not know, another folded state, a
  // record that is gone. `record` is what stands there now.
  void Halt(int64_t offset, std::string why, std::string_view record);

  const std::optional<Place>& place() const { return rule_.place(); }
  const std::optional<Damage>& damage() const { return damage_; }
  uint64_t skipped(SkipKind kind) const { return skipped_[static_cast<size_t>(kind)]; }

 private:
  ReadResult TryRelease(int64_t offset, std::string_view record);

  Rule rule_;
  std::optional<Place> before_;  // The place before the last accepted record: where a halt at it stands.
  std::optional<Damage> damage_;
  std::array<uint64_t, kSkipKinds> skipped_{};
  std::string repaired_;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_READER_H_
