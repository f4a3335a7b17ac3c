// Journals replayed from their beginning by their records alone: what `journal verify` and `digest` do, on a
// data directory or beside running partitions.
// Any thread; replays are independent of each other.
#ifndef SANYUAN_COMMON_HOST_REPLAY_H_
#define SANYUAN_COMMON_HOST_REPLAY_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/host/partition_host.h"
#include "common/host/read_records.h"
#include "common/log/log.h"

namespace sanyuan::host {

struct Replayed {
  log::TopicPartition journal;
  std::optional<partition::Place> place;  // Of the last accepted record.
  std::optional<partition::Damage> damage;
  uint64_t decisions = 0;  // Accepted records that are neither genesis nor take-overs nor releases.
  std::array<uint64_t, partition::kSkipKinds> skipped{};
  std::map<County, Digest> digests;  // Of the business state.
};

// Looks at what was folded, at the end or where the damage is.
using LookAtFolded = std::function<void(const partition::Partition&, partition::Domain&)>;

// Up to `end` (the end of the log when nullopt). An error of the log is an error; damage is a finding.
absl::StatusOr<Replayed> Replay(const ContextSpec& spec, int32_t partition, const ReadRecords& read,
                                partition::Strictness strictness, std::optional<int64_t> end = std::nullopt,
                                const LookAtFolded& look = nullptr);

// A head that was exported earlier.
struct Checkpoint {
  std::string context;
  int32_t partition = 0;
  partition::JournalId journal_id{};
  uint64_t height = 0;
  Digest head;
};

// Sets `replayed.damage` when the journal, sound as it may look, does not hold what the checkpoint has seen.
absl::Status Compare(const Checkpoint& checkpoint, const ReadRecords& read, partition::Strictness strictness,
                     Replayed& replayed);

// Every partition of every context. `partitions` is the count that the genesis records name.
absl::StatusOr<std::vector<Replayed>> ReplayAll(const std::vector<ContextSpec>& specs, int32_t partitions,
                                                const ReadRecords& read, partition::Strictness strictness);

// The partition count that the first journal's genesis names. DataLoss when it has none.
absl::StatusOr<int32_t> PartitionCountOf(const std::vector<ContextSpec>& specs, const ReadRecords& read);

// The text of all digests, as HostGroup::DigestText.
std::string DigestTextOf(const std::vector<ContextSpec>& specs, const std::vector<Replayed>& replayed);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_REPLAY_H_
