#include "services/sanyuan/settings.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace sanyuan {
namespace {

constexpr std::string_view kPrefix = "SANYUAN_";
// Of tests, tools and scripts.
constexpr std::string_view kOthers[] = {"SANYUAN_DATASETS", "SANYUAN_FULL", "SANYUAN_SERVER",
                                        "SANYUAN_TEST_"};
// What Kubernetes sets for a service whose name begins with ours: SANYUAN_REGISTRY_SERVICE_HOST, ..._PORT_7620_TCP.
constexpr std::string_view kOfServices[] = {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT"};

}  // namespace

std::string VariableOf(const std::string& flag) {
  std::string name(kPrefix);
  for (const char c : flag.substr(flag.find_first_not_of('-'))) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void AddSettings(CLI::App& serve, ServeOptions& options) {
  serve
      .add_option(
          "--data", options.data,
          "Directory of what is kept here: keys, snapshots, and without --kafka the journals; made when it "
          "is not there")
      ->required();
  auto* kafka = serve.add_option(
      "--kafka", options.kafka.brokers,
      "HOST:PORT,... of Kafka brokers that keep the journals; without it they are in the directory");
  serve.add_option("--topic-prefix", options.kafka.topic_prefix, "Before the name of each topic")
      ->needs(kafka);
  serve
      .add_option("--kafka-properties", options.kafka.properties_file,
                  "File of further librdkafka settings, a line NAME=VALUE each: TLS, SASL")
      ->needs(kafka);
  serve
      .add_flag("--single-copy", options.single_copy,
                "Topics with one copy of each record will do: a laptop with one broker")
      ->needs(kafka);
  serve
      .add_flag("--publish-events", options.publish_events,
                "Accepted events also go to public topics, as CloudEvents")
      ->needs(kafka);
  serve
      .add_option("--session-timeout", options.session_timeout_seconds,
                  "Seconds after which a silent instance counts as dead; brokers have a least value for it "
                  "(group.min.session.timeout.ms)")
      ->check(CLI::Range(0.5, 300.0))
      ->capture_default_str()
      ->needs(kafka);
  serve
      .add_option("--advertise", options.advertise,
                  "HOST:PORT at which other instances reach this one; without it what --listen says")
      ->needs(kafka);
  auto* redis =
      serve.add_option("--redis", options.redis,
                       "HOST:PORT of the Redis that keeps the views; without it they are in the directory");
  serve.add_option("--redis-user", options.redis_user, "Name in its access list")->needs(redis);
  serve.add_option("--redis-password-file", options.redis_password_file, "File with that user's password")
      ->needs(redis);
  serve.add_option("--listen", options.listen, "HOST:PORT of gRPC; port 0 picks one")->capture_default_str();
  serve.add_option("--ops", options.ops, "HOST:PORT of /livez, /readyz and /metrics; port 0 picks one")
      ->capture_default_str();
  auto* dev = serve.add_flag("--dev", options.dev,
                             "Simulated clock; callers are trusted by their metadata; loopback only");
  serve
      .add_option("--partitions", options.partitions,
                  "Partitions of each context, fixed when the journals are made")
      ->capture_default_str();
  serve
      .add_flag("--clock-confirmed", options.clock_confirmed,
                "The clock is right although the last decision is more than a week old")
      ->excludes(dev);
  serve
      .add_option("--heartbeat", options.heartbeat_seconds,
                  "Seconds without an event after which a feed says that nothing happened")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  serve.add_option("--tie-key-secret", options.tie_key_secret_file,
                   "File with the secret of the lottery; without it and without --dev each secret must come "
                   "by TieKeyService");
  serve.add_option("--dev-seed", options.dev_seed, "With --dev: what secrets derive from")
      ->capture_default_str()
      ->needs(dev);
  serve.add_option("--master-key", options.master_key_file,
                   "File of 32 random bytes that wraps the keys of people; with --dev it may be left out");
  serve.add_flag("--new-keys", options.new_keys,
                 "Begin with no keys although journals have begun: what was sealed stays unreadable");
  auto* otlp = serve.add_option("--otlp-endpoint", options.otlp_endpoint,
                                "URL of an OpenTelemetry collector that takes the spans of calls, as "
                                "OTEL_EXPORTER_OTLP_ENDPOINT names it "
                                "(http://HOST:4318); without it none are made");
  serve
      .add_option(
          "--otlp-ratio", options.otlp_ratio,
          "How many of the traces that begin here are recorded, 0 to 1; those that callers bring say so "
          "themselves")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->needs(otlp);
  for (CLI::Option* option : serve.get_options()) {
    if (const std::string name = option->get_name(); name != "--help") option->envname(VariableOf(name));
  }
}

std::optional<std::string> UnknownVariable(const CLI::App& serve, const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable(*environment);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with(kPrefix)) continue;
    const auto& settings = serve.get_options();
    const bool ours = std::any_of(settings.begin(), settings.end(),
                                  [&](const CLI::Option* option) { return option->get_envname() == name; });
    const bool others = std::any_of(std::begin(kOthers), std::end(kOthers),
                                    [&](std::string_view other) { return name.starts_with(other); });
    const bool of_services = std::any_of(std::begin(kOfServices), std::end(kOfServices), [&](auto part) {
      return name.find(part) != std::string_view::npos;
    });
    if (!ours && !others && !of_services) return std::string(name);
  }
  return std::nullopt;
}

}  // namespace sanyuan
