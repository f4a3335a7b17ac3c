// Servers that are not what the Redis view store needs: too old, not Redis, silent in the middle of an answer, or
// endless. They are played here; calls return in time and say what is wrong.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "tests/engine/redis_store.h"

namespace sanyuan::view {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const ViewName kView{"order_intake", 3};

// Lets `play` answer what comes in on each connection, from a thread for each; false closes it.
class Stranger {
 public:
  using Play = std::function<bool(int fd, bool greeting)>;  // Greeting: the first that comes in.

  explicit Stranger(Play play) : play_(std::move(play)), listening_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_, 8), 0);
    EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Stranger() {
    stop_.store(true);
    thread_.join();
    close(listening_);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  int port() const { return port_; }

 private:
  bool Readable(int fd) const {
    while (!stop_.load()) {
      pollfd polled{fd, POLLIN, 0};
      if (poll(&polled, 1, 10) > 0) return true;
    }
    return false;
  }
  void Serve() {
    std::vector<std::thread> connections;
    while (Readable(listening_)) {
      connections.emplace_back([this, fd = accept(listening_, nullptr, nullptr)] {
        char bytes[4096];
        for (bool greeting = true; Readable(fd) && read(fd, bytes, sizeof(bytes)) > 0; greeting = false) {
          if (!play_(fd, greeting)) break;
        }
        close(fd);
      });
    }
    for (std::thread& connection : connections) connection.join();
  }

  const Play play_;
  const int listening_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

bool Say(int fd, std::string_view text) { return send(fd, text.data(), text.size(), MSG_NOSIGNAL) > 0; }

// Reads and writes against a stranger; what is wrong must be said, within the time-outs.
void ExpectTold(const Stranger::Play& play, const std::string& why) {
  const Stranger stranger(play);
  RedisViewStoreOptions options;
  options.port = stranger.port();
  options.connect_timeout = milliseconds(150);
  options.command_timeout = milliseconds(300);
  RedisStore store(options);
  const std::vector<ViewRow> rows = {{"key-of-somebody", "value-of-somebody"}};
  for (const auto& call : std::vector<std::function<absl::Status()>>{
           [&] { return store->Check(); },
           [&] { return store.Get(kView, "key-of-somebody").status(); },
           [&] { return store->Apply(kView, std::nullopt, PositionAt(1), rows); },
       }) {
    const auto begin = steady_clock::now();
    const absl::Status status = call();
    EXPECT_LT(steady_clock::now() - begin, milliseconds(300 + 3'000));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(why), HasSubstr(fmt::format("127.0.0.1:{}", stranger.port())),
                      Not(HasSubstr("of-somebody"))));
  }
}

TEST(RedisStrangersTest, AServerThatIsTooOldIsTold) {
  ExpectTold(
      [](int fd, bool) {
        return Say(fd,
                   "-ERR unknown command 'FCALL', with args beginning with: 'f' '3' 'key-of-somebody' \r\n");
      },
      "older than Redis 7");
}

TEST(RedisStrangersTest, AServerOfAnotherKindIsTold) {
  ExpectTold([](int fd, bool) { return Say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); }, "Protocol error");
}

TEST(RedisStrangersTest, AnAnswerThatBreaksOffIsTold) {
  ExpectTold(
      [](int fd, bool greeting) { return Say(fd, greeting ? "+PONG\r\n" : "*3\r\n$5\r\nab") && greeting; },
      "closed the connection");
}

TEST(RedisStrangersTest, AnAnswerThatNeverEndsCostsTheTimeOutAndNoMore) {
  ExpectTold(
      [](int fd, bool) {
        // Each byte comes in time; the whole doesn't.
        Say(fd, "$100000\r\n");
        while (Say(fd, "x")) std::this_thread::sleep_for(milliseconds(20));
        return false;
      },
      "no answer in time");
}

TEST(RedisStrangersTest, RedirectionsInACircleEnd) {
  // The only node sends everybody to itself.
  ExpectTold(
      [](int fd, bool greeting) {
        sockaddr_in address{};
        socklen_t size = sizeof(address);
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        return Say(fd, greeting ? std::string("+PONG\r\n")
                                : fmt::format("-MOVED 1 127.0.0.1:{}\r\n", ntohs(address.sin_port)));
      },
      "MOVED");
}

}  // namespace
}  // namespace sanyuan::view
