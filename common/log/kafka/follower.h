// One client that follows partitions as they grow, and gives each its records in order. It follows a partition once;
// who wants to follow the same one again takes another follower.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_FOLLOWER_H_
#define SANYUAN_COMMON_LOG_KAFKA_FOLLOWER_H_

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/log/kafka/client.h"

namespace sanyuan::log::kafka {

class Follower final : private ClientEvents {
 public:
  static absl::StatusOr<std::shared_ptr<Follower>> New(const KafkaLogOptions& options);
  // No subscription may be left.
  ~Follower() override;

  // `end_offset` is the partition's end as it was just asked for. nullptr: this client follows it already. The
  // subscription keeps its follower.
  static absl::StatusOr<std::unique_ptr<Subscription>> Follow(const std::shared_ptr<Follower>& follower,
                                                              const TopicPartition& where,
                                                              int64_t from_offset, int64_t end_offset,
                                                              RecordListener* listener);

 private:
  class Feed;
  class KafkaSubscription;
  using FeedPtr = std::shared_ptr<Feed>;
  using FeedKey = std::pair<const rd_kafka_topic_t*, int32_t>;

  explicit Follower(const KafkaLogOptions& options) : options_(options) {}

  void OnError(rd_kafka_resp_err_t error, std::string_view why) override;
  void Poll();
  // What comes next, or nullptr; then it may be that the client has to be woken.
  rd_kafka_message_t* Await();
  // The client may sleep up to a second before it asks for what was just begun, unless something else is sent to that
  // broker. Where it asks for other partitions already, the answer waits behind theirs: so nobody else waits for it.
  void Wake();
  // Takes `first` and what came with it for the same partition; gives back what came for another one.
  MessagePtr Take(MessagePtr first);
  // Reading on where there was trouble. What is `in_hand` of that lies behind what comes first, and comes again.
  void Recover(absl::Time now, MessagePtr& in_hand);
  FeedPtr Find(const rd_kafka_message_t& message);
  std::vector<FeedPtr> Feeds();
  void Remove(const FeedPtr& feed);
  void EraseRemoved(MessagePtr& in_hand);

  const KafkaLogOptions options_;
  std::unique_ptr<Client> client_;
  QueuePtr queue_;  // Of all partitions and of the client's own events.
  std::atomic<bool> stopped_{false};
  std::atomic<bool> newcomers_{false};
  absl::Time next_recovery_;  // Used by the thread that polls.
  std::mutex mutex_;
  std::map<FeedKey, FeedPtr> feeds_;
  std::vector<FeedKey> removed_;  // Ended, and perhaps still in the hands of the polling thread.
  std::condition_variable erased_;
  std::vector<TopicPartition> asleep_;  // Perhaps, of the client that should ask for them.
  std::condition_variable begun_;
  std::thread poller_;
  std::thread waker_;
};

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_FOLLOWER_H_
