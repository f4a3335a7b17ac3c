// The operations service: clock, status, digest, verification and release of the partitions of this process.
// Thread safety: the functions may be called from any thread; some take as long as their work.
#ifndef SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_
#define SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_

#include "common/host/host_group.h"
#include "common/host/replay.h"
#include "common/log/log.h"
#include "common/rpc/method_table.h"
#include "sanyuan/operations/v1/operations.pb.h"

namespace sanyuan {

// The arguments outlive the table.
void AddOperations(rpc::MethodTable& methods, host::HostGroup& hosts, log::Log& log, bool simulated_clock);

host::Checkpoint CheckpointOf(const operations::v1::Checkpoint& message);
operations::v1::PartitionStatus StatusMessage(const host::Replayed& replayed, const std::string& context);
operations::v1::PartitionStatus StatusMessage(const host::PartitionHost& host,
                                              const host::HostStatus& status);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_OPERATIONS_H_
