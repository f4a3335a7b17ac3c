// Which trace the log lines of this thread belong to.
#ifndef SANYUAN_COMMON_TRACING_LOG_TRACE_H_
#define SANYUAN_COMMON_TRACING_LOG_TRACE_H_

#include "common/tracing/trace_context.h"

namespace sanyuan::tracing {

// As long as it lives, what this thread logs carries the trace; the one before it comes back afterwards. Made and destroyed
// on one thread, the last made first.
class LogTrace {
 public:
  struct Ids {
    TraceId trace_id{};
    SpanId span_id{};
  };

  explicit LogTrace(const TraceContext& context);
  ~LogTrace();
  LogTrace(const LogTrace&) = delete;
  LogTrace& operator=(const LogTrace&) = delete;

  // nullptr: none.
  static const Ids* Current();

 private:
  const Ids ids_;
  const Ids* const before_;
};

}  // namespace sanyuan::tracing

#endif  // SANYUAN_COMMON_TRACING_LOG_TRACE_H_
