// What runs inside Redis: a library of functions, its name, and how a view and its position are written there.
// All functions are pure and may be called from any thread.
//
// A view has three keys with one hash tag, so that they lie on one node of a cluster:
//   {v:CONTEXT/PARTITION}:p   hash: `at`, the position or a mark that it is being built; `rows`, how many rows it has
//   {v:CONTEXT/PARTITION}:r   hash: the rows
//   {v:CONTEXT/PARTITION}:k   sorted set: the keys of the rows, all with score 0, in the order of their bytes
#ifndef SANYUAN_COMMON_VIEW_REDIS_FUNCTIONS_H_
#define SANYUAN_COMMON_VIEW_REDIS_FUNCTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/view/view_store.h"

namespace sanyuan::view {

// The names end in a digest of the code: versions of Sanyuan that differ here work beside each other.
struct RedisFunctions {
  std::string code;  // For FUNCTION LOAD.
  std::string library;
  // apply FROM TO PUTS (KEY VALUE){PUTS} KEY...: writes the rows, deletes the keys and moves the view from FROM to TO.
  //   FROM is what stands in `at`; empty: the view is not finished or not whole, and what is left of it is removed.
  //   Gives {1}, or {0, at, whole} when the view stands elsewhere; then nothing was changed.
  std::string apply;
  std::string position;  // Gives {at, whole}.
  std::string get;       // get KEY: gives {at, whole, value or nil}.
  // scan MIN MAX LIMIT BYTES: gives {at, whole, more, key, value, key, value...}; the bounds are those of ZRANGEBYLEX. It
  // ends after LIMIT rows, or earlier when they have BYTES; `more` is 1 if rows may be left.
  std::string scan;
  // `whole` is 1 if the view has the rows that it should have: Redis may have evicted a part of them.
};
const RedisFunctions& TheRedisFunctions();

struct RedisKeys {
  explicit RedisKeys(const ViewName& view);
  std::string position;
  std::string rows;
  std::string order;
};

constexpr size_t kRedisJournalIdBytes = 16;

// How positions stand in `at`. Stored.
// REQUIRES: the journal's id has its length.
std::string RedisPosition(const ViewPosition& position);
// Being built: `pieces` of the batch that drew `token` were applied.
std::string RedisBuilding(std::string_view token, uint64_t pieces);
bool IsRedisBuilding(std::string_view at);
// nullopt when it is no finished position.
std::optional<ViewPosition> PositionOfRedis(std::string_view at);

// The bounds of a scan as in ViewReader::Scan.
struct RedisRange {
  std::string min;
  std::string max;
};
RedisRange RangeOf(std::string_view prefix, std::string_view after);

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_FUNCTIONS_H_
