// A journal that is filled with what older journals hold: who may lead it, how copies fold, and what is as it was afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/partition/content.h"
#include "common/partition/origin.h"
#include "tests/unit/common/partition_fixture.h"

namespace sanyuan::partition {
namespace {

constexpr uint8_t kOlder = 9;
constexpr uint64_t kOlderEnd = 50;
constexpr uint64_t kOldestEnd = 40;

class PartitionCopyTest : public PartitionTest {
 protected:
  PartitionCopyTest() {
    journal::v1::Genesis genesis;
    genesis.set_context("counter");
    genesis.set_partition_count(1);
    journal::v1::Cursor& end = *genesis.add_copied_from();
    end.set_topic("counter.journal");
    end.set_journal_id(OlderId());
    end.set_height(kOlderEnd);
    journal::v1::Cursor& before = *genesis.add_before()->add_ends();
    before.set_journal_id(OldestId());
    before.set_height(kOldestEnd);
    const std::string payload = genesis.SerializeAsString();
    Frame frame;
    frame.kind = FrameKind::kGenesis;
    frame.journal_id.fill(1);
    frame.payload = payload;
    journals_["counter.journal"] = {Seal(frame)};
  }

  // Of the journal that the older one was copied from.
  static std::string OldestId() { return std::string(16, 'o'); }
  static std::string OlderId() { return std::string(16, static_cast<char>(kOlder)); }
  static PartitionOptions Copying() {
    PartitionOptions options = Options();
    options.copying = true;
    return options;
  }
  // What another journal of the same context has decided for each of `what`.
  std::vector<journal::v1::Decision> Decided(const std::vector<std::string>& what) {
    SourceDecides(what);
    std::vector<journal::v1::Decision> decisions;
    for (const std::string& bytes : journals_["source.journal"]) {
      Frame frame;
      Parse(bytes, frame);
      if (frame.kind != FrameKind::kDecision) continue;
      decisions.emplace_back().ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size()));
    }
    return decisions;
  }
  static absl::StatusOr<uint64_t> Copy(Member& member, journal::v1::Decision decision, uint32_t format = 1) {
    decision.mutable_copied_from()->set_journal_id(OlderId());
    decision.mutable_copied_from()->set_format(format);
    CounterDomain domain;
    auto events = ParseEvents(decision, [&domain] { return domain.NewEvent(); });
    if (!events.ok()) return events.status();
    return member->Copy(decision, *events);
  }
  static void Raise(Member& member, absl::Time at) {
    journal::v1::Decision decision;
    decision.set_decided_at_us(absl::ToUnixMicros(at));
    decision.mutable_format_raised()->set_format(kNewestFormat);
    ASSERT_TRUE(member->Copy(decision, {}).ok());
  }
  static void Complete(Member& member, absl::Time at) {
    journal::v1::Decision decision;
    decision.set_decided_at_us(absl::ToUnixMicros(at));
    decision.mutable_copy_completed()->set_decisions(1);
    ASSERT_TRUE(member->Copy(decision, {}).ok());
    member.Settle(at);
  }
};

TEST_F(PartitionCopyTest, IsLedByNobodyElseUntilAllWasCopied) {
  CounterDomain early_domain;
  Member early(journals_, Options(), early_domain);
  early->Assign();
  early.ReadAll();
  early.Settle(kNow);
  EXPECT_EQ(early->role(), Partition::Role::kFollowing);
  EXPECT_THAT(early->WhyNotServing(), ::testing::HasSubstr("was not finished"));

  Member copier(journals_, Copying(), domain_);
  Lead(copier);
  Complete(copier, kNow);
  early.ReadAll();
  early.Settle(kNow);
  EXPECT_EQ(early->role(), Partition::Role::kLeading);
  EXPECT_TRUE(early->WhyNotServing().empty());
}

TEST_F(PartitionCopyTest, AJournalThatIsNotBeingCopiedTakesNoCopies) {
  Member copier(journals_, Copying(), domain_);
  Lead(copier);
  Complete(copier, kNow);
  EXPECT_EQ(Copy(copier, journal::v1::Decision()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PartitionCopyTest, ARequestOfTheOlderJournalGetsItsFirstOutcomeAgain) {
  const auto decided = Decided({"add", "add"});
  Member copier(journals_, Copying(), domain_);
  Lead(copier);
  for (const auto& decision : decided) ASSERT_TRUE(Copy(copier, decision).ok());
  Complete(copier, kNow);

  CounterDomain domain;
  Member writer(journals_, Options(), domain);
  Lead(writer);
  EXPECT_EQ(domain.Value("sum"), 2);
  writer->OnCommand(Pending(1, "add", 1, 2));
  writer->OnCommand(Pending(2, "add", 1, 3));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[1].kind, Answer::Kind::kDecided);
  EXPECT_EQ(writer.answers[1].height, 3u);
  EXPECT_EQ(writer.answers[1].response, decided[1].response());
  EXPECT_EQ(domain.Value("sum"), 3) << "only the new request takes effect";
}

TEST_F(PartitionCopyTest, APositionOfAnOlderJournalIsReachedFromTheBeginning) {
  Member copier(journals_, Copying(), domain_);
  Lead(copier);
  Complete(copier, kNow);
  CounterDomain domain;
  Member writer(journals_, Options(), domain);
  Lead(writer);
  const auto after = [](uint64_t call, const std::string& id, uint64_t height) {
    PendingCommand command = Pending(call, "add", 1, call);
    command.after = {{id, height}};
    return command;
  };
  writer->OnCommand(after(1, OlderId(), kOlderEnd));
  writer->OnCommand(after(2, OlderId(), kOlderEnd + 1));
  writer->OnCommand(after(3, std::string(16, 'x'), 1));
  writer->OnCommand(after(4, OldestId(), kOldestEnd));
  writer->OnCommand(after(5, OldestId(), kOldestEnd + 1));
  writer.Settle(kNow);
  EXPECT_TRUE(writer.answers.contains(1));
  EXPECT_FALSE(writer.answers.contains(2)) << "nobody was told of a position behind its end";
  EXPECT_FALSE(writer.answers.contains(3));
  EXPECT_TRUE(writer.answers.contains(4)) << "what the older one was copied from is older still";
  EXPECT_FALSE(writer.answers.contains(5));
}

TEST_F(PartitionCopyTest, ACopyFoldsByTheFormatOfItsOriginal) {
  const auto decided = Decided({"add", "add"});
  const auto rows = [&](uint32_t format) {
    journals_["counter.journal"].resize(1);
    CounterDomain domain;
    Member copier(journals_, Copying(), domain);
    Lead(copier);
    Raise(copier, kNow);
    EXPECT_TRUE(Copy(copier, decided[0], format).ok());
    copier.Settle(kNow);
    CounterDomain again;
    Member reader(journals_, Options(), again);
    reader.ReadAll();
    EXPECT_FALSE(reader->halted());
    EXPECT_EQ(again.store().StateDigest(), domain.store().StateDigest());
    return domain.counters.size();
  };
  EXPECT_EQ(rows(1) + 1, rows(2)) << "the test's domain folds one row more in format 2";
}

TEST_F(PartitionCopyTest, TimeDoesNotRunBackwardsAmongCopies) {
  auto decided = Decided({"add", "add"});
  decided[1].set_decided_at_us(decided[0].decided_at_us() - 1);
  Member copier(journals_, Copying(), domain_);
  Lead(copier);
  ASSERT_TRUE(Copy(copier, decided[0]).ok());
  EXPECT_EQ(Copy(copier, decided[1]).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Origin, OfACopyOfACopyNamesBothWithTheNumbersOfItsEventsThere) {
  journal::v1::Decision original;
  for (int i = 0; i < 5; ++i) original.add_events("x");
  const Place first{JournalId{1}, 1, 7, Sha256("first"), 7},
      second{JournalId{2}, 1, 70, Sha256("second"), 70};
  const journal::v1::Origin once = OriginOf(first, original, 1, {1, 2, 4});
  EXPECT_EQ(NumberInOrigin(once, 2), 4U);
  journal::v1::Decision copy;
  for (int i = 0; i < 3; ++i) copy.add_events("x");
  *copy.mutable_copied_from() = once;
  const journal::v1::Origin twice = OriginOf(second, copy, 1, {0, 2});
  EXPECT_EQ(twice.height(), 70U);
  EXPECT_EQ(FirstOrigin(twice).height(), 7U);
  EXPECT_EQ(NumberInOrigin(twice, 1), 2U);
  EXPECT_EQ(NumberInOrigin(FirstOrigin(twice), 0), 1U);
  EXPECT_EQ(NumberInOrigin(FirstOrigin(twice), 1), 4U);
  const journal::v1::Origin whole = OriginOf(second, copy, 1, {0, 1, 2});
  EXPECT_TRUE(whole.events().empty());
  EXPECT_EQ(NumberInOrigin(FirstOrigin(whole), 2), 4U);
}

}  // namespace
}  // namespace sanyuan::partition
