// Checkpoints: the heads of all journals in a JSON file, to be kept where the operator of the server can't write.
// Pure but for the file; any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CHECKPOINT_FILE_H_
#define SANYUAN_SERVICES_SANYUANCTL_CHECKPOINT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sanyuan/operations/v1/operations.pb.h"

namespace sanyuan::ctl {

// {"checkpoints": [{"context": "order_intake", "partition": 0, "journal_id": "<hex>", "height": 7, "head": "<hex>"}]}
std::string CheckpointText(const std::vector<operations::v1::PartitionStatus>& partitions);
// Unavailable when the file can't be written.
absl::Status WriteCheckpoints(const std::string& path,
                              const std::vector<operations::v1::PartitionStatus>& partitions);
// NotFound, or DataLoss naming what is wrong in it.
absl::StatusOr<std::vector<operations::v1::Checkpoint>> ReadCheckpoints(const std::string& path);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CHECKPOINT_FILE_H_
