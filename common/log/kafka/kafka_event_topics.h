// Topics of events on Apache Kafka, by clients of their own: whatever holds these up, the journals' records do not wait
// behind them.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_KAFKA_EVENT_TOPICS_H_
#define SANYUAN_COMMON_LOG_KAFKA_KAFKA_EVENT_TOPICS_H_

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/log/event_topics.h"
#include "common/log/kafka/options.h"

namespace sanyuan::log {

namespace kafka {
class EventWriter;
class Readers;
}  // namespace kafka

class KafkaEventTopics : public EventTopics {
 public:
  // Asks no broker yet. InvalidArgument: a setting is wrong, by name.
  static absl::StatusOr<std::unique_ptr<KafkaEventTopics>> Open(const KafkaLogOptions& options);
  // What is still under way is given up and told so.
  ~KafkaEventTopics() override;

  void Publish(const TopicPartition& where, std::vector<EventMessage> messages,
               std::function<void(absl::Status)> done) override;
  absl::StatusOr<StoredEvents> Last(const TopicPartition& where, std::optional<int64_t> before,
                                    size_t limit) override;

 private:
  explicit KafkaEventTopics(const KafkaLogOptions& options);
  // One that is not lost.
  absl::StatusOr<std::shared_ptr<kafka::EventWriter>> Writer();

  const KafkaLogOptions options_;
  std::unique_ptr<kafka::Readers> readers_;
  std::mutex mutex_;
  std::shared_ptr<kafka::EventWriter> writer_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_KAFKA_EVENT_TOPICS_H_
