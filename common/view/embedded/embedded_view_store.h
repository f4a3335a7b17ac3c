// Views in one SQLite file, `views.db`, of a data directory. It is faster than it is safe: a power loss can
// cost it, and then it starts empty and is built again from the journal. A killed process costs nothing.
//
// When the file is found damaged, at the start or later, it is deleted, `on_discarded` is told why, and all
// views are empty; the call that met the damage answers Unavailable.
//
// Thread safety: all methods may be called from any thread. Readers don't wait for Apply, nor it for them.
#ifndef SANYUAN_COMMON_VIEW_EMBEDDED_EMBEDDED_VIEW_STORE_H_
#define SANYUAN_COMMON_VIEW_EMBEDDED_EMBEDDED_VIEW_STORE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "common/view/embedded/view_file.h"
#include "common/view/view_store.h"

namespace sanyuan::view {

class EmbeddedViewStore : public ViewStore {
 public:
  using OnDiscarded = std::function<void(const absl::Status& why)>;

  // REQUIRES: this process has the directory for itself.
  static absl::StatusOr<std::unique_ptr<EmbeddedViewStore>> Open(const std::string& directory,
                                                                 OnDiscarded on_discarded);

  absl::StatusOr<std::optional<ViewPosition>> Position(const ViewName& view) override;
  // Also ResourceExhausted when the disk is full; then nothing was changed.
  absl::Status Apply(const ViewName& view, const std::optional<ViewPosition>& from, const ViewPosition& to,
                     absl::Span<const ViewRow> rows) override;
  absl::Status Clear(const ViewName& view) override;
  // The store must outlive its readers.
  std::unique_ptr<ViewReader> Reader(const ViewName& view) override;

 private:
  class PooledReader;

  EmbeddedViewStore(std::string path, OnDiscarded on_discarded)
      : path_(std::move(path)), on_discarded_(std::move(on_discarded)) {}
  // Opens the file, deleting it first if it is of no use.
  absl::Status OpenFile();
  // Runs `work` with the writing connection, or with one to read.
  template <typename Work>
  auto Writing(Work work) -> decltype(work(std::declval<ViewFile&>()));
  template <typename Work>
  auto Reading(Work work) -> decltype(work(std::declval<ViewQueries&>()));
  // Replaces the file `damaged` by an empty one, unless somebody else has done so.
  absl::Status Discard(const ViewFile* damaged, const absl::Status& why);

  const std::string path_;
  const OnDiscarded on_discarded_;
  std::shared_mutex life_;  // Exclusive while the file is replaced.
  std::mutex writing_;
  std::unique_ptr<ViewFile> file_;  // Null when a new one could not be opened.
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_EMBEDDED_EMBEDDED_VIEW_STORE_H_
