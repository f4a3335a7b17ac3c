#include "common/host/read_records.h"

#include "common/partition/frame.h"
#include "common/partition/reader.h"

namespace sanyuan::host {
namespace {

constexpr size_t kRecordsAtOnce = 512;

using Found = absl::StatusOr<std::optional<log::Record>>;

// By its number: see the header.
Found FindByOffset(const ReadRecords& read, const log::TopicPartition& journal, uint64_t height) {
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
    offset += static_cast<int64_t>(height) - static_cast<int64_t>(frame.height);
  }
  return std::nullopt;
}

// A reader that stands at `place`; nullopt when its record is not there.
absl::StatusOr<std::optional<partition::JournalReader>> StandAt(const ReadRecords& read,
                                                                const log::TopicPartition& journal,
                                                                const partition::Place& place) {
  const auto records = read(journal, place.offset, 1);
  if (!records.ok()) return records.status();
  partition::JournalReader reader(partition::Strictness::kLenient);
  if (records->empty() || records->front().offset != place.offset ||
      !reader.ResumeAt(place, records->front().bytes)) {
    return std::nullopt;
  }
  return reader;
}

Found FindByRule(const ReadRecords& read, const log::TopicPartition& journal, uint64_t height,
                 std::optional<partition::Place>& from) {
  partition::JournalReader reader(partition::Strictness::kLenient);
  int64_t offset = 0;
  if (from && from->height < height) {
    auto standing = StandAt(read, journal, *from);
    if (!standing.ok()) return standing.status();
    if (*standing) {
      reader = **std::move(standing);
      offset = from->offset + 1;
    }
  }
  while (true) {
    const auto records = read(journal, offset, kRecordsAtOnce);
    if (!records.ok()) return records.status();
    if (records->empty()) return std::nullopt;
    for (const log::Record& record : *records) {
      offset = record.offset + 1;
      const partition::ReadResult result = reader.Read(record.offset, record.bytes);
      const bool released = result.kind == partition::ReadResult::Kind::kReleased;
      if (released) offset = result.resume_offset;
      if ((released || result.kind == partition::ReadResult::Kind::kAccepted) &&
          reader.place()->height == height) {
        from = reader.place();
        return record;
      }
      if (released) break;
    }
  }
}

}  // namespace

Found FindHeight(const ReadRecords& read, const log::TopicPartition& journal, uint64_t height,
                 partition::Strictness strictness, std::optional<partition::Place>* from) {
  if (strictness == partition::Strictness::kStrict) return FindByOffset(read, journal, height);
  std::optional<partition::Place> beginning;
  return FindByRule(read, journal, height, from == nullptr ? beginning : *from);
}

}  // namespace sanyuan::host
