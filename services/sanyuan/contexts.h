// The contexts of the all-in-one process: their domains, views and RPCs.
#ifndef SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_
#define SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_

#include <vector>

#include "common/host/partition_host.h"
#include "common/rpc/method_table.h"
#include "services/sanyuan/options.h"

namespace sanyuan {

// The order is that of the journals in status and verification.
std::vector<host::ContextSpec> Contexts(const ServeOptions& options);

// Every RPC of these contexts.
void AddContextMethods(rpc::MethodTable& methods);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_
