#include "tests/engine/redis_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace sanyuan {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(20);
constexpr std::chrono::milliseconds kBetweenLooks(2);

// Below the ports that the kernel gives to connections: one of them must not take this while the server is down.
int FreePort() {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int port = 20'000 + static_cast<int>(random() % 12'000);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (bound) return port;
  }
  ADD_FAILURE() << "no free port";
  return 0;
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

RedisText TextOfReply(const redisReply* reply) {
  if (reply == nullptr) return "error: no reply";
  switch (reply->type) {
    case REDIS_REPLY_INTEGER:
      return fmt::format("{}", reply->integer);
    case REDIS_REPLY_ERROR:
      return "error: " + std::string(reply->str, reply->len);
    case REDIS_REPLY_NIL:
      return "";
    case REDIS_REPLY_ARRAY: {
      std::string text;
      for (size_t i = 0; i < reply->elements; ++i) text += TextOfReply(reply->element[i]) + "\n";
      return text;
    }
    default:
      return {reply->str, reply->len};
  }
}

RedisText Ask(redisContext* context, const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& argument : arguments) {
    texts.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  auto* const reply = static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(texts.size()), texts.data(), sizes.data()));
  std::string text = reply == nullptr ? fmt::format("error: {}", context->errstr) : TextOfReply(reply);
  if (reply != nullptr) freeReplyObject(reply);
  return text;
}

}  // namespace

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  // The free port may be somebody else's by the time that it is used.
  for (int attempt = 0; attempt < 5 && !running(); ++attempt) {
    port_ = FreePort();
    if (options_.cluster) cluster_port_ = FreePort();
    if (StartOnce()) return;
  }
  ADD_FAILURE() << options_.program
                << " does not start (is it installed?): " << Contents(scratch_.path() + "/log");
}

RedisServer::~RedisServer() { Kill(); }

std::string RedisServer::WriteConfiguration() const {
  const std::string path = scratch_.path() + "/redis.conf";
  std::ofstream file(path);
  file << fmt::format("bind {}\nport {}\ndir {}\nlogfile {}/log\nsave \"\"\nappendonly no\n", kHost, port_,
                      scratch_.path(), scratch_.path());
  file << fmt::format("user default off\nuser {} on >{} ~* &* +@all\n", kAdministrator,
                      kAdministratorPassword);
  // As the README of the store names them.
  file << fmt::format(
      "user {} on >{} ~{{v:* +fcall +fcall_ro +function|load +asking +unlink +hset +hget +hmget +hdel +hlen "
      "+zadd"
      " +zrem +zcard +zrangebylex\n",
      kUser, kPassword);
  if (options_.cluster) {
    file << fmt::format("cluster-enabled yes\ncluster-port {}\ncluster-node-timeout 1000\n", cluster_port_);
  }
  return path;
}

bool RedisServer::Running() {
  int how = 0;
  if (pid_ > 0 && waitpid(pid_, &how, WNOHANG) == pid_) pid_ = -1;
  return running();
}

bool RedisServer::StartOnce() {
  const std::string configuration = WriteConfiguration();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    execlp(options_.program.c_str(), options_.program.c_str(), configuration.c_str(), nullptr);
    _exit(127);
  }
  pid_ = child;
  const auto deadline = steady_clock::now() + kPatience;
  while (Running() && steady_clock::now() < deadline) {
    if (Command({"PING"}) == "PONG") return true;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  Kill();
  return false;
}

void RedisServer::Start() {
  ASSERT_FALSE(running());
  ASSERT_TRUE(StartOnce()) << Contents(scratch_.path() + "/log");
}

void RedisServer::Kill() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  int how = 0;
  waitpid(pid_, &how, 0);
  pid_ = -1;
}

void RedisServer::Pause() {
  ASSERT_TRUE(running());
  ASSERT_EQ(kill(pid_, SIGSTOP), 0);
  int how = 0;
  ASSERT_EQ(waitpid(pid_, &how, WUNTRACED), pid_);
  ASSERT_TRUE(WIFSTOPPED(how)) << how;
}

void RedisServer::Continue() { ASSERT_EQ(kill(pid_, SIGCONT), 0); }

RedisText RedisServer::Command(const std::vector<std::string>& arguments) const {
  redisContext* const context = redisConnectWithTimeout(kHost, port_, {5, 0});
  if (context == nullptr) return "error: no memory";
  std::string text = fmt::format("error: {}", context->errstr);
  if (context->err == 0) {
    redisSetTimeout(context, {20, 0});
    text = Ask(context, {"AUTH", kAdministrator, kAdministratorPassword});
    if (text == "OK") text = Ask(context, arguments);
  }
  redisFree(context);
  return text;
}

void RedisServer::AwaitReply(const std::vector<std::string>& arguments, std::string_view text) const {
  const auto deadline = steady_clock::now() + kPatience;
  std::string reply;
  while (steady_clock::now() < deadline) {
    reply = Command(arguments);
    if (reply.find(text) != std::string::npos) return;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  ADD_FAILURE() << "instead of " << text << ": " << reply;
}

}  // namespace sanyuan
