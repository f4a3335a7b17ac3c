// The same over journals that were made with another number of partitions out of older ones: tokens and names of events of
// these go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/host/genesis.h"
#include "common/partition/origin.h"
#include "common/partition/partitioner.h"
#include "tests/unit/three_member_interaction/clue_feed_support.h"

namespace sanyuan::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Journal = ClueJournal;

using Olders = std::vector<Journal*>;  // By partition.
using Belongs = std::function<bool(const journal::v1::Origin&)>;

// What older journals hold, or what of it belongs here, in a journal of its own: one after the other, each decision behind
// another record.
class Copy : public Journal {
 public:
  explicit Copy(const Olders& older, uint8_t number = 7, const Belongs& belongs = nullptr)
      : Journal(Genesis(older, number)) {
    for (const Journal* journal : older) {
      for (const std::string& bytes : journal->records) CopyRecord(bytes, belongs);
    }
    journal::v1::Decision completed;
    completed.mutable_copy_completed();
    Append(partition::FrameKind::kDecision, completed.SerializeAsString());
    Accept();
  }
  explicit Copy(Journal& older) : Copy(Olders{&older}) {}

 private:
  static std::string Genesis(const Olders& older, uint8_t number) {
    journal::v1::Genesis genesis;
    genesis.set_context("three_member_interaction");
    genesis.set_partition_count(1);
    for (size_t partition = 0; partition < older.size(); ++partition) {
      const partition::Place& end = older[partition]->place();
      journal::v1::Cursor& copied = *genesis.add_copied_from();
      copied.set_topic("three_member_interaction.journal");
      copied.set_partition(static_cast<int32_t>(partition));
      copied.set_journal_id(end.journal_id.data(), end.journal_id.size());
      copied.set_height(end.height);
      copied.set_head(std::string(end.head.view()));
    }
    const auto known = host::ReadGenesis(older.front()->Reader(), {"three_member_interaction.journal", 0});
    for (const auto& generation : host::GenerationsOf(*known)) *genesis.add_before() = generation;
    const std::string payload = genesis.SerializeAsString();
    partition::Frame frame;
    frame.kind = partition::FrameKind::kGenesis;
    frame.journal_id.fill(number);
    frame.payload = payload;
    return partition::Seal(frame);
  }

  void CopyRecord(const std::string& bytes, const Belongs& belongs) {
    partition::Frame frame;
    partition::Parse(bytes, frame);
    if (frame.kind != partition::FrameKind::kDecision) return;
    journal::v1::Decision decision;
    EXPECT_TRUE(decision.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size())));
    if (decision.has_copy_completed()) return;
    const partition::Place place{frame.journal_id, frame.term, frame.height, frame.digest, 0};
    std::vector<uint32_t> numbers(static_cast<size_t>(decision.events_size()));
    std::iota(numbers.begin(), numbers.end(), 0);
    const journal::v1::Origin origin = partition::OriginOf(place, decision, 1, numbers);
    if (belongs && !belongs(partition::FirstOrigin(origin))) return;
    Append(partition::FrameKind::kDecision, journal::v1::Decision().SerializeAsString());
    *decision.mutable_copied_from() = origin;
    Append(partition::FrameKind::kDecision, decision.SerializeAsString());
  }
};

TEST(ClueFeed, ATokenOfAnOlderJournalGoesOnInItsCopyOnceAndInOrder) {
  Journal older;
  const std::string first = FirstToken(older);
  older.AddClue();
  older.AddOthers(20);
  older.AddClue();
  const auto all = AllEvents(older, first);
  ASSERT_THAT(all, SizeIs(18));
  Copy copy(older);
  for (size_t taken = 0; taken <= all.size(); ++taken) {
    Subscriber before({{0, &older.tail}}, Watch(first));
    auto events = before.Events(taken);
    // Interrupted among the copies too.
    Subscriber among({{0, &copy.tail}}, Watch(taken == 0 ? first : before.token));
    for (const auto& event : among.Events(4)) events.push_back(event);
    Subscriber rest({{0, &copy.tail}}, Watch(among.token));
    for (const auto& event : rest.Events()) events.push_back(event);
    EXPECT_EQ(Places(events), Places(all)) << taken;
    for (const auto& event : events) EXPECT_EQ(event.journal_id(), all.front().journal_id());
  }
}

// Watches a county of either of two partitions.
tmi::WatchCluesRequest WatchTwo(std::string token = "") {
  tmi::WatchCluesRequest request = Watch(std::move(token));
  County other = 620122;
  while (partition::PartitionOf(other, 2) ==
         partition::PartitionOf(*CountyOfCode(ThreeMemberCounty::kCode), 2)) {
    ++other;
  }
  request.add_county_codes(CountyText(other));
  return request;
}

TEST(ClueFeed, ATokenOfTwoJournalsThatWereMergedGoesOnWhereverItIsCutOff) {
  Journal one(1), two(2);
  const std::map<int32_t, host::Tail*> tails = {{0, &one.tail}, {1, &two.tail}};
  Subscriber start(tails, WatchTwo());
  start.Next();
  one.AddClue();
  two.AddClue();
  std::vector<tmi::ClueFeedEvent> all = Subscriber(tails, WatchTwo(start.token)).Events();
  ASSERT_THAT(all, SizeIs(18));
  for (size_t in_one = 0; in_one <= 9; in_one += 3) {
    for (size_t in_two = 0; in_two <= 9; in_two += 3) {
      // What the token says when so many of each were handled.
      tmi::ClueFeedToken token = Parsed(start.token);
      const auto handle = [&](size_t events, int place) {
        if (events == 0) return;
        const std::map<int32_t, host::Tail*> alone = {{place, tails.at(place)}};
        tmi::ClueFeedToken from = Parsed(start.token);
        *token.mutable_places(place) = [&] {
          const tmi::ClueFeedToken::Place kept = from.places(place);
          from.clear_places();
          *from.add_places() = kept;
          Subscriber subscriber(alone, WatchTwo(from.SerializeAsString()));
          subscriber.Events(events);
          return Parsed(subscriber.token).places(0);
        }();
      };
      handle(in_one, 0);
      handle(in_two, 1);
      Copy copy({&one, &two});
      std::vector<std::pair<std::string, uint64_t>> names;
      std::string now = token.SerializeAsString();
      while (true) {  // A new connection for each event.
        Subscriber subscriber({{0, &copy.tail}}, WatchTwo(now));
        const auto events = subscriber.Events(1);
        ASSERT_FALSE(subscriber.ended.has_value()) << subscriber.ended->detail();
        if (events.empty()) break;
        names.emplace_back(events[0].journal_id(), events[0].height() * 100 + events[0].index());
        now = subscriber.token;
      }
      EXPECT_THAT(names, SizeIs(18 - in_one - in_two)) << in_one << " " << in_two;
      std::sort(names.begin(), names.end());
      EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
    }
  }
}

TEST(ClueFeed, AnEventKeepsItsNameAndATokenGoesOnOverSeveralChangesOfThePartitions) {
  using Tails = std::map<int32_t, host::Tail*>;
  // Two journals are merged, what was in them is parted the other way round, and merged again. Each decides something in between.
  Journal one(1), two(2);
  const Tails first = {{0, &one.tail}, {1, &two.tail}};
  Subscriber start(first, WatchTwo());
  start.Next();
  one.AddClue();
  two.AddClue();
  Copy merged({&one, &two}, 3);
  merged.AddClue();
  const auto is_of_two = [](const journal::v1::Origin& origin) { return origin.journal_id()[0] == 2; };
  const auto is_not = [&](const journal::v1::Origin& origin) { return !is_of_two(origin); };
  Copy left({&merged}, 4, is_of_two), right({&merged}, 5, is_not);
  right.AddClue();
  Copy last({&left, &right}, 6);
  last.AddClue();
  const std::vector<Tails> generations = {
      first, {{0, &merged.tail}}, {{0, &left.tail}, {1, &right.tail}}, {{0, &last.tail}}};
  using Name = std::tuple<std::string, uint64_t, uint32_t>;
  const auto follow = [&](std::vector<size_t> taken) {
    std::string token = start.token;
    std::vector<Name> names;
    for (size_t i = 0; i < generations.size(); ++i) {
      Subscriber subscriber(generations[i], WatchTwo(token));
      for (const auto& event : subscriber.Events(taken[i])) {
        names.emplace_back(event.journal_id(), event.height(), event.index());
      }
      EXPECT_FALSE(subscriber.ended.has_value()) << subscriber.ended->detail();
      if (taken[i] > 0) token = subscriber.token;
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  const std::vector<Name> all = follow({SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX});
  EXPECT_THAT(all, SizeIs(45));
  for (const size_t in_first : {0, 5, 18}) {
    for (const size_t in_merged : {0, 6, 20}) {
      for (const size_t in_parted : {0, 3, 14}) {
        EXPECT_EQ(follow({in_first, in_merged, in_parted, SIZE_MAX}), all)
            << in_first << " " << in_merged << " " << in_parted;
      }
    }
  }
}

TEST(ClueFeed, BehindTheCopiesATokenIsOfTheNewJournalAlone) {
  Journal older;
  older.AddClue();
  Subscriber before({{0, &older.tail}}, Watch());
  before.Next();
  Copy copy(older);
  Subscriber after({{0, &copy.tail}}, Watch(before.token));
  EXPECT_THAT(after.Events(), IsEmpty());
  EXPECT_THAT(Parsed(after.token).places(), SizeIs(2)) << "it began before the copies";
  ASSERT_TRUE(after.Next(/*heartbeat=*/true).has_value());
  const tmi::ClueFeedToken token = Parsed(after.token);
  ASSERT_THAT(token.places(), SizeIs(1));
  EXPECT_EQ(token.places(0).height(), copy.place().height);
}

TEST(ClueFeed, ATokenThatTheOlderJournalDoesNotBearOutIsRefused) {
  Journal older;
  const std::string first = FirstToken(older);
  older.AddClue();
  Subscriber before({{0, &older.tail}}, Watch(first));
  before.Events(3);
  Copy copy(older);
  const auto why = [&](const tmi::ClueFeedToken& token) {
    Subscriber subscriber({{0, &copy.tail}}, Watch(token.SerializeAsString()));
    subscriber.Events();
    EXPECT_TRUE(subscriber.ended && subscriber.ended->reason() == common::v1::REASON_TOKEN_INVALID);
    return subscriber.ended ? subscriber.ended->detail() : "";
  };
  tmi::ClueFeedToken changed = Parsed(before.token);
  changed.mutable_places(0)->set_height(older.place().height + 1);
  EXPECT_THAT(why(changed), HasSubstr("ended at height"));
  changed = Parsed(before.token);
  changed.mutable_places(0)->set_head("12345678");
  EXPECT_THAT(why(changed), HasSubstr("another record"));
  changed.mutable_places(0)->set_head("");
  EXPECT_THAT(why(changed), HasSubstr("head is missing"));
}

}  // namespace
}  // namespace sanyuan::testing
