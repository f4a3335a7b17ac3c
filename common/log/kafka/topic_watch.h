// Whether topics are still as they must be, every now and then: a setting that was changed under a server that runs would
// else be found by its next start, when records may be gone already.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_TOPIC_WATCH_H_
#define SANYUAN_COMMON_LOG_KAFKA_TOPIC_WATCH_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/log/kafka/topics.h"

namespace sanyuan::log {

class TopicWatch {
 public:
  // Looks for the first time after a `pause`. What differs and what is mended is logged once.
  TopicWatch(std::unique_ptr<KafkaTopics> topics, std::vector<TopicSpec> wanted, int32_t replication,
             absl::Duration pause);
  // Waits for a look that is under way.
  ~TopicWatch();

  // What differed when brokers last answered.
  std::vector<Mismatch> mismatches() const;

 private:
  void Run();
  void Look();

  const std::unique_ptr<KafkaTopics> topics_;
  const std::vector<TopicSpec> wanted_;
  const int32_t replication_;
  const absl::Duration pause_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::vector<Mismatch> mismatches_;
  std::thread thread_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_TOPIC_WATCH_H_
