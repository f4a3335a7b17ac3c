#include "services/sanyuan/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "common/host/scrub.h"
#include "common/rpc/server.h"
#include "common/tracing/otlp/otlp.h"
#include "services/sanyuan/deployment.h"
#include "services/sanyuan/ops_server.h"

namespace sanyuan {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(10);
constexpr absl::Duration kScrubPause = absl::Milliseconds(5);

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]:");
}

// Each connection is a file; the soft limit is often 1,024.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Status CheckOptions(const ServeOptions& options) {
  if (options.data.empty()) return absl::InvalidArgumentError("--data: a directory is wanted");
  if (options.partitions < 1 || options.partitions > 1024) {
    return absl::InvalidArgumentError("--partitions: 1 to 1024");
  }
  if (!options.dev && options.master_key_file.empty()) {
    return absl::InvalidArgumentError(
        "--master-key: a file of 32 random bytes is wanted (only --dev makes one of its own)");
  }
  if (options.publish_events && options.kafka.brokers.empty()) {
    return absl::InvalidArgumentError(
        "--publish-events: only journals on Kafka have public topics beside them");
  }
  if (options.dev && !IsLoopback(options.listen)) {
    return absl::InvalidArgumentError(
        fmt::format("--dev trusts every caller and listens on loopback only, not on {}", options.listen));
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& why, int code) {
  spdlog::critical("{}", std::string(why.message()));
  return code;
}

// While it lives one of the signals ends the process at once: nobody was answered yet, and what was begun on disk bears a
// kill.
class EndsWhileStarting {
 public:
  explicit EndsWhileStarting(const sigset_t& signals) : signals_(signals), watching_([this] { Watch(); }) {}
  ~EndsWhileStarting() {
    started_ = true;
    watching_.join();
  }

 private:
  void Watch() const {
    constexpr timespec kLook{0, 10'000'000};
    while (!started_) {
      if (sigtimedwait(&signals_, nullptr, &kLook) < 0) continue;
      spdlog::info("ended before it served");
      spdlog::default_logger()->flush();
      std::_Exit(0);
    }
  }

  const sigset_t& signals_;
  std::atomic<bool> started_{false};
  std::thread watching_;
};

std::string HostPart(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

int Serve(const ServeOptions& options, std::vector<rpc::Module> modules) {
  // Debian's Abseil looks for cycles among the mutexes of gRPC at every lock, which costs some percent of all CPU.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (absl::Status checked = CheckOptions(options); !checked.ok()) return Fail(checked, kUsageError);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  RaiseFileLimit();

  // Outlives all calls.
  std::unique_ptr<tracing::OtlpSink> spans;
  if (!options.otlp_endpoint.empty()) {
    tracing::OtlpOptions otlp;
    otlp.endpoint = options.otlp_endpoint;
    otlp.service = options.program;
    otlp.version = SANYUAN_VERSION;
    auto made = tracing::NewOtlpSink(otlp);
    if (!made.ok()) {
      return Fail(absl::Status(made.status().code(),
                               fmt::format("--otlp-endpoint: {}", std::string(made.status().message()))),
                  kUsageError);
    }
    spans = *std::move(made);
  }
  OpsServer ops;
  if (absl::Status listening = ops.Listen(options.ops); !listening.ok()) return Fail(listening, 1);
  auto starting = std::make_optional<EndsWhileStarting>(signals);
  auto deployment = Deployment::Open(options, std::move(modules));
  starting.reset();
  if (!deployment.ok()) return Fail(deployment.status(), 1);
  rpc::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.trust_metadata = options.dev;
  server_options.heartbeat = absl::Seconds(options.heartbeat_seconds);
  server_options.recording = {spans.get(), options.otlp_ratio};
  auto server = rpc::Server::Start(server_options, (*deployment)->methods(), (*deployment)->services(), &ops);
  if (!server.ok()) return Fail(server.status(), 1);
  const std::string grpc = fmt::format("{}:{}", HostPart(options.listen), (*server)->port());
  if (absl::Status joined = (*deployment)->Join(options.advertise.empty() ? grpc : options.advertise);
      !joined.ok()) {
    return Fail(joined, 1);
  }
  (*server)->SetServing(true);
  ops.SetPhase("serving");
  auto scrub = std::make_unique<host::Scrub>((*deployment)->log(), (*deployment)->hosts(), kScrubPause);
  ops.Watch(
      {&(*deployment)->hosts(), (*deployment)->events(), (*deployment)->topics(), scrub.get(), spans.get()});
  fmt::print("{{\"grpc\":\"{}\",\"ops\":\"{}:{}\"}}\n", grpc, HostPart(options.ops), ops.port());
  std::fflush(stdout);
  spdlog::info("serving");

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("draining");
  ops.Watch({});
  ops.SetPhase("draining");
  (*deployment)->HandOver();
  (*server)->Drain(kDrain);
  scrub.reset();
  (*deployment)->Stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace sanyuan
