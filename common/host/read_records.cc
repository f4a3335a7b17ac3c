#include "common/host/read_records.h"

#include "common/partition/frame.h"

namespace sanyuan::host {

absl::StatusOr<std::optional<log::Record>> FindHeight(const ReadRecords& read,
                                                      const log::TopicPartition& journal, uint64_t height) {
  auto offset = static_cast<int64_t>(height);
  for (int tries = 0; tries < 1000 && offset >= 0; ++tries) {
    const auto records = read(journal, offset, 1);
    if (!records.ok()) return records.status();
    if (records->empty() || records->front().offset != offset) return std::nullopt;
    partition::Frame frame;
    if (partition::Parse(records->front().bytes, frame) != partition::FrameError::kNone) {
      ++offset;
      continue;
    }
    if (frame.height == height) return records->front();
    const int64_t step = static_cast<int64_t>(height) - static_cast<int64_t>(frame.height);
    offset += step;
  }
  return std::nullopt;
}

}  // namespace sanyuan::host
