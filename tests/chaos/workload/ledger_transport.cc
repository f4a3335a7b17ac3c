#include "tests/chaos/workload/ledger_transport.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "services/sanyuanctl/client/grpc_transport.h"

namespace sanyuan::chaos {
namespace {

// Empty for queries.
std::string RequestIdOf(const google::protobuf::Message& request) {
  const auto* header = request.GetDescriptor()->FindFieldByName("header");
  if (header == nullptr) return "";
  const auto& message = request.GetReflection()->GetMessage(request, header);
  return message.GetReflection()->GetString(message, message.GetDescriptor()->FindFieldByName("request_id"));
}

bool Is(int code, absl::StatusCode expected) { return code == static_cast<int>(expected); }

}  // namespace

std::string TargetOf(const std::vector<std::string>& servers, size_t first) {
  std::vector<std::string> order = servers;
  std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(first), order.end());
  return fmt::format("ipv4:{}", fmt::join(order, ","));
}

LedgerTransport::LedgerTransport(const std::vector<std::string>& servers, absl::Duration attempt,
                                 LedgerWriter& ledger)
    : attempt_(attempt), ledger_(ledger) {
  for (size_t i = 0; i < servers.size(); ++i) servers_.push_back(ctl::NewGrpcTransport(TargetOf(servers, i)));
}

google::rpc::Status LedgerTransport::Call(const ctl::Caller& caller,
                                          const google::protobuf::MethodDescriptor& method,
                                          const google::protobuf::Message& request, absl::Time deadline,
                                          google::protobuf::Message& response) {
  const std::string id = RequestIdOf(request);
  if (!id.empty()) ledger_.Sent(id, std::string(method.full_name()));
  ctl::Transport& server = *servers_[(std::hash<std::string>()(caller.id) + failures_) % servers_.size()];
  google::rpc::Status status =
      server.Call(caller, method, request, std::min(deadline, absl::Now() + attempt_), response);
  if (!id.empty()) ledger_.Answered(id, status, response);
  const bool late = Is(status.code(), absl::StatusCode::kDeadlineExceeded);
  if (late || Is(status.code(), absl::StatusCode::kUnavailable)) ++failures_;
  if (late && absl::Now() < deadline) status.set_code(static_cast<int>(absl::StatusCode::kUnavailable));
  return status;
}

}  // namespace sanyuan::chaos
