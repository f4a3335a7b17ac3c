// The trace that the commands of this process are part of: whoever starts it says so by the variables TRACEPARENT and
// TRACESTATE of the environment, as OpenTelemetry has it. It records nothing itself, so it passes on what it was given.
// Any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRACE_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRACE_H_

namespace grpc {
class ClientContext;
}  // namespace grpc

namespace sanyuan::ctl {

// Nothing without the variables, or when they are malformed.
void AddTraceOfEnvironment(grpc::ClientContext& context);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLIENT_TRACE_H_
