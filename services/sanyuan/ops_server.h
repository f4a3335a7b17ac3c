// The operations port: /livez, /readyz and /metrics over plain HTTP.
//   /livez    200 while the process runs
//   /readyz   200 while any partition serves, with lists of partitions and inputs that are halted and why, and of topics
//             that are not as they must be; 503 while starting, draining or when nothing serves
//   /metrics  Prometheus text
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_SERVICES_SANYUAN_OPS_SERVER_H_
#define SANYUAN_SERVICES_SANYUAN_OPS_SERVER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "common/events/publishers.h"
#include "common/host/host_group.h"
#include "common/host/scrub.h"
#include "common/log/kafka/topic_watch.h"
#include "common/rpc/server.h"
#include "common/tracing/otlp/otlp.h"

namespace sanyuan {

class OpsServer final : public rpc::CallObserver {
 public:
  OpsServer();
  ~OpsServer() override;

  // Listens on HOST:PORT; port 0 picks one.
  absl::Status Listen(const std::string& address);
  int port() const;

  // What /readyz says while there are no hosts: "starting: ...", "draining".
  void SetPhase(std::string phase);
  // From now on readiness and metrics are those of these parts; without hosts nothing serves. They outlive the next call.
  struct Watched {
    host::HostGroup* hosts = nullptr;
    const events::Publishers* events = nullptr;
    const log::TopicWatch* topics = nullptr;
    const host::Scrub* scrub = nullptr;
    const tracing::OtlpSink* spans = nullptr;
  };
  void Watch(const Watched& watched);

  void OnCallBegun() override;
  void OnCall(const std::string& method, int code, const std::string& reason, absl::Duration took) override;
  void OnFeedOpened(const std::string& method) override;
  void OnFeedEnded(const std::string& method, int code, const std::string& reason) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_OPS_SERVER_H_
