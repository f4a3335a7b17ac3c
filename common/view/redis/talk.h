// Commands about one view, sent to the server that has it: follows a cluster's redirections, loads the functions
// where they are missing, and tries again when a connection had died before it was used.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_VIEW_REDIS_TALK_H_
#define SANYUAN_COMMON_VIEW_REDIS_TALK_H_

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "common/view/redis/connection.h"
#include "common/view/redis/known_view.h"
#include "common/view/redis/nodes.h"

namespace sanyuan::view {

class RedisTalk {
 public:
  RedisTalk(RedisNodes& nodes, std::chrono::milliseconds command_timeout)
      : nodes_(nodes), command_timeout_(command_timeout) {}

  using Command = std::vector<std::string_view>;

  // The reply, which is no error. Within the deadline.
  absl::StatusOr<RedisReply> Ask(KnownView& view, const Command& command, RedisDeadline deadline);

  // Commands that follow each other on one connection, several of them under way at a time.
  struct Sequence {
    size_t count = 0;
    size_t under_way = 1;  // At most.
    std::function<Command(size_t index)> command;
    // False: this reply ends the sequence.
    std::function<bool(const redisReply& reply)> go_on;
  };
  // Gives the last reply, or that which has ended it. Each reply must come within the command time-out.
  // REQUIRES: no command of the sequence does anything unless those before it were done.
  absl::StatusOr<RedisReply> Tell(KnownView& view, const Sequence& sequence);

 private:
  using NextDeadline = std::function<RedisDeadline()>;
  absl::StatusOr<RedisReply> Run(KnownView& view, RedisNodes::Use use, const Sequence& sequence,
                                 const NextDeadline& deadline);
  // From `done` on, until the end or the first error reply; counts `done` up.
  static absl::StatusOr<RedisReply> Pass(RedisConnection& connection, const Sequence& sequence, bool asking,
                                         const NextDeadline& deadline, size_t& done);
  static absl::Status Load(RedisConnection& connection, RedisDeadline deadline);

  RedisNodes& nodes_;
  const std::chrono::milliseconds command_timeout_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_TALK_H_
