// The decisions of one journal that nobody writes any more, one after the other. Not thread-safe.
#ifndef SANYUAN_COMMON_RESHARD_SOURCE_H_
#define SANYUAN_COMMON_RESHARD_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/host/partition_host.h"
#include "common/host/read_records.h"
#include "common/partition/reader.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::reshard {

// Makes empty messages of the context's Event.
std::function<partition::EventPtr()> EventMaker(const host::ContextSpec& spec);

class Source {
 public:
  // Up to the record before `end_offset`; `end` is the place of the last accepted one, where it is known.
  Source(log::TopicPartition journal, host::ReadRecords read, partition::Strictness strictness,
         int64_t end_offset, std::optional<partition::Place> end = std::nullopt);

  const log::TopicPartition& journal() const { return journal_; }
  // Goes to the next accepted decision; false when there is none. DataLoss: damage, content that is not known, or another end.
  absl::StatusOr<bool> Next();
  // Of the decision.
  const partition::Place& place() const { return *reader_.place(); }
  const journal::v1::Decision& decision() const { return decision_; }
  // By which it folds.
  uint32_t format() const { return format_; }

 private:
  absl::StatusOr<bool> Take(const log::Record& record);
  absl::Status CheckEnd();

  const log::TopicPartition journal_;
  const host::ReadRecords read_;
  const int64_t end_offset_;
  const std::optional<partition::Place> end_;
  partition::JournalReader reader_;
  std::vector<log::Record> records_;
  size_t at_ = 0;
  int64_t next_offset_ = 0;
  journal::v1::Decision decision_;
  uint32_t format_ = 1;
  uint32_t next_format_ = 1;  // Behind the decision.
};

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_SOURCE_H_
