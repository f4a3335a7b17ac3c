// Reading records where they lie, by a few clients that read one place at a time. One that stands where the next
// reading begins is taken again, so reading a journal piece by piece costs little more than following it.
//
// Thread safety: all methods may be called from any thread; each blocks for `options.read_timeout` at most.
#ifndef SANYUAN_COMMON_LOG_KAFKA_READER_H_
#define SANYUAN_COMMON_LOG_KAFKA_READER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/log/kafka/client.h"

namespace sanyuan::log::kafka {

// The offsets of a partition: those below `low` are gone, `end` is the next one.
struct Bounds {
  int64_t low = 0;
  int64_t end = 0;
};

class Readers {
 public:
  explicit Readers(const KafkaLogOptions& options);
  ~Readers();

  // Errors as ToStatus.
  absl::StatusOr<Bounds> BoundsOf(const TopicPartition& where);
  absl::StatusOr<int64_t> EndOf(const TopicPartition& where);
  // Up to `limit` records from `offset` on, fewer when they are large or the end comes first. OutOfRange: `offset` is
  // not within the bounds.
  absl::StatusOr<std::vector<Record>> Read(const TopicPartition& where, int64_t offset, size_t limit);
  // The same, for who wants more of them than their bytes.
  using Visitor = std::function<void(const rd_kafka_message_t& message)>;
  absl::Status Visit(const TopicPartition& where, int64_t offset, size_t limit, const Visitor& visit);
  // Topics of the prefix with their numbers of partitions, without the prefix.
  absl::StatusOr<std::vector<std::pair<std::string, int32_t>>> Topics();

 private:
  class Reader;
  class Lease;

  // The one that stands at this place if there is one, else any that is free; a new one while there are few.
  absl::StatusOr<Lease> Borrow(const TopicPartition& where, int64_t offset, absl::Time deadline);
  void GiveBack(Reader* reader);

  const KafkaLogOptions options_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Reader>> all_;
  std::vector<Reader*> free_;  // The least recently used first.
};

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_READER_H_
