// Calls a server by gRPC, without encryption, with the caller as metadata of development mode. Any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLIENT_GRPC_TRANSPORT_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLIENT_GRPC_TRANSPORT_H_

#include <memory>
#include <string>

#include "services/sanyuanctl/client/transport.h"

namespace sanyuan::ctl {

// `server` is "HOST:PORT". A server that is away is waited for until the call's deadline.
std::unique_ptr<Transport> NewGrpcTransport(const std::string& server);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLIENT_GRPC_TRANSPORT_H_
