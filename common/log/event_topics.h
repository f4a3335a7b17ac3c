// The port to topics that others read: events with a key and headers, written behind what a journal has accepted.
// Their partitions are numbered as the journal's.
//
// What is asked of an engine: the messages of one call of Publish land in their order, and after one that does not land
// none of the later ones does. They may land after they were given up, and twice.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_EVENT_TOPICS_H_
#define SANYUAN_COMMON_LOG_EVENT_TOPICS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace sanyuan::log {

using EventHeaders = RecordHeaders;

struct EventMessage {
  std::string key;  // Empty: none.
  EventHeaders headers;
  std::string value;
};

// What a topic holds of an event, beside its value.
struct StoredEvent {
  int64_t offset = 0;
  absl::Time written_at;  // By the brokers' clock.
  EventHeaders headers;
};

// A stretch of a partition, in ascending order.
struct StoredEvents {
  std::vector<StoredEvent> events;
  int64_t begin = 0;        // Its first offset; the stretch before it ends here.
  bool from_start = false;  // Nothing is kept before it.
};

class EventTopics {
 public:
  virtual ~EventTopics() = default;

  // `done` is called once, from any thread, perhaps before Publish returns: OK when all messages are durable, else with
  // what became of the first that is not known to be. As long as brokers are away it is not called. Cancelled: the
  // topics were closed. May block for the engine's time-out of a question. REQUIRES: for a partition, the call before
  // is done.
  virtual void Publish(const TopicPartition& where, std::vector<EventMessage> messages,
                       std::function<void(absl::Status)> done) = 0;
  // The last stretch of at most `limit` offsets before `before` (nullopt: before the end). Unavailable: no answer.
  // NotFound: no such topic or partition.
  virtual absl::StatusOr<StoredEvents> Last(const TopicPartition& where, std::optional<int64_t> before,
                                            size_t limit) = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EVENT_TOPICS_H_
