// Brings committed records to subscribers, by reading them back from the database on one thread: what a
// subscriber sees is what the disk will give again. Subscribers of one partition that stand at the same place
// share a reading; one that catches up gets a piece per round and doesn't hold up the others.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_DELIVERY_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_DELIVERY_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/log/embedded/journal_queries.h"
#include "common/log/log.h"

namespace sanyuan::log {

class Delivery {
 public:
  explicit Delivery(std::unique_ptr<JournalQueries> queries);
  // REQUIRES: its subscriptions are gone, and so is who calls Landed.
  ~Delivery();

  // REQUIRES: `from_offset` is not beyond the end.
  std::unique_ptr<Subscription> Subscribe(const TopicPartition& where, int64_t from_offset,
                                          RecordListener* listener);
  // Records below `end_offset` are committed.
  void Landed(const TopicPartition& where, int64_t end_offset);
  // To be called after a number of Landed.
  void Wake();

 private:
  using Clock = std::chrono::steady_clock;

  struct Subscriber {
    RecordListener* listener;
    std::atomic<bool> closed{false};
    std::mutex calls;  // Held during callbacks.
    // Used by the delivering thread alone, once the subscriber is listed.
    int64_t next_offset = 0;
    bool caught_up = false;
    absl::Duration pause;  // Before the next try; zero when reading goes well.
    Clock::time_point not_before;
  };
  struct Partition {
    int64_t landed_end = 0;
    std::vector<std::shared_ptr<Subscriber>> subscribers;
  };
  // Subscribers that stand at the same place.
  struct Work {
    TopicPartition where;
    int64_t from_offset;
    std::vector<std::shared_ptr<Subscriber>> subscribers;
  };
  class Following;

  void Run();
  // What is to be done now; if nothing, when to look again.
  std::vector<Work> FindWork(Clock::time_point& look_again);
  void Deliver(const Work& work);
  void DeliverTo(Subscriber& subscriber, const Chunk& chunk);
  void Close(const TopicPartition& where, const std::shared_ptr<Subscriber>& subscriber);

  const std::unique_ptr<JournalQueries> queries_;
  bool trouble_ = false;  // In this round. Used by the delivering thread alone.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TopicPartition, Partition> partitions_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_DELIVERY_H_
