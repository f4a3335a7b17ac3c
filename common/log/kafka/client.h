// One client of librdkafka, with the topics that it knows. Only this folder sees librdkafka.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_CLIENT_H_
#define SANYUAN_COMMON_LOG_KAFKA_CLIENT_H_

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log/kafka/options.h"
#include "common/log/log.h"

namespace sanyuan::log::kafka {

// `doing` says what failed: "reading order_intake.journal/3".
//   Unavailable       brokers away, a leader being elected, time-outs: it may go by itself
//   NotFound          no such topic or partition
//   PermissionDenied  credentials or rights
//   DataLoss          what came as records is none
//   OutOfRange        no such offset
//   Internal          anything else
absl::Status ToStatus(rd_kafka_resp_err_t error, std::string_view doing);

// What a client is told, on the thread that polls it.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  // A connection broke, a broker is away, a fatal error came.
  virtual void OnError(rd_kafka_resp_err_t error, std::string_view why) = 0;
  virtual void OnDelivered(const rd_kafka_message_t&) {}
  // Of a member of a group: partitions are assigned or revoked.
  virtual void OnRebalance(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*) {}
};

using Settings = std::vector<std::pair<std::string, std::string>>;

// What nobody takes would pile up.
inline std::pair<std::string, std::string> NotPolled() { return {"statistics.interval.ms", "0"}; }

// Of a client whose records land in order, and none behind one that does not; one that can't land waits, however long.
const Settings& OrderedWrites();

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using MessagePtr = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using HeadersPtr = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;
// Whoever takes a message takes its headers too, and only then they are to be released. nullptr for none.
HeadersPtr ToHeaders(const RecordHeaders& headers);
RecordHeaders HeadersOf(const rd_kafka_message_t& message);

struct MetadataDeleter {
  void operator()(const struct rd_kafka_metadata* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
// The type has the name of the function that asks for it.
using MetadataPtr = std::unique_ptr<const struct rd_kafka_metadata, MetadataDeleter>;

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

struct PartitionsDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionsPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionsDeleter>;

class Client {
 public:
  // Every client says what it measures to who polls it; one that nobody polls is given NotPolled() too.
  // `purpose` stands behind `options.client_id` in what brokers, logs and metrics call it.
  // `settings` come after those that every client has and before `options.properties`. `events` outlives the client.
  // InvalidArgument: a setting is unknown, has a wrong value, or is one that may not be changed.
  static absl::StatusOr<std::unique_ptr<Client>> New(rd_kafka_type_t type, std::string_view purpose,
                                                     const KafkaLogOptions& options, const Settings& settings,
                                                     ClientEvents& events);
  // Waits a few seconds for librdkafka to end; after that it is left to itself, which is said in the log.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* handle() const { return handle_; }
  std::string TopicName(const TopicPartition& where) const { return prefix_ + where.topic; }

  // What the brokers say of `topic`, with nullptr of all topics. May block for `timeout`.
  absl::StatusOr<MetadataPtr> Metadata(rd_kafka_topic_t* topic, absl::Duration timeout) const;
  // The topic of a partition that the brokers have confirmed to exist: without this, the first record for a topic would
  // wait up to a second. NotFound: no such topic or partition. May block for `timeout`.
  absl::StatusOr<rd_kafka_topic_t*> Topic(const TopicPartition& where, absl::Duration timeout);
  // How many partitions the topic has. Errors as Topic. May block for `timeout`.
  absl::StatusOr<int32_t> PartitionCount(const std::string& topic, absl::Duration timeout);
  // Asks who leads the partitions of this topic now. librdkafka itself would send questions for offsets to the leader
  // that it knows until it asks next, half a minute later.
  void FindLeaders(const TopicPartition& where, absl::Duration timeout);
  // RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END as the leader knows it. The question is that for times, which
  // keeps to its time-out: the one for watermarks does not before librdkafka 2.3. A wrong leader is looked for anew.
  absl::StatusOr<int64_t> OffsetOf(const TopicPartition& where, int64_t which, absl::Duration timeout);
  // The same of many, one request to each leader: beside a fetch that waits for records each takes as long as that one.
  absl::StatusOr<std::vector<int64_t>> OffsetsOf(const std::vector<TopicPartition>& partitions, int64_t which,
                                                 absl::Duration timeout);

 private:
  struct TopicDeleter {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  };
  struct Known {
    std::unique_ptr<rd_kafka_topic_t, TopicDeleter> topic;
    int32_t partitions = 0;
  };

  // REQUIRES: mutex_ is held. Without a topic in it rd_kafka_last_error says why.
  Known& KnownTopic(const std::string& name);

  Client(rd_kafka_t* handle, const KafkaLogOptions& options)
      : handle_(handle), prefix_(options.topic_prefix), confirm_missing_(options.confirm_missing) {}
  absl::StatusOr<rd_kafka_topic_t*> AskForTopic(const TopicPartition& where, absl::Duration timeout);

  rd_kafka_t* const handle_;
  const std::string prefix_;
  const absl::Duration confirm_missing_;
  std::mutex mutex_;
  std::map<std::string, Known> topics_;
};

// Milliseconds as librdkafka takes them, at least one.
int ToTimeout(absl::Duration duration);

// Asks until there is an answer: what may go by itself is asked for again until `deadline`, and that something is not
// there is believed when it is said again for `confirm`, because a broker may learn of it a moment later than others.
template <typename Ask>
auto Insist(absl::Time deadline, absl::Duration confirm, Ask ask) -> decltype(ask()) {
  constexpr absl::Duration kPause = absl::Milliseconds(20);
  absl::Time confirmed = absl::InfiniteFuture();
  while (true) {
    auto answer = ask();
    const absl::Time now = absl::Now();
    absl::Time until = absl::InfinitePast();
    if (absl::IsUnavailable(answer.status())) until = deadline;
    if (absl::IsNotFound(answer.status())) {
      confirmed = std::min(confirmed, now + confirm);
      until = std::min(confirmed, deadline);
    }
    if (now >= until) return answer;
    absl::SleepFor(std::min(kPause, until - now));
  }
}

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_CLIENT_H_
