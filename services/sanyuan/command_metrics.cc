#include "services/sanyuan/command_metrics.h"

#include <array>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "common/host/command_measures.h"

namespace sanyuan {
namespace {

using host::LatencyHistogram;

struct OfContext {
  std::array<LatencyHistogram::Counts, host::kStages.size()> stages{};
  std::array<uint64_t, host::kOutcomes.size()> outcomes{};
  uint64_t take_overs = 0;
};

prometheus::ClientMetric::Histogram ToHistogram(const LatencyHistogram::Counts& counts) {
  prometheus::ClientMetric::Histogram histogram;
  for (size_t i = 0; i < counts.buckets.size(); ++i) {
    histogram.sample_count += counts.buckets[i];
    const double bound = i < LatencyHistogram::kBoundsUs.size()
                             ? static_cast<double>(LatencyHistogram::kBoundsUs[i]) / 1e6
                             : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = absl::ToDoubleSeconds(counts.sum);
  return histogram;
}

prometheus::MetricFamily NewFamily(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> CommandMetrics(const host::HostGroup& hosts) {
  std::map<std::string, OfContext> contexts;
  for (const auto& host : hosts.hosts()) {
    OfContext& context = contexts[host->spec().context];
    const host::CommandMeasures& measures = host->measures();
    for (size_t i = 0; i < context.stages.size(); ++i) {
      context.stages[i] += measures.counts(static_cast<host::Stage>(i));
    }
    for (size_t i = 0; i < context.outcomes.size(); ++i) context.outcomes[i] += measures.outcomes(i);
    context.take_overs += measures.take_overs();
  }
  auto stages =
      NewFamily("sanyuan_command_stage_seconds",
                "Time of commands that were decided here, by stage: waiting, deciding, landing in the "
                "journal, answering",
                prometheus::MetricType::Histogram);
  auto outcomes = NewFamily("sanyuan_commands_total", "Commands that partitions have answered, by outcome",
                            prometheus::MetricType::Counter);
  auto take_overs =
      NewFamily("sanyuan_take_overs_total", "How often this instance has begun to decide for a partition",
                prometheus::MetricType::Counter);
  for (const auto& [name, context] : contexts) {
    for (size_t i = 0; i < context.stages.size(); ++i) {
      prometheus::ClientMetric& metric = stages.metric.emplace_back();
      metric.label = {{"context", name}, {"stage", std::string(host::kStages[i])}};
      metric.histogram = ToHistogram(context.stages[i]);
    }
    for (size_t i = 0; i < context.outcomes.size(); ++i) {
      prometheus::ClientMetric& metric = outcomes.metric.emplace_back();
      metric.label = {{"context", name}, {"outcome", std::string(host::kOutcomes[i])}};
      metric.counter.value = static_cast<double>(context.outcomes[i]);
    }
    prometheus::ClientMetric& metric = take_overs.metric.emplace_back();
    metric.label = {{"context", name}};
    metric.counter.value = static_cast<double>(context.take_overs);
  }
  return {std::move(stages), std::move(outcomes), std::move(take_overs)};
}

std::vector<prometheus::MetricFamily> SpanMetrics(const tracing::OtlpCounts& counts) {
  auto exported = NewFamily("sanyuan_spans_exported_total", "Spans that the collector has taken",
                            prometheus::MetricType::Counter);
  exported.metric.emplace_back().counter.value = static_cast<double>(counts.exported);
  auto failed = NewFamily("sanyuan_spans_failed_total", "Spans that could not be sent to the collector",
                          prometheus::MetricType::Counter);
  failed.metric.emplace_back().counter.value = static_cast<double>(counts.failed);
  return {std::move(exported), std::move(failed)};
}

}  // namespace sanyuan
