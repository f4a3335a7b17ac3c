// What the delivery tracking service brings to a process.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_MODULE_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_MODULE_H_

#include "common/rpc/module.h"

namespace sanyuan::delivery_tracking {

rpc::Module NewModule();

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_MODULE_H_
