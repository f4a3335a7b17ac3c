// What every command of sanyuanctl shares: where the server is, how to print, how long to try.
// Not thread-safe; one per command.
#ifndef SANYUAN_SERVICES_SANYUANCTL_SESSION_H_
#define SANYUAN_SERVICES_SANYUANCTL_SESSION_H_

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace sanyuan::ctl {

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kCheckFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kRefused = 3;
inline constexpr int kUnavailable = 4;

struct Globals {
  std::string server = "127.0.0.1:7620";
  bool json = false;
  double deadline_seconds = 60;
  std::string actor = "sanyuanctl";
  std::string role = "OPERATOR";
  std::string unit;
};

class Session {
 public:
  explicit Session(const Globals& globals);

  const Globals& globals() const { return globals_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Calls until it is answered by something else than UNAVAILABLE or RESOURCE_EXHAUSTED, or the deadline is over.
  // `call` gets a context with identity and deadline; it must be safe to repeat.
  grpc::Status Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const;

  // Prints an error on stderr and gives the exit code for it.
  int Fail(const grpc::Status& status) const;
  int Fail(const absl::Status& status) const;
  // The exit code alone.
  static int ExitCode(const grpc::Status& status);
  // With --json the object on stdout, else the text.
  void Print(const nlohmann::json& object, const std::string& text) const;

 private:
  const Globals globals_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_SESSION_H_
