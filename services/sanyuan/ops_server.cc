#include "services/sanyuan/ops_server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "services/sanyuan/command_metrics.h"
#include "services/sanyuan/kafka_metrics.h"

namespace sanyuan {

struct OpsServer::Impl {
  httplib::Server http;
  std::thread thread;
  std::atomic<bool> ended{false};  // The thread listens no more.
  int port = 0;

  std::mutex mutex;
  std::string phase = "starting";
  Watched watched;

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls = prometheus::BuildCounter()
                                                       .Name("sanyuan_calls_total")
                                                       .Help("gRPC calls by method, code and reason")
                                                       .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("sanyuan_call_seconds")
                                                           .Help("Time from a call's request to its answer")
                                                           .Register(registry);
  prometheus::Gauge& in_progress = prometheus::BuildGauge()
                                       .Name("sanyuan_calls_in_progress")
                                       .Help("gRPC calls that are not answered yet, without feeds")
                                       .Register(registry)
                                       .Add({});
  prometheus::Family<prometheus::Gauge>& height =
      prometheus::BuildGauge()
          .Name("sanyuan_journal_height")
          .Help("Accepted records of a journal behind its genesis")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& halted = prometheus::BuildGauge()
                                                      .Name("sanyuan_partition_halted")
                                                      .Help("1 while a partition is halted by damage")
                                                      .Register(registry);
  prometheus::Family<prometheus::Gauge>& held =
      prometheus::BuildGauge()
          .Name("sanyuan_partition_held")
          .Help(
              "1 while a partition is there for reads only, for the sake of work that is not tried any more")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& still =
      prometheus::BuildGauge()
          .Name("sanyuan_partition_still_seconds")
          .Help("For how long a partition's thread has not come back or what it wrote was not read back")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& format = prometheus::BuildGauge()
                                                      .Name("sanyuan_journal_format")
                                                      .Help("What a journal may hold")
                                                      .Register(registry);
  prometheus::Family<prometheus::Gauge>& in_flight = prometheus::BuildGauge()
                                                         .Name("sanyuan_partition_in_flight")
                                                         .Help("Decisions written and not yet read back")
                                                         .Register(registry);
  prometheus::Family<prometheus::Gauge>& waiting = prometheus::BuildGauge()
                                                       .Name("sanyuan_partition_waiting")
                                                       .Help("Commands that are not decided yet")
                                                       .Register(registry);

  prometheus::Family<prometheus::Gauge>& unread =
      prometheus::BuildGauge()
          .Name("sanyuan_journal_unread_records")
          .Help("Records of its own journal that a partition has not read yet")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& leading =
      prometheus::BuildGauge()
          .Name("sanyuan_partition_leading")
          .Help("1 while this instance decides for the partition")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& skipped =
      prometheus::BuildGauge()
          .Name("sanyuan_journal_skipped_records")
          .Help("Records that the rule passed over since the start, by kind")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& view_height =
      prometheus::BuildGauge()
          .Name("sanyuan_view_height")
          .Help("Up to which height the view shows the journal, where this instance writes it")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& view_lag =
      prometheus::BuildGauge()
          .Name("sanyuan_view_lag_records")
          .Help("Accepted records that the view does not show yet, where this instance writes it")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& input_unread =
      prometheus::BuildGauge()
          .Name("sanyuan_input_unread_records")
          .Help("Records of an input's journal that were not read when its end was last told")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& input_offset =
      prometheus::BuildGauge()
          .Name("sanyuan_input_next_offset")
          .Help("First offset of an input's journal that was not read yet")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& instances =
      prometheus::BuildGauge()
          .Name("sanyuan_instances")
          .Help("Instances that are heard of, this one included")
          .Register(registry);

  prometheus::Family<prometheus::Gauge>& clock_skew =
      prometheus::BuildGauge()
          .Name("sanyuan_clock_skew_seconds")
          .Help("By how much the wall clock is ahead of the log's, or of what has passed since the start")
          .Register(registry);

  prometheus::Family<prometheus::Gauge>& subscribers = prometheus::BuildGauge()
                                                           .Name("sanyuan_feed_subscribers")
                                                           .Help("Feeds that are open, by method")
                                                           .Register(registry);
  prometheus::Family<prometheus::Gauge>& feed_reads =
      prometheus::BuildGauge()
          .Name("sanyuan_feed_records_read")
          .Help("Records of a journal that were read for feeds since the start")
          .Register(registry);

  prometheus::Family<prometheus::Gauge>& events_height =
      prometheus::BuildGauge()
          .Name("sanyuan_events_published_height")
          .Help("Height of a journal up to which all events are in the public topic")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& events_lag =
      prometheus::BuildGauge()
          .Name("sanyuan_events_lag_records")
          .Help("Accepted records of a journal whose events are not in the public topic yet")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& events_blocked =
      prometheus::BuildGauge()
          .Name("sanyuan_events_blocked")
          .Help("1 while publishing of a partition is blocked and somebody has to look")
          .Register(registry);

  prometheus::Family<prometheus::Gauge>& topics_wrong =
      prometheus::BuildGauge()
          .Name("sanyuan_topics_wrong")
          .Help("Things about the brokers' topics that are not as they must be")
          .Register(registry);

  prometheus::Family<prometheus::Gauge>& input_halted =
      prometheus::BuildGauge()
          .Name("sanyuan_input_halted")
          .Help("1 while nothing more is taken from an input because of damage")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& scrub_rounds =
      prometheus::BuildGauge()
          .Name("sanyuan_scrub_rounds")
          .Help("How often all journals were read again from end to end since the start")
          .Register(registry);

  // REQUIRES: mutex is held, as for what follows.
  void MeasureEvents() {
    for (const events::PublisherStatus& status : watched.events->Statuses()) {
      const prometheus::Labels labels{{"context", status.context},
                                      {"partition", fmt::format("{}", status.partition)}};
      if (!status.leads) {
        // Whoever leads it says how far it is.
        events_height.Remove(&events_height.Add(labels));
        events_lag.Remove(&events_lag.Add(labels));
        events_blocked.Remove(&events_blocked.Add(labels));
        continue;
      }
      events_height.Add(labels).Set(static_cast<double>(status.published));
      events_lag.Add(labels).Set(
          static_cast<double>(status.accepted - std::min(status.accepted, status.published)));
      events_blocked.Add(labels).Set(status.blocked ? 1 : 0);
    }
  }

  void Ready(httplib::Response& response) {
    const std::lock_guard lock(mutex);
    nlohmann::json body;
    body["phase"] = phase;
    bool serving = false;
    if (watched.hosts != nullptr) {
      for (const auto& [host, status] : watched.hosts->Statuses()) {
        // Ready is who has read what it may have to lead: who follows is as ready as who leads.
        serving = serving || status.not_serving.empty() || status.at_end;
        const auto halt = [&, &hurt = *host](const partition::Damage& damage) {
          return nlohmann::json({{"context", hurt.spec().context},
                                 {"partition", hurt.journal().partition},
                                 {"offset", damage.offset},
                                 {"why", damage.why}});
        };
        if (status.damage) body["halted"].push_back(halt(*status.damage));
        if (!status.stalled.empty()) {
          body["stalled"].push_back({{"context", host->spec().context},
                                     {"partition", host->journal().partition},
                                     {"why", status.stalled}});
        }
        if (status.held) {
          body["held"].push_back({{"context", host->spec().context},
                                  {"partition", host->journal().partition},
                                  {"why", status.held->why}});
        }
        for (const auto& [topic, damage] : status.halted_inputs) {
          nlohmann::json input = halt(damage);
          input["input"] = topic;
          body["halted_inputs"].push_back(std::move(input));
        }
      }
    }
    if (const auto* guard = watched.hosts != nullptr ? watched.hosts->clock_guard() : nullptr) {
      // Whoever sends calls here, or ends an older instance because this one is ready, would be without decisions.
      if (const std::string why = guard->trouble(); !why.empty()) {
        body["clock"] = why;
        serving = false;
      }
    }
    if (watched.topics != nullptr) {
      for (const log::Mismatch& one : watched.topics->mismatches()) {
        body["topics"].push_back(
            {{"topic", one.topic}, {"setting", one.setting}, {"value", one.value}, {"wanted", one.wanted}});
      }
    }
    body["ready"] = serving;
    response.status = serving ? 200 : 503;
    response.set_content(body.dump() + "\n", "application/json");
  }

  void MeasureHosts() {
    if (const auto* guard = watched.hosts->clock_guard()) {
      if (const auto skew = guard->skew()) clock_skew.Add({}).Set(absl::ToDoubleSeconds(*skew));
    }
    if (watched.hosts->instance() != nullptr) {
      instances.Add({}).Set(static_cast<double>(watched.hosts->directory().Living(host::SteadyNow()).size()));
    }
    for (const auto& [host, status] : watched.hosts->Statuses()) {
      const prometheus::Labels labels{{"context", host->spec().context},
                                      {"partition", fmt::format("{}", host->journal().partition)}};
      const auto with = [&labels](const std::string& name, const std::string& value) {
        prometheus::Labels more = labels;
        more[name] = value;
        return more;
      };
      height.Add(labels).Set(status.place ? static_cast<double>(status.place->height) : 0);
      halted.Add(labels).Set(status.damage ? 1 : 0);
      held.Add(labels).Set(status.held ? 1 : 0);
      still.Add(labels).Set(host->stillness().journal);
      format.Add(labels).Set(status.format);
      in_flight.Add(labels).Set(static_cast<double>(status.in_flight));
      waiting.Add(labels).Set(static_cast<double>(status.waiting));
      unread.Add(labels).Set(static_cast<double>(status.unread));
      leading.Add(labels).Set(status.role == partition::Partition::Role::kLeading ? 1 : 0);
      for (int kind = 0; kind < partition::kSkipKinds; ++kind) {
        const auto name = std::string(partition::SkipKindName(static_cast<partition::SkipKind>(kind)));
        skipped.Add(with("kind", name)).Set(static_cast<double>(status.skipped[static_cast<size_t>(kind)]));
      }
      if (host->spec().projection != nullptr) {
        const uint64_t shown = host->projector().height();
        view_height.Add(labels).Set(static_cast<double>(shown));
        // Who does not write it knows only how far it was when he last did.
        const uint64_t accepted = status.place && host->leading() ? status.place->height : shown;
        view_lag.Add(labels).Set(static_cast<double>(accepted - std::min(accepted, shown)));
      }
      for (const auto& [topic, offset] : status.read_inputs) {
        input_offset.Add(with("input", topic)).Set(static_cast<double>(offset));
        input_halted.Add(with("input", topic)).Set(0);
      }
      for (const auto& [topic, offsets] : status.unread_inputs) {
        input_unread.Add(with("input", topic)).Set(static_cast<double>(offsets));
      }
      for (const auto& [topic, damage] : status.halted_inputs) input_halted.Add(with("input", topic)).Set(1);
      if (host->tail() != nullptr)
        feed_reads.Add(labels).Set(static_cast<double>(host->tail()->records_read()));
    }
  }

  void Metrics(httplib::Response& response) {
    std::vector<prometheus::MetricFamily> commands;
    {
      const std::lock_guard lock(mutex);
      if (watched.hosts != nullptr) {
        MeasureHosts();
        commands = CommandMetrics(*watched.hosts);
      }
      if (watched.events != nullptr) MeasureEvents();
      if (watched.topics != nullptr) {
        topics_wrong.Add({}).Set(static_cast<double>(watched.topics->mismatches().size()));
      }
      if (watched.spans != nullptr) {
        for (auto& family : SpanMetrics(watched.spans->counts())) commands.push_back(std::move(family));
      }
      if (watched.scrub != nullptr) scrub_rounds.Add({}).Set(static_cast<double>(watched.scrub->rounds()));
    }
    auto families = registry.Collect();
    for (auto& family : commands) families.push_back(std::move(family));
    for (auto& family : KafkaMetrics(log::KafkaStatistics())) families.push_back(std::move(family));
    response.set_content(prometheus::TextSerializer().Serialize(families), "text/plain; version=0.0.4");
  }
};

OpsServer::OpsServer() : impl_(std::make_unique<Impl>()) {
  impl_->http.Get("/livez", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  impl_->http.Get("/readyz",
                  [this](const httplib::Request&, httplib::Response& response) { impl_->Ready(response); });
  impl_->http.Get("/metrics",
                  [this](const httplib::Request&, httplib::Response& response) { impl_->Metrics(response); });
}

OpsServer::~OpsServer() {
  impl_->http.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

absl::Status OpsServer::Listen(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    try {
      port = std::stoi(address.substr(colon + 1));
    } catch (const std::exception&) {
      port = -1;
    }
  }
  if (port < 0 || port > 65535) {
    return absl::InvalidArgumentError(fmt::format("{}: HOST:PORT is wanted", address));
  }
  const std::string host = address.substr(0, colon);
  if (port == 0) {
    impl_->port = impl_->http.bind_to_any_port(host.c_str());
  } else if (impl_->http.bind_to_port(host.c_str(), port)) {
    impl_->port = port;
  }
  if (impl_->port <= 0) return absl::UnavailableError(fmt::format("can't listen on {}", address));
  impl_->thread = std::thread([this] {
    impl_->http.listen_after_bind();
    impl_->ended = true;
  });
  // stop() passes over a server that does not run yet, and whoever joined it then would wait for ever; Debian 12's
  // version of the library has nothing to wait on.
  while (!impl_->http.is_running() && !impl_->ended) absl::SleepFor(absl::Milliseconds(1));
  return absl::OkStatus();
}

int OpsServer::port() const { return impl_->port; }

void OpsServer::SetPhase(std::string phase) {
  const std::lock_guard lock(impl_->mutex);
  impl_->phase = std::move(phase);
}

void OpsServer::Watch(const Watched& watched) {
  const std::lock_guard lock(impl_->mutex);
  impl_->watched = watched;
}

void OpsServer::OnCallBegun() { impl_->in_progress.Increment(); }

void OpsServer::OnCall(const std::string& method, int code, const std::string& reason, absl::Duration took) {
  impl_->in_progress.Decrement();
  impl_->calls.Add({{"method", method}, {"code", fmt::format("{}", code)}, {"reason", reason}}).Increment();
  impl_->seconds
      .Add({{"method", method}}, prometheus::Histogram::BucketBoundaries{0.001, 0.002, 0.005, 0.01, 0.02,
                                                                         0.05, 0.1, 0.2, 0.5, 1, 2, 5})
      .Observe(absl::ToDoubleSeconds(took));
}

void OpsServer::OnFeedOpened(const std::string& method) {
  impl_->subscribers.Add({{"method", method}}).Increment();
}

void OpsServer::OnFeedEnded(const std::string& method, int code, const std::string& reason) {
  impl_->subscribers.Add({{"method", method}}).Decrement();
  impl_->calls.Add({{"method", method}, {"code", fmt::format("{}", code)}, {"reason", reason}}).Increment();
}

}  // namespace sanyuan
