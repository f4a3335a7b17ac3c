// The operations service: clock, status, digest, verification and release of the partitions of this process.
// Thread safety: the functions may be called from any thread; some take as long as their work.
#ifndef SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_
#define SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/host/host_group.h"
#include "common/host/replay.h"
#include "common/log/log.h"
#include "common/rpc/method_table.h"
#include "sanyuan/operations/v1/operations.pb.h"

namespace sanyuan {

// Asks the process that serves a context to verify its journals.
using VerifyElsewhere = std::function<absl::StatusOr<operations::v1::VerifyJournalsResponse>(
    const std::string& context, const operations::v1::VerifyJournalsRequest& request)>;

// The arguments outlive the table. `elsewhere`: contexts that other processes serve.
void AddOperations(rpc::MethodTable& methods, host::HostGroup& hosts, log::Log& log, bool simulated_clock,
                   std::vector<std::string> elsewhere, VerifyElsewhere verify_elsewhere);

void SetTime(absl::Time time, google::protobuf::Timestamp& out);  // In microseconds.
absl::Time TimeOf(const google::protobuf::Timestamp& time);
operations::v1::PartitionActivity ActivityMessage(const host::Activity& activity);
host::Activity ActivityOf(const operations::v1::PartitionActivity& message);
host::Checkpoint CheckpointOf(const operations::v1::Checkpoint& message);
operations::v1::PartitionStatus StatusMessage(const host::Replayed& replayed, const std::string& context);
operations::v1::PartitionStatus StatusMessage(const host::PartitionHost& host,
                                              const host::HostStatus& status);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_
