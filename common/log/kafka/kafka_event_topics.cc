#include "common/log/kafka/kafka_event_topics.h"

#include <algorithm>
#include <utility>

#include "common/log/kafka/event_writer.h"
#include "common/log/kafka/reader.h"

namespace sanyuan::log {

absl::StatusOr<std::unique_ptr<KafkaEventTopics>> KafkaEventTopics::Open(const KafkaLogOptions& options) {
  std::unique_ptr<KafkaEventTopics> topics(new KafkaEventTopics(options));
  // Once now, so that a wrong setting is found at the start.
  auto writer = topics->Writer();
  if (!writer.ok()) return writer.status();
  return topics;
}

KafkaEventTopics::KafkaEventTopics(const KafkaLogOptions& options)
    : options_(options), readers_(std::make_unique<kafka::Readers>(options_)) {}
KafkaEventTopics::~KafkaEventTopics() = default;

absl::StatusOr<std::shared_ptr<kafka::EventWriter>> KafkaEventTopics::Writer() {
  const std::lock_guard lock(mutex_);
  if (writer_ == nullptr || writer_->lost()) {
    auto fresh = kafka::EventWriter::New(options_);
    if (!fresh.ok()) return fresh.status();
    writer_ = *std::move(fresh);
  }
  return writer_;
}

void KafkaEventTopics::Publish(const TopicPartition& where, std::vector<EventMessage> messages,
                               std::function<void(absl::Status)> done) {
  const auto writer = Writer();
  if (!writer.ok()) return done(writer.status());
  (*writer)->Publish(where, messages, std::move(done));
}

absl::StatusOr<StoredEvents> KafkaEventTopics::Last(const TopicPartition& where,
                                                    std::optional<int64_t> before, size_t limit) {
  const auto bounds = readers_->BoundsOf(where);
  if (!bounds.ok()) return bounds.status();
  const int64_t end = std::min(before.value_or(bounds->end), bounds->end);
  StoredEvents stretch;
  stretch.begin = std::max(bounds->low, end - static_cast<int64_t>(limit));
  int64_t next = stretch.begin;
  while (next < end) {
    const int64_t from = next;
    const auto read =
        readers_->Visit(where, next, static_cast<size_t>(end - next), [&](const rd_kafka_message_t& message) {
          next = message.offset + 1;
          if (message.offset >= end) return;
          stretch.events.push_back({message.offset,
                                    absl::FromUnixMillis(rd_kafka_message_timestamp(&message, nullptr)),
                                    kafka::HeadersOf(message)});
        });
    // Old ones may be deleted meanwhile; what is left begins later.
    if (absl::IsOutOfRange(read)) {
      const auto moved = readers_->BoundsOf(where);
      if (!moved.ok()) return moved.status();
      if (moved->low <= from) return absl::UnavailableError(read.message());
      next = std::max(next, moved->low);
      stretch.begin = std::max(stretch.begin, std::min(moved->low, end));
      continue;
    }
    if (!read.ok()) return read;
    if (next == from) break;  // Nothing but the ends of transactions of others.
  }
  stretch.from_start = stretch.begin <= bounds->low;
  return stretch;
}

}  // namespace sanyuan::log
