#include "services/sanyuan/grpc_peers.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/call_context.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "services/sanyuan/operations.h"

namespace sanyuan {
namespace {

namespace v1 = operations::v1;

// Of one answer: a peer that takes longer counts as away.
constexpr absl::Duration kPatience = absl::Seconds(5);
// Of a whole replay.
constexpr absl::Duration kReplayPatience = absl::Hours(6);

// Asks one instance with the identity of this system.
template <typename Request, typename Response>
absl::Status Ask(const std::string& address, const std::shared_ptr<grpc::Channel>& channel,
                 grpc::Status (v1::OperationsService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                     Response*),
                 const Request& request, Response& response, absl::Duration patience = kPatience) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
  rpc::AddIdentity(context, {"instance", common::v1::ROLE_OPERATOR}, "");
  v1::OperationsService::Stub stub(channel);
  const grpc::Status asked = (stub.*method)(&context, request, &response);
  if (asked.ok()) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("instance at {}: {}", address, asked.error_message()));
}

}  // namespace

std::shared_ptr<grpc::Channel> GrpcPeers::ChannelTo(const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  return channel;
}

absl::StatusOr<std::vector<host::Activity>> GrpcPeers::Activities() {
  std::vector<host::Activity> activities;
  for (const std::string& address : addresses_()) {
    v1::GetActivityResponse response;
    absl::Status asked = Ask(address, ChannelTo(address), &v1::OperationsService::Stub::GetActivity,
                             v1::GetActivityRequest(), response);
    if (!asked.ok()) return asked;
    for (const v1::PartitionActivity& message : response.partitions()) {
      activities.push_back(ActivityOf(message));
    }
  }
  return activities;
}

absl::StatusOr<bool> GrpcPeers::MoveClock(absl::Time now) {
  v1::MoveClockRequest request;
  SetTime(now, *request.mutable_now());
  bool moved = false;
  for (const std::string& address : addresses_()) {
    v1::MoveClockResponse response;
    absl::Status asked =
        Ask(address, ChannelTo(address), &v1::OperationsService::Stub::MoveClock, request, response);
    if (!asked.ok()) return asked;
    moved = moved || response.moved();
  }
  return moved;
}

absl::StatusOr<v1::VerifyJournalsResponse> GrpcPeers::Verify(const std::string& address,
                                                             const v1::VerifyJournalsRequest& request) {
  v1::VerifyJournalsResponse response;
  absl::Status asked = Ask(address, ChannelTo(address), &v1::OperationsService::Stub::VerifyJournals, request,
                           response, kReplayPatience);
  if (!asked.ok()) return asked;
  return response;
}

absl::Status GrpcPeers::RaiseFormatOfLed(const journal::v1::FormatRaised& raise) {
  v1::RaiseFormatOfLedRequest request;
  request.set_format(raise.format());
  request.set_operator_id(raise.operator_id());
  request.set_why(raise.why());
  for (const std::string& address : addresses_()) {
    v1::RaiseFormatOfLedResponse response;
    absl::Status asked =
        Ask(address, ChannelTo(address), &v1::OperationsService::Stub::RaiseFormatOfLed, request, response);
    if (!asked.ok()) return asked;
  }
  return absl::OkStatus();
}

absl::StatusOr<host::Digests> GrpcPeers::DigestsOfLed() {
  host::Digests digests;
  for (const std::string& address : addresses_()) {
    v1::GetDigestOfLedResponse response;
    absl::Status asked = Ask(address, ChannelTo(address), &v1::OperationsService::Stub::GetDigestOfLed,
                             v1::GetDigestOfLedRequest(), response);
    if (!asked.ok()) return asked;
    for (const v1::CountyDigest& message : response.digests()) {
      digests[{message.context(), message.county()}] = DigestFromBytes(message.digest());
    }
  }
  return digests;
}

}  // namespace sanyuan
