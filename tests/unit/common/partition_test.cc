// Deciding, writing ahead, answering, inputs, timers and snapshots of one partition.
#include <gtest/gtest.h>

#include "tests/unit/common/partition_fixture.h"

namespace sanyuan::partition {
namespace {

TEST_F(PartitionTest, ACommandIsAnsweredWhenItsDecisionWasReadBackAndNotBefore) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer->Pump();
  writer.Land();
  EXPECT_TRUE(writer.answers.empty());
  writer.ReadAll();
  ASSERT_TRUE(writer.answers.contains(1));
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);
  EXPECT_EQ(writer.answers[1].height, 2u);
  EXPECT_EQ(domain_.Value("sum"), 5);
}

TEST_F(PartitionTest, ItWritesAheadWithoutWaiting) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  for (uint64_t i = 0; i < 5; ++i) writer->OnCommand(Pending(i, "add", 1, i));
  writer->Pump();
  EXPECT_EQ(writer.produced.size(), 5u);
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers.size(), 5u);
  EXPECT_EQ(domain_.Value("sum"), 5);
}

TEST_F(PartitionTest, ARefusalIsADecisionAndIsRepeated) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 1001, 1));
  writer.Settle(kNow);
  ASSERT_EQ(writer.answers[1].refusals.size(), 1u);
  EXPECT_EQ(writer.answers[1].refusals[0].reason(), common::v1::REASON_OVER_TOTAL);
  writer->OnCommand(Pending(2, "add", 1001, 1));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[2].height, writer.answers[1].height);
  EXPECT_EQ(writer.answers[2].refusals.size(), 1u);
}

TEST_F(PartitionTest, ARepeatedRequestTakesEffectOnceWhetherInFlightOrDecided) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer->OnCommand(Pending(2, "add", 5, 1));
  writer.Settle(kNow);
  writer->OnCommand(Pending(3, "add", 5, 1));
  writer.Settle(kNow);
  EXPECT_EQ(domain_.Value("times"), 1);
  for (uint64_t call : {1, 2, 3}) EXPECT_EQ(writer.answers[call].height, 2u) << call;
  EXPECT_EQ(writer.answers[3].response, writer.answers[1].response);
}

TEST_F(PartitionTest, AReusedIdWithOtherContentIsRefusedAndNotJournaled) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer.Settle(kNow);
  const size_t records = journals_["counter.journal"].size();
  PendingCommand other = Pending(2, "add", 5, 1);
  other.content = "other";
  writer->OnCommand(other);
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kReused);
  EXPECT_EQ(journals_["counter.journal"].size(), records);
}

TEST_F(PartitionTest, AnIdOlderThanTheWindowOrAheadOfTheClockIsRefusedWithTheServersTime) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 1, 1, kNow - kRequestWindow - absl::Seconds(1)));
  writer->OnCommand(Pending(2, "add", 1, 2, kNow + kRequestAhead + absl::Seconds(1)));
  writer->OnCommand(Pending(3, "add", 1, 3, kNow - kRequestWindow + absl::Seconds(1)));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kOutOfWindow);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kOutOfWindow);
  EXPECT_FALSE(writer.answers[2].text.empty());
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, ReplayGivesTheSameStateAsLiving) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  for (uint64_t i = 0; i < 20; ++i) writer->OnCommand(Pending(i, "add", static_cast<int64_t>(i * 20), i));
  writer.Settle(kNow);
  CounterDomain copy;
  Member reader(journals_, Options(), copy);
  reader.ReadAll();
  EXPECT_FALSE(reader->halted());
  EXPECT_EQ(copy.store().StateDigest(), domain_.store().StateDigest());
}

TEST_F(PartitionTest, AWriterThatReadsAnothersTakeOverStandsDownAndLosesNothing) {
  CounterDomain other_domain;
  Member writer(journals_, Options(), domain_);
  Member other(journals_, Options(), other_domain);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer.Settle(kNow);
  Lead(other);
  writer->OnCommand(Pending(2, "add", 7, 2));
  writer->Pump();
  EXPECT_EQ(domain_.Value("sum"), 12);
  writer.ReadAll();
  EXPECT_EQ(writer.stood_down, 1);
  EXPECT_EQ(domain_.Value("sum"), 5);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kElsewhere);
  writer.Land();  // Its late record is skipped by all.
  other->OnCommand(Pending(1, "add", 7, 2));
  other.Settle(kNow);
  writer.ReadAll();
  EXPECT_EQ(other_domain.Value("sum"), 12);
  EXPECT_EQ(domain_.store().StateDigest(), other_domain.store().StateDigest());
  EXPECT_EQ(writer->reader().skipped(SkipKind::kLate), 1u);
}

TEST_F(PartitionTest, WhoIsPausedAnswersWhatItHasWrittenAndGoesOnInItsTerm) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer->Pump();
  ASSERT_EQ(writer->in_flight(), 1u);
  const uint64_t term = writer->reader().place()->term;
  PendingCommand waits = Pending(2, "add", 7, 2);
  waits.after.push_back({"another journal", 1});
  writer->OnCommand(waits);
  writer->Pump();
  writer->Pause(true);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kElsewhere) << "what waits is sent elsewhere";
  writer->OnCommand(Pending(3, "add", 9, 3));
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kElsewhere);
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);
  EXPECT_EQ(writer->in_flight(), 0u);
  EXPECT_FALSE(writer->WhyNotServing().empty());
  EXPECT_EQ(domain_.Value("sum"), 5);
  writer->Pause(false);
  writer->OnCommand(Pending(3, "add", 9, 3));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kDecided);
  EXPECT_EQ(writer->reader().place()->term, term);
}

TEST_F(PartitionTest, CommandsThatWaitForWhatNeverComesLeaveRoomForOthers) {
  PartitionOptions options = Options();
  options.max_waiting = 8;
  Member writer(journals_, options, domain_);
  Lead(writer);
  // Asked again and again, as a client does whose deadline passes.
  for (uint64_t call = 1; call <= 20; ++call) {
    PendingCommand waits = Pending(call, "add", 5, 1);
    waits.after.push_back({"a journal that was cut", 7});
    writer->OnCommand(waits);
    writer->Pump();
  }
  EXPECT_EQ(writer->waiting(), 4u);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kNotReady) << "the oldest gives way";
  EXPECT_EQ(writer.answers.count(20), 0u);
  writer->OnCommand(Pending(21, "add", 9, 2));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[21].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, AfterALostProducerItTakesOverAnewAndCommandsThatLandedAreNotDoneTwice) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer->OnCommand(Pending(2, "add", 6, 2));
  writer->Pump();
  writer.Land(1);
  writer.produced.clear();
  writer->OnProducerLost();
  EXPECT_EQ(domain_.Value("sum"), 0);
  writer.ReadAll();
  writer.Settle(kNow);
  EXPECT_EQ(domain_.Value("sum"), 11);
  EXPECT_EQ(domain_.Value("times"), 2);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, TimersFireOnceWhenTheirTimeHasCome) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "alarm", absl::ToUnixSeconds(kNow) + 60, 1));
  writer.Settle(kNow + absl::Seconds(59));
  EXPECT_EQ(domain_.Value("rang"), 0);
  writer.Settle(kNow + absl::Seconds(60));
  writer.Settle(kNow + absl::Seconds(61));
  EXPECT_EQ(domain_.Value("rang"), 1);
}

TEST_F(PartitionTest, WhileItsClockIsDistrustedCommandsAreRefusedForThatAndNoTimerFires) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "alarm", absl::ToUnixSeconds(kNow) + 60, 1));
  writer.Settle(kNow + absl::Seconds(59));
  writer->DistrustClock("the clock is wrong");
  writer->OnCommand(Pending(2, "add", 5, 2));
  writer.Settle(kNow + absl::Seconds(61));
  EXPECT_EQ(writer->WhyNotServing(), "the clock is wrong");
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(writer.answers[2].text, "the clock is wrong");
  EXPECT_EQ(domain_.Value("rang"), 0);
  EXPECT_EQ(domain_.Value("sum"), 0);
  writer->DistrustClock("");
  writer->OnCommand(Pending(3, "add", 5, 3));
  writer.Settle(kNow + absl::Seconds(61));
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kDecided);
  EXPECT_EQ(domain_.Value("rang"), 1);
  EXPECT_EQ(domain_.Value("sum"), 5);
}

TEST_F(PartitionTest, WhatWasWrittenBeforeItsClockWasDistrustedIsAnswered) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer->Pump();
  writer->DistrustClock("the clock is wrong");
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, CommandsAreRefusedWhileTheClockIsBehindTheLastDecision) {
  Member before(journals_, Options(), domain_);
  Lead(before, kNow + absl::Hours(1));
  before->OnCommand(Pending(1, "add", 5, 1, kNow + absl::Hours(1)));
  before.Settle(kNow + absl::Hours(1));
  CounterDomain domain;
  Member writer(journals_, Options(), domain);
  Lead(writer);
  writer->OnCommand(Pending(2, "add", 5, 2));
  writer.Settle(kNow + absl::Hours(1) - absl::Seconds(3));
  EXPECT_EQ(writer.answers[2].kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(writer.answers[2].text, "the clock is behind the last decision");
  writer->OnCommand(Pending(3, "add", 6, 3, kNow + absl::Hours(1)));
  writer.Settle(kNow + absl::Hours(1) - absl::Seconds(2));
  EXPECT_EQ(writer.answers[3].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, ARunInStepsIsFinishedByWhoTakesOver) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "run", 5, 1));
  writer->Pump();
  writer->Pump();
  writer.Land(2);
  CounterDomain other_domain;
  Member other(journals_, Options(), other_domain);
  Lead(other);
  EXPECT_EQ(other_domain.Value("pages"), 5);
  EXPECT_TRUE(other->Quiet());
}

TEST_F(PartitionTest, EffectsOfAnInputArePagedAndEachHappensOnceAcrossARestart) {
  journals_["source.journal"].push_back(GenesisRecord("source", 2));
  CounterDomain source_domain;
  PartitionOptions source_options = Options();
  source_options.context = "source";
  Member source(journals_, source_options, source_domain);
  Lead(source);
  for (uint64_t i = 1; i <= 4; ++i) source->OnCommand(Pending(i, "add", static_cast<int64_t>(i * 10), i));
  source.Settle(kNow);
  {
    Member writer(journals_, Options({"source.journal"}), domain_);
    Lead(writer);
    EXPECT_EQ(domain_.Value("copied"), 100);
  }
  source->OnCommand(Pending(5, "add", 7, 5));
  source.Settle(kNow);
  CounterDomain later;
  Member writer(journals_, Options({"source.journal"}), later);
  Lead(writer);
  EXPECT_EQ(later.Value("copied"), 107);
  EXPECT_TRUE(writer->Quiet());
}

// When the writer stamps what it copies from a source whose clock is ahead of its own.
class PartitionStamps : public PartitionTest {
 protected:
  absl::Duration AheadOfOwnClock(absl::Duration source_ahead, bool guard_clock) {
    journals_["source.journal"].push_back(GenesisRecord("source", 2));
    CounterDomain source_domain;
    PartitionOptions source_options = Options();
    source_options.context = "source";
    Member source(journals_, source_options, source_domain);
    Lead(source, kNow + source_ahead);
    source->OnCommand(Pending(1, "add", 10, 1, kNow + source_ahead));
    source.Settle(kNow + source_ahead);
    PartitionOptions options = Options({"source.journal"});
    options.guard_clock = guard_clock;
    Member writer(journals_, options, domain_);
    Lead(writer);
    EXPECT_EQ(domain_.Value("copied"), 10);
    EXPECT_EQ(writer->WhyNotServing(), "");
    return writer->last_decided() - kNow;
  }
};

TEST_F(PartitionStamps, AnEffectIsNeverStampedEarlierThanItsCause) {
  EXPECT_EQ(AheadOfOwnClock(absl::Milliseconds(1500), true), absl::Milliseconds(1500));
}

TEST_F(PartitionStamps, AClockThatIsFarAheadStaysTheTroubleOfItsOwnPartition) {
  EXPECT_EQ(AheadOfOwnClock(absl::Hours(1), true), absl::Seconds(2));
}

TEST_F(PartitionStamps, ASimulatedClockThatWasNotMovedYetIsMovedByWhatItReads) {
  EXPECT_EQ(AheadOfOwnClock(absl::Hours(1), false), absl::Hours(1));
}

TEST_F(PartitionTest, AnAnswerToAPullBeforeARestartIsNotTakenForTheNextOne) {
  std::vector<RawRecord> records = SourceRecords(4);
  const auto end = static_cast<int64_t>(records.size());

  InputQueue queue("source.journal", Strictness::kLenient,
                   [] { return std::make_unique<journal::v1::Cursor>(); });
  queue.Restart(nullptr);
  ASSERT_EQ(queue.WantsPull(), 0);
  queue.OnRecords(0, {records.begin(), records.begin() + 3}, end);
  ASSERT_EQ(queue.WantsPull(), 3);
  queue.Restart(nullptr);
  ASSERT_EQ(queue.WantsPull(), 0);
  EXPECT_TRUE(queue.OnRecords(3, {records.begin() + 3, records.end()}, end));
  EXPECT_FALSE(queue.damage().has_value());
  EXPECT_TRUE(queue.OnRecords(0, records, end));
  for (int i = 0; i < end; ++i) {
    ASSERT_NE(queue.front(), nullptr);
    queue.Consume(0, true);
  }
  EXPECT_TRUE(queue.Idle());
}

TEST_F(PartitionTest, WhatComesInThePlaceOfSkippedRecordsThatWereCutOffIsRead) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 1, 1));
  writer.Settle(kNow);
  CounterDomain domain;
  Member reader(journals_, Options(), domain);
  journals_["counter.journal"].insert(journals_["counter.journal"].end(), 3, "a stranger's");
  reader.ReadAll();
  // All brokers lose their ends, in which nothing of the journal was.
  journals_["counter.journal"].resize(journals_["counter.journal"].size() - 3);
  writer->OnCommand(Pending(2, "add", 1, 2));
  writer.Settle(kNow);
  reader->OnDoubt();
  reader.ReadAll();
  EXPECT_EQ(reader->reader().place(), writer->reader().place());
  EXPECT_EQ(domain.Value("sum"), 2);
}

TEST_F(PartitionTest, InputThatEndsBeforeWhatWasReadOfItIsReadAgain) {
  std::vector<RawRecord> records = SourceRecords(0);
  const auto end = static_cast<int64_t>(records.size());
  InputQueue queue("source.journal", Strictness::kLenient,
                   [] { return std::make_unique<journal::v1::Cursor>(); });
  queue.Restart(nullptr);
  ASSERT_EQ(queue.WantsPull(), 0);
  records.push_back({end, "a stranger's"});
  queue.OnRecords(0, records, end + 1);
  while (queue.front() != nullptr) queue.Consume(0, true);
  queue.OnGrown();
  ASSERT_EQ(queue.WantsPull(), end + 1);
  // The stranger's record is lost, and nothing is there yet in its place.
  EXPECT_TRUE(queue.OnRecords(end + 1, {}, end));
  EXPECT_EQ(queue.WantsPull(), end - 1);
  EXPECT_TRUE(queue.OnRecords(end - 1, {records[static_cast<size_t>(end - 1)]}, end));
  EXPECT_FALSE(queue.damage().has_value());
  EXPECT_EQ(queue.front(), nullptr);
}

TEST_F(PartitionTest, ASnapshotIsUsedOnlyIfItsDigestIsTheJournals) {
  PartitionOptions options = Options();
  options.digest_every = 4;
  Member writer(journals_, options, domain_);
  Lead(writer);
  for (uint64_t i = 1; i <= 5; ++i) writer->OnCommand(Pending(i, "add", 1, i));
  writer.Settle(kNow);
  ASSERT_TRUE(writer.snapshot.has_value());
  const SnapshotPoint& point = *writer.snapshot;
  ASSERT_EQ(point.next.height, 4u);
  const Journal& journal = journals_["counter.journal"];
  const std::string bytes = point.snapshot.Encode();
  const std::string& record = journal[static_cast<size_t>(point.place.offset)];
  const std::string& next = journal[static_cast<size_t>(point.next.offset)];
  {
    CounterDomain copy;
    Member reader(journals_, options, copy);
    ASSERT_TRUE(reader->Restore(point.place, record, next, bytes).ok());
    reader.ReadAll();
    EXPECT_FALSE(reader->halted());
    EXPECT_EQ(copy.store().StateDigest(), domain_.store().StateDigest());
  }
  std::string torn = bytes;
  torn[torn.size() / 2] = static_cast<char>(torn[torn.size() / 2] ^ 1);
  CounterDomain copy;
  Member reader(journals_, options, copy);
  EXPECT_FALSE(reader->Restore(point.place, record, next, torn).ok());
}

TEST_F(PartitionTest, ACommandWaitsForThePositionThatItDependsOn) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  PendingCommand command = Pending(1, "add", 1, 1);
  const JournalId id = writer->reader().place()->journal_id;
  command.after.push_back({std::string(reinterpret_cast<const char*>(id.data()), id.size()), 2});
  writer->OnCommand(command);
  writer.Settle(kNow);
  EXPECT_TRUE(writer.answers.empty());
  writer->OnCommand(Pending(2, "add", 1, 2));
  writer.Settle(kNow);
  EXPECT_TRUE(writer.answers.contains(1));
}

TEST_F(PartitionTest, TooManyWaitingCommandsAreTurnedAway) {
  PartitionOptions options = Options();
  options.max_in_flight = 2;
  options.max_waiting = 2;
  Member writer(journals_, options, domain_);
  Lead(writer);
  for (uint64_t i = 1; i <= 4; ++i) {
    writer->OnCommand(Pending(i, "add", 1, i));
    writer->Pump();
  }
  writer->OnCommand(Pending(5, "add", 1, 5));
  EXPECT_EQ(writer.answers[5].kind, Answer::Kind::kOverloaded);
  writer.Settle(kNow);
  EXPECT_EQ(domain_.Value("sum"), 4);
}

TEST_F(PartitionTest, OffsetsWithoutARecordDoNotKeepItFromTakingOver) {
  Member member(journals_, Options(), domain_);
  member->Assign();
  member->OnRecords({{0, journals_["counter.journal"][0]}});
  member->OnEnd(3);  // Behind the last record a transaction of a stranger has ended.
  EXPECT_FALSE(member->Pump());
  EXPECT_TRUE(member.produced.empty());
  member->OnNoRecords(1, 3);
  member->OnEnd(3);
  while (member->Pump()) {
  }
  EXPECT_EQ(member.produced.size(), 1u);
}

TEST_F(PartitionTest, WhatWasToldOfOffsetsThatItReadsAgainDoesNotCount) {
  Member member(journals_, Options(), domain_);
  member->Assign();
  member->OnNoRecords(5, 9);  // It stands at 0.
  member->OnRecords({{0, journals_["counter.journal"][0]}});
  member->OnEnd(1);
  while (member->Pump()) {
  }
  EXPECT_EQ(member.produced.size(), 1u);
}

}  // namespace
}  // namespace sanyuan::partition
