#include "common/log/kafka/event_writer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace sanyuan::log::kafka {
namespace {

constexpr int kEventsPollMs = 100;

// As the journals' writer; but nobody waits for an event's answer, so requests may be fewer and larger.
Settings EventWriterSettings() {
  Settings settings = OrderedWrites();
  settings.emplace_back("linger.ms", "5");
  settings.emplace_back("retry.backoff.ms", "100");
  return settings;
}

}  // namespace

// The messages of one call. Ends with the last reference: those of messages under way and that of the call itself.
class EventWriter::Batch {
 public:
  explicit Batch(std::function<void(absl::Status)> done) : done_(std::move(done)) {}
  ~Batch() { done_(status_); }
  void Fail(const absl::Status& why) {
    const std::lock_guard lock(mutex_);
    status_.Update(why);
  }

 private:
  const std::function<void(absl::Status)> done_;
  std::mutex mutex_;
  absl::Status status_;
};

absl::StatusOr<std::shared_ptr<EventWriter>> EventWriter::New(const KafkaLogOptions& options) {
  std::shared_ptr<EventWriter> writer(new EventWriter(options));
  auto client = Client::New(RD_KAFKA_PRODUCER, "events", writer->options_, EventWriterSettings(), *writer);
  if (!client.ok()) return client.status();
  writer->client_ = *std::move(client);
  writer->poller_ = std::thread([raw = writer.get()] {
    while (!raw->stopped_) rd_kafka_poll(raw->client_->handle(), kEventsPollMs);
  });
  return writer;
}

EventWriter::~EventWriter() {
  if (client_ == nullptr) return;  // It could not be made.
  stopped_ = true;
  poller_.join();
  lost_ = true;
  // Every message that is given up comes back to its batch.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_->handle(), kEventsPollMs);
}

rd_kafka_resp_err_t EventWriter::Send(rd_kafka_topic_t* topic, int32_t partition, const EventMessage& message,
                                      void* opaque) {
  HeadersPtr headers = ToHeaders(message.headers);
  // An empty value is an event without content; a value that is missing would be none.
  static char empty = 0;
  const std::string& value = message.value;
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_->handle(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_KEY(message.key.empty() ? nullptr : message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(value.empty() ? &empty : const_cast<char*>(value.data()), value.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_OPAQUE(opaque),
      RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(headers.release());  // The message has them.
  return error;
}

void EventWriter::Publish(const TopicPartition& where, const std::vector<EventMessage>& messages,
                          std::function<void(absl::Status)> done) {
  const auto batch = std::make_shared<Batch>(std::move(done));
  const auto topic = client_->Topic(where, options_.read_timeout);
  if (!topic.ok()) return batch->Fail(topic.status());
  for (const EventMessage& message : messages) {
    if (lost())
      return batch->Fail(absl::AbortedError(fmt::format("{}: the client is lost", where.ToString())));
    auto reference = std::make_unique<std::shared_ptr<Batch>>(batch);
    const rd_kafka_resp_err_t error = Send(*topic, where.partition, message, reference.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return batch->Fail(ToStatus(error, where.ToString()));
    static_cast<void>(reference.release());  // Comes back with the delivery report.
  }
}

void EventWriter::OnError(rd_kafka_resp_err_t error, std::string_view why) {
  if (error != RD_KAFKA_RESP_ERR__FATAL) return;  // Connections come and go.
  spdlog::error("the events' client is lost: {}", why);
  Lose();
}

void EventWriter::OnDelivered(const rd_kafka_message_t& message) {
  const std::unique_ptr<std::shared_ptr<Batch>> batch(static_cast<std::shared_ptr<Batch>*>(message._private));
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  (*batch)->Fail(stopped_ ? absl::CancelledError("the topics are closed")
                          : ToStatus(message.err, rd_kafka_topic_name(message.rkt)));
  Lose();
}

void EventWriter::Lose() {
  if (lost_.exchange(true)) return;
  // What has not left yet shall not land behind what was lost.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

}  // namespace sanyuan::log::kafka
