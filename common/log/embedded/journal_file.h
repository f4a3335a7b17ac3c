// The journals of a data directory for those who only read: verifying, digests, listings, backups. Works
// beside a running server and on what a killed one left behind, and never changes a journal. The running log
// reads through it too. Nothing is cached from one call to the next: an answer is what the file holds then.
//
// Thread safety: all methods may be called from any thread; each call reads from a connection of its own.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_FILE_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_FILE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/log/embedded/journal_queries.h"
#include "common/log/log.h"

namespace sanyuan::log {

class JournalFile : public LogReader {
 public:
  using Progress = std::function<void(int64_t pages_done, int64_t pages_total)>;

  // NotFound: there is no journal in `directory`. FailedPrecondition: it is of a later version. DataLoss: the
  // file is damaged so badly that it can't be opened.
  static absl::StatusOr<std::unique_ptr<JournalFile>> OpenReadOnly(const std::string& directory);

  absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset) override;
  absl::StatusOr<std::vector<Record>> ReadFrom(const TopicPartition& where, int64_t offset,
                                               size_t limit) override;
  absl::StatusOr<int64_t> EndOffset(const TopicPartition& where) override;
  absl::StatusOr<std::vector<TopicPartition>> Partitions() override;

  // DataLoss with the first findings when pages, rows or their order are damaged. Reads the whole file.
  absl::Status CheckStructure();
  // Copies all journals, as they are at one moment, to the new file `path`, which is on the disk and complete
  // as soon as it has that name. AlreadyExists: there is such a file. For OpenReadOnly and for restoring it
  // must be named journal.db.
  absl::Status BackupTo(const std::string& path, const Progress& progress = nullptr);

 private:
  class Loan;

  explicit JournalFile(std::string path) : path_(std::move(path)) {}
  absl::StatusOr<Loan> Borrow();

  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<JournalQueries>> idle_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_JOURNAL_FILE_H_
