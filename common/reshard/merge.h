// The one order in which the decisions of several journals are copied: by time, and of the same time what was seen before
// what had seen it. The same journals give the same order. Not thread-safe.
#ifndef SANYUAN_COMMON_RESHARD_MERGE_H_
#define SANYUAN_COMMON_RESHARD_MERGE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::reshard {

// Up to which height whoever wrote the cursor had read. Pure.
uint64_t SeenHeight(const journal::v1::Cursor& cursor);

class Merge {
 public:
  // What a journal gives next.
  struct Head {
    size_t journal = 0;  // From 0 on: of two that are equal otherwise the lower one comes first.
    uint64_t height = 0;
    int64_t decided_at_us = 0;
    // Up to which height of which other journal its writer had read.
    std::vector<std::pair<size_t, uint64_t>> seen;
  };

  explicit Merge(size_t journals) : next_height_(journals, UINT64_MAX) {}

  // The next decision of a journal. REQUIRES: none of it is waiting; heights and times of a journal ascend. A journal that
  // offers nothing has ended. Of every journal one is to be offered before the first Next.
  void Offer(Head head);
  // Takes the journal's decision that comes next; nothing when all have ended. Its journal offers the one behind it before
  // this is called again.
  std::optional<Head> Next();

 private:
  using Key = std::pair<int64_t, size_t>;  // Time, journal.

  bool IsReady(const Head& head) const;

  std::map<Key, Head> heads_;
  std::vector<uint64_t> next_height_;  // Of each journal what waits; UINT64_MAX: it has ended.
};

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_MERGE_H_
