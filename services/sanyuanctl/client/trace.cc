#include "services/sanyuanctl/client/trace.h"

#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <optional>

#include "common/tracing/trace_context.h"

namespace sanyuan::ctl {
namespace {

const tracing::Headers& TraceOfEnvironment() {
  static const auto& headers = *new tracing::Headers([] {
    const char* parent = std::getenv("TRACEPARENT");
    const char* state = std::getenv("TRACESTATE");
    const auto trace = tracing::ParseTrace(parent == nullptr ? "" : parent, state == nullptr ? "" : state);
    return trace ? tracing::ToTraceHeaders(*trace) : tracing::Headers();
  }());
  return headers;
}

}  // namespace

void AddTraceOfEnvironment(grpc::ClientContext& context) {
  for (const auto& [name, value] : TraceOfEnvironment()) context.AddMetadata(name, value);
}

}  // namespace sanyuan::ctl
