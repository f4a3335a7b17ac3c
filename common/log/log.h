// The port to an engine that keeps journals: named topics with numbered partitions, each a totally ordered
// list of records with ascending offsets. Engines know nothing of frames; the proof is in the records.
//
// What is asked of an engine: one producer's records land in the order of Append, and after one that does
// not land none of its later ones does; what readers have seen is not lost or reordered. If an engine breaks
// this all the same, the journal notices and halts.
//
// Thread safety: all methods may be called from any thread. Callbacks come on threads of the engine, one at a
// time for each listener or producer; they must not block, and must not destroy the object that calls them.
#ifndef SANYUAN_COMMON_LOG_LOG_H_
#define SANYUAN_COMMON_LOG_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace sanyuan::log {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
  // "order_intake.journal/3"
  std::string ToString() const;
};

// What goes beside a record, name and value each. It is no part of the journal: an engine may drop it, and nothing that is
// decided may depend on it.
using RecordHeaders = std::vector<std::pair<std::string, std::string>>;

struct Record {
  int64_t offset = 0;
  std::string bytes;
  RecordHeaders headers = {};
};

// Writes to one partition. Its records land in order; destroying it gives up those that have not landed yet
// (they may still land, or not; what landed has no hole). Its destructor waits for a callback in progress,
// and none comes after it.
class Producer {
 public:
  virtual ~Producer() = default;
  // Never blocks. `bytes` becomes durable some time later; who wants to know reads it back.
  // ResourceExhausted: too much is queued, nothing was taken. FailedPrecondition: this producer is lost
  // (OnLost was or will be called) and takes nothing any more.
  virtual absl::Status Append(std::string bytes, const RecordHeaders& headers) = 0;
  absl::Status Append(std::string bytes) { return Append(std::move(bytes), {}); }
};

class ProducerListener {
 public:
  virtual ~ProducerListener() = default;
  // Records wait for something outside (a full disk, brokers away). They still land when it is over, in
  // order. `why` is for people. Called again with OK when they go on.
  virtual void OnStalled(const absl::Status& why) = 0;
  // Nothing more of this producer lands except what is on its way. A new producer is needed.
  virtual void OnLost(const absl::Status& why) = 0;
};

class RecordListener {
 public:
  virtual ~RecordListener() = default;
  // Records in ascending order, each once.
  virtual void OnRecords(absl::Span<const Record> records) = 0;
  // All records below `end_offset` were delivered. Called once after the first catching up, after each later
  // batch, and when reading goes on after trouble.
  virtual void OnEnd(int64_t end_offset) = 0;
  // Reading was interrupted and goes on by itself; what was read before should be checked before it is relied on.
  // DataLoss: what comes next can't be read where it lies, and trying again does not help; nothing behind it comes.
  virtual void OnTrouble(const absl::Status& why) = 0;
};

// Delivers until it is destroyed. Its destructor waits for a callback in progress, and none comes after it.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Reads records where they are, without following them; what a tool needs that looks at a journal at rest.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // The record at exactly this offset; nullopt when the log has none there. May block on the disk.
  virtual absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset) = 0;
  // Up to `limit` records from `offset` on, in ascending order; none at the end, and fewer than `limit`
  // anywhere (before a place that can't be read, or when they are large). DataLoss: the first of them can't be read,
  // though the log has it or later ones. May block on the disk.
  virtual absl::StatusOr<std::vector<Record>> ReadFrom(const TopicPartition& where, int64_t offset,
                                                       size_t limit) = 0;
  // The offset that the next record will get; 0 for an empty or unknown partition.
  virtual absl::StatusOr<int64_t> EndOffset(const TopicPartition& where) = 0;
  // All partitions that hold a record, in order.
  virtual absl::StatusOr<std::vector<TopicPartition>> Partitions() = 0;
};

class Log : public LogReader {
 public:
  // For operators: "embedded", "kafka".
  virtual std::string_view engine() const = 0;
  // Whether a record may land after its producer was given up, or twice. Where not, readers take what they would skip
  // for damage (partition/rule.h).
  virtual bool records_land_late() const = 0;
  // `listener` must outlive the producer, and the log all its producers and subscriptions.
  virtual absl::StatusOr<std::unique_ptr<Producer>> NewProducer(const TopicPartition& where,
                                                                ProducerListener* listener) = 0;
  // Delivers from `from_offset` on. Beyond the end is OutOfRange: the log was cut. `listener` must outlive
  // the subscription.
  virtual absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const TopicPartition& where,
                                                                  int64_t from_offset,
                                                                  RecordListener* listener) = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_LOG_H_
