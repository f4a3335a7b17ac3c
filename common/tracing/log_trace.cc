#include "common/tracing/log_trace.h"

namespace sanyuan::tracing {
namespace {

thread_local const LogTrace::Ids* current_ids = nullptr;

}  // namespace

LogTrace::LogTrace(const TraceContext& context)
    : ids_{context.trace_id, context.span_id}, before_(current_ids) {
  current_ids = &ids_;
}
LogTrace::~LogTrace() { current_ids = before_; }

const LogTrace::Ids* LogTrace::Current() { return current_ids; }

}  // namespace sanyuan::tracing
