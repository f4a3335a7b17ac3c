// What the allocation service brings to a process. `secrets`: of the lottery.
#ifndef SANYUAN_SERVICES_ALLOCATION_MODULE_H_
#define SANYUAN_SERVICES_ALLOCATION_MODULE_H_

#include "common/rpc/module.h"
#include "services/allocation/domain/tie_key_secret.h"

namespace sanyuan::allocation {

rpc::Module NewModule(SecretSource secrets);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_MODULE_H_
