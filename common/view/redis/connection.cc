#include "common/view/redis/connection.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

namespace sanyuan::view {
namespace {

constexpr size_t kMaxErrorText = 200;

std::string ErrorOfSystem(int number) {
  char text[128] = {};
  return strerror_r(number, text, sizeof(text));
}

// What the kinds of errors that don't go away by themselves mean.
struct Meaning {
  std::string_view begins;
  std::string_view meaning;
};
constexpr Meaning kMeanings[] = {
    {"NOAUTH", "it wants a user and a password"},
    {"WRONGPASS", "user or password are wrong"},
    {"ERR AUTH <password> called without any password", "a password is configured here but not there"},
    {"NOPERM", "the user may not do this"},
    {"DENIED", "it accepts no connections from other machines"},
    {"OOM", "its memory is full (maxmemory)"},
    {"READONLY", "it is a replica, which only reads"},
    {"MISCONF", "it refuses to write because it can't save"},
    {"ERR unknown command", "it is older than Redis 7, or the command was renamed"},
    {"ERR max number of clients", "it has too many clients"},
};

}  // namespace

std::string RedisAddress::ToString() const { return fmt::format("{}:{}", host, port); }

std::string_view TextOf(const redisReply& reply) {
  return reply.str == nullptr ? "" : std::string_view(reply.str, reply.len);
}

absl::Status StatusOfError(const RedisAddress& address, std::string_view error) {
  // Behind this the server repeats the arguments of the command.
  std::string text(error.substr(0, std::min(error.find(", with args beginning with"), kMaxErrorText)));
  const auto meaning = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                    [&](const Meaning& one) { return error.starts_with(one.begins); });
  if (meaning != std::end(kMeanings)) text = fmt::format("{}: {}", meaning->meaning, text);
  text = fmt::format("Redis at {}: {}", address.ToString(), text);
  return error.starts_with("OOM") ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

std::optional<RedisRedirect> RedirectOf(std::string_view error, const RedisAddress& asked) {
  // MOVED 3999 127.0.0.1:6381
  RedisRedirect redirect;
  redirect.only_this_command = error.starts_with("ASK ");
  if (!redirect.only_this_command && !error.starts_with("MOVED ")) return std::nullopt;
  const size_t space = error.rfind(' ');
  const size_t colon = error.rfind(':');
  if (colon == std::string_view::npos || colon < space) return std::nullopt;
  redirect.to.host = std::string(error.substr(space + 1, colon - space - 1));
  if (redirect.to.host.empty()) redirect.to.host = asked.host;
  const std::string_view port = error.substr(colon + 1);
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), redirect.to.port);
  if (failed != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return redirect;
}

RedisConnection::~RedisConnection() { redisFree(context_); }

absl::Status RedisConnection::Broken(std::string_view why) const {
  return absl::UnavailableError(fmt::format("Redis at {}: {}", address_.ToString(), why));
}

absl::Status RedisConnection::Wait(short events, RedisDeadline deadline, short& ready) const {
  while (true) {
    // Rounded up: a wait of less than a millisecond is none.
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Broken("no answer in time");
    pollfd polled{context_->fd, events, 0};
    const int count = poll(&polled, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (count < 0 && errno != EINTR) return Broken(ErrorOfSystem(errno));
    if (count > 0) {
      ready = polled.revents;
      return absl::OkStatus();
    }
  }
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(const RedisAddress& address,
                                                                          const RedisUser& user,
                                                                          RedisDeadline deadline) {
  redisContext* context = redisConnectNonBlock(address.host.c_str(), address.port);
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a connection to Redis");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(address, context));
  if (context->err != 0) return connection->Broken(context->errstr);
  if (absl::Status status = connection->FinishConnecting(deadline); !status.ok()) return status;
  if (absl::Status status = connection->Authenticate(user, deadline); !status.ok()) return status;
  return connection;
}

absl::Status RedisConnection::FinishConnecting(RedisDeadline deadline) {
  short ready = 0;
  if (absl::Status status = Wait(POLLOUT, deadline, ready); !status.ok()) return status;
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return Broken(ErrorOfSystem(error));
  const int on = 1;
  setsockopt(context_->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return absl::OkStatus();
}

absl::Status RedisConnection::Authenticate(const RedisUser& user, RedisDeadline deadline) {
  const bool nobody = user.password.empty() && user.name.empty();
  if (nobody) {
    // A server that wants a user would call a longer command an error of the protocol.
    Queue({"PING"});
  } else {
    Queue({"AUTH", user.name.empty() ? std::string_view("default") : user.name, user.password});
  }
  absl::StatusOr<RedisReply> reply = Receive(deadline);
  if (!reply.ok()) return reply.status();
  const std::string_view text = TextOf(**reply);
  // Who may do what he came for need not be allowed to ping.
  if ((*reply)->type != REDIS_REPLY_ERROR || (nobody && text.starts_with("NOPERM"))) return absl::OkStatus();
  return StatusOfError(address_, text);
}

void RedisConnection::Queue(absl::Span<const std::string_view> command) {
  const auto out = std::back_inserter(out_);
  fmt::format_to(out, "*{}\r\n", command.size());
  for (const std::string_view argument : command) {
    fmt::format_to(out, "${}\r\n", argument.size());
    out_.append(argument);
    out_.append("\r\n");
  }
}

absl::Status RedisConnection::Send() {
  while (sent_ < out_.size()) {
    const ssize_t count = send(context_->fd, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return absl::OkStatus();
    if (count < 0) return Broken(ErrorOfSystem(errno));
    sent_ += static_cast<size_t>(count);
  }
  out_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<RedisReply> RedisConnection::Receive(RedisDeadline deadline) {
  while (true) {
    if (absl::Status status = Send(); !status.ok()) return status;
    void* reply = nullptr;
    if (redisGetReplyFromReader(context_, &reply) != REDIS_OK) return Broken(context_->errstr);
    if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
    short ready = 0;
    const short events = static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT);
    if (absl::Status status = Wait(events, deadline, ready); !status.ok()) return status;
    if ((ready & ~POLLOUT) != 0 && redisBufferRead(context_) != REDIS_OK) return Broken(context_->errstr);
  }
}

bool RedisConnection::Closed() const {
  pollfd polled{context_->fd, POLLIN, 0};
  return poll(&polled, 1, 0) != 0;
}

}  // namespace sanyuan::view
