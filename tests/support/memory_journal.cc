#include "tests/support/memory_journal.h"

#include <utility>

namespace sanyuan::testing {

using partition::RawRecord;

std::string GenesisRecord(const std::string& context, uint8_t journal_number) {
  journal::v1::Genesis genesis;
  genesis.set_context(context);
  genesis.set_partition_count(1);
  const std::string payload = genesis.SerializeAsString();
  partition::Frame frame;
  frame.kind = partition::FrameKind::kGenesis;
  frame.journal_id.fill(journal_number);
  frame.payload = payload;
  return partition::Seal(frame);
}

Member::Member(Journals& journals, partition::PartitionOptions options, partition::Domain& domain)
    : journals_(journals),
      topic_(options.context + ".journal"),
      partition_(std::move(options), domain, *this) {}

bool Member::Produce(std::string record, const log::RecordHeaders& headers) {
  if (refuse_produce) return false;
  produced.push_back(std::move(record));
  produced_headers.push_back(headers);
  return true;
}

void Member::Land(size_t count) {
  const size_t landing = std::min(count, produced.size());
  for (size_t i = 0; i < landing; ++i) journals_[topic_].push_back(std::move(produced[i]));
  produced.erase(produced.begin(), produced.begin() + static_cast<ptrdiff_t>(landing));
}

void Member::ReadAll() {
  if (head_asked_) {
    const auto offset = static_cast<size_t>(*head_asked_);
    const Journal& journal = journals_[topic_];
    partition_.OnHeadRead(*std::exchange(head_asked_, std::nullopt),
                          offset < journal.size() ? std::optional(journal[offset]) : std::nullopt);
  }
  for (int64_t from = -1; from != next_;) {  // Again when a release sends us back.
    std::vector<RawRecord> records;
    const Journal& journal = journals_[topic_];
    for (auto offset = static_cast<size_t>(next_); offset < journal.size(); ++offset) {
      records.push_back({static_cast<int64_t>(offset), journal[offset]});
    }
    next_ = static_cast<int64_t>(journal.size());
    from = next_;
    partition_.OnRecords(records);
  }
  partition_.OnEnd(next_);
  for (const auto& [topic, offset] : std::exchange(pulls_, {})) {
    std::vector<RawRecord> records;
    const Journal& journal = journals_[topic];
    for (auto i = static_cast<size_t>(offset); i < journal.size(); ++i) {
      const auto headers = beside.find({topic, static_cast<int64_t>(i)});
      records.push_back({static_cast<int64_t>(i), journal[i],
                         headers == beside.end() ? log::RecordHeaders() : headers->second});
    }
    partition_.OnInputRecords(topic, offset, records, static_cast<int64_t>(journal.size()));
  }
  for (const auto& [topic, heights] : std::exchange(pages_, {})) {
    std::vector<RawRecord> records;
    for (const uint64_t height : heights) {
      for (size_t i = 0; i < journals_[topic].size(); ++i) {
        partition::Frame frame;
        partition::Parse(journals_[topic][i], frame);
        if (frame.height == height) records.push_back({static_cast<int64_t>(i), journals_[topic][i]});
      }
    }
    partition_.OnPages(topic, records);
  }
}

void Member::Settle(absl::Time now) {
  partition_.OnTime(now);
  for (auto& input : partition_.inputs()) partition_.OnInputGrown(input->topic());
  bool moved = true;
  while (moved) {
    const size_t before = produced.size();
    moved = partition_.Pump();
    moved = moved || produced.size() != before || !produced.empty() || !pulls_.empty() || !pages_.empty() ||
            next_ < static_cast<int64_t>(journals_[topic_].size());
    Land();
    ReadAll();
  }
}

}  // namespace sanyuan::testing
