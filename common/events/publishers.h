// The publishers of all partitions of a process, on threads of their own.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_EVENTS_PUBLISHERS_H_
#define SANYUAN_COMMON_EVENTS_PUBLISHERS_H_

#include <memory>
#include <mutex>
#include <vector>

#include "common/events/publisher.h"
#include "common/host/executor.h"
#include "common/host/partition_host.h"

namespace sanyuan::events {

class Publishers {
 public:
  // `partitions` is the number of each context's but of those that have one alone.
  Publishers(std::unique_ptr<log::EventTopics> topics, int32_t partitions, partition::Strictness strictness);
  ~Publishers();

  // As HostGroupOptions::observe wants it: a publisher for the partition, which lives as long as this does. What `read`
  // reads by must live until Stop.
  host::PartitionObserver* Observe(const host::ContextSpec& spec, const log::TopicPartition& journal,
                                   host::ReadRecords read);
  // In the order in which they were made.
  std::vector<PublisherStatus> Statuses() const;
  // Ends all publishing, at the latest when the reading that is under way has ended.
  void Stop();

 private:
  const int32_t partitions_;
  const partition::Strictness strictness_;
  host::Executor executor_{2};
  std::unique_ptr<log::EventTopics> topics_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::unique_ptr<host::Ticker> ticker_;
  bool stopped_ = false;
};

}  // namespace sanyuan::events

#endif  // SANYUAN_COMMON_EVENTS_PUBLISHERS_H_
