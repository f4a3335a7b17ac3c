#include "common/rpc/call_context.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <optional>

#include "common/auth/identity.h"

namespace sanyuan::rpc {

absl::StatusOr<Caller> CallerOf(bool trust_metadata, const grpc::GenericCallbackServerContext& context) {
  auto identity = auth::IdentityOf(trust_metadata, [&context](std::string_view key) {
    const auto& metadata = context.client_metadata();
    const auto it = metadata.find(grpc::string_ref(key.data(), key.size()));
    return it == metadata.end() ? std::nullopt
                                : std::optional(std::string(it->second.data(), it->second.size()));
  });
  if (!identity.ok()) return identity.status();
  Caller caller{std::move(identity->actor), std::move(identity->unit)};
  if (identity->forwarded_us) caller.forwarded_at = absl::FromUnixMicros(*identity->forwarded_us);
  return caller;
}

void AddIdentity(grpc::ClientContext& context, const partition::Actor& actor, const std::string& unit) {
  context.AddMetadata(std::string(auth::kActorKey), actor.id);
  context.AddMetadata(std::string(auth::kRoleKey), auth::RoleName(actor.role));
  if (!unit.empty()) context.AddMetadata(std::string(auth::kUnitKey), unit);
}

std::optional<tracing::TraceContext> TraceOf(const grpc::GenericCallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  tracing::Headers headers;
  for (const std::string_view name : {tracing::kTraceparent, tracing::kTracestate}) {
    const auto [first, last] = metadata.equal_range(grpc::string_ref(name.data(), name.size()));
    for (auto it = first; it != last; ++it) {
      headers.emplace_back(name, std::string(it->second.data(), it->second.size()));
    }
  }
  return tracing::FromTraceHeaders(headers);
}

void AddTrace(grpc::ClientContext& context, const tracing::CallTrace& trace) {
  if (!trace.carried) return;
  for (const auto& [name, value] : tracing::ToTraceHeaders(trace.context)) context.AddMetadata(name, value);
}

std::string ReasonOf(const google::rpc::Status& error) {
  google::rpc::ErrorInfo info;
  for (const auto& detail : error.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  return info.reason();
}

}  // namespace sanyuan::rpc
