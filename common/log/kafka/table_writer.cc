#include "common/log/kafka/table_writer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

constexpr int kRowPollMs = 100;
// Rows that are given up come back at once; more than a moment would be a fault of the client.
constexpr int kGiveUpMs = 5'000;

Settings RowWriterSettings(const KafkaLogOptions& options) {
  return {
      {"acks", "all"},
      {"enable.idempotence", "true"},
      // As for journals: order can't rest on sequence numbers.
      {"max.in.flight.requests.per.connection", "1"},
      {"message.timeout.ms", std::to_string(ToTimeout(options.row_timeout))},
      {"linger.ms", "0"},
      {"retry.backoff.ms", "50"},
  };
}

// Each row under way comes back to its `done`.
void GiveUp(const Client& client) {
  rd_kafka_purge(client.handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client.handle(), kGiveUpMs);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TableWriter>> TableWriter::New(const KafkaLogOptions& options,
                                                              const std::vector<std::string>& topics) {
  std::unique_ptr<TableWriter> writer(new TableWriter(options));
  auto client = writer->NewClient();
  if (!client.ok()) return client.status();
  const absl::Time deadline = absl::Now() + options.read_timeout;
  for (const std::string& topic : topics) {
    const auto found = (*client)->Topic({topic, 0}, deadline - absl::Now());
    if (!found.ok()) return found.status();
  }
  writer->client_ = *std::move(client);
  writer->poller_ = std::thread([raw = writer.get()] { raw->Poll(); });
  return writer;
}

TableWriter::~TableWriter() {
  stopped_ = true;
  if (poller_.joinable()) poller_.join();
}

absl::StatusOr<std::unique_ptr<Client>> TableWriter::NewClient() {
  return Client::New(RD_KAFKA_PRODUCER, "rows", options_, RowWriterSettings(options_), *this);
}

absl::Status TableWriter::Put(const TopicPartition& where, const std::string& key, const std::string& value,
                              Done done) {
  auto opaque = done ? std::make_unique<Done>(std::move(done)) : nullptr;
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr || failed_) {
    return absl::UnavailableError(fmt::format("{}: the writing client is being replaced", where.ToString()));
  }
  const std::string topic = client_->TopicName(where);
  const Digest digest = DigestOfRow(key, value);
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_->handle(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(where.partition),
      RD_KAFKA_V_KEY(key.data(), key.size()),
      RD_KAFKA_V_VALUE(value.empty() ? nullptr : const_cast<char*>(value.data()), value.size()),
      RD_KAFKA_V_HEADER(kRowDigest, digest.bytes.data(), digest.bytes.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(opaque.get()), RD_KAFKA_V_END);
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      static_cast<void>(opaque.release());  // Comes back with the delivery report.
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return absl::ResourceExhaustedError(fmt::format("{}: too many rows are under way", where.ToString()));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return absl::InvalidArgumentError(
          fmt::format("{}: a row of {} bytes is over the limit", where.ToString(), value.size()));
    default:
      break;
  }
  const absl::Status why = ToStatus(error, where.ToString());
  return absl::IsNotFound(why) ? why : absl::UnavailableError(why.message());
}

void TableWriter::OnError(rd_kafka_resp_err_t error, std::string_view why) {
  if (error != RD_KAFKA_RESP_ERR__FATAL) return;  // Connections come and go.
  spdlog::warn("a client that writes rows has failed and is replaced: {}", why);
  failed_ = true;
}

void TableWriter::OnDelivered(const rd_kafka_message_t& message) {
  const std::unique_ptr<Done> done(static_cast<Done*>(message._private));
  if (done == nullptr) return;
  const std::string where = fmt::format("{}/{}", rd_kafka_topic_name(message.rkt), message.partition);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__FATAL:
      return (*done)(absl::UnavailableError(fmt::format("{}: the row was given up", where)));
    default:
      return (*done)(ToStatus(message.err, where));
  }
}

void TableWriter::Replace() {
  std::unique_ptr<Client> failed;
  {
    const std::lock_guard lock(mutex_);
    failed = std::move(client_);
  }
  if (failed != nullptr) GiveUp(*failed);
  failed.reset();
  auto fresh = NewClient();
  if (!fresh.ok()) {
    spdlog::error("no client to write rows: {}", std::string(fresh.status().message()));
    return absl::SleepFor(absl::Milliseconds(kRowPollMs));
  }
  const std::lock_guard lock(mutex_);
  client_ = *std::move(fresh);
  failed_ = false;
}

void TableWriter::Poll() {
  while (!stopped_) {
    if (client_ != nullptr) rd_kafka_poll(client_->handle(), kRowPollMs);
    if (failed_) Replace();
  }
  if (client_ != nullptr) GiveUp(*client_);
}

}  // namespace sanyuan::log::kafka
