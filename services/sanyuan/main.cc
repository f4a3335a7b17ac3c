// The all-in-one server: a list of its parts is in serve.cc and contexts.cc.
#include <CLI/CLI.hpp>

#include "services/sanyuan/logging.h"
#include "services/sanyuan/serve.h"

int main(int argc, char** argv) {
  CLI::App app("Sanyuan: orders, fair shares, deliveries and mutual checks of a tobacco monopoly's county");
  app.set_version_flag("--version", SANYUAN_VERSION);
  app.require_subcommand(1);
  sanyuan::ServeOptions options;
  CLI::App* serve = app.add_subcommand("serve", "Serves all contexts in one process");
  serve->footer(
      "Example: sanyuan serve --data /var/lib/sanyuan --listen 127.0.0.1:7620 --ops 127.0.0.1:7621 --dev");
  serve
      ->add_option("--data", options.data,
                   "Directory of the journals, views and keys; made when it is not there")
      ->required();
  serve->add_option(
      "--kafka", options.kafka.brokers,
      "HOST:PORT,... of Kafka brokers that keep the journals; without it they are in the directory");
  serve->add_option("--redis", options.redis,
                    "HOST:PORT of the Redis that keeps the views; without it they are in the directory");
  serve->add_option("--redis-user", options.redis_user, "Name in its access list");
  serve->add_option("--redis-password-file", options.redis_password_file, "File with that user's password");
  serve->add_option("--topic-prefix", options.kafka.topic_prefix, "Before the name of each topic");
  serve->add_option("--kafka-properties", options.kafka.properties_file,
                    "File of further librdkafka settings, a line NAME=VALUE each: TLS, SASL");
  serve->add_flag("--single-copy", options.single_copy,
                  "Topics with one copy of each record will do: a laptop with one broker");
  serve->add_flag("--publish-events", options.publish_events,
                  "With --kafka: accepted events also go to public topics, as CloudEvents");
  serve->add_option("--listen", options.listen, "HOST:PORT of gRPC; port 0 picks one")->capture_default_str();
  serve->add_option("--ops", options.ops, "HOST:PORT of /livez, /readyz and /metrics; port 0 picks one")
      ->capture_default_str();
  serve->add_flag("--dev", options.dev,
                  "Simulated clock; callers are trusted by their metadata; loopback only");
  serve
      ->add_option("--partitions", options.partitions,
                   "Partitions of each context, fixed when the journals are made")
      ->capture_default_str();
  serve->add_flag("--clock-confirmed", options.clock_confirmed,
                  "The clock is right although the last decision is more than a week old");
  serve
      ->add_option("--heartbeat", options.heartbeat_seconds,
                   "Seconds without an event after which a feed says that nothing happened")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  serve->add_option("--tie-key-secret", options.tie_key_secret_file,
                    "File with the secret of the lottery; with --dev it may be left out");
  serve->add_option("--dev-seed", options.dev_seed, "With --dev: what secrets derive from")
      ->capture_default_str();
  serve->add_option("--master-key", options.master_key_file,
                    "File of 32 random bytes that wraps the keys of people; with --dev it may be left out");
  serve->add_flag(
      "--new-keys", options.new_keys,
      "Begin with no keys although the directory holds journals: what was sealed stays unreadable");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  sanyuan::LogAsJson();
  return sanyuan::Serve(options);
}
