#include "common/host/recent_records.h"

#include <algorithm>

namespace sanyuan::host {

void RecentRecords::Add(const log::TopicPartition& journal, absl::Span<const log::Record> records) {
  if (records.empty()) return;
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[journal];
  if (!kept.records.empty() && kept.records.back().offset + 1 != records.front().offset) kept = {};
  for (const log::Record& record : records) {
    kept.bytes += record.bytes.size();
    kept.records.push_back(record);
    while (kept.bytes > kBytes && kept.records.size() > 1) {
      kept.bytes -= kept.records.front().bytes.size();
      kept.records.pop_front();
    }
  }
}

void RecentRecords::Forget(const log::TopicPartition& journal) {
  const std::lock_guard lock(mutex_);
  kept_.erase(journal);
}

std::optional<RecentRecords::Piece> RecentRecords::From(const log::TopicPartition& journal, int64_t offset,
                                                        size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto it = kept_.find(journal);
  if (it == kept_.end() || it->second.records.empty()) return std::nullopt;
  const std::deque<log::Record>& records = it->second.records;
  Piece piece;
  piece.end = records.back().offset + 1;
  if (offset < records.front().offset || offset >= piece.end) return std::nullopt;
  // Offsets ascend but may have holes.
  const auto from =
      std::lower_bound(records.begin(), records.end(), offset,
                       [](const log::Record& record, int64_t at) { return record.offset < at; });
  const auto count = std::min(limit, static_cast<size_t>(records.end() - from));
  piece.records.assign(from, from + static_cast<std::ptrdiff_t>(count));
  return piece;
}

}  // namespace sanyuan::host
