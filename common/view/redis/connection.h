// One connection to a Redis server: commands are queued, sent together, and their replies received in order, each
// within a deadline. hiredis connects and reads; sending is done here, because hiredis raises SIGPIPE.
//
// Thread safety: one thread at a time for each object.
#ifndef SANYUAN_COMMON_VIEW_REDIS_CONNECTION_H_
#define SANYUAN_COMMON_VIEW_REDIS_CONNECTION_H_

#include <hiredis/hiredis.h>

#include <chrono>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sanyuan::view {

struct RedisAddress {
  std::string host;
  int port = 0;

  auto operator<=>(const RedisAddress&) const = default;
  std::string ToString() const;
};

struct RedisUser {
  std::string name;      // Empty: the default user.
  std::string password;  // Empty: none is presented.
};

using RedisDeadline = std::chrono::steady_clock::time_point;

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

// The bytes of a string, a status or an error.
std::string_view TextOf(const redisReply& reply);

// What an error reply of the server at `address` means, with its cause: ResourceExhausted when its memory is full,
// else Unavailable. Nothing of the command's arguments gets into it.
absl::Status StatusOfError(const RedisAddress& address, std::string_view error);

// Where a cluster's node sends a command instead.
struct RedisRedirect {
  RedisAddress to;
  bool only_this_command = false;  // ASK: its key is on the way there. Otherwise MOVED.
};
// nullopt when the error is something else. A node that doesn't know its own host means `asked`.
std::optional<RedisRedirect> RedirectOf(std::string_view error, const RedisAddress& asked);

class RedisConnection {
 public:
  // Connects and presents the user. Unavailable with the cause. A host's name is looked up without a time-out.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(const RedisAddress& address,
                                                                  const RedisUser& user,
                                                                  RedisDeadline deadline);
  ~RedisConnection();

  void Queue(absl::Span<const std::string_view> command);
  // Sends what is queued and receives the next reply, which may be an error reply. Unavailable when the connection
  // is of no use any more.
  absl::StatusOr<RedisReply> Receive(RedisDeadline deadline);
  // For a connection without open replies: whether the other side has closed it.
  bool Closed() const;
  const RedisAddress& address() const { return address_; }

 private:
  RedisConnection(RedisAddress address, redisContext* context)
      : address_(std::move(address)), context_(context) {}
  absl::Status Wait(short events, RedisDeadline deadline, short& ready) const;
  absl::Status FinishConnecting(RedisDeadline deadline);
  absl::Status Authenticate(const RedisUser& user, RedisDeadline deadline);
  absl::Status Send();
  absl::Status Broken(std::string_view why) const;

  const RedisAddress address_;
  redisContext* const context_;
  std::string out_;
  size_t sent_ = 0;  // Of out_.
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_CONNECTION_H_
