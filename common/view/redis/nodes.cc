#include "common/view/redis/nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sanyuan::view {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The pause after failures to connect: doubled each time, up to the second one.
constexpr milliseconds kFirstPause(20);
constexpr milliseconds kLongestPause(1'000);

milliseconds PauseAfter(int failures) {
  return std::min(kLongestPause, kFirstPause * (1 << std::min(failures, 10)));
}

}  // namespace

RedisNodes::Lease::~Lease() {
  if (node_ == nullptr) return;
  const std::lock_guard lock(node_->mutex);
  Pool& pool = node_->pools[static_cast<size_t>(use_)];
  --pool.borrowed;
  if (connection_ != nullptr) pool.idle.push_back(std::move(connection_));
  // Those who wait may want either kind.
  node_->returned.notify_all();
}

RedisNodes::RedisNodes(Options options) : options_(std::move(options)) { NodeAt(options_.first); }

size_t RedisNodes::Limit(Use use) const {
  return use == Use::kRead ? options_.read_connections : options_.write_connections;
}

RedisNodes::Node* RedisNodes::NodeAt(const RedisAddress& address) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Node>& node = nodes_[address];
  if (node == nullptr) {
    node = std::make_unique<Node>();
    node->address = address;
  }
  return node.get();
}

RedisAddress RedisNodes::After(const RedisAddress& address) {
  const std::lock_guard lock(mutex_);
  auto next = nodes_.upper_bound(address);
  if (next == nodes_.end()) next = nodes_.begin();
  return next->first;
}

absl::StatusOr<RedisNodes::Lease> RedisNodes::Borrow(const RedisAddress& address, Use use,
                                                     RedisDeadline deadline) {
  Node* const node = NodeAt(address);
  Lease lease(nullptr, use);
  {
    std::unique_lock lock(node->mutex);
    Pool& pool = node->pools[static_cast<size_t>(use)];
    if (!node->returned.wait_until(lock, deadline, [&] { return pool.borrowed < Limit(use); })) {
      return absl::UnavailableError(
          fmt::format("Redis at {}: all {} connections are busy", address.ToString(), Limit(use)));
    }
    ++pool.borrowed;
    lease.node_ = node;
    if (!pool.idle.empty()) {
      lease.connection_ = std::move(pool.idle.back());
      pool.idle.pop_back();
      lease.used_before_ = true;
    }
  }
  if (lease.connection_ != nullptr && !lease.connection_->Closed()) return lease;
  lease.used_before_ = false;
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection = Connect(*node, deadline);
  if (!connection.ok()) {
    lease.Drop();
    return connection.status();
  }
  lease.connection_ = *std::move(connection);
  return lease;
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisNodes::Connect(Node& node, RedisDeadline deadline) {
  const auto now = steady_clock::now();
  {
    const std::lock_guard lock(node.mutex);
    if (node.failures > 0 && now < node.next_attempt) return node.last_failure;
  }
  auto connection = RedisConnection::Connect(node.address, options_.user,
                                             std::min(deadline, now + options_.connect_timeout));
  const std::lock_guard lock(node.mutex);
  if (connection.ok()) {
    node.failures = 0;
  } else {
    node.last_failure = connection.status();
    node.next_attempt = steady_clock::now() + PauseAfter(node.failures++);
  }
  return connection;
}

}  // namespace sanyuan::view
