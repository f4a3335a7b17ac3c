// One client that writes events, for all partitions. What fails for good makes it lost: what it had queued is dropped, so
// that nothing lands behind a gap, and the next event needs a new one.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_EVENT_WRITER_H_
#define SANYUAN_COMMON_LOG_KAFKA_EVENT_WRITER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/log/event_topics.h"
#include "common/log/kafka/client.h"

namespace sanyuan::log::kafka {

class EventWriter final : private ClientEvents {
 public:
  static absl::StatusOr<std::shared_ptr<EventWriter>> New(const KafkaLogOptions& options);
  // Gives up what is under way; its `done` is called with Cancelled from here.
  ~EventWriter() override;

  bool lost() const { return lost_.load(); }
  // As EventTopics::Publish.
  void Publish(const TopicPartition& where, const std::vector<EventMessage>& messages,
               std::function<void(absl::Status)> done);

 private:
  class Batch;

  explicit EventWriter(const KafkaLogOptions& options) : options_(options) {}

  void OnError(rd_kafka_resp_err_t error, std::string_view why) override;
  void OnDelivered(const rd_kafka_message_t& message) override;
  void Lose();
  rd_kafka_resp_err_t Send(rd_kafka_topic_t* topic, int32_t partition, const EventMessage& message,
                           void* opaque);

  const KafkaLogOptions options_;
  std::unique_ptr<Client> client_;
  std::atomic<bool> lost_{false};
  std::atomic<bool> stopped_{false};
  std::thread poller_;
};

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_EVENT_WRITER_H_
