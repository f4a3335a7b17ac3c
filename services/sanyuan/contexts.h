// All modules of Sanyuan in one process.
#ifndef SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_
#define SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_

#include <vector>

#include "common/host/partition_host.h"
#include "common/rpc/method_table.h"
#include "common/rpc/module.h"
#include "services/sanyuan/options.h"

namespace sanyuan {

std::vector<rpc::Module> AllModules(const ServeOptions& options);

// Of all modules. The order is that of the journals in status and verification.
std::vector<host::ContextSpec> Contexts(const ServeOptions& options);

// Every RPC of all modules.
void AddContextMethods(rpc::MethodTable& methods);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_CONTEXTS_H_
