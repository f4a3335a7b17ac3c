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
  static PendingCommand Pending(uint64_t call, const std::string& what, int64_t amount, uint64_t number,
                                absl::Time at = kNow) {
    return {call, CounterCommand(what, amount, number, at), what + std::to_string(amount), {}};
  }

  Journals journals_;
  CounterDomain domain_;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_TESTS_UNIT_COMMON_PARTITION_FIXTURE_H_
