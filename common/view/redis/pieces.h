// A batch of rows, cut into pieces that Redis applies one at a time.
//
// A batch of one piece moves the view from its start to its end. Of several pieces, all but the last leave the view
// with a mark instead of a position, and each begins only where the mark says that the one before it has ended. The
// mark names the batch by a token that was drawn for it, so pieces of two batches never follow each other.
//
// Thread safety: none is needed, it doesn't change. The rows must outlive it.
#ifndef SANYUAN_COMMON_VIEW_REDIS_PIECES_H_
#define SANYUAN_COMMON_VIEW_REDIS_PIECES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/view/redis/functions.h"
#include "common/view/view_store.h"

namespace sanyuan::view {

class RedisPieces {
 public:
  // A piece has at most `max_bytes` of keys and values, or a single row.
  RedisPieces(const RedisKeys& keys, const std::optional<ViewPosition>& from, const ViewPosition& to,
              absl::Span<const ViewRow> rows, size_t max_bytes);

  size_t size() const { return pieces_.size(); }
  // What applies a piece. Valid as long as this object.
  std::vector<std::string_view> Command(size_t index) const;

 private:
  struct Piece {
    size_t begin;
    size_t end;        // Of rows_.
    std::string puts;  // How many of them are written.
    std::string from;
    std::string to;
  };
  void Cut(size_t max_bytes);

  const RedisKeys& keys_;
  std::vector<const ViewRow*>
      rows_;  // The last change of each key; those that are written before the deleted ones.
  std::vector<Piece> pieces_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_PIECES_H_
