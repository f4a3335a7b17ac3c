// The other instances of a deployment, by gRPC: those that are known to live.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_SERVICES_SANYUAN_GRPC_PEERS_H_
#define SANYUAN_SERVICES_SANYUAN_GRPC_PEERS_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/host/peers.h"
#include "sanyuan/operations/v1/operations.pb.h"

namespace grpc {
class Channel;
}

namespace sanyuan {

class GrpcPeers final : public host::Peers {
 public:
  // `addresses` gives those of the other instances now.
  explicit GrpcPeers(std::function<std::vector<std::string>()> addresses)
      : addresses_(std::move(addresses)) {}

  absl::StatusOr<std::vector<host::Activity>> Activities() override;
  absl::StatusOr<bool> MoveClock(absl::Time now) override;
  absl::StatusOr<host::Digests> DigestsOfLed() override;
  absl::Status RaiseFormatOfLed(const journal::v1::FormatRaised& raise) override;
  // Of one instance; takes as long as it takes.
  absl::StatusOr<operations::v1::VerifyJournalsResponse> Verify(
      const std::string& address, const operations::v1::VerifyJournalsRequest& request);

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

  const std::function<std::vector<std::string>()> addresses_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_GRPC_PEERS_H_
