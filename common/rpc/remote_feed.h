// Feeds that another process serves, message by message as they are taken.
#ifndef SANYUAN_COMMON_RPC_REMOTE_FEED_H_
#define SANYUAN_COMMON_RPC_REMOTE_FEED_H_

#include <functional>
#include <optional>
#include <string>

#include "common/host/feed.h"
#include "google/protobuf/descriptor.h"

namespace sanyuan::rpc {

// Opens `method` at the address that is known then, with its caller's identity. It ends with UNAVAILABLE when none is known or
// the other process goes; the subscriber then goes on with his resume token. Any thread.
host::OpenFeed RemoteFeed(const google::protobuf::MethodDescriptor& method,
                          std::function<std::optional<std::string>()> address);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_REMOTE_FEED_H_
