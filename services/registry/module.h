// What the registry service brings to a process.
#ifndef SANYUAN_SERVICES_REGISTRY_MODULE_H_
#define SANYUAN_SERVICES_REGISTRY_MODULE_H_

#include "common/rpc/module.h"

namespace sanyuan::registry {

rpc::Module NewModule();

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_MODULE_H_
