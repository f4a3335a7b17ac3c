// The port to what queries read: rows of bytes by key, projected from accepted decisions. A view can be
// deleted at any time and is built again from the journal.
//
// Each context and partition has a view of its own with the position up to which it was built. A batch is
// applied only if it begins exactly where the view stands, so neither a projector that was paused nor an old
// copy that comes back can leave a gap.
//
// Keys are paths such as "order/620121/20190805/620121100001/620121-7zk..."; lists are ranges of a prefix.
// Thread safety: all methods may be called from any thread; they may block on disk or network.
#ifndef SANYUAN_COMMON_VIEW_VIEW_STORE_H_
#define SANYUAN_COMMON_VIEW_VIEW_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/digest/digest.h"
#include "common/state/store.h"

namespace sanyuan::view {

struct ViewRow {
  std::string key;
  std::optional<std::string> value;  // Nothing: the row is deleted.
};

// How far a view was built.
struct ViewPosition {
  std::string journal_id;  // 16 bytes.
  uint64_t height = 0;
  Digest head;

  bool operator==(const ViewPosition&) const = default;
};

struct ViewName {
  std::string context;
  int32_t partition = 0;

  auto operator<=>(const ViewName&) const = default;
};

// What queries see of a view.
class ViewReader {
 public:
  virtual ~ViewReader() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  // Rows whose key begins with `prefix` and is greater than `after` (empty: from the first), in key order,
  // at most `limit`.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Scan(std::string_view prefix,
                                                                                std::string_view after,
                                                                                size_t limit) const = 0;
};

class ViewStore {
 public:
  virtual ~ViewStore() = default;
  // nullopt when nothing was projected yet.
  virtual absl::StatusOr<std::optional<ViewPosition>> Position(const ViewName& view) = 0;
  // FailedPrecondition when the view does not stand at `from` (nullopt: is not empty): nothing was changed, and
  // the projector asks for the position and goes back to there.
  virtual absl::Status Apply(const ViewName& view, const std::optional<ViewPosition>& from,
                             const ViewPosition& to, absl::Span<const ViewRow> rows) = 0;
  virtual absl::Status Clear(const ViewName& view) = 0;
  virtual std::unique_ptr<ViewReader> Reader(const ViewName& view) = 0;
  // Whether other processes write these views too: then only one should at a time.
  virtual bool shared() const { return false; }
};

// A context's projection: what a changed row of its state looks like to queries.
class Projection {
 public:
  virtual ~Projection() = default;
  // Appends the view rows for one changed row of the state. Called in journal order, from any thread.
  virtual void Project(const state::Change& change, std::vector<ViewRow>& rows) const = 0;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_VIEW_STORE_H_
