// Settings and figures of the embedded log.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_OPTIONS_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sanyuan::log {

struct EmbeddedLogOptions {
  std::string directory;  // Must exist.
  // More than this, queued and not yet landed, is refused with ResourceExhausted.
  size_t max_queued_bytes = size_t{64} << 20;
  size_t max_queued_records = 200'000;
  // A commit takes no more than this: it bounds how long the first of a burst waits.
  size_t max_batch_bytes = size_t{8} << 20;
  size_t max_batch_records = 16'384;
  // From this size on the write-ahead log is moved into the database, beside the writing.
  int64_t checkpoint_from_bytes = int64_t{16} << 20;
  // From this size on the writer waits for a moment without readers and begins the log again from its start.
  int64_t restart_from_bytes = int64_t{128} << 20;
  // Waits between tries on a full disk, growing from the first to the second.
  absl::Duration first_retry = absl::Milliseconds(50);
  absl::Duration last_retry = absl::Seconds(1);
};

struct EmbeddedLogStats {
  uint64_t commits = 0;
  uint64_t records = 0;  // Committed.
  uint64_t bytes = 0;    // Committed.
  size_t queued_records = 0;
  size_t queued_bytes = 0;
  int64_t wal_bytes = 0;
  bool stalled = false;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_OPTIONS_H_
