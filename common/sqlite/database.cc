#include "common/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sanyuan::sqlite {
namespace {

absl::StatusCode CodeOf(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_IOERR:
      // SQLite says FULL only where write() ran out of room; fsync, quotas and limits come as I/O errors.
      return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG
                 ? absl::StatusCode::kResourceExhausted
                 : absl::StatusCode::kInternal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kAlreadyExists;
    case SQLITE_CANTOPEN:
      return system_error == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kInternal;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kInternal;
  }
}

// SQLite does not note the system's error where a commit fails; but errno was zero before and still has it.
absl::Status ErrorOf(sqlite3* db, int code, std::string_view doing) {
  const int last_error = errno;
  const int system_error = last_error != 0 || db == nullptr ? last_error : sqlite3_system_errno(db);
  const int primary = code & 0xff;
  const bool has_errno = system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);
  return absl::Status(
      CodeOf(code, system_error),
      fmt::format("{}: {}{}{} (SQLite {})", doing, db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code),
                  has_errno ? ", " : "", has_errno ? strerror(system_error) : "", code));
}

}  // namespace

Statement::Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::BindInt(int index, int64_t value) { sqlite3_bind_int64(statement_, index, value); }

void Statement::BindText(int index, std::string_view text) {
  sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::BindBlob(int index, std::string_view bytes) {
  // A null pointer would be bound as NULL; an empty record is not nothing.
  sqlite3_bind_blob(statement_, index, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()),
                    SQLITE_STATIC);
}

absl::StatusOr<bool> Statement::Step() {
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  absl::Status error = ErrorOf(sqlite3_db_handle(statement_), code, sqlite3_sql(statement_));
  Reset();
  return error;
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  if (!row.ok()) return row.status();
  Reset();
  return absl::OkStatus();
}

void Statement::Reset() { sqlite3_reset(statement_); }

bool Statement::IsInt(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_INTEGER; }

bool Statement::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, Mode mode) {
  // Connections are not shared between threads, and SQLite's global memory statistics are one lock for all.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(configured);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::kCreate ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  errno = 0;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return database->Error(code, fmt::format("open {}", path));
  if (mode != Mode::kCreate) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database->SetBusyTimeout(absl::Seconds(5));
  return database;
}

Database::~Database() { sqlite3_close(db_); }

absl::Status Database::Execute(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, sql);
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  errno = 0;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code, sql);
  return Statement(statement);
}

absl::StatusOr<int64_t> Database::QueryInt(std::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("{}: no row", sql));
  return statement->Int(0);
}

absl::StatusOr<std::string> Database::QueryText(std::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(fmt::format("{}: no row", sql));
  return std::string(statement->Bytes(0));
}

void Database::RollBack() {
  // Many errors have ended the transaction already; then there is nothing to do.
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::SetBusyTimeout(absl::Duration timeout) {
  sqlite3_busy_timeout(db_, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
}

void Database::CheckpointOnlyWhenAsked() {
  // A hook of our own takes the place of the one that checkpoints automatically.
  sqlite3_wal_hook(
      db_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

absl::StatusOr<Database::Checkpointed> Database::Checkpoint(bool restart) {
  int log_pages = 0;
  int moved_pages = 0;
  const int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  errno = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, &log_pages, &moved_pages);
  if (code != SQLITE_OK) return Error(code, "checkpoint");
  return Checkpointed{log_pages, moved_pages};
}

void Database::DropCache() { sqlite3_db_release_memory(db_); }

absl::Status Database::BackupTo(const std::string& path, const Progress& progress) {
  absl::StatusOr<std::unique_ptr<Database>> target = Open(path, Mode::kCreate);
  if (!target.ok()) return target.status();
  if (absl::Status status = (*target)->Execute("PRAGMA synchronous=FULL"); !status.ok()) return status;
  // One read transaction around all steps: a writer can't make the copy begin again.
  if (absl::Status status = Execute("BEGIN"); !status.ok()) return status;
  errno = 0;
  sqlite3_backup* backup = sqlite3_backup_init((*target)->db_, "main", db_, "main");
  if (backup == nullptr) {
    absl::Status status =
        (*target)->Error(sqlite3_extended_errcode((*target)->db_), fmt::format("back up to {}", path));
    RollBack();
    return status;
  }
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    errno = 0;
    code = sqlite3_backup_step(backup, 4096);
    const int64_t total = sqlite3_backup_pagecount(backup);
    if (progress) progress(total - sqlite3_backup_remaining(backup), total);
  }
  absl::Status status =
      code == SQLITE_DONE ? absl::OkStatus() : (*target)->Error(code, fmt::format("back up to {}", path));
  sqlite3_backup_finish(backup);
  RollBack();
  if (!status.ok()) return status;
  // The copy is one file that can be read from any medium, not one that wants a log beside it.
  return (*target)->Execute("PRAGMA journal_mode=DELETE");
}

absl::Status Database::Error(int code, std::string_view doing) const { return ErrorOf(db_, code, doing); }

}  // namespace sanyuan::sqlite
