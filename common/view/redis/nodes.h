// The servers that a store talks to, with the connections to each: some for reads, others for writes, so that a
// large batch keeps nobody waiting. A server that can't be reached is asked again after a growing pause; calls in
// between fail at once.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_VIEW_REDIS_NODES_H_
#define SANYUAN_COMMON_VIEW_REDIS_NODES_H_

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/view/redis/connection.h"

namespace sanyuan::view {

class RedisNodes {
 public:
  enum class Use { kRead, kWrite };

  struct Options {
    RedisAddress first;
    RedisUser user;
    std::chrono::milliseconds connect_timeout{0};
    size_t read_connections = 0;  // At most as many to each server.
    size_t write_connections = 0;
  };

 private:
  struct Pool {
    size_t borrowed = 0;
    std::vector<std::unique_ptr<RedisConnection>> idle;
  };
  struct Node {
    RedisAddress address;
    std::mutex mutex;
    std::condition_variable returned;
    Pool pools[2];
    int failures = 0;  // To connect, one after the other.
    RedisDeadline next_attempt;
    absl::Status last_failure;
  };

 public:
  // A connection that goes back when this goes, unless it was dropped.
  class Lease {
   public:
    Lease(Node* node, Use use) : node_(node), use_(use) {}
    Lease(Lease&& other) noexcept
        : node_(std::exchange(other.node_, nullptr)),
          use_(other.use_),
          used_before_(other.used_before_),
          connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    RedisConnection* operator->() { return connection_.get(); }
    void Drop() { connection_.reset(); }
    // Somebody had it before: it may have died since.
    bool used_before() const { return used_before_; }

   private:
    friend class RedisNodes;
    Node* node_;
    Use use_;
    bool used_before_ = false;
    std::unique_ptr<RedisConnection> connection_;
  };

  explicit RedisNodes(Options options);

  // Waits for a connection until the deadline if all are taken.
  absl::StatusOr<Lease> Borrow(const RedisAddress& address, Use use, RedisDeadline deadline);
  const RedisAddress& first() const { return options_.first; }
  // Another server that was heard of, in turn; the same when there is none.
  RedisAddress After(const RedisAddress& address);

 private:
  Node* NodeAt(const RedisAddress& address);
  absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(Node& node, RedisDeadline deadline);
  size_t Limit(Use use) const;

  const Options options_;
  std::mutex mutex_;
  std::map<RedisAddress, std::unique_ptr<Node>> nodes_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_NODES_H_
