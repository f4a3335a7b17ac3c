// What a context offers for each of its query RPCs: a function from view and request to response.
#ifndef SANYUAN_COMMON_VIEW_QUERY_H_
#define SANYUAN_COMMON_VIEW_QUERY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/partition/domain.h"
#include "common/view/view_store.h"
#include "google/protobuf/message.h"

namespace sanyuan::view {

// Reads only through the view; what the caller may see of it is decided here. The request is of the type that the
// RPC takes, the response of the type that it gives. Any thread.
using QueryFn = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
    const ViewReader& view, const partition::Actor& caller, const google::protobuf::Message& request)>;

// By full method name, "/sanyuan.order_intake.v1.OrderService/GetOrder".
using Queries = std::map<std::string, QueryFn>;

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_QUERY_H_
