// Where snapshots are kept: the state of a partition at one of its records. Snapshots are never trusted (the
// journal says which digest they must have) and can always be deleted.
// Thread safety: all methods may be called from any thread, for different partitions at the same time.
#ifndef SANYUAN_COMMON_HOST_SNAPSHOT_STORE_H_
#define SANYUAN_COMMON_HOST_SNAPSHOT_STORE_H_

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/log/log.h"
#include "common/partition/rule.h"

namespace sanyuan::host {

struct StoredSnapshot {
  partition::Place place;   // Of the last record folded into it.
  int64_t next_offset = 0;  // Of the record that names its digest.
  std::string rows;         // state::Snapshot::Encode.
};

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  virtual absl::Status Save(const log::TopicPartition& journal, const StoredSnapshot& snapshot) = 0;
  // nullopt when there is none that can be read, or a version that folds otherwise made it.
  virtual std::optional<StoredSnapshot> Load(const log::TopicPartition& journal) = 0;
  virtual void Delete(const log::TopicPartition& journal) = 0;
};

// One file for each journal in a directory, replaced as a whole.
class FileSnapshotStore final : public SnapshotStore {
 public:
  explicit FileSnapshotStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  absl::Status Save(const log::TopicPartition& journal, const StoredSnapshot& snapshot) override;
  std::optional<StoredSnapshot> Load(const log::TopicPartition& journal) override;
  void Delete(const log::TopicPartition& journal) override;

 private:
  std::filesystem::path PathOf(const log::TopicPartition& journal) const;
  std::filesystem::path directory_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_SNAPSHOT_STORE_H_
