// The feed of clues, watched by the county manager and by an inspector while the day runs, and compared in the end
// with what the server answers otherwise and with what commands were acknowledged.
// Thread safety: one thread at a time; it has threads of its own.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_WATCHED_FEED_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_WATCHED_FEED_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/clue_watch.h"

namespace sanyuan::ctl::demo {

struct FeedFigures {
  int64_t events = 0;
  // Empty when the feed was complete, in order and without repeats; else what was wrong.
  std::string wrong;
};

class WatchedFeed {
 public:
  // The client of one subscriber.
  using NewWatch = std::function<std::unique_ptr<ClueWatch>(
      const std::string& server, const Watcher& watcher,
      const three_member_interaction::v1::WatchCluesRequest& request)>;
  static std::unique_ptr<ClueWatch> NewClueWatch(
      const std::string& server, const Watcher& watcher,
      const three_member_interaction::v1::WatchCluesRequest& request);

  // Returns when the feeds are open: everything from now on is in them. REQUIRES: the county's staff is known.
  // Throws Unexpected when they are refused.
  explicit WatchedFeed(const std::string& server, const NewWatch& new_watch = NewClueWatch);
  ~WatchedFeed();

  // Waits until the feeds are as far as the server, but not for ever.
  FeedFigures Compare(Client& client);

 private:
  using Events = std::vector<ClueWatch::Event>;
  // One subscriber.
  struct Side {
    std::unique_ptr<ClueWatch> watch;
    std::thread thread;
    Events events;
    bool open = false;
    bool ended = false;
    std::string why;
  };
  void Begin(Side& side, const std::string& server, const NewWatch& new_watch, const Caller& caller);

  std::mutex mutex_;  // Of what the sides have seen.
  std::condition_variable changed_;
  Side manager_, inspector_;
};

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_WATCHED_FEED_H_
