// What librdkafka measures (common/log/kafka/statistics.h), as metrics with a label `client`. Any thread.
#ifndef SANYUAN_SERVICES_SANYUAN_KAFKA_METRICS_H_
#define SANYUAN_SERVICES_SANYUAN_KAFKA_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "common/log/kafka/statistics.h"

namespace sanyuan {

// Nothing without clients.
std::vector<prometheus::MetricFamily> KafkaMetrics(const std::vector<log::ClientStatistics>& clients);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_KAFKA_METRICS_H_
