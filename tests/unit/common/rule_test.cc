#include "common/partition/rule.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/partition/domain.h"
#include "common/partition/partitioner.h"

namespace sanyuan::partition {
namespace {

// Writes frames that chain onto a place, as a writer does.
class Chain {
 public:
  Chain() { id_.fill(7); }

  std::string Genesis() { return Append(FrameKind::kGenesis, "genesis", 0); }
  std::string TakeOver() { return Append(FrameKind::kTakeOver, "take-over", place_.height + 1); }
  std::string Decision(std::string_view payload = "decision") {
    return Append(FrameKind::kDecision, payload, place_.term);
  }
  Place place() const { return place_; }
  void GoTo(const Place& place) { place_ = place; }
  void UseJournal(uint8_t number) { id_.fill(number); }

 private:
  std::string Append(FrameKind kind, std::string_view payload, uint64_t term) {
    Frame frame{kind,        id_,     term, kind == FrameKind::kGenesis ? 0 : place_.height + 1,
                place_.head, payload, {}};
    std::string bytes = Seal(frame);
    place_ = {id_, frame.term, frame.height, frame.digest, place_.offset + 1};
    return bytes;
  }
  JournalId id_;
  Place place_;
};

class RuleTest : public ::testing::Test {
 protected:
  Verdict Judge(std::string_view record) { return rule_.Judge(offset_++, record); }
  void Accept(std::string_view record) {
    const Verdict verdict = Judge(record);
    ASSERT_EQ(verdict.kind, Verdict::Kind::kAccepted) << verdict.damage;
  }
  void ExpectSkip(std::string_view record, SkipKind kind) {
    const Verdict verdict = Judge(record);
    ASSERT_EQ(verdict.kind, Verdict::Kind::kSkipped) << verdict.damage;
    EXPECT_EQ(verdict.skip, kind);
  }
  void ExpectDamage(std::string_view record) {
    const std::optional<Place> before = rule_.place();
    EXPECT_EQ(Judge(record).kind, Verdict::Kind::kDamage);
    EXPECT_EQ(rule_.place(), before);
  }

  Chain chain_;
  Rule rule_{Strictness::kLenient};
  int64_t offset_ = 0;
};

TEST_F(RuleTest, AChainOfOneWriterIsAccepted) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  Accept(chain_.Decision());
  Accept(chain_.Decision());
  EXPECT_EQ(rule_.place(), chain_.place());
}

TEST_F(RuleTest, LateRecordsOfAFormerOwnerAreSkipped) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  const Place fork = chain_.place();
  const std::string late = chain_.Decision("late");
  const std::string later = chain_.Decision("later");
  chain_.GoTo(fork);
  Accept(chain_.TakeOver());
  ExpectSkip(late, SkipKind::kLate);
  ExpectSkip(later, SkipKind::kLate);
  Accept(chain_.Decision());
}

TEST_F(RuleTest, TheLoserOfARaceToTakeOverIsSkipped) {
  Accept(chain_.Genesis());
  const Place fork = chain_.place();
  const std::string loser = chain_.TakeOver();
  chain_.GoTo(fork);
  Frame other{FrameKind::kTakeOver, fork.journal_id, 1, 1, fork.head, "other incarnation", {}};
  Accept(Seal(other));
  ExpectSkip(loser, SkipKind::kLostRace);
}

TEST_F(RuleTest, ARepeatedRecordOfTheOwnTermIsSkipped) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  const std::string decision = chain_.Decision();
  Accept(decision);
  ExpectSkip(decision, SkipKind::kDuplicate);
}

TEST_F(RuleTest, BytesOfSomebodyElseAndOfAnotherJournalAreSkippedAsStrays) {
  Accept(chain_.Genesis());
  ExpectSkip("{\"hello\":1}", SkipKind::kStray);
  Chain other;
  other.UseJournal(9);
  ExpectSkip(other.Genesis(), SkipKind::kStray);
  Accept(chain_.TakeOver());
}

TEST_F(RuleTest, OnAStrictEngineEverySkipIsDamage) {
  Rule strict(Strictness::kStrict);
  EXPECT_EQ(strict.Judge(0, chain_.Genesis()).kind, Verdict::Kind::kAccepted);
  EXPECT_EQ(strict.Judge(1, "stray").kind, Verdict::Kind::kDamage);
}

TEST_F(RuleTest, AMissingRecordIsDamage) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  chain_.Decision("lost");
  ExpectDamage(chain_.Decision());
}

TEST_F(RuleTest, ARecordThatForksFromTheChainIsDamage) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  const Place fork = chain_.place();
  Accept(chain_.Decision("one"));
  chain_.GoTo(fork);
  chain_.Decision("other");
  ExpectDamage(chain_.Decision("on top of the other"));
}

TEST_F(RuleTest, EveryFlippedBitOfARecordIsFound) {
  Accept(chain_.Genesis());
  Accept(chain_.TakeOver());
  const std::string record = chain_.Decision("payload");
  for (const Strictness strictness : {Strictness::kStrict, Strictness::kLenient}) {
    for (size_t i = 0; i < record.size() * 8; ++i) {
      std::string flipped = record;
      flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
      Rule rule(strictness);
      Chain chain;
      rule.Judge(0, chain.Genesis());
      rule.Judge(1, chain.TakeOver());
      ASSERT_EQ(rule.Judge(2, flipped).kind, Verdict::Kind::kDamage) << "bit " << i;
    }
  }
}

TEST_F(RuleTest, AHoleIsForgivenOnceAnAcceptedRecordFollows) {
  Accept(chain_.Genesis());
  offset_ += 3;
  EXPECT_FALSE(rule_.HolePending());
  ExpectSkip("stray", SkipKind::kStray);
  EXPECT_TRUE(rule_.HolePending());
  Accept(chain_.TakeOver());
  EXPECT_FALSE(rule_.HolePending());
}

TEST_F(RuleTest, OnAStrictEngineAHoleIsDamage) {
  Rule strict(Strictness::kStrict);
  EXPECT_EQ(strict.Judge(0, chain_.Genesis()).kind, Verdict::Kind::kAccepted);
  EXPECT_EQ(strict.Judge(2, chain_.TakeOver()).kind, Verdict::Kind::kDamage);
}

TEST_F(RuleTest, AStoredPlaceIsUsedOnlyIfItsRecordIsStillThere) {
  Accept(chain_.Genesis());
  const std::string take_over = chain_.TakeOver();
  Accept(take_over);
  const Place place = *rule_.place();
  Rule resumed(Strictness::kLenient);
  EXPECT_TRUE(resumed.ResumeAt(place, take_over));
  EXPECT_EQ(resumed.place(), place);
  Rule elsewhere(Strictness::kLenient);
  EXPECT_FALSE(elsewhere.ResumeAt(place, chain_.Decision()));
  EXPECT_FALSE(elsewhere.place().has_value());
}

TEST(Frame, WhatWasSealedIsReadBack) {
  Frame frame{FrameKind::kDecision, {}, 3, 5, Sha256("prev"), "payload", {}};
  const std::string bytes = Seal(frame);
  Frame back;
  ASSERT_EQ(Parse(bytes, back), FrameError::kNone);
  EXPECT_EQ(back.payload, "payload");
  EXPECT_EQ(back.term, 3u);
  EXPECT_EQ(back.height, 5u);
  EXPECT_EQ(back.prev, Sha256("prev"));
  EXPECT_EQ(back.digest, frame.digest);
}

TEST(DeriveId, DependsOnWhoAskedForWhatAndOnNothingElse) {
  Stamp stamp;
  stamp.actor.id = "620121100001";
  stamp.method = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
  stamp.request_id[15] = 1;
  const std::string id = DeriveId(620121, stamp);
  stamp.decided_at = absl::FromUnixSeconds(1);
  EXPECT_EQ(DeriveId(620121, stamp), id);
  EXPECT_TRUE(id.starts_with("620121-"));
  EXPECT_EQ(id.size(), 33u);
  EXPECT_NE(DeriveId(620121, stamp, 1), id);
  stamp.request_id[15] = 2;
  EXPECT_NE(DeriveId(620121, stamp), id);
}

// The values that Kafka's own test of its partitioner expects.
TEST(Partitioner, HashesAsKafkasJavaClientDoes) {
  EXPECT_EQ(static_cast<int32_t>(Murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("abc")), 479470107);
}

TEST(Partitioner, EveryCountyHasOnePlaceInRange) {
  for (County county = 620101; county < 620200; ++county) {
    const int32_t partition = PartitionOf(county, 8);
    EXPECT_GE(partition, 0);
    EXPECT_LT(partition, 8);
    EXPECT_EQ(PartitionOf(county, 8), partition);
    EXPECT_EQ(PartitionOf(county, 1), 0);
  }
}

}  // namespace
}  // namespace sanyuan::partition
