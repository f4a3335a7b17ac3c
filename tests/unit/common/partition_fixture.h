// What the tests of the partition share: its options, a journal of its own, and one written by hand.
#ifndef SANYUAN_TESTS_UNIT_COMMON_PARTITION_FIXTURE_H_
#define SANYUAN_TESTS_UNIT_COMMON_PARTITION_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/partition/partition.h"
#include "tests/support/counter_domain.h"
#include "tests/support/memory_journal.h"

namespace sanyuan::partition {

using testing::CounterCommand;
using testing::CounterDomain;
using testing::GenesisRecord;
using testing::Journal;
using testing::Journals;
using testing::Member;

inline const absl::Time kNow = absl::FromUnixSeconds(1'560'000'000);

inline PartitionOptions Options(std::vector<std::string> inputs = {}) {
  PartitionOptions options;
  options.context = "counter";
  options.inputs = std::move(inputs);
  options.strictness = Strictness::kLenient;
  options.incarnation = "0123456789abcdef";
  return options;
}

class PartitionTest : public ::testing::Test {
 protected:
  PartitionTest() { journals_["counter.journal"].push_back(GenesisRecord("counter")); }

  void Lead(Member& member, absl::Time now = kNow) {
    member->Assign();
    member.ReadAll();
    member.Settle(now);
    ASSERT_EQ(member->role(), Partition::Role::kLeading);
  }
  // A journal that is an input: genesis and take-over, then a decision for each of `what`, so their heights begin with 2.
  void SourceDecides(const std::vector<std::string>& what) {
    journals_["source.journal"].push_back(GenesisRecord("source", 2));
    CounterDomain domain;
    PartitionOptions options = Options();
    options.context = "source";
    Member source(journals_, options, domain);
    Lead(source);
    for (uint64_t i = 0; i < what.size(); ++i) source->OnCommand(Pending(i + 1, what[i], 1, i + 1));
    source.Settle(kNow);
  }
  std::vector<RawRecord> SourceRecords(uint64_t commands) {
    SourceDecides(std::vector<std::string>(commands, "add"));
    std::vector<RawRecord> records;
    for (const std::string& bytes : journals_["source.journal"]) {
      records.push_back({static_cast<int64_t>(records.size()), bytes});
    }
    return records;
  }
  // What another version might write behind `place`.
  void WriteByHand(const Place& place, const journal::v1::Decision& decision) {
    const std::string payload = decision.SerializeAsString();
    Frame frame{FrameKind::kDecision, place.journal_id, place.term, place.height + 1,
                place.head,           payload,          {}};
    journals_["counter.journal"].push_back(Seal(frame));
  }
  static PendingCommand Pending(uint64_t call, const std::string& what, int64_t amount, uint64_t number,
                                absl::Time at = kNow) {
    return {call, CounterCommand(what, amount, number, at), what + std::to_string(amount), {}};
  }

  Journals journals_;
  CounterDomain domain_;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_TESTS_UNIT_COMMON_PARTITION_FIXTURE_H_
