#include "common/reshard/merge.h"

#include <algorithm>

namespace sanyuan::reshard {

uint64_t SeenHeight(const journal::v1::Cursor& cursor) {
  // With an index the writer had read the record behind the cursor too.
  return cursor.height() + (cursor.index() > 0 ? 1 : 0);
}

void Merge::Offer(Head head) {
  next_height_[head.journal] = head.height;
  const Key key{head.decided_at_us, head.journal};
  heads_.emplace(key, std::move(head));
}

bool Merge::IsReady(const Head& head) const {
  return std::all_of(head.seen.begin(), head.seen.end(),
                     [this](const auto& seen) { return next_height_[seen.first] > seen.second; });
}

std::optional<Merge::Head> Merge::Next() {
  if (heads_.empty()) return std::nullopt;
  auto chosen = heads_.begin();
  for (auto it = heads_.begin(); it != heads_.end() && it->first.first == heads_.begin()->first.first; ++it) {
    if (!IsReady(it->second)) continue;
    chosen = it;
    break;
  }
  // None is ready where clocks were apart and an effect bears an earlier time than its cause: the time of a journal must not
  // run backwards, so it comes first all the same.
  Head head = std::move(chosen->second);
  heads_.erase(chosen);
  next_height_[head.journal] = UINT64_MAX;
  return head;
}

}  // namespace sanyuan::reshard
