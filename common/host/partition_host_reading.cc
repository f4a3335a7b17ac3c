// What a partition reads, and what its subscription tells: its own journal, its head, its inputs and their pages.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/host/partition_host.h"
#include "common/host/read_records.h"

namespace sanyuan::host {
namespace {

using partition::Partition;
using partition::RawRecord;

constexpr size_t kPullRecords = 256;
// Between two pulls of an input that was read to its end: it grows with every commit, and reading a record or two at a
// time would cost more than deciding them.
constexpr absl::Duration kPullPause = absl::Milliseconds(10);
constexpr absl::Duration kUnreadPause = absl::Milliseconds(100);  // After one that failed.
// A head that so many looks in a row find damaged where it lies is not taken for an accident on the way.
constexpr int kDamagedHeads = 3;

std::vector<RawRecord> Raw(absl::Span<const log::Record> records) {
  std::vector<RawRecord> raw;
  raw.reserve(records.size());
  for (const log::Record& record : records) raw.push_back({record.offset, record.bytes, record.headers});
  return raw;
}

}  // namespace

log::TopicPartition PartitionHost::InputJournal(const std::string& topic) const {
  return {topic, topic.find(".reference.") != std::string::npos ? 0 : journal_.partition};
}

void PartitionHost::ReadHead(int64_t offset) {
  services_.reading->Post([this, offset] {
    if (stopping_) return;
    const auto record = services_.log->ReadAt(journal_, offset);
    if (!record.ok()) {
      const std::string why(record.status().message());
      spdlog::warn("{}: the head can't be read: {}", journal_.ToString(), why);
      Do([this, offset, why, damaged = absl::IsDataLoss(record.status())](Partition& p) {
        unreadable_heads_ = damaged ? unreadable_heads_ + 1 : 0;
        if (unreadable_heads_ == kDamagedHeads) {
          return p.HaltAt(offset, "the record that was read here before can't be read any more: " + why, {});
        }
        p.OnHeadUnknown();  // Not known is not gone: asked again with the next look.
      });
      return;
    }
    std::optional<std::string> bytes;
    if (*record) bytes = (*record)->bytes;
    Do([this, offset, bytes = std::move(bytes)](Partition& p) {
      unreadable_heads_ = 0;
      p.OnHeadRead(offset, bytes);
    });
  });
}

void PartitionHost::ResumeReading(int64_t offset) {
  // Not from inside the reading of the subscription that is to end.
  strand_->Post([this, offset] { Resubscribe(offset); });
}

void PartitionHost::PullInput(const std::string& topic, int64_t offset) {
  // Never longer, whatever becomes of the machine's clock.
  const absl::Duration wait = std::min(kUnreadPause, next_pull_[topic] - absl::Now());
  const bool verifying = partition_->Verifies(topic);
  services_.reading->PostAfter(wait, [this, topic, offset, verifying] {
    if (stopping_) return;
    const log::TopicPartition input = InputJournal(topic);
    if (auto recent = services_.recent->From(input, offset, kPullRecords)) {
      return GivePulled(topic, offset, Raw(recent->records), recent->end);
    }
    // The end is asked for first: what comes after it is announced by another growth.
    const auto end = services_.log->EndOffset(input);
    if (stopping_) return;
    auto records = services_.log->ReadFrom(input, offset, kPullRecords);
    if (verifying && records.ok() && records->empty()) {
      // That a record is gone halts the input: it is asked for by itself, which is answered with more care.
      auto record = services_.log->ReadAt(input, offset);
      if (!record.ok()) records = record.status();
      if (record.ok() && *record) records->push_back(**std::move(record));
    }
    if (!end.ok() || !records.ok()) {
      spdlog::warn("{}: input {} can't be read", journal_.ToString(), input.ToString());
      Do([this, topic, offset](Partition& p) {
        next_pull_[topic] = absl::Now() + kUnreadPause;
        p.OnInputUnread(topic, offset);
      });
      return;
    }
    GivePulled(topic, offset, Raw(*records), *end);
  });
}

void PartitionHost::GivePulled(const std::string& topic, int64_t offset, std::vector<RawRecord> records,
                               int64_t end) {
  Do([this, topic, offset, records = std::move(records), end](Partition& p) {
    const bool at_end = records.empty() || records.back().offset + 1 >= end;
    next_pull_[topic] = at_end ? absl::Now() + kPullPause : absl::InfinitePast();
    p.OnInputRecords(topic, offset, records, end);
  });
}

void PartitionHost::FetchPages(const std::string& topic, std::vector<uint64_t> heights) {
  services_.reading->Post([this, topic, heights = std::move(heights), from = pages_from_[topic]]() mutable {
    std::vector<RawRecord> pages;
    const auto read = [this](const log::TopicPartition& journal, int64_t offset, size_t limit) {
      return services_.log->ReadFrom(journal, offset, limit);
    };
    for (const uint64_t height : heights) {
      if (stopping_) return;
      auto record = FindHeight(read, InputJournal(topic), height, StrictnessOf(*services_.log), &from);
      if (record.ok() && *record) pages.push_back({(*record)->offset, std::move((*record)->bytes)});
    }
    Do([this, topic, pages = std::move(pages), from](Partition& p) {
      pages_from_[topic] = from;
      p.OnPages(topic, pages);
    });
  });
}

void PartitionHost::OnRecords(absl::Span<const log::Record> records) {
  services_.recent->Add(journal_, records);
  strand_->Post([this, raw = Raw(records), generation = generation_.load()] {
    if (generation != generation_ || !partition_) return;
    read_to_ = raw.back().offset + 1;
    partition_->OnRecords(raw);
  });
}

void PartitionHost::OnEnd(int64_t end_offset) {
  strand_->Post([this, end_offset, generation = generation_.load()] {
    if (generation != generation_ || !partition_) return;
    if (read_to_ < end_offset) partition_->OnNoRecords(read_to_, end_offset);
    partition_->OnEnd(end_offset);
    Pump();
  });
  if (services_.grown) services_.grown(journal_);
}

void PartitionHost::OnTrouble(const absl::Status& why) {
  services_.recent->Forget(journal_);
  spdlog::warn("{}: reading was interrupted: {}", journal_.ToString(), std::string(why.message()));
  strand_->Post([this, why, generation = generation_.load()] {
    if (generation != generation_ || !partition_) return;
    if (absl::IsDataLoss(why)) {
      partition_->HaltAt(read_to_, "what comes next can't be read: " + std::string(why.message()), {});
    } else {
      partition_->OnDoubt();
    }
    Pump();
  });
}

}  // namespace sanyuan::host
