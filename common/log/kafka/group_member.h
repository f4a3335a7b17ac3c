// A member of a consumer group that reads nothing: Kafka's group protocol shares the partitions of topics out among
// the members that live, and takes those of who has died away.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_GROUP_MEMBER_H_
#define SANYUAN_COMMON_LOG_KAFKA_GROUP_MEMBER_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/options.h"
#include "common/log/log.h"

namespace sanyuan::log {

struct GroupOptions {
  std::string group;  // Without the prefix of the installation.
  std::vector<std::string> topics;
  // After so long without a sign of life a member counts as dead. Brokers refuse less than their
  // group.min.session.timeout.ms, 6 s unless set: nothing is assigned then, and librdkafka says nothing, so that is asked
  // before (KafkaTopics::CompareGroups).
  absl::Duration session_timeout = absl::Seconds(6);
};

class GroupMember {
 public:
  // `on_assigned` is told all that this member is assigned, after each sharing out, on a thread of the member; that
  // something is taken away is not told before all was shared out anew. InvalidArgument: a setting is wrong.
  static absl::StatusOr<std::unique_ptr<GroupMember>> Join(
      const KafkaLogOptions& options, const GroupOptions& group,
      std::function<void(const std::set<TopicPartition>&)> on_assigned);
  virtual ~GroupMember() = default;

  // Its partitions are shared out among the others now; nothing more is told. Waits until the brokers were told, some
  // seconds at most. The destructor alone is taken for a death.
  virtual void Leave() = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_GROUP_MEMBER_H_
