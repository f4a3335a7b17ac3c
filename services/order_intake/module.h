// What the order intake service brings to a process.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_MODULE_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_MODULE_H_

#include "common/rpc/module.h"

namespace sanyuan::order_intake {

rpc::Module NewModule();

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_MODULE_H_
