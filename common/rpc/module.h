// What one service brings to the process that serves it: the contexts that it hosts, and who answers their RPCs. A
// process may serve one module or several; calls for the other ones it passes on.
#ifndef SANYUAN_COMMON_RPC_MODULE_H_
#define SANYUAN_COMMON_RPC_MODULE_H_

#include <map>
#include <string>
#include <vector>

#include "common/host/feed.h"
#include "common/host/partition_host.h"
#include "common/view/query.h"

namespace sanyuan::rpc {

struct Module {
  // In the order in which status and verification list them.
  std::vector<host::ContextSpec> contexts;
  view::Queries queries;                        // By the method's path.
  std::map<std::string, host::OpenFeed> feeds;  // By the method's path.
  // Commands that are answered when the view shows them.
  std::vector<std::string> answered_after_view;
};

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_MODULE_H_
