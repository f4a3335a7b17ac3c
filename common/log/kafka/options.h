// How a log on Apache Kafka is reached and bounded.
#ifndef SANYUAN_COMMON_LOG_KAFKA_OPTIONS_H_
#define SANYUAN_COMMON_LOG_KAFKA_OPTIONS_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace sanyuan::log {

struct KafkaLogOptions {
  std::string bootstrap;              // "HOST:PORT,HOST:PORT"
  std::string client_id = "sanyuan";  // Begins the names of its clients; under 100 bytes.
  // Before the name of each topic, so that several installations can share brokers. May be empty.
  std::string topic_prefix;
  // Further settings of librdkafka, such as `security.protocol`. Those that the journal's order and durability rest on
  // are not taken (InvalidArgument).
  std::map<std::string, std::string> properties;

  // Clients that write; a partition always takes the same one. More than one, so that a client that has to be destroyed
  // costs only its own partitions a take-over.
  int writers = 2;
  // What one producer may have under way.
  size_t max_queued_records = 20'000;
  size_t max_queued_bytes = 32 << 20;
  // A producer whose records make no progress for so long says that it is stalled.
  absl::Duration stalled_after = absl::Seconds(1);
  // Reading where records lie gives up (Unavailable) after this.
  absl::Duration read_timeout = absl::Seconds(5);
  // Nothing beyond the end is believed before the brokers have said so for this long: the end that a new leader knows
  // can be behind for a moment.
  absl::Duration confirm_end = absl::Milliseconds(500);
  // The same for a topic or partition that is said not to be there: a broker may learn of it later than others.
  absl::Duration confirm_missing = absl::Seconds(2);
  // A partition that met trouble is read again from where it stands, at most so often.
  absl::Duration recovery_pause = absl::Milliseconds(500);
  // A partition that is followed and gives nothing for so long, though it has more, is begun anew; the third time in a
  // row what comes next is taken for damaged.
  absl::Duration nothing_comes = absl::Seconds(30);

  // How often clients say what they measure (KafkaStatistics).
  absl::Duration statistics_interval = absl::Seconds(10);

  // A row of a KafkaTable that has not landed by then is given up.
  absl::Duration row_timeout = absl::Seconds(30);
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_OPTIONS_H_
