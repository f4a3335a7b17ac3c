#include "services/sanyuan/journal_topics.h"

#include <fmt/format.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/events/cloud_event.h"
#include "common/log/embedded/durable_file.h"

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

std::vector<log::TopicSpec> JournalTopics(const std::vector<host::ContextSpec>& specs, int32_t partitions,
                                          int32_t replication) {
  std::vector<log::TopicSpec> topics;
  topics.reserve(specs.size());
  for (const host::ContextSpec& spec : specs) {
    topics.push_back(log::JournalTopic(spec.topic(), spec.single_partition ? 1 : partitions, replication));
  }
  return topics;
}

std::vector<log::TopicSpec> EventTopics(const std::vector<host::ContextSpec>& specs, int32_t partitions,
                                        int32_t replication) {
  std::vector<log::TopicSpec> topics;
  topics.reserve(specs.size());
  for (const host::ContextSpec& spec : specs) {
    topics.push_back(
        log::EventsTopic(events::TopicOf(spec.context), spec.single_partition ? 1 : partitions, replication));
  }
  return topics;
}

}  // namespace sanyuan
