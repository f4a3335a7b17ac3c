// Damage: how it is found, what halts because of it, and how a release lets a journal go on.
#include <gtest/gtest.h>

#include "tests/unit/common/partition_fixture.h"

namespace sanyuan::partition {
namespace {

// Writes another context's journal by hand.
class Chain {
 public:
  explicit Chain(uint8_t number) : number_(number) {}
  Journal Begin(const std::string& context) {
    Journal journal = {GenesisRecord(context, number_)};
    Parse(journal.front(), last_);
    return journal;
  }
  std::string Decide(const journal::v1::Decision& decision) {
    const std::string payload = decision.SerializeAsString();
    Frame frame{FrameKind::kDecision, last_.journal_id, last_.term, last_.height + 1,
                last_.digest,         payload,          {}};
    std::string record = Seal(frame);
    last_ = frame;
    return record;
  }

 private:
  uint8_t number_;
  Frame last_;
};

TEST_F(PartitionTest, AnInputThatWasRecreatedHaltsThatInputOnly) {
  journals_["source.journal"].push_back(GenesisRecord("source", 2));
  CounterDomain source_domain;
  PartitionOptions source_options = Options();
  source_options.context = "source";
  Member source(journals_, source_options, source_domain);
  Lead(source);
  source->OnCommand(Pending(1, "add", 3, 1));
  source.Settle(kNow);
  {
    Member writer(journals_, Options({"source.journal"}), domain_);
    Lead(writer);
  }
  journals_["source.journal"] = {GenesisRecord("source", 3)};
  CounterDomain later;
  Member writer(journals_, Options({"source.journal"}), later);
  Lead(writer);
  EXPECT_TRUE(writer->inputs()[0]->damage().has_value());
  writer->OnCommand(Pending(9, "add", 1, 9));
  writer.Settle(kNow);
  EXPECT_EQ(writer.answers[9].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, ACutLogIsFoundByTheHeadAndNothingMoreIsAcknowledged) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer.Settle(kNow);
  journals_["counter.journal"].pop_back();
  writer->OnDoubt();
  writer->OnCommand(Pending(2, "add", 5, 2));
  writer->Pump();
  writer.ReadAll();
  EXPECT_TRUE(writer->halted());
  EXPECT_NE(writer.answers[2].kind, Answer::Kind::kDecided);
}

TEST_F(PartitionTest, AnAnswerThatIsOlderThanTheDoubtDoesNotSettleIt) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  writer->OnCommand(Pending(1, "add", 5, 1));
  writer.Settle(kNow);
  Journal& journal = journals_["counter.journal"];
  const auto offset = static_cast<int64_t>(journal.size()) - 1;
  const std::string before = journal.back();
  writer->CheckHead();  // Its answer is read before the cut and comes after the doubt.
  journal.pop_back();
  writer->OnDoubt();
  writer->OnHeadRead(offset, before);
  // The same request once more: its answer is known, and waits for the head.
  writer->OnCommand(Pending(2, "add", 5, 1));
  writer->Pump();
  EXPECT_FALSE(writer.answers.contains(2));
  writer.ReadAll();
  EXPECT_TRUE(writer->halted());
  EXPECT_NE(writer.answers[2].kind, Answer::Kind::kDecided);
}

// A source whose last decision says that it has read the counter's journal up to this cursor.
journal::v1::Cursor SeenBySource(const Place& place, uint64_t more) {
  journal::v1::Cursor seen;
  seen.set_topic("counter.journal");
  seen.set_journal_id(place.journal_id.data(), place.journal_id.size());
  seen.set_offset(place.offset + static_cast<int64_t>(more));
  seen.set_height(place.height + more);
  seen.set_head(std::string(32, 'x'));
  return seen;
}

TEST_F(PartitionTest, AnInputThatHasSeenARecordWhichIsGoneShowsThatTheEndWasCut) {
  Chain source(2);
  journals_["source.journal"] = source.Begin("source");
  Member writer(journals_, Options({"source.journal"}), domain_);
  Lead(writer);
  journal::v1::Decision decision;
  decision.set_decided_at_us(absl::ToUnixMicros(kNow));
  decision.mutable_input();
  *decision.add_cursors() = SeenBySource(*writer->reader().place(), 3);
  journals_["source.journal"].push_back(source.Decide(decision));
  writer.Settle(kNow);
  EXPECT_TRUE(writer->halted());
}

TEST_F(PartitionTest, ContentOfAnUnknownEventHalts) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  const Place place = *writer->reader().place();
  journal::v1::Decision decision;
  decision.set_decided_at_us(absl::ToUnixMicros(kNow));
  journal::v1::Cursor event;
  event.set_topic("written by a newer version");
  decision.add_events(event.SerializeAsString());
  WriteByHand(place, decision);
  CounterDomain copy;
  Member reader(journals_, Options(), copy);
  reader.ReadAll();
  ASSERT_TRUE(reader->halted());
  EXPECT_EQ(reader->reader().damage()->offset, 2);
  EXPECT_EQ(reader->height(), 1u);
}

TEST_F(PartitionTest, AReleaseWithTheRepairedRecordDropsNothing) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  for (uint64_t i = 1; i <= 3; ++i) writer->OnCommand(Pending(i, "add", 1, i));
  writer.Settle(kNow);
  auto& journal = journals_["counter.journal"];
  const std::string good = journal[3];
  journal[3][80] = static_cast<char>(journal[3][80] ^ 1);
  CounterDomain copy;
  Member reader(journals_, Options(), copy);
  reader.ReadAll();
  ASSERT_TRUE(reader->halted());

  journal::v1::Release release;
  release.set_damage_offset(3);
  release.set_damage_sha256(std::string(reader->reader().damage()->sha256.view()));
  release.set_resume_offset(4);
  release.set_repaired_record(good);
  const std::string payload = release.SerializeAsString();
  const Place stand = *reader->reader().place();
  Frame frame{
      FrameKind::kRelease, stand.journal_id, stand.height + 1, stand.height + 1, stand.head, payload, {}};
  journal.push_back(Seal(frame));
  reader.ReadAll();
  EXPECT_FALSE(reader->halted());
  EXPECT_EQ(copy.Value("sum"), 3);
  Lead(reader);
  reader->OnCommand(Pending(9, "add", 1, 9));
  reader.Settle(kNow);
  EXPECT_EQ(copy.Value("sum"), 4);
  CounterDomain later;
  Member again(journals_, Options(), later);
  again.ReadAll();
  EXPECT_FALSE(again->halted());
  EXPECT_EQ(later.store().StateDigest(), copy.store().StateDigest());
}

TEST_F(PartitionTest, AReleaseWithoutACopyGoesOnBehindTheDamage) {
  Member writer(journals_, Options(), domain_);
  Lead(writer);
  for (uint64_t i = 1; i <= 3; ++i) writer->OnCommand(Pending(i, "add", 1, i));
  writer.Settle(kNow);
  auto& journal = journals_["counter.journal"];
  journal[3][80] = static_cast<char>(journal[3][80] ^ 1);
  CounterDomain copy;
  Member reader(journals_, Options(), copy);
  reader.ReadAll();
  ASSERT_TRUE(reader->halted());
  journal::v1::Release release;
  release.set_damage_offset(3);
  release.set_damage_sha256(std::string(reader->reader().damage()->sha256.view()));
  release.set_resume_offset(static_cast<int64_t>(journal.size()) + 1);
  const std::string payload = release.SerializeAsString();
  const Place stand = *reader->reader().place();
  Frame frame{
      FrameKind::kRelease, stand.journal_id, stand.height + 1, stand.height + 1, stand.head, payload, {}};
  journal.push_back(Seal(frame));
  reader.ReadAll();
  ASSERT_FALSE(reader->halted());
  EXPECT_EQ(copy.Value("sum"), 1);
  Lead(reader);
  CounterDomain later;
  Member again(journals_, Options(), later);
  again.ReadAll();
  EXPECT_EQ(later.store().StateDigest(), copy.store().StateDigest());
}

}  // namespace
}  // namespace sanyuan::partition
