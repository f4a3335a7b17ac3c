#include "common/log/embedded/journal_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "common/log/embedded/durable_file.h"

namespace sanyuan::log {
namespace {

constexpr size_t kMaxReadBytes = size_t{16} << 20;
constexpr size_t kMaxIdle = 4;

}  // namespace

// A connection for one call; goes back when the call is over.
class JournalFile::Loan {
 public:
  Loan(JournalFile* file, std::unique_ptr<JournalQueries> queries)
      : file_(file), queries_(std::move(queries)) {}
  Loan(Loan&&) = default;
  ~Loan() {
    if (queries_ == nullptr) return;
    queries_->database().DropCache();
    std::lock_guard lock(file_->mutex_);
    if (file_->idle_.size() < kMaxIdle) file_->idle_.push_back(std::move(queries_));
  }
  JournalQueries* operator->() { return queries_.get(); }

 private:
  JournalFile* file_;
  std::unique_ptr<JournalQueries> queries_;
};

absl::StatusOr<std::unique_ptr<JournalFile>> JournalFile::OpenReadOnly(const std::string& directory) {
  std::unique_ptr<JournalFile> file(new JournalFile(JournalPath(directory)));
  if (absl::StatusOr<Loan> first = file->Borrow(); !first.ok()) return first.status();
  return file;
}

absl::StatusOr<JournalFile::Loan> JournalFile::Borrow() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<JournalQueries> queries = std::move(idle_.back());
      idle_.pop_back();
      return Loan(this, std::move(queries));
    }
  }
  absl::StatusOr<std::unique_ptr<JournalQueries>> opened = JournalQueries::Open(path_);
  if (!opened.ok()) return opened.status();
  return Loan(this, *std::move(opened));
}

absl::StatusOr<std::optional<Record>> JournalFile::ReadAt(const TopicPartition& where, int64_t offset) {
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  return (*queries)->ReadAt(where, offset);
}

absl::StatusOr<std::vector<Record>> JournalFile::ReadFrom(const TopicPartition& where, int64_t offset,
                                                          size_t limit) {
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  Chunk chunk = (*queries)->Read(where, offset, limit, kMaxReadBytes);
  if (chunk.records.empty() && !chunk.status.ok()) return chunk.status;
  return std::move(chunk.records);
}

absl::StatusOr<int64_t> JournalFile::EndOffset(const TopicPartition& where) {
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  return (*queries)->EndOffset(where);
}

absl::StatusOr<std::vector<TopicPartition>> JournalFile::Partitions() {
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  return (*queries)->Partitions();
}

absl::Status JournalFile::CheckStructure() {
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  return (*queries)->CheckStructure();
}

absl::Status JournalFile::BackupTo(const std::string& path, const Progress& progress) {
  if (std::filesystem::exists(path)) return absl::AlreadyExistsError(fmt::format("{} exists", path));
  absl::StatusOr<Loan> queries = Borrow();
  if (!queries.ok()) return queries.status();
  const std::string unfinished = path + ".unfinished";
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  absl::Status status = (*queries)->database().BackupTo(unfinished, progress);
  if (status.ok()) status = RenameDurably(unfinished, path);
  if (!status.ok()) std::filesystem::remove(unfinished, ignored);
  return status;
}

}  // namespace sanyuan::log
