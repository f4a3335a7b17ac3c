// Journals on Apache Kafka: a journal's partition is a partition of the topic of its name. A record that a subscriber
// gets has been taken by all brokers in sync.
//
// What Kafka gives of the port's promises, and what it does not, stands in README.md beside this file.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_KAFKA_LOG_H_
#define SANYUAN_COMMON_LOG_KAFKA_KAFKA_LOG_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "common/log/kafka/options.h"
#include "common/log/log.h"

namespace sanyuan::log {

namespace kafka {
class Follower;
class Readers;
class Writer;
}  // namespace kafka

class KafkaLog : public Log {
 public:
  // Asks no broker yet. InvalidArgument: a setting is wrong, by name.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(const KafkaLogOptions& options);
  ~KafkaLog() override;

  std::string_view engine() const override { return "kafka"; }
  bool records_land_late() const override { return true; }
  // Also NotFound (no such topic or partition) and Unavailable (no answer).
  absl::StatusOr<std::unique_ptr<Producer>> NewProducer(const TopicPartition& where,
                                                        ProducerListener* listener) override;
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const TopicPartition& where, int64_t from_offset,
                                                          RecordListener* listener) override;
  // "None there" is said only after the brokers have kept to it for `confirm_end`.
  absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset) override;
  absl::StatusOr<std::vector<Record>> ReadFrom(const TopicPartition& where, int64_t offset,
                                               size_t limit) override;
  absl::StatusOr<int64_t> EndOffset(const TopicPartition& where) override;
  absl::StatusOr<std::vector<TopicPartition>> Partitions() override;

 private:
  explicit KafkaLog(const KafkaLogOptions& options);

  absl::StatusOr<std::shared_ptr<kafka::Writer>> WriterOf(const TopicPartition& where);
  // Whether the journal still ends at or before `offset` after a while.
  absl::StatusOr<bool> EndsBy(const TopicPartition& where, int64_t offset);

  const KafkaLogOptions options_;
  std::unique_ptr<kafka::Readers> readers_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<kafka::Writer>> writers_;  // nullptr: not made yet.
  std::vector<std::shared_ptr<kafka::Follower>> followers_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_KAFKA_LOG_H_
