#include "common/log/kafka/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

// Also how often it is looked whether somebody is stalled.
constexpr int kPollMs = 100;

}  // namespace

class Writer::Lane {
 public:
  Lane(TopicPartition where, ProducerListener* listener, const KafkaLogOptions& options)
      : where_(std::move(where)), options_(options), listener_(listener) {}

  const TopicPartition& where() const { return where_; }

  absl::Status Append(const std::string& bytes, const RecordHeaders& beside, rd_kafka_t* handle,
                      rd_kafka_topic_t* topic, const std::shared_ptr<Lane>& self) {
    const std::lock_guard lock(mutex_);
    if (lost_)
      return absl::FailedPreconditionError(fmt::format("{}: the producer is lost", where_.ToString()));
    if (records_ >= options_.max_queued_records ||
        (records_ > 0 && bytes_ + bytes.size() > options_.max_queued_bytes)) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: {} records of {} bytes are under way", where_.ToString(), records_, bytes_));
    }
    auto delivery = std::make_unique<Delivery>(Delivery{self, bytes.size()});
    HeadersPtr headers = ToHeaders(beside);
    // An empty value would be a tombstone to others; a record without bytes is none.
    const rd_kafka_resp_err_t error =
        rd_kafka_producev(handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(where_.partition),
                          RD_KAFKA_V_VALUE(const_cast<char*>(bytes.data()), bytes.size()),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers.get()),
                          RD_KAFKA_V_OPAQUE(delivery.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return absl::ResourceExhaustedError(fmt::format("{}: the client's queue is full", where_.ToString()));
    }
    if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      return absl::InvalidArgumentError(
          fmt::format("{}: a record of {} bytes is over the limit", where_.ToString(), bytes.size()));
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::FailedPreconditionError(ToStatus(error, where_.ToString()).message());
    }
    static_cast<void>(headers.release());   // The message has them.
    static_cast<void>(delivery.release());  // Comes back with the delivery report.
    if (records_++ == 0) progress_ = absl::Now();
    bytes_ += bytes.size();
    return absl::OkStatus();
  }

  // For a delivery report's opaque: whose record it was, which is under way no longer.
  static std::shared_ptr<Lane> Delivered(void* opaque) {
    const std::unique_ptr<Delivery> delivery(static_cast<Delivery*>(opaque));
    Lane& lane = *delivery->lane;
    const std::lock_guard lock(lane.mutex_);
    --lane.records_;
    lane.bytes_ -= delivery->bytes;
    lane.progress_ = absl::Now();
    return delivery->lane;
  }

  void Lose(const absl::Status& why) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(lost_, true)) return;
    }
    const std::lock_guard lock(calling_);
    if (listener_ != nullptr) listener_->OnLost(why);
  }

  // Says so when the records have begun or ceased to make no progress.
  void LookForStall(absl::Time now) {
    bool stalls = false;
    {
      const std::lock_guard lock(mutex_);
      if (lost_) return;
      stalls = records_ > 0 && now - progress_ > options_.stalled_after;
      if (stalls == std::exchange(stalled_, stalls)) return;
    }
    const std::lock_guard lock(calling_);
    if (listener_ == nullptr) return;
    listener_->OnStalled(
        stalls ? absl::UnavailableError(fmt::format("{}: the brokers take no records", where_.ToString()))
               : absl::OkStatus());
  }

  void Detach() {
    const std::lock_guard lock(calling_);
    listener_ = nullptr;
  }

 private:
  struct Delivery {
    std::shared_ptr<Lane> lane;
    size_t bytes;
  };

  const TopicPartition where_;
  const KafkaLogOptions& options_;
  std::mutex mutex_;
  size_t records_ = 0;
  size_t bytes_ = 0;
  absl::Time progress_;  // When the last record landed, or the first of those under way was sent.
  bool lost_ = false;
  bool stalled_ = false;
  std::mutex calling_;  // Held during a callback, and never together with mutex_.
  ProducerListener* listener_;
};

class Writer::KafkaProducer final : public Producer {
 public:
  KafkaProducer(std::shared_ptr<Writer> writer, rd_kafka_topic_t* topic, std::shared_ptr<Lane> lane)
      : writer_(std::move(writer)), topic_(topic), lane_(std::move(lane)) {}
  ~KafkaProducer() override { lane_->Detach(); }

  absl::Status Append(std::string bytes, const RecordHeaders& headers) override {
    return lane_->Append(bytes, headers, writer_->client_->handle(), topic_, lane_);
  }

 private:
  const std::shared_ptr<Writer> writer_;
  rd_kafka_topic_t* const topic_;  // The client's.
  const std::shared_ptr<Lane> lane_;
};

absl::StatusOr<std::shared_ptr<Writer>> Writer::New(const KafkaLogOptions& options) {
  std::shared_ptr<Writer> writer(new Writer(options));
  auto client = Client::New(RD_KAFKA_PRODUCER, "writer", writer->options_, OrderedWrites(), *writer);
  if (!client.ok()) return client.status();
  writer->client_ = *std::move(client);
  writer->poller_ = std::thread([raw = writer.get()] { raw->Poll(); });
  return writer;
}

Writer::~Writer() {
  if (client_ == nullptr) return;  // It could not be made.
  stopped_ = true;
  poller_.join();
  // Every record that is given up comes back to its lane.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_->handle(), kPollMs);
}

absl::StatusOr<std::unique_ptr<Producer>> Writer::NewProducer(std::shared_ptr<Writer> writer,
                                                              const TopicPartition& where,
                                                              ProducerListener* listener) {
  const auto topic = writer->client_->Topic(where, writer->options_.read_timeout);
  if (!topic.ok()) return topic.status();
  auto lane = std::make_shared<Lane>(where, listener, writer->options_);
  {
    const std::lock_guard lock(writer->mutex_);
    // Whoever loses the writer says so first and looks at the lanes then.
    if (writer->lost())
      return absl::UnavailableError(fmt::format("{}: the writer was lost", where.ToString()));
    std::erase_if(writer->lanes_, [](const auto& old) { return old.expired(); });
    writer->lanes_.push_back(lane);
  }
  return std::make_unique<KafkaProducer>(std::move(writer), *topic, std::move(lane));
}

std::vector<std::shared_ptr<Writer::Lane>> Writer::Lanes() {
  std::vector<std::shared_ptr<Lane>> lanes;
  const std::lock_guard lock(mutex_);
  for (const auto& weak : lanes_) {
    if (auto lane = weak.lock()) lanes.push_back(std::move(lane));
  }
  return lanes;
}

void Writer::OnError(rd_kafka_resp_err_t error, std::string_view why) {
  if (error != RD_KAFKA_RESP_ERR__FATAL) return;  // Connections come and go; only progress counts.
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->handle(), text.data(), text.size());
  Lose(absl::AbortedError(fmt::format("{} ({}): {}", why, rd_kafka_err2name(fatal), text.data())));
}

void Writer::OnDelivered(const rd_kafka_message_t& message) {
  const std::shared_ptr<Lane> lane = Lane::Delivered(message._private);
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR || lost()) return;
  Lose(ToStatus(message.err, lane->where().ToString()));
}

void Writer::Lose(const absl::Status& why) {
  if (!lost_.exchange(true)) {
    // What has not left yet shall not land behind what was lost.
    rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  for (const auto& lane : Lanes()) lane->Lose(why);
}

void Writer::Poll() {
  absl::Time next_look = absl::Now();
  while (!stopped_) {
    rd_kafka_poll(client_->handle(), kPollMs);
    const absl::Time now = absl::Now();
    if (now < next_look && next_look - now <= absl::Milliseconds(kPollMs)) continue;
    next_look = now + absl::Milliseconds(kPollMs);
    for (const auto& lane : Lanes()) lane->LookForStall(now);
  }
}

}  // namespace sanyuan::log::kafka
