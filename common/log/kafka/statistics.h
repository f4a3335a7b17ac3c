// What librdkafka measures of its clients (https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md), for who
// watches the process: of all that are polled, as they said last.
//
// Thread safety: all functions may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_STATISTICS_H_
#define SANYUAN_COMMON_LOG_KAFKA_STATISTICS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sanyuan::log {

struct ClientStatistics {
  std::string client;          // "sanyuan-writer#producer-2".
  int64_t queued_records = 0;  // Written and not landed yet.
  int64_t queued_bytes = 0;
  int64_t requests = 0;  // To brokers, waiting to be sent or answered.
  // Since the client began.
  int64_t sent_bytes = 0;
  int64_t received_bytes = 0;
  int64_t failed_requests = 0;
  int64_t timed_out_requests = 0;
  int64_t disconnects = 0;
  // Of the last interval, of the slowest broker.
  int64_t round_trip_p99_us = 0;
  int64_t brokers_up = 0;
};

// One of each client that has said something and has not ended.
std::vector<ClientStatistics> KafkaStatistics();

namespace kafka {

// `json` as librdkafka gives it; what can't be read leaves things as they were.
void KeepStatistics(std::string_view json);
void ForgetStatistics(const std::string& client);

}  // namespace kafka
}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_KAFKA_STATISTICS_H_
