#include "common/log/kafka/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

constexpr size_t kReaders = 6;
// librdkafka may sleep up to a second before it asks for what was just begun, unless something else is sent to the same
// broker: so the bounds are asked for after reading has begun, and again when nothing comes.
constexpr absl::Duration kNudgePause = absl::Milliseconds(20);
// Of the records that one reading gives, by which it may be exceeded by one record.
constexpr size_t kReadBytes = 4 << 20;

const Settings& ReaderSettings() {
  static const auto& settings = *new Settings{
      NotPolled(),
      {"isolation.level", "read_uncommitted"},
      {"check.crcs", "false"},  // README.md says why.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      // The next place is read only after the request that is under way, so it must not wait for what comes.
      {"fetch.wait.max.ms", "5"},
      {"fetch.error.backoff.ms", "20"},
      {"queued.min.messages", "1000"},
      {"queued.max.messages.kbytes", "4096"},
      {"fetch.message.max.bytes", "524288"},
  };
  return settings;
}

}  // namespace

// A client that reads one place at a time.
class Readers::Reader final : private ClientEvents {
 public:
  static absl::StatusOr<std::unique_ptr<Reader>> New(const KafkaLogOptions& options) {
    std::unique_ptr<Reader> reader(new Reader(options.confirm_missing));
    auto client = Client::New(RD_KAFKA_CONSUMER, "reader", options, ReaderSettings(), *reader);
    if (!client.ok()) return client.status();
    reader->client_ = *std::move(client);
    reader->queue_.reset(rd_kafka_queue_new(reader->client_->handle()));
    return reader;
  }
  ~Reader() override { Stop(); }

  Client& client() { return *client_; }
  bool StandsAt(const TopicPartition& where, int64_t offset) const {
    return topic_ != nullptr && where == where_ && offset == next_;
  }

  // As Client::OffsetOf, asked until there is an answer.
  absl::StatusOr<int64_t> OffsetOf(const TopicPartition& where, int64_t which, absl::Time deadline) {
    if (const auto topic = client_->Topic(where, deadline - absl::Now()); !topic.ok()) {
      given_up_ = given_up_ || absl::IsUnavailable(topic.status());
      return topic.status();
    }
    auto offset = Insist(deadline, confirm_missing_,
                         [&] { return client_->OffsetOf(where, which, deadline - absl::Now()); });
    given_up_ = given_up_ || absl::IsUnavailable(offset.status());
    return offset;
  }
  absl::StatusOr<int64_t> EndOf(const TopicPartition& where, absl::Time deadline) {
    return OffsetOf(where, RD_KAFKA_OFFSET_END, deadline);
  }
  absl::StatusOr<Bounds> BoundsOf(const TopicPartition& where, absl::Time deadline) {
    const auto low = OffsetOf(where, RD_KAFKA_OFFSET_BEGINNING, deadline);
    if (!low.ok()) return low.status();
    const auto end = EndOf(where, deadline);
    if (!end.ok()) return end.status();
    return Bounds{*low, *end};
  }
  // It had no answer in time. What it knows of the cluster may be outdated for good: a topic that was made anew is not
  // looked for by every version of librdkafka.
  bool given_up() const { return given_up_; }
  // Errors of connections, which nobody is told here: what is asked for next fails by itself.
  void DropEvents() { rd_kafka_poll(client_->handle(), 0); }

  absl::Status Visit(const TopicPartition& where, int64_t offset, size_t limit, absl::Time deadline,
                     const Visitor& visit) {
    const std::string doing = fmt::format("reading {} from offset {}", where.ToString(), offset);
    if (!StandsAt(where, offset)) {
      if (absl::Status begun = Begin(where, offset, deadline); !begun.ok()) return begun;
    }
    const auto end = EndOf(where, deadline);
    if (!end.ok() || offset >= *end) {
      Stop();
      if (!end.ok()) return end.status();
      return absl::OutOfRangeError(fmt::format("{}: it ends at {}", doing, *end));
    }
    size_t records = 0;
    size_t bytes = 0;
    while (next_ < *end && records < limit && bytes < kReadBytes) {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) break;
      const MessagePtr message(rd_kafka_consume_queue(queue_.get(), ToTimeout(std::min(left, kNudgePause))));
      if (message == nullptr) {
        (void)EndOf(where, deadline);  // Wakes the client.
        continue;
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        next_ = std::max(next_, message->offset);  // Nothing but the ends of transactions of others.
        break;
      }
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        Stop();
        return records > 0 ? absl::OkStatus() : ToStatus(message->err, doing);
      }
      bytes += message->len;
      ++records;
      visit(*message);
      next_ = message->offset + 1;
    }
    const bool late = records == 0 && next_ < *end;
    // One that stands at the end would ask for more all the time.
    if (late || next_ >= *end) Stop();
    given_up_ = given_up_ || late;
    return late ? absl::UnavailableError(doing + ": no answer in time") : absl::OkStatus();
  }

 private:
  explicit Reader(absl::Duration confirm_missing) : confirm_missing_(confirm_missing) {}

  void OnError(rd_kafka_resp_err_t, std::string_view) override {}

  absl::Status Begin(const TopicPartition& where, int64_t offset, absl::Time deadline) {
    Stop();
    const auto topic = client_->Topic(where, deadline - absl::Now());
    if (!topic.ok()) return topic.status();
    if (rd_kafka_consume_start_queue(*topic, where.partition, offset, queue_.get()) != 0) {
      return ToStatus(rd_kafka_last_error(), "reading " + where.ToString());
    }
    topic_ = *topic;
    where_ = where;
    next_ = offset;
    return absl::OkStatus();
  }

  void Stop() {
    if (topic_ == nullptr) return;
    rd_kafka_consume_stop(topic_, where_.partition);
    topic_ = nullptr;
  }

  const absl::Duration confirm_missing_;
  std::unique_ptr<Client> client_;
  QueuePtr queue_;
  rd_kafka_topic_t* topic_ = nullptr;  // The client's; nothing is being read without it.
  TopicPartition where_;
  int64_t next_ = 0;
  bool given_up_ = false;
};

class Readers::Lease {
 public:
  Lease(Readers& readers, Reader* reader) : readers_(&readers), reader_(reader) {}
  Lease(Lease&& other) noexcept : readers_(other.readers_), reader_(std::exchange(other.reader_, nullptr)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (reader_ != nullptr) readers_->GiveBack(reader_);
  }
  Reader* operator->() const { return reader_; }

 private:
  Readers* readers_;
  Reader* reader_;
};

Readers::Readers(const KafkaLogOptions& options) : options_(options) {}
Readers::~Readers() = default;

absl::StatusOr<Readers::Lease> Readers::Borrow(const TopicPartition& where, int64_t offset,
                                               absl::Time deadline) {
  std::unique_lock lock(mutex_);
  if (!given_back_.wait_until(lock, absl::ToChronoTime(deadline),
                              [&] { return !free_.empty() || all_.size() < kReaders; })) {
    return absl::UnavailableError(fmt::format("reading {}: all readers are busy", where.ToString()));
  }
  if (free_.empty()) {
    auto reader = Reader::New(options_);
    if (!reader.ok()) return reader.status();
    all_.push_back(*std::move(reader));
    return Lease(*this, all_.back().get());
  }
  auto chosen = std::find_if(free_.begin(), free_.end(),
                             [&](const Reader* reader) { return reader->StandsAt(where, offset); });
  if (chosen == free_.end()) chosen = free_.begin();
  Reader* reader = *chosen;
  free_.erase(chosen);
  return Lease(*this, reader);
}

void Readers::GiveBack(Reader* reader) {
  reader->DropEvents();
  std::unique_ptr<Reader> gone;  // Ends outside of the lock, which may take a while.
  const std::lock_guard lock(mutex_);
  if (reader->given_up()) {
    const auto it =
        std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.get() == reader; });
    gone = std::move(*it);
    all_.erase(it);
  } else {
    free_.push_back(reader);
  }
  given_back_.notify_one();
}

absl::StatusOr<Bounds> Readers::BoundsOf(const TopicPartition& where) {
  const absl::Time deadline = absl::Now() + options_.read_timeout;
  auto reader = Borrow(where, -1, deadline);
  if (!reader.ok()) return reader.status();
  return (*reader)->BoundsOf(where, deadline);
}

absl::StatusOr<int64_t> Readers::EndOf(const TopicPartition& where) {
  const absl::Time deadline = absl::Now() + options_.read_timeout;
  auto reader = Borrow(where, -1, deadline);
  if (!reader.ok()) return reader.status();
  return (*reader)->EndOf(where, deadline);
}

absl::StatusOr<std::vector<Record>> Readers::Read(const TopicPartition& where, int64_t offset, size_t limit) {
  std::vector<Record> records;
  const absl::Status read = Visit(where, offset, limit, [&records](const rd_kafka_message_t& message) {
    records.push_back({message.offset, std::string(static_cast<const char*>(message.payload), message.len),
                       HeadersOf(message)});
  });
  if (!read.ok()) return read;
  return records;
}

absl::Status Readers::Visit(const TopicPartition& where, int64_t offset, size_t limit, const Visitor& visit) {
  if (offset < 0) return absl::OutOfRangeError(fmt::format("{}: offset {}", where.ToString(), offset));
  const absl::Time deadline = absl::Now() + options_.read_timeout;
  auto reader = Borrow(where, offset, deadline);
  if (!reader.ok()) return reader.status();
  return (*reader)->Visit(where, offset, limit, deadline, visit);
}

absl::StatusOr<std::vector<std::pair<std::string, int32_t>>> Readers::Topics() {
  auto reader = Borrow({}, -1, absl::Now() + options_.read_timeout);
  if (!reader.ok()) return reader.status();
  const auto metadata = (*reader)->client().Metadata(nullptr, options_.read_timeout);
  if (!metadata.ok()) return metadata.status();
  std::vector<std::pair<std::string, int32_t>> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const std::string_view name = (*metadata)->topics[i].topic;
    if (!name.starts_with(options_.topic_prefix) || name.starts_with("__")) continue;
    topics.emplace_back(name.substr(options_.topic_prefix.size()), (*metadata)->topics[i].partition_cnt);
  }
  std::sort(topics.begin(), topics.end());
  return topics;
}

}  // namespace sanyuan::log::kafka
