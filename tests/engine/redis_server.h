// A redis-server of a test's own: a process on a free loopback port with a directory and users of its own, ended with
// this object, and by the kernel if the test's process goes first.
//
// Thread safety: Command may be called from any thread; all else from one, the one that made it: the kernel ends the
// server with that thread.
#ifndef SANYUAN_TESTS_ENGINE_REDIS_SERVER_H_
#define SANYUAN_TESTS_ENGINE_REDIS_SERVER_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/scratch_directory.h"

namespace sanyuan {

// A reply as text: strings as they are, numbers in decimal, the elements of an array one a line, nothing for nil.
// An error begins with "error: ".
using RedisText = std::string;

class RedisServer {
 public:
  struct Options {
    bool cluster = false;
    std::string program = "redis-server";
  };

  // Starts it and waits until it answers; the test fails when that doesn't happen.
  explicit RedisServer(Options options);
  RedisServer() : RedisServer(Options()) {}
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  static constexpr char kHost[] = "127.0.0.1";
  // The user with no more rights than the store needs; the administrator's are used by Command.
  static constexpr char kUser[] = "sanyuan";
  static constexpr char kPassword[] = "four-eyes";
  static constexpr char kAdministrator[] = "administrator";
  static constexpr char kAdministratorPassword[] = "none-of-yours";

  int port() const { return port_; }
  int cluster_port() const { return cluster_port_; }
  bool running() const { return pid_ > 0; }

  void Start();
  void Kill();   // At once, nothing is saved.
  void Pause();  // It neither answers nor closes anything.
  void Continue();
  // As the administrator, on a connection of its own.
  RedisText Command(const std::vector<std::string>& arguments) const;
  // Waits until the reply to this holds `text`; the test fails when it doesn't.
  void AwaitReply(const std::vector<std::string>& arguments, std::string_view text) const;
  // The dump that SAVE writes and a start reads.
  std::string dump_file() const { return scratch_.path() + "/dump.rdb"; }

 private:
  std::string WriteConfiguration() const;
  bool StartOnce();
  bool Running();

  const Options options_;
  ScratchDirectory scratch_;
  int port_ = 0;
  int cluster_port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace sanyuan

#endif  // SANYUAN_TESTS_ENGINE_REDIS_SERVER_H_
