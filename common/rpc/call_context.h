// What a call brings with it besides its request. Pure, any thread.
#ifndef SANYUAN_COMMON_RPC_CALL_CONTEXT_H_
#define SANYUAN_COMMON_RPC_CALL_CONTEXT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/method_table.h"
#include "common/tracing/trace_context.h"
#include "google/rpc/status.pb.h"

namespace grpc {
class ClientContext;
class GenericCallbackServerContext;
}  // namespace grpc

namespace sanyuan::rpc {

// Unauthenticated when metadata are not trusted or name nobody who can call.
absl::StatusOr<Caller> CallerOf(bool trust_metadata, const grpc::GenericCallbackServerContext& context);

// The same identity, on a call to another process.
void AddIdentity(grpc::ClientContext& context, const partition::Actor& actor, const std::string& unit);

// The trace that a call brings in its metadata; nullopt when they hold none or a malformed one.
std::optional<tracing::TraceContext> TraceOf(const grpc::GenericCallbackServerContext& context);

// The call to another process is part of the trace, if that is carried.
void AddTrace(grpc::ClientContext& context, const tracing::CallTrace& trace);

// The reason in an error's ErrorInfo; empty when it has none.
std::string ReasonOf(const google::rpc::Status& error);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_CALL_CONTEXT_H_
