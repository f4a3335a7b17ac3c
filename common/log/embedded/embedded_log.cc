#include "common/log/embedded/embedded_log.h"

#include <fmt/format.h>

#include <utility>

namespace sanyuan::log {

absl::StatusOr<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const EmbeddedLogOptions& options) {
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog);
  absl::StatusOr<std::unique_ptr<DirectoryLock>> lock = DirectoryLock::Acquire(options.directory);
  if (!lock.ok()) return lock.status();
  log->lock_ = *std::move(lock);
  absl::StatusOr<std::unique_ptr<Writer>> writer =
      Writer::Open(options, [raw = log.get()](const std::vector<Landed>& landed) {
        for (const Landed& each : landed) raw->delivery_->Landed(*each.where, each.end_offset);
        raw->delivery_->Wake();
      });
  if (!writer.ok()) return writer.status();
  log->writer_ = *std::move(writer);
  // Readers open after the writer, which has put the file in order. Nothing lands before there is a producer.
  absl::StatusOr<std::unique_ptr<JournalQueries>> queries =
      JournalQueries::Open(JournalPath(options.directory));
  if (!queries.ok()) return queries.status();
  log->delivery_ = std::make_unique<Delivery>(*std::move(queries));
  absl::StatusOr<std::unique_ptr<JournalFile>> file = JournalFile::OpenReadOnly(options.directory);
  if (!file.ok()) return file.status();
  log->file_ = *std::move(file);
  return log;
}

EmbeddedLog::~EmbeddedLog() {
  // The writer calls into the delivery, so it stops first; its connection closes last, because that one moves
  // the write-ahead log into the database. The lock goes after all.
  if (writer_ != nullptr) writer_->Stop();
  delivery_.reset();
  file_.reset();
  writer_.reset();
}

absl::StatusOr<std::unique_ptr<Producer>> EmbeddedLog::NewProducer(const TopicPartition& where,
                                                                   ProducerListener* listener) {
  return writer_->NewProducer(where, listener);
}

absl::StatusOr<std::unique_ptr<Subscription>> EmbeddedLog::Subscribe(const TopicPartition& where,
                                                                     int64_t from_offset,
                                                                     RecordListener* listener) {
  absl::StatusOr<int64_t> end = file_->EndOffset(where);
  if (!end.ok()) return end.status();
  if (from_offset < 0 || from_offset > *end) {
    return absl::OutOfRangeError(
        fmt::format("{} ends at offset {}; offset {} is not in it", where.ToString(), *end, from_offset));
  }
  return delivery_->Subscribe(where, from_offset, listener);
}

absl::StatusOr<std::optional<Record>> EmbeddedLog::ReadAt(const TopicPartition& where, int64_t offset) {
  return file_->ReadAt(where, offset);
}

absl::StatusOr<std::vector<Record>> EmbeddedLog::ReadFrom(const TopicPartition& where, int64_t offset,
                                                          size_t limit) {
  return file_->ReadFrom(where, offset, limit);
}

absl::StatusOr<int64_t> EmbeddedLog::EndOffset(const TopicPartition& where) {
  return file_->EndOffset(where);
}

absl::StatusOr<std::vector<TopicPartition>> EmbeddedLog::Partitions() { return file_->Partitions(); }

}  // namespace sanyuan::log
