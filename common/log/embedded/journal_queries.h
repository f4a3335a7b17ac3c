// The table that holds all journals of a data directory, in `journal.db`, and the reading of it:
//
//   journal(topic TEXT, partition INTEGER, offset INTEGER, record BLOB,
//           PRIMARY KEY(topic, partition, offset))
//
// Offsets are dense from 0. SQLite's application id and user version tell our files and their layout.
// Thread safety: one thread at a time, as for the connection that it reads with.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_QUERIES_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_QUERIES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/sqlite/database.h"

namespace sanyuan::log {

std::string JournalPath(const std::string& directory);

// Opens for writing, durably: a commit is on the disk when it returns. An absent file gets its table.
// FailedPrecondition: another program's database, or of a later layout than this version knows.
absl::StatusOr<std::unique_ptr<sqlite::Database>> OpenJournalForWriting(const std::string& directory);

// What was read, and what ended the reading before its time, if anything did.
struct Chunk {
  std::vector<Record> records;
  bool at_end = false;  // No record is after these.
  absl::Status status;
};

// One connection that reads, with its statements.
class JournalQueries {
 public:
  // NotFound when there is no database. Works beside a writer and on what a killed one left; never changes
  // the database or its log.
  static absl::StatusOr<std::unique_ptr<JournalQueries>> Open(const std::string& path);

  // Stops before `max_records` or soon after `max_bytes`, at least one record. Damage within keeps the
  // records before it; offsets that don't ascend are damage.
  Chunk Read(const TopicPartition& where, int64_t from_offset, size_t max_records, size_t max_bytes);
  absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset);
  absl::StatusOr<int64_t> EndOffset(const TopicPartition& where);
  absl::StatusOr<std::vector<TopicPartition>> Partitions();
  // SQLite's own check of pages, keys and their order; DataLoss with the first findings.
  absl::Status CheckStructure();

  // Readings between these two see the same moment.
  absl::Status BeginSnapshot() { return begin_.Run(); }
  void EndSnapshot() { database_->RollBack(); }

  sqlite::Database& database() { return *database_; }

 private:
  explicit JournalQueries(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}
  absl::Status Prepare();

  std::unique_ptr<sqlite::Database> database_;
  sqlite::Statement begin_;
  sqlite::Statement read_;
  sqlite::Statement end_offset_;
  sqlite::Statement next_partition_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_QUERIES_H_
