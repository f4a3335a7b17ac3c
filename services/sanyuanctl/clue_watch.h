// Follows the feed of clues over disconnects and restarts of the server, by its resume token.
//
// Every event is handled at least once and in the order of its journal: a token is kept only after its event was
// handled. What happens between the two happens again for who begins with the old token; (journal id, height, index)
// of the event tells.
// Thread safety: Stop from any thread, Run once.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLUE_WATCH_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLUE_WATCH_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.grpc.pb.h"

namespace sanyuan::ctl {

struct Watcher {
  std::string id;
  std::string role;  // "INSPECTOR".
  std::string unit;
};

class ClueWatch {
 public:
  using Event = three_member_interaction::v1::ClueFeedEvent;
  struct Handlers {
    // False: enough, the watch ends.
    std::function<bool(const Event&)> event;
    // After each event and each heartbeat; an error ends the watch. May be empty.
    std::function<absl::Status(const std::string&)> token;
  };

  // `request` holds the token to begin with, if any.
  ClueWatch(const std::string& server, Watcher watcher,
            three_member_interaction::v1::WatchCluesRequest request);
  virtual ~ClueWatch() = default;

  // Until Stop, `deadline` or a handler that has enough: OK. UNAVAILABLE when the deadline finds no server that
  // serves; every other error is the server's last word, or that of the token's handler.
  grpc::Status Run(absl::Time deadline, const Handlers& handlers);
  void Stop();

 protected:
  // Where the next connection goes on, when a response was handled: behind its token.
  virtual void Handled(const three_member_interaction::v1::WatchCluesResponse& response,
                       three_member_interaction::v1::WatchCluesRequest& next) {
    next.set_resume_token(response.resume_token());
  }

 private:
  // One connection, until it ends. Sets `received` when anything came.
  grpc::Status Follow(absl::Time deadline, const Handlers& handlers, bool& received, bool& done);

  const std::unique_ptr<three_member_interaction::v1::ClueFeedService::Stub> stub_;
  const Watcher watcher_;
  three_member_interaction::v1::WatchCluesRequest request_;
  std::mutex mutex_;
  bool stopped_ = false;
  grpc::ClientContext* context_ = nullptr;  // Of the call that runs.
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLUE_WATCH_H_
