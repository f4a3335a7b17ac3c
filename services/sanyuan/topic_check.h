// What a start asks of Kafka's brokers and topics before anything else.
//
// Thread safety: pure but for what it asks.
#ifndef SANYUAN_SERVICES_SANYUAN_TOPIC_CHECK_H_
#define SANYUAN_SERVICES_SANYUAN_TOPIC_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/log/kafka/topics.h"

namespace sanyuan {

struct TopicCheckOptions {
  int32_t replication = 3;
  absl::Duration session_timeout = absl::Seconds(6);
  // A stranger's open transaction harms nothing, so it is waited for, and only then it ends the start. Kafka's producers let
  // a transaction be open for a minute if nobody says otherwise, and its brokers look for such ones every ten seconds.
  absl::Duration transaction_patience = absl::Seconds(90);
  absl::Duration pause = absl::Seconds(1);  // Between two looks meanwhile.
};

// OK when all is as it must be. Otherwise everything that is not stands in the log, and the error names the first of it.
// FailedPrecondition: brokers, topics or transactions are not as they must be. Other errors: of asking.
absl::Status CheckTopics(log::KafkaTopics& topics, absl::Span<const log::TopicSpec> wanted,
                         const TopicCheckOptions& options);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_TOPIC_CHECK_H_
