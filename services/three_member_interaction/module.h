// What the three-member interaction service brings to a process.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_MODULE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_MODULE_H_

#include "common/rpc/module.h"

namespace sanyuan::three_member_interaction {

rpc::Module NewModule();

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_MODULE_H_
