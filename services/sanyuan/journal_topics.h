// The topics in which Kafka keeps the journals of all contexts. Any thread.
#ifndef SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_
#define SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_

#include <string>
#include <vector>

#include "common/host/partition_host.h"
#include "common/log/kafka/options.h"
#include "common/log/kafka/topics.h"

namespace sanyuan {

// Brokers that hold each record, of which one may be away while records are taken.
inline constexpr int32_t kReplication = 3;

log::KafkaLogOptions KafkaOptions(const std::string& bootstrap, const std::string& topic_prefix);
std::vector<log::TopicSpec> JournalTopics(const std::vector<host::ContextSpec>& specs, int32_t partitions,
                                          int32_t replication);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_
