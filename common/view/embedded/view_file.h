// The file `views.db` and its connections:
//
//   view(context TEXT, partition INTEGER, key TEXT, value BLOB, PRIMARY KEY(context, partition, key))
//   position(context TEXT, partition INTEGER, journal_id BLOB, height INTEGER, head BLOB, PRIMARY KEY(...))
//   opened(boot TEXT, clean INTEGER)
//           one row: in which boot of the machine, and whether it was closed in order
//
// Nothing is synchronised with the disk while it is in use. A killed process loses nothing by that: what it
// wrote is with the kernel. A power loss may tear the file in ways that no check finds, rows lost under a
// position that says they are there; so a file that was not closed in order in the same boot is not trusted.
//
// Thread safety: one thread at a time for each object, except ViewFile::Borrow.
#ifndef SANYUAN_COMMON_VIEW_EMBEDDED_VIEW_FILE_H_
#define SANYUAN_COMMON_VIEW_EMBEDDED_VIEW_FILE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/database.h"
#include "common/view/view_store.h"

namespace sanyuan::view {

// One connection that reads.
class ViewQueries {
 public:
  static absl::StatusOr<std::unique_ptr<ViewQueries>> Open(const std::string& path);

  absl::StatusOr<std::optional<std::string>> Get(const ViewName& view, std::string_view key);
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Scan(const ViewName& view,
                                                                        std::string_view prefix,
                                                                        std::string_view after, size_t limit);
  absl::StatusOr<std::optional<ViewPosition>> Position(const ViewName& view);

 private:
  friend class ViewFile;
  absl::Status Prepare(sqlite::Database& database);

  std::unique_ptr<sqlite::Database> database_;  // Null inside a ViewFile, which has its own.
  sqlite::Statement get_;
  sqlite::Statement scan_;
  sqlite::Statement position_;
};

// The connection that writes, and those that read beside it.
class ViewFile {
 public:
  // Any status but OK means that the file is of no use: DataLoss when it is damaged, can't be trusted or is
  // of another version; others as in database.h.
  static absl::StatusOr<std::unique_ptr<ViewFile>> Open(const std::string& path);
  static void Delete(const std::string& path);
  // Closes in order: what was written is on the disk, and the file says so.
  ~ViewFile();

  // As in ViewStore.
  absl::Status Apply(const ViewName& view, const std::optional<ViewPosition>& from, const ViewPosition& to,
                     absl::Span<const ViewRow> rows);
  absl::Status Clear(const ViewName& view);
  // The file is damaged: it is not to be called in order when it is closed.
  void Distrust() { trusted_ = false; }

  // A reader of one's own; give it back for the next who wants one. Any thread.
  absl::StatusOr<std::unique_ptr<ViewQueries>> Borrow();
  void GiveBack(std::unique_ptr<ViewQueries> queries);

 private:
  explicit ViewFile(std::string path) : path_(std::move(path)) {}
  absl::Status Prepare();
  absl::Status CheckTrust();
  absl::Status MarkOpened();
  absl::Status Write(const ViewName& view, const ViewPosition& to, absl::Span<const ViewRow> rows);
  // Runs `work` as one transaction.
  template <typename Work>
  absl::Status InTransaction(Work work);

  const std::string path_;
  bool trusted_ = false;
  std::unique_ptr<sqlite::Database> database_;
  ViewQueries queries_;
  sqlite::Statement begin_;
  sqlite::Statement put_;
  sqlite::Statement erase_;
  sqlite::Statement set_position_;
  sqlite::Statement clear_rows_;
  sqlite::Statement clear_position_;
  sqlite::Statement commit_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ViewQueries>> idle_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_EMBEDDED_VIEW_FILE_H_
