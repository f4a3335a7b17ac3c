// The last records of each journal, as the subscription of its partition gave them. Most readings of an input want just
// these, and would otherwise ask the log for what this process has in its hands.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_HOST_RECENT_RECORDS_H_
#define SANYUAN_COMMON_HOST_RECENT_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/log/log.h"

namespace sanyuan::host {

class RecentRecords {
 public:
  // Of each journal; a single greater record is kept too.
  static constexpr size_t kBytes = 256 << 10;

  struct Piece {
    std::vector<log::Record> records;
    int64_t end = 0;  // The offset after the last record that is known here.
  };

  // What the subscription gave. What does not go on where the last call ended takes the place of all before it.
  void Add(const log::TopicPartition& journal, absl::Span<const log::Record> records);
  // What was read may be the log's no longer.
  void Forget(const log::TopicPartition& journal);
  // At most `limit` records from `offset` on, at least one. nullopt: whether there are any, only the log can tell; also at
  // the end of what is known here, for the partition may itself still be reading.
  std::optional<Piece> From(const log::TopicPartition& journal, int64_t offset, size_t limit) const;

 private:
  struct Kept {
    std::deque<log::Record> records;
    size_t bytes = 0;
  };

  mutable std::mutex mutex_;
  std::map<log::TopicPartition, Kept> kept_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_RECENT_RECORDS_H_
