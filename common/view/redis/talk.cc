#include "common/view/redis/talk.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace sanyuan::view {
namespace {

// Redirections, loads of the functions and broken connections of one call, together.
constexpr int kMaxDetours = 6;

bool IsError(const redisReply& reply) { return reply.type == REDIS_REPLY_ERROR; }

}  // namespace

absl::StatusOr<RedisReply> RedisTalk::Ask(KnownView& view, const Command& command, RedisDeadline deadline) {
  Sequence one;
  one.count = 1;
  one.command = [&](size_t) { return command; };
  one.go_on = [](const redisReply&) { return true; };
  return Run(view, RedisNodes::Use::kRead, one, [&] { return deadline; });
}

absl::StatusOr<RedisReply> RedisTalk::Tell(KnownView& view, const Sequence& sequence) {
  return Run(view, RedisNodes::Use::kWrite, sequence,
             [this] { return std::chrono::steady_clock::now() + command_timeout_; });
}

absl::StatusOr<RedisReply> RedisTalk::Run(KnownView& view, RedisNodes::Use use, const Sequence& sequence,
                                          const NextDeadline& deadline) {
  RedisAddress address = view.node().value_or(nodes_.first());
  bool asking = false;
  size_t done = 0;
  absl::Status why;
  for (int detours = 0; detours <= kMaxDetours; ++detours) {
    absl::StatusOr<RedisNodes::Lease> lease = nodes_.Borrow(address, use, deadline());
    if (!lease.ok()) {
      // A node that is gone may have left the view to another.
      const RedisAddress next = nodes_.After(address);
      if (next == address) return lease.status();
      why = lease.status();
      view.set_node(next);
      address = next;
      asking = false;
      continue;
    }
    RedisConnection& connection = *lease->operator->();
    absl::StatusOr<RedisReply> reply = Pass(connection, sequence, asking, deadline, done);
    if (!reply.ok()) {
      const bool had_died = lease->used_before() && use == RedisNodes::Use::kRead;
      lease->Drop();
      why = reply.status();
      if (had_died && std::chrono::steady_clock::now() < deadline()) continue;
      return why;
    }
    if (!IsError(**reply)) return reply;
    const std::string_view error = TextOf(**reply);
    why = StatusOfError(address, error);
    if (const std::optional<RedisRedirect> redirect = RedirectOf(error, address)) {
      address = redirect->to;
      asking = redirect->only_this_command;
      if (!asking) view.set_node(address);
    } else if (error.starts_with("ERR Function not found")) {
      if (absl::Status loaded = Load(connection, deadline()); !loaded.ok()) {
        lease->Drop();
        return loaded;
      }
    } else {
      return why;
    }
  }
  return why;
}

absl::StatusOr<RedisReply> RedisTalk::Pass(RedisConnection& connection, const Sequence& sequence, bool asking,
                                           const NextDeadline& deadline, size_t& done) {
  size_t sent = done;
  RedisReply last;
  bool ended = false;
  while (done < sequence.count && (!ended || done < sent)) {
    for (; !ended && sent < sequence.count && sent - done < sequence.under_way; ++sent) {
      if (asking) connection.Queue({"ASKING"});
      connection.Queue(sequence.command(sent));
    }
    if (asking) {
      if (absl::StatusOr<RedisReply> asked = connection.Receive(deadline()); !asked.ok()) return asked;
    }
    absl::StatusOr<RedisReply> reply = connection.Receive(deadline());
    if (!reply.ok()) return reply;
    // Behind an error nothing was done any more; those replies are only taken off the connection.
    if (ended) {
      --sent;
      continue;
    }
    ended = IsError(**reply) || !sequence.go_on(**reply);
    last = *std::move(reply);
    if (ended) {
      --sent;
    } else {
      ++done;
    }
  }
  return last;
}

absl::Status RedisTalk::Load(RedisConnection& connection, RedisDeadline deadline) {
  connection.Queue({"FUNCTION", "LOAD", TheRedisFunctions().code});
  const absl::StatusOr<RedisReply> reply = connection.Receive(deadline);
  if (!reply.ok()) return reply.status();
  // Somebody else may have loaded them just now.
  const std::string_view error = TextOf(**reply);
  if (!IsError(**reply) || error.find("already exists") != std::string_view::npos) return absl::OkStatus();
  const absl::Status status = StatusOfError(connection.address(), error);
  return {status.code(), fmt::format("its functions can't be loaded: {}", std::string(status.message()))};
}

}  // namespace sanyuan::view
