// The log of one process: all journals of a data directory in one SQLite file, `journal.db`. A record that a
// subscriber gets, or that any reading gives, has been on the disk (write-ahead log, fsync) before.
//
// The same semantics as any other engine, and more: one process writes, so nothing lands late or twice, and
// offsets are dense from 0. See options.h for the bounds.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_EMBEDDED_LOG_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_EMBEDDED_LOG_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/embedded/delivery.h"
#include "common/log/embedded/directory_lock.h"
#include "common/log/embedded/journal_file.h"
#include "common/log/embedded/options.h"
#include "common/log/embedded/writer.h"
#include "common/log/log.h"

namespace sanyuan::log {

class EmbeddedLog : public Log {
 public:
  // Opens the journals in `options.directory`, creating an empty file if there is none.
  // FailedPrecondition: another process has the directory, or the file is of a later version or of another
  // program. DataLoss: the file is damaged. NotFound: there is no such directory.
  static absl::StatusOr<std::unique_ptr<EmbeddedLog>> Open(const EmbeddedLogOptions& options);
  ~EmbeddedLog() override;

  std::string_view engine() const override { return "embedded"; }
  bool records_land_late() const override { return false; }
  absl::StatusOr<std::unique_ptr<Producer>> NewProducer(const TopicPartition& where,
                                                        ProducerListener* listener) override;
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const TopicPartition& where, int64_t from_offset,
                                                          RecordListener* listener) override;
  absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset) override;
  absl::StatusOr<std::vector<Record>> ReadFrom(const TopicPartition& where, int64_t offset,
                                               size_t limit) override;
  absl::StatusOr<int64_t> EndOffset(const TopicPartition& where) override;
  absl::StatusOr<std::vector<TopicPartition>> Partitions() override;

  // For backups of the running log.
  JournalFile& file() { return *file_; }
  EmbeddedLogStats stats() const { return writer_->stats(); }

 private:
  EmbeddedLog() = default;

  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Delivery> delivery_;
  std::unique_ptr<JournalFile> file_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_EMBEDDED_LOG_H_
