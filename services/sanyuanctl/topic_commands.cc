#include "services/sanyuanctl/topic_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/host/genesis.h"
#include "common/log/kafka/kafka_log.h"
#include "services/sanyuan/contexts.h"
#include "services/sanyuan/journal_topics.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

using nlohmann::json;

struct Arguments {
  KafkaPlace kafka;
  int32_t partitions = 8;
  bool single_copy = false;
  bool publish_events = false;
};

int32_t ReplicationOf(const Arguments& arguments) { return arguments.single_copy ? 1 : kReplication; }

// Those of the journals, then those of public events where these are wanted.
std::vector<log::TopicSpec> Wanted(const Arguments& arguments) {
  const int32_t replication = ReplicationOf(arguments);
  std::vector<log::TopicSpec> wanted = AllTopics(arguments.partitions, replication);
  if (!arguments.publish_events) return wanted;
  for (log::TopicSpec& events : EventTopics(arguments.partitions, replication)) {
    wanted.push_back(std::move(events));
  }
  return wanted;
}

// What differs from what the journals need; missing topics too.
absl::StatusOr<std::vector<log::Mismatch>> Differences(log::KafkaTopics& topics, const Arguments& arguments) {
  return topics.Compare(Wanted(arguments), ReplicationOf(arguments));
}

int PrintDifferences(const Session& session, const std::vector<log::Mismatch>& mismatches, json object,
                     std::string text) {
  object["mismatches"] = json::array();
  for (const log::Mismatch& mismatch : mismatches) {
    object["mismatches"].push_back({{"topic", mismatch.topic},
                                    {"setting", mismatch.setting},
                                    {"value", mismatch.value},
                                    {"wanted", mismatch.wanted}});
    text += mismatch.ToString() + "\n";
  }
  session.Print(object, text);
  return mismatches.empty() ? kDone : kCheckFailed;
}

int Check(const Session& session, const Arguments& arguments) {
  const auto options = KafkaOptions(arguments.kafka);
  if (!options.ok()) return session.Fail(options.status());
  const auto topics = log::KafkaTopics::Open(*options);
  if (!topics.ok()) return session.Fail(topics.status());
  const auto mismatches = Differences(**topics, arguments);
  if (!mismatches.ok()) return session.Fail(mismatches.status());
  return PrintDifferences(session, *mismatches, json::object(),
                          mismatches->empty() ? "the topics are as they must be\n" : "");
}

// Makes the topics that are missing and begins the journals that are empty. What differs is only said: the data of a
// topic that is there are not this command's to risk.
int Apply(const Session& session, const Arguments& arguments) {
  const auto options = KafkaOptions(arguments.kafka);
  if (!options.ok()) return session.Fail(options.status());
  const auto topics = log::KafkaTopics::Open(*options);
  if (!topics.ok()) return session.Fail(topics.status());
  const std::vector<host::ContextSpec> specs = Contexts(ServeOptions{});
  json made = json::array();
  std::string text;
  const auto new_topics = MakeMissing(**topics, Wanted(arguments), ReplicationOf(arguments));
  if (!new_topics.ok()) return session.Fail(new_topics.status());
  for (const log::TopicSpec& spec : *new_topics) {
    made.push_back(spec.name);
    text += fmt::format("{}: made with {} partitions\n", spec.name, spec.partitions);
  }
  const auto mismatches = Differences(**topics, arguments);
  if (!mismatches.ok()) return session.Fail(mismatches.status());
  if (!mismatches->empty()) return PrintDifferences(session, *mismatches, {{"made", made}}, text);
  auto log = log::KafkaLog::Open(*options);
  if (!log.ok()) return session.Fail(log.status());
  const auto ids = host::CreateJournals(specs, arguments.partitions, **log);
  if (!ids.ok()) return session.Fail(ids.status());
  text += fmt::format("{} journals have begun\n", ids->size());
  return PrintDifferences(session, {}, {{"made", made}, {"journals", ids->size()}}, text);
}

}  // namespace

void AddTopicCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* topics =
      app.add_subcommand("topics", "The topics in which Kafka keeps the journals and the keys");
  topics->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*command)(const Session&, const Arguments&)) {
    CLI::App* sub = topics->add_subcommand(name, what);
    sub->footer(fmt::format("Example: sanyuanctl topics {} --kafka 127.0.0.1:9092 --single-copy", name));
    sub->add_option("--kafka", arguments->kafka.brokers, "HOST:PORT,... of the brokers")->required();
    sub->add_option("--topic-prefix", arguments->kafka.topic_prefix, "Before the name of each topic");
    sub->add_option("--kafka-properties", arguments->kafka.properties_file,
                    "File of further librdkafka settings, a line NAME=VALUE each");
    sub->add_option("--partitions", arguments->partitions, "Partitions of each context's journal")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    sub->add_flag("--single-copy", arguments->single_copy,
                  "One copy of each record will do: a laptop with one broker");
    sub->add_flag("--publish-events", arguments->publish_events,
                  "Also the topics of public events, for serve --publish-events");
    sub->callback([&globals, &run, arguments, command] {
      run = [&globals, arguments, command] { return command(Session(globals), *arguments); };
    });
  };
  add("apply", "Makes the topics that are missing and begins their journals; says what differs", Apply);
  add("check", "Compares the topics with what is needed; exit 1 when something differs", Check);
}

}  // namespace sanyuan::ctl
