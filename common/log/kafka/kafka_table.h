// Compacted topics as tables of rows by key: what was written last counts. No journal: nothing here proves itself, and
// what is overwritten is soon gone. For what is said anew all the time (who owns a partition) or must be forgettable
// (keys of people).
//
// A topic that is deleted and made anew with the same partitions is read anew. That is noticed when the topic is seen to
// be gone, or to end before what was read of it; a new topic that has grown longer than the old one before it is looked
// at is read from the middle on.
//
// Thread safety: all methods may be called from any thread, Put also in a callback.
#ifndef SANYUAN_COMMON_LOG_KAFKA_KAFKA_TABLE_H_
#define SANYUAN_COMMON_LOG_KAFKA_KAFKA_TABLE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/options.h"

namespace sanyuan::log {

class KafkaTable {
 public:
  struct Row {
    std::string topic;  // Without the prefix of the installation.
    int32_t partition = 0;
    std::string key;
    std::string value;     // Empty: the row was taken away.
    bool earlier = false;  // Lay below the partition's end when the table was opened.
    // By the clock of the broker that led; InfinitePast where the topic's stamps are not the brokers'.
    absl::Time appended_at = absl::InfinitePast();
  };

  // Is called on one thread of the table. Must not block, and must not destroy the table.
  class Listener {
   public:
    virtual ~Listener() = default;
    // What all brokers in sync have, in each partition's order, rows that were overwritten among them as long as the
    // brokers keep them. The same row may come again after trouble.
    virtual void OnRow(const Row& row) = 0;
    // Every row that was there when the table was opened has been given. Once.
    virtual void OnCaughtUp() = 0;
  };

  // Follows all partitions of `topics`, names without prefix, from their beginnings on; brokers that are away later are
  // waited for. Callbacks may come before this returns. `listener` outlives the table. NotFound: no such topic.
  // Unavailable: no answer within `options.read_timeout`. InvalidArgument: a setting is wrong, by name.
  static absl::StatusOr<std::unique_ptr<KafkaTable>> Open(const KafkaLogOptions& options,
                                                          const std::vector<std::string>& topics,
                                                          Listener* listener);
  // Gives up rows that are under way, which is said to their `done`. No callback comes after it.
  virtual ~KafkaTable() = default;

  // Never blocks. `done` is called once, on another thread of the table, and must not block: OK when all brokers in sync
  // have the row, else why it may not have landed (Unavailable: not within `options.row_timeout`). An empty value takes
  // the key's row away: readers are told while the brokers keep that, at least for an hour. Rows of one partition land in
  // the order of their Put.
  //
  // ResourceExhausted, Unavailable (the writing client is being replaced), NotFound, InvalidArgument (no key): nothing
  // was taken and `done` is not called.
  virtual absl::Status Put(const std::string& topic, int32_t partition, std::string key, std::string value,
                           std::function<void(absl::Status)> done = nullptr) = 0;

  // As found at opening; 0 for a topic that is none of the table's.
  virtual int32_t PartitionsOf(const std::string& topic) const = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_KAFKA_TABLE_H_
