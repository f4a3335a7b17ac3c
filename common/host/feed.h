// A server-streaming call below its transport: gives one message after the other, as fast as they are taken.
// Thread safety: one thread at a time.
#ifndef SANYUAN_COMMON_HOST_FEED_H_
#define SANYUAN_COMMON_HOST_FEED_H_

#include <functional>
#include <memory>
#include <string>

#include "common/host/host_group.h"
#include "common/partition/domain.h"
#include "common/tracing/span.h"
#include "common/view/view_store.h"
#include "google/protobuf/message.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::host {

class Feed {
 public:
  struct Step {
    enum class Kind : uint8_t {
      kMessage,  // `message` is to be sent.
      kIdle,     // Nothing now: `wake` will be called.
      kAgain,    // Nothing yet, but there is more to look at: to be asked again, after others had their turn.
      kEnded,    // For the reason in `why`.
    };
    Kind kind = Kind::kIdle;
    std::unique_ptr<google::protobuf::Message> message;
    common::v1::Refusal why;
  };

  virtual ~Feed() = default;
  // `heartbeat`: nothing was sent for a while, so something is to be sent now. May block on the disk. Not called
  // again after kEnded.
  virtual Step Next(bool heartbeat) = 0;
};

// A call whose role and counties were let pass; what else stands against it the feed says by its first step.
struct FeedCall {
  partition::Actor actor;
  std::shared_ptr<const google::protobuf::Message> request;
  HostGroup& hosts;
  view::ViewStore& views;
  // After kIdle there may be more. From any thread, also without need; it never calls back from inside.
  std::function<void()> wake;
  std::string unit = {};  // Of the caller.
  tracing::CallTrace trace = {};
};

using OpenFeed = std::function<std::unique_ptr<Feed>(FeedCall call)>;

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_FEED_H_
