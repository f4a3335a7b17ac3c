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
  // A journal that is an input, with so many commands decided.
  std::vector<RawRecord> SourceRecords(uint64_t commands) {
    journals_["source.journal"].push_back(GenesisRecord("source", 2));
    CounterDomain domain;
    PartitionOptions options = Options();
    options.context = "source";
    Member source(journals_, options, domain);
    Lead(source);
    for (uint64_t i = 1; i <= commands; ++i) source->OnCommand(Pending(i, "add", 1, i));
    source.Settle(kNow);
    std::vector<RawRecord> records;
    for (const std::string& bytes : journals_["source.journal"]) {
      records.push_back({static_cast<int64_t>(records.size()), bytes});
    }
    return records;
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
