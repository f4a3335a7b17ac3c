// Formats, and work that processes die of or that can't be done: it is held, and passed by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/partition/content.h"
#include "tests/unit/common/partition_fixture.h"

namespace sanyuan::partition {
namespace {

using ::testing::HasSubstr;

journal::v1::FormatRaised To(uint32_t format) {
  journal::v1::FormatRaised raise;
  raise.set_format(format);
  raise.set_operator_id("operator");
  raise.set_why("all read it");
  return raise;
}

journal::v1::InputSkipped Past(uint64_t height) {
  journal::v1::InputSkipped skip;
  skip.set_topic("source.journal");
  skip.set_height(height);
  skip.set_operator_id("operator");
  skip.set_why("ends the server");
  return skip;
}

Work OnInput(uint64_t height, uint64_t index = 0) { return {Work::Kind::kInput, 0, height, index}; }

class HoldTest : public PartitionTest {
 protected:
  void ExpectReplayAgrees(CounterDomain& live) {
    CounterDomain replayed;
    Member reader(journals_, Options({"source.journal"}), replayed);
    reader.ReadAll();
    EXPECT_FALSE(reader->halted());
    EXPECT_EQ(replayed.store().StateDigest(), live.store().StateDigest());
  }
};

TEST_F(HoldTest, JournalBeginsInTheFirstFormatAndWhatFoldsOtherwiseBeginsWithTheRaise) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer.Settle(kNow);
  EXPECT_EQ(writer->format(), kFirstFormat);
  ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
  writer->OnCommand(Pending(2, "add", 5, 2));
  writer.Settle(kNow);
  EXPECT_EQ(writer->format(), 2u);
  EXPECT_EQ(domain_.Value("times"), 2);
  EXPECT_EQ(domain_.Value("times in format 2"), 1);
  ExpectReplayAgrees(domain_);
}

TEST_F(HoldTest, RaiseThatIsNotAcceptedIsUndone) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
  EXPECT_EQ(writer->format(), kFirstFormat);  // Not read back yet.
  writer.produced.clear();
  writer->OnProducerLost();
  EXPECT_EQ(writer->format(), kFirstFormat);
}

TEST_F(HoldTest, RaiseIsForWhoDecidesAndForFormatsThatThisVersionKnows) {
  Member writer(journals_, Options(), domain_);
  EXPECT_EQ(writer->RaiseFormat(To(2)).status().code(), absl::StatusCode::kFailedPrecondition);
  Lead(writer);
  EXPECT_EQ(writer->RaiseFormat(To(kNewestFormat + 1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer->RaiseFormat(To(0)).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
  writer.Settle(kNow);
  const size_t records = journals_["counter.journal"].size();
  EXPECT_EQ(*writer->RaiseFormat(To(2)), 0u);
  writer.Settle(kNow);
  EXPECT_EQ(journals_["counter.journal"].size(), records);
}

// What a version that does not know a format does when it meets it.
TEST_F(HoldTest, ReaderHaltsAtAFormatThatItDoesNotKnow) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  const Place place = *writer->reader().place();
  journal::v1::Decision decision;
  decision.set_decided_at_us(absl::ToUnixMicros(kNow));
  *decision.mutable_format_raised() = To(kNewestFormat + 1);
  WriteByHand(place, decision);
  CounterDomain copy;
  Member reader(journals_, Options(), copy);
  reader.ReadAll();
  ASSERT_TRUE(reader->halted());
  EXPECT_THAT(reader->reader().damage()->why, HasSubstr("format"));
}

TEST_F(HoldTest, EveryPieceOfWorkIsNamedWhileItIsTriedAndNoneAfterIt) {
  SourceDecides({"add"});
  Member writer(journals_, Options({"source.journal"}), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "alarm", absl::ToUnixSeconds(kNow), 1));
  writer->OnCommand(Pending(2, "run", 2, 2));
  writer.Settle(kNow);
  std::map<Work::Kind, int> kinds;
  for (const Work& work : writer.tried) ++kinds[work.kind];
  EXPECT_EQ(kinds[Work::Kind::kCommand], 2);
  EXPECT_EQ(kinds[Work::Kind::kTimer], 1);
  EXPECT_EQ(kinds[Work::Kind::kInput], 2);  // Asked for its pages, and reacted to.
  EXPECT_EQ(kinds[Work::Kind::kRun], 2);
  EXPECT_EQ(writer.tried.back(), (Work{Work::Kind::kRun, 1, 0, 0}));
  EXPECT_FALSE(writer.in_work);
}

TEST_F(HoldTest, CommandThatTwoProcessesDiedOfIsAnsweredAndNotTried) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  PendingCommand deadly = Pending(1, "add", 5, 1);
  const RequestKey key = KeyOf(deadly.command.actor, deadly.command.method, deadly.command.request_id);
  const Work work{Work::Kind::kCommand, key.hash.first, key.hash.second, 0};
  writer.deaths[work] = kDeathsOfCommand - 1;
  writer->OnCommand(Pending(2, "add", 1, 2));
  writer->OnCommand(deadly);
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);

  deadly = Pending(3, "add", 5, 3);
  const RequestKey other = KeyOf(deadly.command.actor, deadly.command.method, deadly.command.request_id);
  writer.deaths[{Work::Kind::kCommand, other.hash.first, other.hash.second, 0}] = kDeathsOfCommand;
  writer->OnCommand(deadly);
  writer->OnCommand(Pending(4, "add", 1, 4));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kInternal);
  EXPECT_EQ(writer.answers[4].kind, Answer::Kind::kDecided);
  EXPECT_EQ(domain_.Value("sum"), 7);
}

TEST_F(HoldTest, InputThatThreeProcessesDiedOfHoldsThePartitionUntilItIsPassedBy) {
  SourceDecides({"add", "add", "add"});
  Member writer(journals_, Options({"source.journal"}), domain_);
  writer.deaths[OnInput(3)] = kDeathsOfOthers;
  Lead(writer);
  EXPECT_EQ(domain_.Value("copied"), 1);  // What came before it.
  ASSERT_TRUE(writer->held());
  EXPECT_EQ(writer->held()->topic, "source.journal");
  EXPECT_EQ(writer->held()->height, 3u);
  EXPECT_THAT(writer->WhyNotServing(), HasSubstr("source.journal at height 3: 3 processes died of it"));
  writer->OnCommand(Pending(1, "add", 1, 1));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kUnavailable);
  for (const Work& work : writer.tried) EXPECT_NE(work, OnInput(3));

  EXPECT_THAT(std::string(writer->SkipInput(Past(3)).status().message()), HasSubstr("format 2"));
  ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
  writer.Settle(kNow);
  EXPECT_EQ(writer->SkipInput(Past(2)).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(writer->SkipInput(Past(3)).ok());
  writer.Settle(kNow);
  EXPECT_FALSE(writer->held());
  EXPECT_EQ(domain_.Value("copied"), 2);  // What came behind it, and not itself.
  writer->OnCommand(Pending(2, "add", 1, 2));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kDecided);
  ExpectReplayAgrees(domain_);
  EXPECT_EQ(writer->SkipInput(Past(4)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(HoldTest, SkipStandsInTheJournalForWhoTakesOver) {
  SourceDecides({"add", "add"});
  {
    Member writer(journals_, Options({"source.journal"}), domain_);
    writer.deaths[OnInput(2)] = kDeathsOfOthers;
    Lead(writer);
    ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
    writer.Settle(kNow);
    ASSERT_TRUE(writer->SkipInput(Past(2)).ok());
    writer.Settle(kNow);
  }
  CounterDomain later;
  Member next(journals_, Options({"source.journal"}), later);
  Lead(next);
  EXPECT_EQ(later.Value("copied"), 1);
}

TEST_F(HoldTest, ReactionThatCantBeFoldedHoldsThePartitionWhateverItWasDecidedWith) {
  SourceDecides({"add", "add", "poison", "add"});
  Member writer(journals_, Options({"source.journal"}), domain_);
  Lead(writer);
  ASSERT_TRUE(writer->held());
  EXPECT_EQ(writer->held()->height, 4u);
  EXPECT_EQ(domain_.Value("copied"), 2);
  ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
  writer.Settle(kNow);
  ASSERT_TRUE(writer->SkipInput(Past(4)).ok());
  writer.Settle(kNow);
  EXPECT_EQ(domain_.Value("copied"), 3);
  ExpectReplayAgrees(domain_);
}

TEST_F(HoldTest, DeadlyTimersAndRunsHoldThePartitionAndNoSkipHelps) {
  for (const bool timer : {true, false}) {
    Journals journals{{"counter.journal", {GenesisRecord("counter")}}};
    CounterDomain domain;
    Member writer(journals, Options(), domain);
    if (timer) {
      writer.deaths[{Work::Kind::kTimer, static_cast<uint64_t>(absl::ToUnixMicros(kNow)), 0, 0}] =
          kDeathsOfOthers;
    } else {
      writer.deaths[{Work::Kind::kRun, 1, 0, 0}] = kDeathsOfOthers;
    }
    Lead(writer);
    writer->OnCommand(timer ? Pending(1, "alarm", absl::ToUnixSeconds(kNow), 1) : Pending(1, "run", 2, 1));
    writer.Settle(kNow);
    ASSERT_TRUE(writer->held());
    EXPECT_EQ(writer->held()->topic, "");
    EXPECT_EQ(domain.Value("rang"), 0);
    EXPECT_EQ(domain.Value("pages"), timer ? 0 : 1);
    ASSERT_TRUE(writer->RaiseFormat(To(2)).ok());
    EXPECT_EQ(writer->SkipInput(Past(1)).status().code(), absl::StatusCode::kFailedPrecondition);
    journal::v1::InputSkipped nothing;
    nothing.set_why("it names no input");
    EXPECT_EQ(writer->SkipInput(nothing).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

// Two alarms of the same time have one name: what the first decides has landed before the second is tried.
TEST_F(HoldTest, TimerThatSomebodyDiedOfWaitsForWhatIsInFlightAndIsForgivenWhenItHasLanded) {
  Member writer(journals_, Options(), domain_);
  const Work work{Work::Kind::kTimer, static_cast<uint64_t>(absl::ToUnixMicros(kNow)), 0, 0};
  writer.deaths[work] = kDeathsOfOthers - 1;
  Lead(writer);
  writer->OnCommand(Pending(1, "alarm", absl::ToUnixSeconds(kNow), 1));
  writer->Pump();
  writer->Pump();
  EXPECT_EQ(std::count(writer.tried.begin(), writer.tried.end(), work), 0);  // The command has not landed.
  writer.Land();
  writer.ReadAll();
  writer->Pump();
  EXPECT_EQ(std::count(writer.tried.begin(), writer.tried.end(), work), 1);
  EXPECT_EQ(writer.deaths[work], kDeathsOfOthers - 1);
  writer.Settle(kNow);
  EXPECT_EQ(writer.deaths[work], 0);
  EXPECT_EQ(domain_.Value("rang"), 1);
}

TEST_F(HoldTest, NothingIsDecidedBehindWhatHoldsThePartition) {
  SourceDecides({"add"});
  Member writer(journals_, Options({"source.journal"}), domain_);
  writer.deaths[OnInput(2)] = kDeathsOfOthers;
  writer->Assign();
  writer.ReadAll();
  writer->OnTime(kNow);
  writer->Pump();
  writer.Land();
  writer.ReadAll();  // Leads now.
  writer->Pump();    // Pulls its input.
  writer.ReadAll();
  writer->OnCommand(Pending(1, "add", 1, 1));
  writer->Pump();
  ASSERT_TRUE(writer->held());
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kUnavailable);
}

TEST_F(HoldTest, InputWhosePagesAreDeadlyIsHeldToo) {
  SourceDecides({"add"});
  Member writer(journals_, Options({"source.journal"}), domain_);
  writer.deaths[OnInput(2, kAskingForPages)] = kDeathsOfOthers;
  Lead(writer);
  ASSERT_TRUE(writer->held());
  EXPECT_EQ(writer->held()->height, 2u);
}

}  // namespace
}  // namespace sanyuan::partition
