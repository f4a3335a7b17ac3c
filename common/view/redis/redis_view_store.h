// Views in a Redis server or cluster, version 7 or newer. Redis holds nothing that can't be lost: it may vanish, be
// flushed, be slow, evict or come back with an old dump at any time. How a view lies there, and why nothing wrong is
// ever read, stands in README.md beside this file.
//
// A read is answered only from a view that stands where this process has applied or seen it last, or later. Otherwise
// it is Unavailable and `on_lost` is told, so that who owns the partition builds the view anew. So is a read while a
// batch of several pieces is being applied.
//
// Every call returns in time. What goes wrong with Redis is Unavailable, and names the server and the cause; a later
// call connects again by itself, after a pause that grows up to a second. A full memory is ResourceExhausted.
// Several processes may share a Redis; those that project one view get in each other's way, but never mix its rows.
//
// Thread safety: all methods may be called from any thread. Readers don't wait for Apply, nor it for them.
#ifndef SANYUAN_COMMON_VIEW_REDIS_REDIS_VIEW_STORE_H_
#define SANYUAN_COMMON_VIEW_REDIS_REDIS_VIEW_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/view/view_store.h"

namespace sanyuan::view {

class KnownView;
class RedisNodes;
class RedisTalk;

struct RedisViewStoreOptions {
  // The server, or any node of the cluster. A name is looked up without a time-out.
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string user;      // Empty: the default user.
  std::string password;  // Empty: none.
  std::chrono::milliseconds connect_timeout{500};
  // A read or a Position takes no longer than this, connecting included. An Apply or Clear takes at most this for each
  // of its pieces, and again for each other server that a cluster refers it to.
  std::chrono::milliseconds command_timeout{1'000};
  size_t read_connections = 8;  // To each server. Who finds all busy waits.
  size_t write_connections = 2;
  // How much of a batch is applied at once. Redis does nothing else meanwhile: a few milliseconds.
  size_t max_piece_bytes = 256 * 1024;
  // A view that nobody is known to have projected is Unavailable, rather than empty. It is for processes that serve
  // queries: to them such a view, also one that was cleared to be built anew, would seem to lack its rows.
  bool refuse_unbuilt = false;
  // A view is not what it was, as a read has found: called by that thread, at most once a second for each view for as
  // long as it is so. Whoever projects the view then begins anew (Projector::Begin).
  std::function<void(const ViewName& view, const absl::Status& why)> on_lost;
};

class RedisViewStore : public ViewStore {
 public:
  // Doesn't talk to Redis yet. InvalidArgument when an option makes no sense.
  static absl::StatusOr<std::unique_ptr<RedisViewStore>> Open(RedisViewStoreOptions options);
  ~RedisViewStore() override;

  // Whether the server is there, lets the user in, and has the functions or takes them: for the start of a process.
  absl::Status Check();

  // nullopt also when a batch was not finished, or rows are missing.
  absl::StatusOr<std::optional<ViewPosition>> Position(const ViewName& view) override;
  // Unavailable, and ResourceExhausted when Redis is full: the batch was applied as a whole, not at all, or the view has
  // no position any more.
  absl::Status Apply(const ViewName& view, const std::optional<ViewPosition>& from, const ViewPosition& to,
                     absl::Span<const ViewRow> rows) override;
  absl::Status Clear(const ViewName& view) override;
  bool shared() const override { return true; }
  // The store must outlive its readers.
  std::unique_ptr<ViewReader> Reader(const ViewName& view) override;

 private:
  class CheckedReader;

  explicit RedisViewStore(RedisViewStoreOptions options);
  KnownView* Known(const ViewName& view);
  absl::Status ApplyAt(const ViewName& view, const std::optional<ViewPosition>& from, const ViewPosition& to,
                       absl::Span<const ViewRow> rows);
  void SayLost(KnownView& view, const absl::Status& why) const;

  const RedisViewStoreOptions options_;
  std::unique_ptr<RedisNodes> nodes_;
  std::unique_ptr<RedisTalk> talk_;
  std::mutex mutex_;
  std::map<ViewName, std::unique_ptr<KnownView>> known_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_REDIS_VIEW_STORE_H_
