#include "common/log/kafka/kafka_table.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/log/kafka/client.h"
#include "common/log/kafka/table_writer.h"

namespace sanyuan::log {
namespace {

constexpr int kTablePollMs = 100;
// A partition that met trouble is read again from where it stands, at most so often.
constexpr absl::Duration kTablePause = absl::Milliseconds(500);

const kafka::Settings& TableReaderSettings() {
  static const auto& settings = *new kafka::Settings{
      {"isolation.level", "read_uncommitted"},
      {"check.crcs", "false"},  // README.md says why.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      // A topic that was made anew begins anew.
      {"auto.offset.reset", "earliest"},
      {"enable.partition.eof", "true"},
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "50"},
      {"queued.min.messages", "10000"},
      {"queued.max.messages.kbytes", "16384"},
  };
  return settings;
}

std::string Text(const void* bytes, size_t size) {
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

// Rows of others have no headers. Headers that can't be read are a sign of damage.
bool IsAsWritten(const rd_kafka_message_t& message, const std::string& key, const std::string& value) {
  rd_kafka_headers_t* headers = nullptr;
  const auto found = rd_kafka_message_headers(&message, &headers);
  if (found == RD_KAFKA_RESP_ERR__NOENT) return true;
  const void* digest = nullptr;
  size_t size = 0;
  if (found != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, kafka::kRowDigest, &digest, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  return kafka::DigestOfRow(key, value).view() == Text(digest, size);
}

absl::Time AppendedAt(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t ms = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? absl::FromUnixMillis(ms) : absl::InfinitePast();
}

class Table final : public KafkaTable, private kafka::ClientEvents {
 public:
  Table(const KafkaLogOptions& options, Listener* listener) : options_(options), listener_(listener) {}

  ~Table() override {
    stopped_ = true;
    if (queue_ != nullptr) rd_kafka_queue_yield(queue_.get());
    if (poller_.joinable()) poller_.join();
    writer_.reset();
    for (const auto& [key, partition] : partitions_) rd_kafka_consume_stop(key.first, key.second);
    if (client_ == nullptr) return;
    const kafka::QueuePtr main(rd_kafka_queue_get_main(client_->handle()));
    rd_kafka_queue_forward(main.get(), nullptr);
    queue_.reset();
  }

  absl::Status Begin(const std::vector<std::string>& topics) {
    auto client = kafka::Client::New(RD_KAFKA_CONSUMER, "table", options_, TableReaderSettings(), *this);
    if (!client.ok()) return client.status();
    client_ = *std::move(client);
    queue_.reset(rd_kafka_queue_new(client_->handle()));
    const kafka::QueuePtr main(rd_kafka_queue_get_main(client_->handle()));
    rd_kafka_queue_forward(main.get(), queue_.get());
    const absl::Time deadline = absl::Now() + options_.read_timeout;
    for (const std::string& topic : topics) {
      if (absl::Status started = Start(topic, deadline); !started.ok()) return started;
    }
    // Not before: the question for the ends also wakes the client, which may sleep up to a second before it asks for
    // what was just begun.
    std::vector<TopicPartition> all;
    for (const auto& [key, partition] : partitions_) all.push_back(partition.where);
    const auto ends = kafka::Insist(deadline, options_.confirm_missing, [&] {
      return client_->OffsetsOf(all, RD_KAFKA_OFFSET_END, deadline - absl::Now());
    });
    if (!ends.ok()) return ends.status();
    for (auto end = ends->begin(); auto& [key, partition] : partitions_) partition.mark = *end++;
    auto writer = kafka::TableWriter::New(options_, topics);
    if (!writer.ok()) return writer.status();
    writer_ = *std::move(writer);
    poller_ = std::thread([this] { Poll(); });
    return absl::OkStatus();
  }

  absl::Status Put(const std::string& topic, int32_t partition, std::string key, std::string value,
                   std::function<void(absl::Status)> done) override {
    if (key.empty()) return absl::InvalidArgumentError(fmt::format("{}: a row without a key", topic));
    if (partition < 0 || partition >= PartitionsOf(topic)) {
      return absl::NotFoundError(fmt::format("{}/{} is none of this table", topic, partition));
    }
    return writer_->Put({topic, partition}, key, value, std::move(done));
  }

  int32_t PartitionsOf(const std::string& topic) const override {
    const auto found = counts_.find(topic);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  struct Partition {
    TopicPartition where;
    int64_t next = 0;      // The offset behind what was read.
    int64_t mark = 0;      // The end at opening: rows below it were there before.
    bool reached = false;  // All below the mark was given.
    bool troubled = false;
    bool complained = false;
    // When the brokers named an end below the mark. A new leader may not know the whole end for a moment.
    absl::Time short_since = absl::InfiniteFuture();
  };

  void OnError(rd_kafka_resp_err_t, std::string_view) override {}  // Brokers come and go.

  absl::Status Start(const std::string& topic, absl::Time deadline) {
    const auto count = client_->PartitionCount(topic, deadline - absl::Now());
    if (!count.ok()) return count.status();
    counts_[topic] = *count;
    for (int32_t i = 0; i < *count; ++i) {
      const auto handle = client_->Topic({topic, i}, deadline - absl::Now());
      if (!handle.ok()) return handle.status();
      // Offset 0 is the beginning also where the first rows are gone: then the reset leads to it.
      if (rd_kafka_consume_start_queue(*handle, i, 0, queue_.get()) != 0) {
        return kafka::ToStatus(rd_kafka_last_error(), fmt::format("following {}/{}", topic, i));
      }
      partitions_[{*handle, i}].where = {topic, i};
    }
    return absl::OkStatus();
  }

  // All below is on the polling thread.

  void Poll() {
    waiting_ = partitions_.size();
    if (waiting_ == 0) listener_->OnCaughtUp();
    for (auto& [key, partition] : partitions_) Reach(partition);
    absl::Time next_look = absl::InfinitePast();
    while (!stopped_) {
      const kafka::MessagePtr message(rd_kafka_consume_queue(queue_.get(), kTablePollMs));
      const absl::Time now = absl::Now();
      if (message != nullptr) Take(*message, now);
      if (now < next_look && next_look - now <= kTablePause) continue;
      next_look = now + kTablePause;
      for (auto& [key, partition] : partitions_) {
        if (partition.troubled) Restart(key.first, partition);
        if (partition.reached || now - partition.short_since < options_.confirm_end) continue;
        partition.mark = partition.next;
        Reach(partition);
      }
    }
  }

  void Take(const rd_kafka_message_t& message, absl::Time now) {
    const auto found = partitions_.find({message.rkt, message.partition});
    if (found == partitions_.end()) return;
    Partition& partition = found->second;
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (!partition.troubled) ReachedEnd(partition, message.offset, now);
    } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Trouble(partition, kafka::ToStatus(message.err, "following " + partition.where.ToString()));
    } else if (!partition.troubled) {  // Else it lies behind what could not be read, and comes again.
      Give(partition, message);
    }
  }

  void Give(Partition& partition, const rd_kafka_message_t& message) {
    if (message.offset < partition.next) BeginAnew(partition);
    std::string key = Text(message.key, message.key_len), value = Text(message.payload, message.len);
    if (!IsAsWritten(message, key, value)) {
      return Trouble(partition,
                     absl::DataLossError(fmt::format("{}: the row at offset {} is not what was written",
                                                     partition.where.ToString(), message.offset)));
    }
    partition.next = message.offset + 1;
    partition.short_since = absl::InfiniteFuture();
    partition.complained = false;
    listener_->OnRow({partition.where.topic, partition.where.partition, std::move(key), std::move(value),
                      message.offset < partition.mark, AppendedAt(message)});
    Reach(partition);
  }

  // The end may lie behind the last row: what was compacted away, and ends of transactions, have offsets too.
  void ReachedEnd(Partition& partition, int64_t end, absl::Time now) {
    if (end < partition.next) BeginAnew(partition);
    partition.next = end;
    partition.complained = false;
    Reach(partition);
    if (!partition.reached) partition.short_since = now;
  }

  // It is, or will be, another topic of that name: nothing of it was there before.
  static void BeginAnew(Partition& partition) {
    if (partition.next > 0) {
      spdlog::warn("{} is not what it was; it is read from its beginning", partition.where.ToString());
    }
    partition.next = 0;
    partition.mark = 0;
  }

  void Reach(Partition& partition) {
    if (partition.reached || partition.next < partition.mark) return;
    partition.reached = true;
    if (--waiting_ == 0) listener_->OnCaughtUp();
  }

  void Trouble(Partition& partition, const absl::Status& why) {
    if (!std::exchange(partition.complained, true)) {
      spdlog::warn("{}; it is tried again", std::string(why.message()));
    }
    partition.troubled = true;
    if (absl::IsNotFound(why)) BeginAnew(partition);
    Reach(partition);
  }

  void Restart(rd_kafka_topic_t* topic, Partition& partition) {
    // Else a topic that is back is found half a minute later.
    client_->FindLeaders(partition.where, kTablePause);
    rd_kafka_consume_stop(topic, partition.where.partition);
    partition.troubled =
        rd_kafka_consume_start_queue(topic, partition.where.partition, partition.next, queue_.get()) != 0;
  }

  const KafkaLogOptions options_;
  Listener* const listener_;
  std::unique_ptr<kafka::Client> client_;
  kafka::QueuePtr queue_;  // Of all partitions and of the client's own events.
  std::map<std::string, int32_t> counts_;
  std::map<std::pair<rd_kafka_topic_t*, int32_t>, Partition> partitions_;
  size_t waiting_ = 0;  // Partitions of which not all below the mark was given.
  std::unique_ptr<kafka::TableWriter> writer_;
  std::atomic<bool> stopped_{false};
  std::thread poller_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaTable>> KafkaTable::Open(const KafkaLogOptions& options,
                                                             const std::vector<std::string>& topics,
                                                             Listener* listener) {
  if (options.bootstrap.empty()) return absl::InvalidArgumentError("bootstrap: no broker is named");
  auto table = std::make_unique<Table>(options, listener);
  if (absl::Status begun = table->Begin(topics); !begun.ok()) return begun;
  return table;
}

}  // namespace sanyuan::log
