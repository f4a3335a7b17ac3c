// A thin C++ face of SQLite: connections, statements, and errors as statuses that say what to do.
//
// ResourceExhausted: no room on the disk (or quota, or file size limit); the same again may succeed later.
// Unavailable: another connection holds a lock; likewise. DataLoss: the file is damaged or is no database.
// AlreadyExists: a key is there already. NotFound: there is no such file. PermissionDenied: read-only.
// Internal: any other failure, the disk's among them.
//
// Thread safety: a connection and its statements are used by one thread at a time.
#ifndef SANYUAN_COMMON_SQLITE_DATABASE_H_
#define SANYUAN_COMMON_SQLITE_DATABASE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sanyuan::sqlite {

// A prepared statement. Bind from 1, step, read columns from 0, reset. Bound bytes must live until Reset.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  void BindInt(int index, int64_t value);
  void BindText(int index, std::string_view text);
  void BindBlob(int index, std::string_view bytes);
  // True when there is a row to read, false at the end.
  absl::StatusOr<bool> Step();
  // For statements without rows: steps and resets.
  absl::Status Run();
  // Ends what Step began (a statement that is not reset keeps its read transaction open).
  void Reset();

  bool IsInt(int column) const;
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  // Valid until the next Step or Reset.
  std::string_view Bytes(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  enum class Mode : uint8_t {
    kCreate,    // Read and write; an absent file is created.
    kReadOnly,  // Never changes the database or its log; reads beside a writer.
  };
  // What a checkpoint found, in pages: how many the write-ahead log holds, and how many of them are in the
  // database by now.
  struct Checkpointed {
    int64_t log_pages = 0;
    int64_t moved_pages = 0;
  };
  using Progress = std::function<void(int64_t pages_done, int64_t pages_total)>;

  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Mode mode);
  // REQUIRES: its statements are gone.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or more statements whose rows don't matter.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // The first column of the first row; NotFound without a row.
  absl::StatusOr<int64_t> QueryInt(std::string_view sql);
  absl::StatusOr<std::string> QueryText(std::string_view sql);

  // Ends an open transaction, if any, without its changes.
  void RollBack();
  // How long this connection waits for locks of others before it answers Unavailable.
  void SetBusyTimeout(absl::Duration timeout);
  // From now on commits of this connection never begin a checkpoint by themselves.
  void CheckpointOnlyWhenAsked();
  // Pages in the write-ahead log after the last commit. REQUIRES: CheckpointOnlyWhenAsked.
  int64_t log_pages() const { return log_pages_; }
  // Waits for nobody; with `restart` for readers, so that the log begins again from its start.
  absl::StatusOr<Checkpointed> Checkpoint(bool restart);
  // Forgets cached pages, so that the next read sees what the file holds.
  void DropCache();
  // Copies this database, as it is now, to a new single file at `path`, durably; readers and writers go on.
  absl::Status BackupTo(const std::string& path, const Progress& progress);

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  absl::Status Error(int code, std::string_view doing) const;

  sqlite3* db_;
  int64_t log_pages_ = 0;
};

}  // namespace sanyuan::sqlite

#endif  // SANYUAN_COMMON_SQLITE_DATABASE_H_
