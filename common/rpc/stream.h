// Server-streaming calls: each has one message under way at most, and asks its feed for the next one when the
// transport has taken it. So a slow subscriber slows down nobody but himself and holds no memory but that message
// and what the transport's windows hold.
//
// A stream needs no deadline. It ends with UNAVAILABLE and RetryInfo when the server stops or a journal of it is
// halted: the subscriber then goes on elsewhere or later with its resume token.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_RPC_STREAM_H_
#define SANYUAN_COMMON_RPC_STREAM_H_

#include <memory>

#include "absl/time/time.h"
#include "common/host/executor.h"
#include "common/host/host_group.h"
#include "common/rpc/method_table.h"
#include "common/view/view_store.h"

namespace grpc {
class ByteBuffer;
class GenericCallbackServerContext;
template <class Request, class Response>
class ServerBidiReactor;
}  // namespace grpc

namespace sanyuan::rpc {

class CallObserver;

// What streams share. Everything outlives them.
struct StreamServices {
  bool trust_metadata = false;
  absl::Duration heartbeat;
  host::HostGroup& hosts;
  view::ViewStore& views;
  host::Executor& blocking;  // Feeds read here.
  CallObserver* observer = nullptr;
};

// All streams of a server.
class StreamSet {
 public:
  explicit StreamSet(const StreamServices& services);
  // REQUIRES: Drain was called, or no stream was started.
  ~StreamSet();

  // The reactor of a new call. REQUIRES: the method has a feed.
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      const Method& method, grpc::GenericCallbackServerContext& context);
  // Ends all streams and refuses new ones; returns when they are gone. Those whose subscribers take nothing are
  // cancelled after a second.
  void Drain();

 private:
  struct Impl;
  class Stream;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_STREAM_H_
