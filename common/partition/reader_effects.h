// The effects of a reader that only follows a journal: it writes nothing, answers nobody, pulls no input and has
// nothing to do but to go on where a release sends it.
// Thread safety: as the partition that it belongs to.
#ifndef SANYUAN_COMMON_PARTITION_READER_EFFECTS_H_
#define SANYUAN_COMMON_PARTITION_READER_EFFECTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/partition/effects.h"

namespace sanyuan::partition {

class ReaderEffects final : public Effects {
 public:
  // Set when a release was read: reading goes on at this offset.
  std::optional<int64_t> resume;
  // Accepted so far; the other records are genesis, take-overs and releases.
  uint64_t decisions = 0;

 private:
  bool Produce(std::string /*record*/, const log::RecordHeaders& /*headers*/) override { return false; }
  void Reply(uint64_t /*call*/, Answer /*answer*/) override {}
  void Accepted(AcceptedRecord record) override { decisions += record.kind == FrameKind::kDecision ? 1 : 0; }
  bool WantsSnapshot() override { return false; }
  void SnapshotReady(SnapshotPoint /*point*/) override {}
  void ReadHead(int64_t /*offset*/) override {}
  void ResumeReading(int64_t offset) override { resume = offset; }
  void PullInput(const std::string& /*topic*/, int64_t /*offset*/) override {}
  void FetchPages(const std::string& /*topic*/, std::vector<uint64_t> /*heights*/) override {}
  void StoodDown() override {}
  void Halted(const Damage& /*damage*/) override {}
  void InputHalted(const std::string& /*topic*/, const Damage& /*damage*/) override {}
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_READER_EFFECTS_H_
