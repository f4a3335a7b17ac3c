#include "services/sanyuan/kafka_metrics.h"

#include <array>

namespace sanyuan {
namespace {

using log::ClientStatistics;

struct Measure {
  const char* name;
  const char* help;
  bool counts;  // From the client's beginning on.
  int64_t ClientStatistics::*value;
  double unit = 1;
};

constexpr std::array kMeasures = {
    Measure{"queued_records", "Records written and not landed yet", false, &ClientStatistics::queued_records},
    Measure{"queued_bytes", "Bytes of records written and not landed yet", false,
            &ClientStatistics::queued_bytes},
    Measure{"requests", "Requests to brokers that wait to be sent or answered", false,
            &ClientStatistics::requests},
    Measure{"sent_bytes_total", "Bytes sent to brokers", true, &ClientStatistics::sent_bytes},
    Measure{"received_bytes_total", "Bytes received from brokers", true, &ClientStatistics::received_bytes},
    Measure{"failed_requests_total", "Requests that could not be sent or answers that could not be read",
            true, &ClientStatistics::failed_requests},
    Measure{"timed_out_requests_total", "Requests that had no answer in time", true,
            &ClientStatistics::timed_out_requests},
    Measure{"disconnects_total", "Connections to brokers that ended", true, &ClientStatistics::disconnects},
    Measure{"round_trip_p99_seconds", "Of requests in the last interval, of the slowest broker", false,
            &ClientStatistics::round_trip_p99_us, 1e-6},
    Measure{"brokers_up", "Brokers that the client is connected to", false, &ClientStatistics::brokers_up},
};

}  // namespace

std::vector<prometheus::MetricFamily> KafkaMetrics(const std::vector<ClientStatistics>& clients) {
  std::vector<prometheus::MetricFamily> families;
  if (clients.empty()) return families;
  for (const Measure& measure : kMeasures) {
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = std::string("sanyuan_kafka_client_") + measure.name;
    family.help = measure.help;
    family.type = measure.counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const ClientStatistics& client : clients) {
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      metric.label.push_back({"client", client.client});
      const double value = static_cast<double>(client.*measure.value) * measure.unit;
      (measure.counts ? metric.counter.value : metric.gauge.value) = value;
    }
  }
  return families;
}

}  // namespace sanyuan
