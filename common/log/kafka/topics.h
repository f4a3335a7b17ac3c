// The topics of an installation: made as the journal needs them, and compared with that later.
//
// Thread safety: all methods may be called from any thread. Brokers that do not answer are waited for
// `options.read_timeout`; Compare asks once for each topic.
#ifndef SANYUAN_COMMON_LOG_KAFKA_TOPICS_H_
#define SANYUAN_COMMON_LOG_KAFKA_TOPICS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/log/kafka/options.h"

namespace sanyuan::log {

struct TopicSpec {
  std::string name;  // Without the prefix of the installation.
  int32_t partitions = 1;
  std::map<std::string, std::string> settings;  // Kafka's names; what is not named is left to the brokers.
  std::map<std::string, int64_t> at_least;      // Numbers that may also be greater; -1 stands for no limit.
  // What it is made with; may be changed later, within the others.
  std::map<std::string, std::string> at_first = {};
  // Whoever has a transaction open in it is a stranger.
  bool without_transactions = false;
};

// A journal: kept for ever, never compacted, stamped by the brokers, led by nobody who lacks a record.
TopicSpec JournalTopic(const std::string& name, int32_t partitions, int32_t replication);
// A KafkaTable: of rows with the same key the last is kept. What is overwritten leaves the brokers' disks within about
// an hour after the first row that is written ten minutes later (README.md, "Tables").
TopicSpec TableTopic(const std::string& name, int32_t partitions, int32_t replication);

// Events of a context for everybody: kept for a week, or as long as an operator says, but a day at least.
TopicSpec EventsTopic(const std::string& name, int32_t partitions, int32_t replication);

// `setting` of a mismatch that is a transaction that somebody has open in a journal. It harms nothing, and ends by itself,
// at the latest after the brokers' transaction.max.timeout.ms.
inline constexpr char kOpenTransaction[] = "transaction";

// One thing that is not as it must be. `topic` is empty for what concerns the brokers.
struct Mismatch {
  std::string topic;
  std::string
      setting;  // Kafka's name, or "partitions", "replication", "topic", kOpenTransaction, "version of broker 1".
  std::string value;
  std::string wanted;

  bool operator==(const Mismatch&) const = default;
  // "topic order_intake.journal: retention.ms is 604800000, wanted -1"
  std::string ToString() const;
};

class KafkaTopics {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaTopics>> Open(const KafkaLogOptions& options);
  virtual ~KafkaTopics() = default;

  // Returns when each partition has a leader. AlreadyExists, Unavailable, PermissionDenied, InvalidArgument (the brokers refuse a setting, with their reason).
  virtual absl::Status Create(const TopicSpec& spec, int32_t replication) = 0;
  // What differs from `specs` now, in their order; replication may be greater than `replication`. A topic that is not
  // there differs in "topic", once the brokers have kept to that for `options.confirm_missing`. Before them brokers that are
  // too old (broker_version.h), as far as they answer and may be asked for their settings; behind them open transactions.
  virtual absl::StatusOr<std::vector<Mismatch>> Compare(absl::Span<const TopicSpec> specs,
                                                        int32_t replication) = 0;
  // What of the brokers' own settings does not let members of a group be found dead after `session_timeout`. Nothing where
  // they may not be asked for their settings.
  virtual absl::StatusOr<std::vector<Mismatch>> CompareGroups(absl::Duration session_timeout) = 0;
  // The number of brokers that answer.
  virtual absl::StatusOr<int32_t> Brokers() = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_TOPICS_H_
