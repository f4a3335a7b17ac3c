// Journals in memory and partitions on them, driven by hand: each step of reading, writing and answering is
// the test's own. For tests of the partition.
#ifndef SANYUAN_TESTS_SUPPORT_MEMORY_JOURNAL_H_
#define SANYUAN_TESTS_SUPPORT_MEMORY_JOURNAL_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/partition/partition.h"

namespace sanyuan::testing {

using Journal = std::vector<std::string>;
using Journals = std::map<std::string, Journal>;

// A genesis for the journal of `context`, partition 0.
std::string GenesisRecord(const std::string& context, uint8_t journal_number = 1);

// One writer or reader of one context, with the world that it sees.
class Member final : public partition::Effects {
 public:
  // `journals` holds "<context>.journal" and the inputs, and outlives the member.
  Member(Journals& journals, partition::PartitionOptions options, partition::Domain& domain);

  partition::Partition& operator*() { return partition_; }
  partition::Partition* operator->() { return &partition_; }

  // Lets what was produced land in the journal; the first `count` of it.
  void Land(size_t count = SIZE_MAX);
  // Reads the own journal up to its end, and the inputs as far as they are asked for.
  void ReadAll();
  // Lands, reads and pumps until nothing moves any more.
  void Settle(absl::Time now);

  std::map<uint64_t, partition::Answer> answers;
  std::vector<std::string> produced;                 // Not landed yet.
  std::vector<log::RecordHeaders> produced_headers;  // Of everything that was ever produced.
  // What goes beside records of inputs, by topic and offset.
  std::map<std::pair<std::string, int64_t>, log::RecordHeaders> beside;
  std::optional<partition::SnapshotPoint> snapshot;
  std::vector<partition::AcceptedRecord> accepted;
  int stood_down = 0;
  std::map<partition::Work, int> deaths;  // With what processes have died before.
  std::vector<partition::Work> tried;
  std::optional<partition::Work> in_work;
  bool refuse_produce = false;

 private:
  bool Produce(std::string record, const log::RecordHeaders& headers) override;
  void Reply(uint64_t call, partition::Answer answer) override { answers[call] = std::move(answer); }
  void Accepted(partition::AcceptedRecord record) override { accepted.push_back(std::move(record)); }
  void SnapshotReady(partition::SnapshotPoint point) override { snapshot = std::move(point); }
  void ReadHead(int64_t offset) override { head_asked_ = offset; }
  void ResumeReading(int64_t offset) override { next_ = offset; }
  void PullInput(const std::string& topic, int64_t offset) override { pulls_[topic] = offset; }
  void FetchPages(const std::string& topic, std::vector<uint64_t> heights) override {
    pages_[topic] = heights;
  }
  void Trying(const partition::Work& work) override {
    tried.push_back(work);
    in_work = work;
  }
  void Survived() override { in_work.reset(); }
  void Forgiven(const partition::Work& work) override { deaths[work] = 0; }
  int Deaths(const partition::Work& work) override {
    const auto it = deaths.find(work);
    return it == deaths.end() ? 0 : it->second;
  }
  void StoodDown() override { ++stood_down; }
  void Halted(const partition::Damage&) override {}
  void InputHalted(const std::string&, const partition::Damage&) override {}

  Journals& journals_;
  std::string topic_;
  partition::Partition partition_;
  int64_t next_ = 0;
  std::optional<int64_t> head_asked_;
  std::map<std::string, int64_t> pulls_;
  std::map<std::string, std::vector<uint64_t>> pages_;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_MEMORY_JOURNAL_H_
