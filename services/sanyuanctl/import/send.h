// Registers items in batches: what the server refuses goes into the report with its column, everything else counts.
// An import that is run again finds its items standing, and changes nothing. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_SEND_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_SEND_H_

#include <functional>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "services/sanyuanctl/import/rows.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl::import {

// Ok when every item was judged; otherwise why the rest was not sent: the caller may not do this at all, or the
// server was away until the deadline. `progress` is told how many items were done.
grpc::Status SendAll(const Session& session, const Kind& kind, const std::vector<Item>& items, Report& report,
                     const std::function<void(size_t)>& progress);

}  // namespace sanyuan::ctl::import

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_SEND_H_
