#include "common/view/embedded/view_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

namespace sanyuan::view {
namespace {

constexpr int64_t kApplicationId = 0x53595631;  // "SYV1". Stored.
constexpr int64_t kLayout = 1;
constexpr size_t kMaxIdle = 8;
// 32 MB. Rows come in no order of their keys: with SQLite's 1,000 pages three of four changes of a page are copied a
// second time by a checkpoint. A checkpoint runs inside a transaction, so it must not be much larger either.
constexpr int64_t kCheckpointPages = 4096;
constexpr size_t kJournalIdBytes = 16;

// Which boot of the machine this is; empty when the kernel doesn't tell, and then no boot is the same.
std::string ThisBoot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(file, boot);
  return boot;
}

void BindView(sqlite::Statement& statement, const ViewName& view) {
  statement.BindText(1, view.context);
  statement.BindInt(2, view.partition);
}

using NamedStatements = std::initializer_list<std::pair<sqlite::Statement*, const char*>>;

absl::Status PrepareAll(sqlite::Database& database, NamedStatements statements) {
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewQueries>> ViewQueries::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database =
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) return database.status();
  auto queries = std::make_unique<ViewQueries>();
  queries->database_ = *std::move(database);
  if (absl::Status status = queries->Prepare(*queries->database_); !status.ok()) return status;
  return queries;
}

absl::Status ViewQueries::Prepare(sqlite::Database& database) {
  return PrepareAll(
      database,
      {{&get_, "SELECT value FROM view WHERE context=? AND partition=? AND key=?"},
       {&scan_,
        "SELECT key, value FROM view WHERE context=? AND partition=? AND key>=? ORDER BY key LIMIT ?"},
       {&position_, "SELECT journal_id, height, head FROM position WHERE context=? AND partition=?"}});
}

absl::StatusOr<std::optional<std::string>> ViewQueries::Get(const ViewName& view, std::string_view key) {
  BindView(get_, view);
  get_.BindText(3, key);
  absl::StatusOr<bool> row = get_.Step();
  if (!row.ok()) return row.status();
  std::optional<std::string> value;
  if (*row) value = std::string(get_.Bytes(0));
  get_.Reset();
  return value;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ViewQueries::Scan(const ViewName& view,
                                                                                   std::string_view prefix,
                                                                                   std::string_view after,
                                                                                   size_t limit) {
  // The least key after `after` is that with a zero byte behind it.
  std::string first(prefix);
  if (!after.empty()) first = std::max(first, std::string(after) + '\0');
  std::vector<std::pair<std::string, std::string>> rows;
  BindView(scan_, view);
  scan_.BindText(3, first);
  scan_.BindInt(4, static_cast<int64_t>(std::min<size_t>(limit, std::numeric_limits<int32_t>::max())));
  while (rows.size() < limit) {
    absl::StatusOr<bool> row = scan_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const std::string_view key = scan_.Bytes(0);
    if (key.substr(0, prefix.size()) != prefix) break;  // Behind the range.
    rows.emplace_back(key, scan_.Bytes(1));
  }
  scan_.Reset();
  return rows;
}

absl::StatusOr<std::optional<ViewPosition>> ViewQueries::Position(const ViewName& view) {
  BindView(position_, view);
  absl::StatusOr<bool> row = position_.Step();
  if (!row.ok()) return row.status();
  std::optional<ViewPosition> position;
  if (*row) {
    const std::string_view journal_id = position_.Bytes(0);
    const std::string_view head = position_.Bytes(2);
    if (journal_id.size() != kJournalIdBytes || head.size() != sizeof(Digest::bytes)) {
      position_.Reset();
      return absl::DataLossError("a view's position is damaged");
    }
    position =
        ViewPosition{std::string(journal_id), static_cast<uint64_t>(position_.Int(1)), DigestFromBytes(head)};
  }
  position_.Reset();
  return position;
}

absl::StatusOr<std::unique_ptr<ViewFile>> ViewFile::Open(const std::string& path) {
  std::unique_ptr<ViewFile> file(new ViewFile(path));
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database =
      sqlite::Database::Open(path, sqlite::Database::Mode::kCreate);
  if (!database.ok()) return database.status();
  file->database_ = *std::move(database);
  absl::Status status = file->CheckTrust();
  if (status.ok()) status = file->MarkOpened();
  if (status.ok()) status = file->Prepare();
  if (!status.ok()) return status;
  file->trusted_ = true;
  return file;
}

absl::Status ViewFile::CheckTrust() {
  absl::StatusOr<int64_t> tables = database_->QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*tables == 0) {
    return database_->Execute(fmt::format(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
        "BEGIN;"
        "CREATE TABLE view(context TEXT, partition INTEGER, key TEXT, value BLOB,"
        " PRIMARY KEY(context, partition, key)) WITHOUT ROWID;"
        "CREATE TABLE position(context TEXT, partition INTEGER, journal_id BLOB, height INTEGER, head BLOB,"
        " PRIMARY KEY(context, partition)) WITHOUT ROWID;"
        "CREATE TABLE opened(boot TEXT, clean INTEGER);"
        "INSERT INTO opened VALUES('', 1);"
        "PRAGMA application_id={}; PRAGMA user_version={};"
        "COMMIT",
        kApplicationId, kLayout));
  }
  absl::StatusOr<int64_t> application = database_->QueryInt("PRAGMA application_id");
  absl::StatusOr<int64_t> layout = database_->QueryInt("PRAGMA user_version");
  if (!application.ok() || !layout.ok() || *application != kApplicationId || *layout != kLayout) {
    return absl::DataLossError("its layout is another than this version's");
  }
  absl::StatusOr<int64_t> clean = database_->QueryInt("SELECT clean FROM opened");
  absl::StatusOr<std::string> boot = database_->QueryText("SELECT boot FROM opened");
  if (!clean.ok() || !boot.ok()) return absl::DataLossError("it doesn't say how it was closed");
  if (*clean != 1 && (boot->empty() || *boot != ThisBoot())) {
    return absl::DataLossError("it was in use when the machine stopped");
  }
  return absl::OkStatus();
}

absl::Status ViewFile::MarkOpened() {
  // This mark must be on the disk before anything else is written that is not synchronised.
  return database_->Execute(
      fmt::format("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                  "UPDATE opened SET boot='{}', clean=0;"
                  "PRAGMA wal_checkpoint(TRUNCATE);"
                  "PRAGMA synchronous=OFF; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint={}",
                  ThisBoot(), kCheckpointPages));
}

absl::Status ViewFile::Prepare() {
  if (absl::Status status = queries_.Prepare(*database_); !status.ok()) return status;
  return PrepareAll(
      *database_, {{&begin_, "BEGIN IMMEDIATE"},
                   {&put_, "INSERT OR REPLACE INTO view(context, partition, key, value) VALUES(?, ?, ?, ?)"},
                   {&erase_, "DELETE FROM view WHERE context=? AND partition=? AND key=?"},
                   {&set_position_,
                    "INSERT OR REPLACE INTO position(context, partition, journal_id, height, head) VALUES(?, "
                    "?, ?, ?, ?)"},
                   {&clear_rows_, "DELETE FROM view WHERE context=? AND partition=?"},
                   {&clear_position_, "DELETE FROM position WHERE context=? AND partition=?"},
                   {&commit_, "COMMIT"}});
}

void ViewFile::Delete(const std::string& path) {
  // The log first: beside a new database an old one would be taken for its own.
  for (const char* suffix : {"-wal", "-shm", ""}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
  }
}

ViewFile::~ViewFile() {
  idle_.clear();
  if (!trusted_) return;
  // Rows first, then the mark. A checkpoint synchronises the file only if it has something to move, hence the
  // update before it. What fails here only costs building the views again.
  if (!database_->Execute("PRAGMA synchronous=FULL; UPDATE opened SET clean=0").ok()) return;
  if (!database_->Checkpoint(/*restart=*/true).ok()) return;
  database_->Execute("UPDATE opened SET clean=1").IgnoreError();
}

template <typename Work>
absl::Status ViewFile::InTransaction(Work work) {
  absl::Status status = begin_.Run();
  if (status.ok()) status = work();
  if (status.ok()) status = commit_.Run();
  if (!status.ok()) database_->RollBack();
  return status;
}

absl::Status ViewFile::Apply(const ViewName& view, const std::optional<ViewPosition>& from,
                             const ViewPosition& to, absl::Span<const ViewRow> rows) {
  return InTransaction([&]() -> absl::Status {
    absl::StatusOr<std::optional<ViewPosition>> position = queries_.Position(view);
    if (!position.ok()) return position.status();
    if (*position != from) {
      return absl::FailedPreconditionError(
          fmt::format("the view {}/{} does not stand where the batch begins", view.context, view.partition));
    }
    return Write(view, to, rows);
  });
}

absl::Status ViewFile::Write(const ViewName& view, const ViewPosition& to, absl::Span<const ViewRow> rows) {
  BindView(put_, view);
  BindView(erase_, view);
  for (const ViewRow& row : rows) {
    sqlite::Statement& statement = row.value ? put_ : erase_;
    statement.BindText(3, row.key);
    if (row.value) statement.BindBlob(4, *row.value);
    if (absl::Status status = statement.Run(); !status.ok()) return status;
  }
  BindView(set_position_, view);
  set_position_.BindBlob(3, to.journal_id);
  set_position_.BindInt(4, static_cast<int64_t>(to.height));
  set_position_.BindBlob(5, to.head.view());
  return set_position_.Run();
}

absl::Status ViewFile::Clear(const ViewName& view) {
  return InTransaction([&]() -> absl::Status {
    BindView(clear_rows_, view);
    if (absl::Status status = clear_rows_.Run(); !status.ok()) return status;
    BindView(clear_position_, view);
    return clear_position_.Run();
  });
}

absl::StatusOr<std::unique_ptr<ViewQueries>> ViewFile::Borrow() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<ViewQueries> queries = std::move(idle_.back());
      idle_.pop_back();
      return queries;
    }
  }
  return ViewQueries::Open(path_);
}

void ViewFile::GiveBack(std::unique_ptr<ViewQueries> queries) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(queries));
}

}  // namespace sanyuan::view
