#include "services/sanyuan/journal_topics.h"

#include <fmt/format.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/events/cloud_event.h"
#include "common/log/embedded/durable_file.h"
#include "common/log/kafka/kafka_table.h"
#include "common/ownership/rows.h"
#include "services/sanyuan/catalogue.h"

namespace sanyuan {

absl::StatusOr<log::KafkaLogOptions> KafkaOptions(const KafkaPlace& place) {
  log::KafkaLogOptions options;
  options.bootstrap = place.brokers;
  options.topic_prefix = place.topic_prefix;
  if (place.properties_file.empty()) return options;
  const auto text = log::ReadWholeFile(place.properties_file);
  if (!text.ok()) return text.status();
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(*text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line[0] == '#') continue;
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos || equals == 0) {
      // Not the line itself: it may hold a secret.
      return absl::InvalidArgumentError(
          fmt::format("{}: line {}: NAME=VALUE is wanted", place.properties_file, number));
    }
    const auto trimmed = [](absl::string_view part) { return std::string(absl::StripAsciiWhitespace(part)); };
    options.properties[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return options;
}

std::vector<log::TopicSpec> AllTopics(int32_t partitions, int32_t replication) {
  std::vector<log::TopicSpec> topics;
  for (const KnownContext& known : kContexts) {
    const std::string context(known.name);
    const int32_t count = known.single_partition ? 1 : partitions;
    topics.push_back(log::JournalTopic(context + ".journal", count, replication));
    topics.push_back(log::TableTopic(ownership::OwnersTopic(context), count, replication));
  }
  topics.push_back(log::TableTopic(sealed::kKeysTopic, sealed::kKeysPartitions, replication));
  return topics;
}

std::vector<log::TopicSpec> EventTopics(int32_t partitions, int32_t replication) {
  std::vector<log::TopicSpec> topics;
  for (const auto& [context, count] : PartitionCounts(partitions)) {
    topics.push_back(log::EventsTopic(events::TopicOf(context), count, replication));
  }
  return topics;
}

absl::StatusOr<std::vector<log::TopicSpec>> MakeMissing(log::KafkaTopics& topics,
                                                        const std::vector<log::TopicSpec>& specs,
                                                        int32_t replication) {
  std::vector<log::TopicSpec> made;
  for (const log::TopicSpec& spec : specs) {
    const absl::Status created = topics.Create(spec, replication);
    if (absl::IsAlreadyExists(created)) continue;
    if (!created.ok()) return created;
    made.push_back(spec);
  }
  return made;
}

sealed::OpenKeyTable KeyTable(const log::KafkaLogOptions& options) {
  return [options](log::KafkaTable::Listener* listener) {
    return log::KafkaTable::Open(options, {sealed::kKeysTopic}, listener);
  };
}

}  // namespace sanyuan
