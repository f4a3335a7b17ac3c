// The topics in which Kafka keeps the journals of all contexts, the keys of people, and public events. Any thread.
#ifndef SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_
#define SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/log/kafka/options.h"
#include "common/log/kafka/topics.h"
#include "common/sealed/key_topic.h"

namespace sanyuan {

// Brokers that hold each record, of which one may be away while records are taken.
inline constexpr int32_t kReplication = 3;

// Where the journals are, as command lines say it.
struct KafkaPlace {
  std::string brokers;       // HOST:PORT,...; empty: not on Kafka.
  std::string topic_prefix;  // Before the name of each topic.
  std::string
      properties_file;  // Further settings of librdkafka (TLS, SASL), a line NAME=VALUE each; '#' begins a comment.
};

// InvalidArgument: a line of the file can't be read, by its number. NotFound and others: of the file.
absl::StatusOr<log::KafkaLogOptions> KafkaOptions(const KafkaPlace& place);
// Those of an installation: of each context its journal, and where its owners are announced; the keys of people.
std::vector<log::TopicSpec> AllTopics(int32_t partitions, int32_t replication);
// Where the public events of each context go.
std::vector<log::TopicSpec> EventTopics(int32_t partitions, int32_t replication);
// Makes those that are missing, which it names. Errors as KafkaTopics::Create.
absl::StatusOr<std::vector<log::TopicSpec>> MakeMissing(log::KafkaTopics& topics,
                                                        const std::vector<log::TopicSpec>& specs,
                                                        int32_t replication);
// Opens the table of the keys.
sealed::OpenKeyTable KeyTable(const log::KafkaLogOptions& options);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_JOURNAL_TOPICS_H_
