// The gRPC server: one generic service for all RPCs of the method table. A call is parsed and its caller identified;
// the rest is dispatch.h's. Feeds are in stream.h.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_RPC_SERVER_H_
#define SANYUAN_COMMON_RPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/dispatch.h"
#include "common/rpc/method_table.h"

namespace sanyuan::rpc {

struct ServerOptions {
  std::string listen;  // "127.0.0.1:0"
  bool trust_metadata = false;
  int max_message_bytes = 1 << 20;
  int max_concurrent_streams = 4096;
  // After this time without an event a feed says that nothing happened.
  absl::Duration heartbeat = absl::Seconds(10);
  // Spans of unary calls. Feeds, which last for days, have none.
  tracing::Recording recording = {};
};

// What calls came to, for metrics.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // Of each call that is not a feed, before OnCall.
  virtual void OnCallBegun() {}
  // `code` is a gRPC status code, `reason` the ErrorInfo's, empty for successes.
  virtual void OnCall(const std::string& method, int code, const std::string& reason,
                      absl::Duration took) = 0;
  // Feeds: each that is opened ends once, in whatever way.
  virtual void OnFeedOpened(const std::string& /*method*/) {}
  virtual void OnFeedEnded(const std::string& /*method*/, int /*code*/, const std::string& /*reason*/) {}
};

class Server {
 public:
  // All arguments outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const MethodTable& methods,
                                                       const DispatchServices& services,
                                                       CallObserver* observer);
  virtual ~Server() = default;
  // Takes no more calls, waits until those that run are done or `grace` is over.
  virtual void Drain(absl::Duration grace) = 0;
  virtual int port() const = 0;
  // What gRPC health says.
  virtual void SetServing(bool serving) = 0;
};

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_SERVER_H_
