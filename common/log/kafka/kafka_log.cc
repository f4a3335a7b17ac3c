#include "common/log/kafka/kafka_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/time/clock.h"
#include "common/log/kafka/follower.h"
#include "common/log/kafka/reader.h"
#include "common/log/kafka/writer.h"

namespace sanyuan::log {
namespace {

// Between two questions for the end while something beyond it is not believed yet.
constexpr absl::Duration kConfirmPause = absl::Milliseconds(50);

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(const KafkaLogOptions& options) {
  if (options.bootstrap.empty()) return absl::InvalidArgumentError("bootstrap: no broker is named");
  if (options.writers < 1) return absl::InvalidArgumentError("writers: at least one is needed");
  std::unique_ptr<KafkaLog> log(new KafkaLog(options));
  log->readers_ = std::make_unique<kafka::Readers>(options);
  log->writers_.resize(static_cast<size_t>(options.writers));
  // Both kinds once now, so that a wrong setting is found at the start.
  auto writer = kafka::Writer::New(log->options_);
  if (!writer.ok()) return writer.status();
  log->writers_.front() = *std::move(writer);
  auto follower = kafka::Follower::New(log->options_);
  if (!follower.ok()) return follower.status();
  log->followers_.push_back(*std::move(follower));
  return log;
}

KafkaLog::KafkaLog(const KafkaLogOptions& options) : options_(options) {}
KafkaLog::~KafkaLog() = default;

absl::StatusOr<std::shared_ptr<kafka::Writer>> KafkaLog::WriterOf(const TopicPartition& where) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<kafka::Writer>& writer = writers_[static_cast<size_t>(where.partition) % writers_.size()];
  if (writer == nullptr || writer->lost()) {
    auto fresh = kafka::Writer::New(options_);
    if (!fresh.ok()) return fresh.status();
    writer = *std::move(fresh);
  }
  return writer;
}

absl::StatusOr<std::unique_ptr<Producer>> KafkaLog::NewProducer(const TopicPartition& where,
                                                                ProducerListener* listener) {
  auto writer = WriterOf(where);
  if (!writer.ok()) return writer.status();
  return kafka::Writer::NewProducer(*std::move(writer), where, listener);
}

absl::StatusOr<std::unique_ptr<Subscription>> KafkaLog::Subscribe(const TopicPartition& where,
                                                                  int64_t from_offset,
                                                                  RecordListener* listener) {
  auto bounds = readers_->BoundsOf(where);
  if (!bounds.ok()) return bounds.status();
  if (from_offset > bounds->end) {
    const auto cut = EndsBy(where, from_offset - 1);
    if (!cut.ok()) return cut.status();
    if (!*cut) bounds = readers_->BoundsOf(where);
    if (!bounds.ok()) return bounds.status();
  }
  if (from_offset < bounds->low || from_offset > bounds->end) {
    return absl::OutOfRangeError(fmt::format("{} has offsets {} to {}; offset {} is not in it",
                                             where.ToString(), bounds->low, bounds->end, from_offset));
  }
  for (size_t i = 0;; ++i) {
    std::shared_ptr<kafka::Follower> follower;
    {
      const std::lock_guard lock(mutex_);
      if (i == followers_.size()) {
        auto fresh = kafka::Follower::New(options_);
        if (!fresh.ok()) return fresh.status();
        followers_.push_back(*std::move(fresh));
      }
      follower = followers_[i];
    }
    auto subscription = kafka::Follower::Follow(follower, where, from_offset, bounds->end, listener);
    if (!subscription.ok() || *subscription != nullptr) return subscription;
  }
}

absl::StatusOr<bool> KafkaLog::EndsBy(const TopicPartition& where, int64_t offset) {
  absl::Time sure = absl::InfiniteFuture();
  while (true) {
    const auto end = readers_->EndOf(where);
    if (!end.ok()) return end.status();
    if (*end > offset) return false;
    // From the first answer on, however long that took.
    const absl::Time now = absl::Now();
    if (now >= sure) return true;
    sure = std::min(sure, now + options_.confirm_end);
    absl::SleepFor(kConfirmPause);
  }
}

absl::StatusOr<std::optional<Record>> KafkaLog::ReadAt(const TopicPartition& where, int64_t offset) {
  auto records = readers_->Read(where, offset, 1);
  if (absl::IsOutOfRange(records.status())) {
    const auto ends = EndsBy(where, offset);
    if (!ends.ok()) return ends.status();
    if (*ends) return std::nullopt;
    const auto bounds = readers_->BoundsOf(where);
    if (!bounds.ok()) return bounds.status();
    if (offset < bounds->low) return std::nullopt;
    return absl::UnavailableError(
        fmt::format("{}: the brokers do not agree whether there is an offset {}", where.ToString(), offset));
  }
  if (!records.ok()) return records.status();
  if (records->empty() || records->front().offset != offset) return std::nullopt;
  return std::move(records->front());
}

absl::StatusOr<std::vector<Record>> KafkaLog::ReadFrom(const TopicPartition& where, int64_t offset,
                                                       size_t limit) {
  auto records = readers_->Read(where, offset, limit);
  if (!absl::IsOutOfRange(records.status())) return records;
  const auto bounds = readers_->BoundsOf(where);
  if (!bounds.ok()) return bounds.status();
  if (offset < bounds->low) {
    return absl::DataLossError(fmt::format("{} begins at offset {}, not at {}: records were deleted",
                                           where.ToString(), bounds->low, offset));
  }
  if (offset < bounds->end) return readers_->Read(where, offset, limit);
  return std::vector<Record>{};
}

absl::StatusOr<int64_t> KafkaLog::EndOffset(const TopicPartition& where) {
  auto end = readers_->EndOf(where);
  if (absl::IsNotFound(end.status())) return 0;
  return end;
}

absl::StatusOr<std::vector<TopicPartition>> KafkaLog::Partitions() {
  const auto topics = readers_->Topics();
  if (!topics.ok()) return topics.status();
  std::vector<TopicPartition> partitions;
  for (const auto& [topic, count] : *topics) {
    for (int32_t partition = 0; partition < count; ++partition) {
      const auto bounds = readers_->BoundsOf({topic, partition});
      if (!bounds.ok()) return bounds.status();
      if (bounds->end > bounds->low) partitions.push_back({topic, partition});
    }
  }
  return partitions;
}

}  // namespace sanyuan::log
