// What partitions count and time of their commands, as Prometheus metrics: outcomes, time by stage, take-overs.
#ifndef SANYUAN_SERVICES_SANYUAN_COMMAND_METRICS_H_
#define SANYUAN_SERVICES_SANYUAN_COMMAND_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "common/host/host_group.h"
#include "common/tracing/otlp/otlp.h"

namespace sanyuan {

// The partitions of a context together. Any thread.
std::vector<prometheus::MetricFamily> CommandMetrics(const host::HostGroup& hosts);
// What became of the spans that were sent on.
std::vector<prometheus::MetricFamily> SpanMetrics(const tracing::OtlpCounts& counts);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_COMMAND_METRICS_H_
