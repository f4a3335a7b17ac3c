#include "common/tracing/span.h"

#include <cmath>
#include <cstring>

namespace sanyuan::tracing {
namespace {

// By the trace's id, so that whoever else begins it by the same ratio comes to the same.
bool IsDrawn(const TraceId& id, double ratio) {
  if (ratio >= 1) return true;
  if (!(ratio > 0)) return false;
  uint64_t number = 0;
  std::memcpy(&number, id.data() + sizeof(number), sizeof(number));
  return static_cast<double>(number) < std::ldexp(ratio, 64);
}

}  // namespace

CallTrace BeginCall(const std::optional<TraceContext>& incoming, const Recording& recording) {
  CallTrace call;
  call.context = incoming ? *incoming : NewTrace();
  const bool wanted = incoming ? incoming->sampled : IsDrawn(call.context.trace_id, recording.ratio);
  if (wanted) call.sink = recording.sink;
  call.carried = incoming || call.sink != nullptr;
  if (call.sink == nullptr) return call;
  call.context.sampled = true;
  if (incoming) {
    call.parent = incoming->span_id;
    call.context.span_id = NewSpanId();
  }
  return call;
}

}  // namespace sanyuan::tracing
