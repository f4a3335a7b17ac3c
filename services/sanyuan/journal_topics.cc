#include "services/sanyuan/journal_topics.h"

namespace sanyuan {

log::KafkaLogOptions KafkaOptions(const std::string& bootstrap, const std::string& topic_prefix) {
  log::KafkaLogOptions options;
  options.bootstrap = bootstrap;
  options.topic_prefix = topic_prefix;
  return options;
}

std::vector<log::TopicSpec> JournalTopics(const std::vector<host::ContextSpec>& specs, int32_t partitions,
                                          int32_t replication) {
  std::vector<log::TopicSpec> topics;
  for (const host::ContextSpec& spec : specs) {
    topics.push_back(log::JournalTopic(spec.topic(), spec.single_partition ? 1 : partitions, replication));
  }
  return topics;
}

}  // namespace sanyuan
