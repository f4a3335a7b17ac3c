// Spans: what a process did for a trace, and from when to when. Whoever takes them sends them on (common/tracing/otlp); this
// header knows nothing of how.
#ifndef SANYUAN_COMMON_TRACING_SPAN_H_
#define SANYUAN_COMMON_TRACING_SPAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/tracing/trace_context.h"

namespace sanyuan::tracing {

// One that has ended.
struct Span {
  enum class Kind : uint8_t { kInternal, kServer };

  std::string name;
  Kind kind = Kind::kInternal;
  TraceContext context;  // Of the span itself.
  SpanId parent{};       // All zeros: it is the first of its trace.
  absl::Time start;
  absl::Time end;
  bool failed = false;
  // Names as OpenTelemetry's semantic conventions have them, where they do.
  std::vector<std::pair<std::string, std::string>> texts = {};
  std::vector<std::pair<std::string, int64_t>> numbers = {};
};

// Thread safety of implementations: any thread. Take never blocks; what is too much is dropped.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void Take(Span span) = 0;
};

// Where spans go, and of which traces that begin here.
struct Recording {
  SpanSink* sink = nullptr;  // Outlives all calls; nullptr: nothing is recorded.
  double ratio = 1;          // From 0, none, to 1, all. Traces that come from outside say so themselves.
};

// A call's part in its trace. A plain value.
struct CallTrace {
  // With it the call logs, and causes what it causes.
  TraceContext context;
  SpanId parent{};           // Of the call's own span; all zeros: none.
  SpanSink* sink = nullptr;  // Where its spans go; nullptr: nobody wants them.
  // It goes on to other processes and into records. Not that of a trace which this process made up for its own log: nobody
  // else has any part of it, and who went on with it would take it for one that somebody has decided not to record.
  bool carried = false;
};

// `incoming`: what the call brought, nullopt when that is nothing or malformed: then a trace begins here. A span that
// is not recorded is none: what the call causes is caused by whoever called.
CallTrace BeginCall(const std::optional<TraceContext>& incoming, const Recording& recording);

}  // namespace sanyuan::tracing

#endif  // SANYUAN_COMMON_TRACING_SPAN_H_
