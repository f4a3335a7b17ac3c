// What goes beside a record: with the decision that a command causes, and with what follows from that one alone.
#include <gmock/gmock.h>

#include "tests/unit/common/partition_fixture.h"

namespace sanyuan::partition {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

const log::RecordHeaders kBeside{{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};

class PartitionHeaders : public PartitionTest {
 protected:
  static PendingCommand Traced(PendingCommand command) {
    command.headers = kBeside;
    return command;
  }
  // The headers of all that a reader of a source with `commands` records produces behind its take-over.
  std::vector<log::RecordHeaders> AfterReading(uint64_t commands, const std::vector<int64_t>& traced) {
    SourceDecides(std::vector<std::string>(commands, "add"));
    Member reader(journals_, Options({"source.journal"}), domain_);
    // The genesis and the take-over stand before them.
    for (const int64_t number : traced) reader.beside[{"source.journal", number + 2}] = kBeside;
    Lead(reader);
    EXPECT_EQ(domain_.Value("copied"), static_cast<int64_t>(commands));
    return {reader.produced_headers.begin() + 1, reader.produced_headers.end()};
  }
};

TEST_F(PartitionHeaders, ADecisionIsProducedWithWhatItsCommandBrought) {
  Member member(journals_, Options(), domain_);
  Lead(member);
  EXPECT_THAT(member.produced_headers, Each(IsEmpty()));
  member->OnCommand(Traced(Pending(1, "add", 5, 1)));
  member.Settle(kNow);
  EXPECT_EQ(member.produced_headers.back(), kBeside);
  member->OnCommand(Pending(2, "add", 5, 2));
  member.Settle(kNow);
  EXPECT_THAT(member.produced_headers.back(), IsEmpty());
}

TEST_F(PartitionHeaders, TheRecordIsTheSameWithAndWithout) {
  const auto journal_with = [&](const log::RecordHeaders& headers) {
    Journals journals{{"counter.journal", journals_["counter.journal"]}};
    CounterDomain domain;
    Member member(journals, Options(), domain);
    Lead(member);
    PendingCommand command = Pending(1, "add", 5, 1);
    command.headers = headers;
    member->OnCommand(std::move(command));
    member.Settle(kNow);
    EXPECT_EQ(domain.Value("sum"), 5);
    return journals["counter.journal"];
  };
  EXPECT_EQ(journal_with(kBeside), journal_with({}));
}

TEST_F(PartitionHeaders, AfterALostProducerTheDecisionGoesOutWithThemAgain) {
  Member member(journals_, Options(), domain_);
  Lead(member);
  member->OnCommand(Traced(Pending(1, "add", 5, 1)));
  member->Pump();
  ASSERT_EQ(member.produced.size(), 1);
  member.produced.clear();
  member->OnProducerLost();
  member.Settle(kNow);
  EXPECT_EQ(member.answers.at(1).kind, Answer::Kind::kDecided);
  EXPECT_EQ(member.produced_headers.back(), kBeside);
}

TEST_F(PartitionHeaders, WhatFollowsFromOneRecordOfAnInputGoesOutWithItsHeaders) {
  const auto produced = AfterReading(1, {0});
  ASSERT_EQ(produced.size(), 1);
  EXPECT_EQ(produced[0], kBeside);
}

TEST_F(PartitionHeaders, WhatFollowsFromSeveralGoesOutWithNobodys) {
  EXPECT_THAT(AfterReading(3, {0}), Each(IsEmpty()));
}

TEST_F(PartitionHeaders, WhatFollowsFromOneWithoutThemHasNone) {
  EXPECT_THAT(AfterReading(1, {}), Each(IsEmpty()));
}

}  // namespace
}  // namespace sanyuan::partition
