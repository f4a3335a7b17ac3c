// How a workload calls servers that fail: through any of several, with everything in the ledger.
#ifndef SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_TRANSPORT_H_
#define SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_TRANSPORT_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/sanyuanctl/client/transport.h"
#include "tests/chaos/workload/ledger.h"

namespace sanyuan::chaos {

// Commands are what has a request id. An attempt without an answer ends after `attempt` and comes back as UNAVAILABLE, so
// that the caller tries again, with the same request id and through another server.
class LedgerTransport final : public ctl::Transport {
 public:
  // `servers` are HOST:PORT of all instances. The ledger outlives every call.
  LedgerTransport(const std::vector<std::string>& servers, absl::Duration attempt, LedgerWriter& ledger);

  google::rpc::Status Call(const ctl::Caller& caller, const google::protobuf::MethodDescriptor& method,
                           const google::protobuf::Message& request, absl::Time deadline,
                           google::protobuf::Message& response) override;

 private:
  const absl::Duration attempt_;
  LedgerWriter& ledger_;
  std::vector<std::unique_ptr<ctl::Transport>> servers_;
  std::atomic<size_t> failures_ = 0;
};

// A target of gRPC for any of the servers, of which the one at `first` is tried first.
std::string TargetOf(const std::vector<std::string>& servers, size_t first);

}  // namespace sanyuan::chaos

#endif  // SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_TRANSPORT_H_
