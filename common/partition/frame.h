// The frame around every journal record. Its byte layout never changes, so that every version can judge every
// record; what is inside may be unknown to an old version, and halts it.
//
//   offset  bytes
//   0       4   magic "SYJ1"
//   4       1   frame version (1)
//   5       1   kind
//   6       2   zero
//   8       16  journal id
//   24      8   term, big-endian     height of the take-over that its writer began with
//   32      8   height, big-endian   count of accepted records before it
//   40      32  prev                 digest of the accepted record before it
//   72      n   payload
//   72+n    32  digest               SHA-256 of all bytes before it
//
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_PARTITION_FRAME_H_
#define SANYUAN_COMMON_PARTITION_FRAME_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/digest/digest.h"

namespace sanyuan::partition {

using JournalId = std::array<uint8_t, 16>;

// Stored: numbers never change.
enum class FrameKind : uint8_t { kGenesis = 1, kTakeOver = 2, kDecision = 3, kRelease = 4 };

struct Frame {
  FrameKind kind = FrameKind::kDecision;
  JournalId journal_id{};
  uint64_t term = 0;
  uint64_t height = 0;
  Digest prev;
  std::string_view payload;  // Points into the record that was parsed.
  Digest digest;             // Filled by Seal and Parse.
};

enum class FrameError : uint8_t {
  kNone,
  kNotAFrame,       // Too short or another magic: somebody else's record.
  kUnknownVersion,  // A frame version or kind that this version does not know.
  kWrongDigest,
};

// The bytes of the record. `frame.digest` is set to the digest that they carry.
std::string Seal(Frame& frame);

// Reads what Seal wrote. `frame` is filled whenever the result is kNone or kWrongDigest; its payload points
// into `bytes`.
FrameError Parse(std::string_view bytes, Frame& frame);

// Of what is no frame: whether the journal's id stands where its frames have it. Then it was one.
bool BearsId(std::string_view bytes, const JournalId& id);

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_FRAME_H_
