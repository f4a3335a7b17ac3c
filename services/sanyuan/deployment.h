// Everything of a process below its transport: the journals, keys, views and partitions of one data directory, and the
// table of what may be called. The gRPC server stands on it, and so does whoever wants to drive the product without a
// network. What its modules do not serve, on Kafka other processes do.
//
// Thread safety: Open and Stop from one thread; in between, the parts may be used from any.
#ifndef SANYUAN_SERVICES_SANYUAN_DEPLOYMENT_H_
#define SANYUAN_SERVICES_SANYUAN_DEPLOYMENT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/events/publishers.h"
#include "common/host/executor.h"
#include "common/host/host_group.h"
#include "common/host/snapshot_store.h"
#include "common/log/embedded/directory_lock.h"
#include "common/log/kafka/topic_watch.h"
#include "common/log/log.h"
#include "common/ownership/ownership.h"
#include "common/rpc/dispatch.h"
#include "common/rpc/forwarder.h"
#include "common/rpc/method_table.h"
#include "common/rpc/module.h"
#include "common/sealed/key_store.h"
#include "common/sealed/sealer.h"
#include "common/view/view_store.h"
#include "services/registry/forgetting.h"
#include "services/sanyuan/grpc_peers.h"
#include "services/sanyuan/options.h"

namespace sanyuan {

class Deployment {
 public:
  // Opens the directory, makes it when it is not there, and returns when every partition takes commands or is halted; on
  // Kafka, where other instances may lead, when every journal was read to its end.
  // FailedPrecondition: the directory is another deployment's, in use, has lost its identity or its keys, or wants a
  // clock that was confirmed. DataLoss, Unavailable: of its files.
  static absl::StatusOr<std::unique_ptr<Deployment>> Open(const ServeOptions& options,
                                                          std::vector<rpc::Module> modules);
  ~Deployment();

  host::HostGroup& hosts() { return *hosts_; }
  log::Log& log() { return *log_; }
  const rpc::MethodTable& methods() const { return methods_; }
  // nullptr when no events are published.
  const events::Publishers* events() const { return events_.get(); }
  // nullptr where the journals are not on Kafka.
  const log::TopicWatch* topics() const { return topics_.get(); }
  // What a call needs beyond its method: see rpc::Dispatch.
  const rpc::DispatchServices& services() const { return *services_; }

  // On Kafka: from now on this instance may lead. `address`: where the others reach it.
  absl::Status Join(const std::string& address);
  // On Kafka: lets the others lead, and waits for them.
  void HandOver();
  // Runs the queries that were taken, then ends. Nothing may be dispatched any more.
  void Stop();

 private:
  Deployment(const std::string& directory, std::vector<rpc::Module> modules);
  absl::Status OpenLog(const ServeOptions& options);
  absl::Status OpenStores(const ServeOptions& options);
  absl::StatusOr<std::unique_ptr<view::ViewStore>> OpenViews(const ServeOptions& options);
  absl::Status StartHosts(const ServeOptions& options);
  absl::Status OpenOwnership(const ServeOptions& options);
  absl::Status ForgetAgain();

  // In the order of what stands on what.
  std::unique_ptr<log::DirectoryLock> lock_;
  std::unique_ptr<log::TopicWatch> topics_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<sealed::KeyStore> keys_;
  std::unique_ptr<sealed::Sealer> sealer_;
  std::unique_ptr<view::ViewStore> view_store_;
  std::unique_ptr<registry::ForgettingViewStore> views_;
  host::FileSnapshotStore snapshots_;
  host::WorkLogs works_;
  const std::vector<rpc::Module> modules_;
  std::vector<host::ContextSpec> specs_;             // Of all modules.
  std::unique_ptr<ownership::Ownership> ownership_;  // On Kafka.
  std::unique_ptr<events::Publishers> events_;
  std::unique_ptr<host::HostGroup> hosts_;
  rpc::MethodTable methods_;
  host::Executor queries_{2};
  std::unique_ptr<GrpcPeers> peers_;
  std::unique_ptr<rpc::Forwarder> forwarder_;
  std::unique_ptr<rpc::DispatchServices> services_;
  bool stopped_ = false;
};

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_DEPLOYMENT_H_
