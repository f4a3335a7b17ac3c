// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a call is part of, as `traceparent` and `tracestate`
// carry it from process to process, in gRPC metadata, in headers of Kafka's records and in CloudEvents.
//
// Pure but for NewTrace and NewSpanId, which draw at random; any thread.
#ifndef SANYUAN_COMMON_TRACING_TRACE_CONTEXT_H_
#define SANYUAN_COMMON_TRACING_TRACE_CONTEXT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sanyuan::tracing {

// Names in metadata and headers.
inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

using TraceId = std::array<uint8_t, 16>;  // Never all zeros but where nothing was set.
using SpanId = std::array<uint8_t, 8>;    // The same.

struct TraceContext {
  TraceId trace_id{};
  SpanId span_id{};      // Of the span that what carries this was caused by.
  bool sampled = false;  // Whoever caused it may have recorded it.
  std::string state;     // Of tracing systems, as it came; empty when there was none or it was no tracestate.

  bool operator==(const TraceContext&) const = default;
};

// "4bf92f3577b34da6a3ce929d0e0e4736"
std::string Text(const TraceId& id);
std::string Text(const SpanId& id);

// nullopt when the first is no traceparent: of version 00 by its letter, of later versions by what they must keep. A
// `tracestate` that breaks its rules or is longer than 512 bytes is left out.
std::optional<TraceContext> ParseTrace(std::string_view traceparent, std::string_view tracestate);
// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
std::string Traceparent(const TraceContext& context);

// `traceparent` and, where there is one, `tracestate`, as they go into headers; and back. nullopt: the headers hold none,
// two, or a malformed one.
using Headers = std::vector<std::pair<std::string, std::string>>;
Headers ToTraceHeaders(const TraceContext& context);
std::optional<TraceContext> FromTraceHeaders(const Headers& headers);

// A trace that begins here, not sampled.
TraceContext NewTrace();
SpanId NewSpanId();

}  // namespace sanyuan::tracing

#endif  // SANYUAN_COMMON_TRACING_TRACE_CONTEXT_H_
