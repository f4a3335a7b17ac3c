// Transactions that are open in journals. Ours has none, so each is a stranger's. librdkafka can't ask for transactions,
// but an open one holds the last stable offset back, where a reader of committed records has to stop.
#ifndef SANYUAN_COMMON_LOG_KAFKA_OPEN_TRANSACTIONS_H_
#define SANYUAN_COMMON_LOG_KAFKA_OPEN_TRANSACTIONS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/client.h"
#include "common/log/log.h"

namespace sanyuan::log::kafka {

// The settings of a client for which a partition ends at its high watermark, or at its last stable offset.
inline std::pair<std::string, std::string> EndsAtHighWatermark() {
  return {"isolation.level", "read_uncommitted"};
}
inline std::pair<std::string, std::string> EndsAtLastStable() {
  return {"isolation.level", "read_committed"};
}

struct OpenTransaction {
  TopicPartition where;
  int64_t offset = 0;  // Of the first record that is not decided.
};

// Of these partitions, in their order, those with an open transaction. Looks again after `confirm`, because a new leader
// may know an older end for a moment. Blocks for `timeout` at most a look. Unavailable, NotFound (a topic is gone),
// PermissionDenied.
absl::StatusOr<std::vector<OpenTransaction>> FindOpenTransactions(Client& high_watermark, Client& last_stable,
                                                                  std::vector<TopicPartition> partitions,
                                                                  absl::Duration confirm,
                                                                  absl::Duration timeout);

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_OPEN_TRANSACTIONS_H_
