// A subscriber that presents its token sees every event once and in order, whatever happened in between.
#include "services/three_member_interaction/clue_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "common/host/genesis.h"
#include "common/partition/origin.h"
#include "common/partition/partitioner.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "tests/support/followed_journal.h"
#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using host::Feed;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using three_member_interaction::ClueFeed;
using three_member_interaction::FeedCaller;
using Kind = Feed::Step::Kind;
using Response = tmi::WatchCluesResponse;

class Journal : public FollowedJournal {
 public:
  explicit Journal(uint8_t number = 1)
      : FollowedJournal([] { return std::make_unique<tmi::Event>(); },
                        three_member_interaction::IsShownInFeeds, number) {}
  explicit Journal(std::string genesis)
      : FollowedJournal([] { return std::make_unique<tmi::Event>(); },
                        three_member_interaction::IsShownInFeeds, std::move(genesis)) {}

  // A clue's whole way, from the report to its end, one decision after the other; the last one has two events.
  void AddClue(bool accept = true) {
    ThreeMemberCounty county;
    county.Acknowledge(county.FedBack(tmi::CLUE_RESULT_TRUE));
    for (const auto& record : county.records()) Append(record.events, record.stamp.decided_at);
    if (accept) Accept();
  }
  void AddOthers(int count) {
    for (int i = 0; i < count; ++i) Append(std::vector<std::string>{}, absl::FromUnixSeconds(1'560'000'000));
    Accept();
  }
};

tmi::WatchCluesRequest Watch(std::string token = "") {
  tmi::WatchCluesRequest request;
  request.add_county_codes(ThreeMemberCounty::kCode);
  request.set_resume_token(std::move(token));
  return request;
}

class Subscriber {
 public:
  Subscriber(std::map<int32_t, host::Tail*> tails, tmi::WatchCluesRequest request,
             FeedCaller caller = {kCountyManager, {}}) {
    three_member_interaction::ClueFeedParts parts;
    parts.tails = std::move(tails);
    parts.caller = [caller] { return caller; };
    parts.now = [] { return absl::InfinitePast(); };
    feed_ = std::make_unique<ClueFeed>(std::move(request), std::move(parts), [this] { ++wakes; });
  }

  // What comes next; nullopt when nothing does. What ends the feed is kept in `ended`.
  std::optional<Response> Next(bool heartbeat = false) {
    while (!ended) {
      Feed::Step step = feed_->Next(heartbeat);
      if (step.kind == Kind::kIdle) return std::nullopt;
      if (step.kind == Kind::kEnded) ended = step.why;
      if (step.kind != Kind::kMessage) continue;
      auto response = static_cast<const Response&>(*step.message);
      token = response.resume_token();
      return response;
    }
    return std::nullopt;
  }
  // Events until nothing comes, at most `count`.
  std::vector<tmi::ClueFeedEvent> Events(size_t count = SIZE_MAX) {
    std::vector<tmi::ClueFeedEvent> events;
    while (events.size() < count) {
      const auto response = Next();
      if (!response) break;
      if (response->has_event()) events.push_back(response->event());
    }
    return events;
  }

  std::string token;
  std::optional<common::v1::Refusal> ended;
  int wakes = 0;

 private:
  std::unique_ptr<Feed> feed_;
};

// The token of somebody who began when the journal was empty.
std::string FirstToken(Journal& journal) {
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  EXPECT_TRUE(subscriber.Next().has_value());
  return subscriber.token;
}

std::vector<std::pair<uint64_t, uint32_t>> Places(const std::vector<tmi::ClueFeedEvent>& events) {
  std::vector<std::pair<uint64_t, uint32_t>> places;
  for (const auto& event : events) places.emplace_back(event.height(), event.index());
  return places;
}

tmi::ClueFeedToken Parsed(const std::string& token) {
  tmi::ClueFeedToken parsed;
  EXPECT_TRUE(parsed.ParseFromString(token));
  return parsed;
}

std::vector<tmi::ClueFeedEvent> AllEvents(Journal& journal, const std::string& token) {
  return Subscriber({{0, &journal.tail}}, Watch(token)).Events();
}

TEST(ClueFeed, BeginsAtOnceWithATokenForWhatIsDecidedFromNowOn) {
  Journal journal;
  journal.AddClue();
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  const auto first = subscriber.Next();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_heartbeat());
  EXPECT_FALSE(subscriber.Next().has_value());
  journal.AddClue();
  EXPECT_GE(subscriber.wakes, 1);
  EXPECT_THAT(subscriber.Events(), SizeIs(9));
}

TEST(ClueFeed, AResumeAfterAnyEventGivesTheRestOnceAndInOrder) {
  Journal journal;
  const std::string token = FirstToken(journal);
  journal.AddClue();
  journal.AddOthers(100);
  journal.AddClue();
  const auto all = AllEvents(journal, token);
  ASSERT_THAT(all, SizeIs(18));
  for (size_t taken = 0; taken <= all.size(); ++taken) {
    Subscriber before({{0, &journal.tail}}, Watch(token));
    auto events = before.Events(taken);
    const auto rest = AllEvents(journal, taken == 0 ? token : before.token);
    events.insert(events.end(), rest.begin(), rest.end());
    EXPECT_EQ(Places(events), Places(all)) << taken;
  }
}

TEST(ClueFeed, AClientThatKeepsTheHeightAloneLosesOrRepeatsEvents) {
  Journal journal;
  const std::string token = FirstToken(journal);
  journal.AddClue();
  const auto all = AllEvents(journal, token);
  ASSERT_EQ(all[7].height(), all[8].height()) << "two events of one decision are wanted";
  Subscriber before({{0, &journal.tail}}, Watch(token));
  before.Events(8);
  const auto rest_with_index = [&](uint32_t index) {
    tmi::ClueFeedToken changed = Parsed(before.token);
    changed.mutable_places(0)->set_next_index(index);
    return AllEvents(journal, changed.SerializeAsString());
  };
  EXPECT_THAT(rest_with_index(1), SizeIs(1));
  EXPECT_THAT(rest_with_index(0), SizeIs(2));
  EXPECT_THAT(rest_with_index(UINT32_MAX), IsEmpty());
}

TEST(ClueFeed, WhatThePartitionHasNotAcceptedIsShownToNobody) {
  Journal journal;
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  subscriber.Next();
  journal.AddClue(/*accept=*/false);
  journal.Run();
  EXPECT_THAT(subscriber.Events(), IsEmpty());
  journal.Accept();
  EXPECT_THAT(subscriber.Events(), SizeIs(9));
}

TEST(ClueFeed, AHeartbeatSavesTheNextResumeFromReadingWhatDidNotMatch) {
  Journal journal;
  const std::string token = FirstToken(journal);
  journal.AddOthers(3000);
  {
    Subscriber subscriber({{0, &journal.tail}}, Watch(token));
    const auto beat = subscriber.Next(/*heartbeat=*/true);
    ASSERT_TRUE(beat.has_value() && beat->has_heartbeat());
    while (subscriber.Next(/*heartbeat=*/true)->resume_token() != beat->resume_token() &&
           Parsed(subscriber.token).places(0).height() < 3000) {
    }
    EXPECT_EQ(Parsed(subscriber.token).places(0).height(), 3000U);
    const uint64_t read = journal.tail.records_read();
    Subscriber again({{0, &journal.tail}}, Watch(subscriber.token));
    EXPECT_THAT(again.Events(), IsEmpty());
    EXPECT_LE(journal.tail.records_read() - read, 2U);
  }
  // Without it all is read again.
  const uint64_t read = journal.tail.records_read();
  EXPECT_THAT(AllEvents(journal, token), IsEmpty());
  EXPECT_GE(journal.tail.records_read() - read, 3000U);
}

TEST(ClueFeed, AHeartbeatComesAlsoAfterManyDecisionsWithoutAMatch) {
  Journal journal;
  const std::string token = FirstToken(journal);
  journal.AddOthers(10'000);
  Subscriber subscriber({{0, &journal.tail}}, Watch(token));
  EXPECT_TRUE(subscriber.Next()->has_heartbeat());
  const auto second = subscriber.Next();
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->has_heartbeat());
  EXPECT_GT(Parsed(second->resume_token()).places(0).height(), 4000U);
}

TEST(ClueFeed, ManySubscribersAtTheEndShareOneReading) {
  Journal journal;
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (int i = 0; i < 50; ++i) {
    subscribers.push_back(
        std::make_unique<Subscriber>(std::map<int32_t, host::Tail*>{{0, &journal.tail}}, Watch()));
    subscribers.back()->Next();
    EXPECT_FALSE(subscribers.back()->Next().has_value());
  }
  journal.Run();
  const uint64_t read = journal.tail.records_read(), height = journal.place().height;
  journal.AddClue();
  for (const auto& subscriber : subscribers) {
    EXPECT_EQ(subscriber->wakes, 1);
    EXPECT_THAT(subscriber->Events(), SizeIs(9));
  }
  EXPECT_EQ(journal.tail.records_read() - read, journal.place().height - height);
}

TEST(ClueFeed, ASubscriberThatTakesNothingHoldsNothingAndStillMissesNothing) {
  Journal journal;
  Subscriber slow({{0, &journal.tail}}, Watch());
  slow.Next();
  size_t events = 0;
  for (int i = 0; i < 40; ++i) {
    journal.AddClue();
    journal.AddOthers(100);
    events += 9;
    EXPECT_LE(journal.tail.kept_records(), 1024U);
  }
  EXPECT_GT(journal.place().height, 4000U);
  const auto seen = slow.Events();
  EXPECT_THAT(seen, SizeIs(events));
  const auto places = Places(seen);
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
}

TEST(ClueFeed, LeavesNothingBehind) {
  Journal journal;
  {
    Subscriber subscriber({{0, &journal.tail}}, Watch());
    subscriber.Next();
    journal.Run();
    journal.AddClue();
    EXPECT_EQ(journal.tail.followers(), 1U);
    EXPECT_GT(journal.tail.kept_records(), 0U);
  }
  EXPECT_EQ(journal.tail.followers(), 0U);
  EXPECT_EQ(journal.tail.kept_records(), 0U);
}

TEST(ClueFeed, ATokenThatIsNotOfThisFeedIsRefusedAndSaysWhy) {
  Journal journal;
  journal.AddClue();
  Subscriber current({{0, &journal.tail}}, Watch());
  current.Next();
  const auto why = [&](const std::string& token, Journal& on, tmi::ClueFilter filter = {}) {
    tmi::WatchCluesRequest request = Watch(token);
    *request.mutable_filter() = std::move(filter);
    Subscriber subscriber({{0, &on.tail}}, request);
    EXPECT_FALSE(subscriber.Next().has_value());
    EXPECT_TRUE(subscriber.ended && subscriber.ended->reason() == common::v1::REASON_TOKEN_INVALID);
    return subscriber.ended ? subscriber.ended->detail() : "";
  };
  EXPECT_THAT(why("garbage", journal), HasSubstr("no token"));
  tmi::ClueFilter other;
  other.add_grades(tmi::CLUE_GRADE_A);
  EXPECT_THAT(why(current.token, journal, other), HasSubstr("another filter"));
  Journal fresh(2);
  fresh.AddClue();
  EXPECT_THAT(why(current.token, fresh), HasSubstr("not of the journal"));
  tmi::ClueFeedToken changed = Parsed(current.token);
  changed.mutable_places(0)->set_height(1'000);
  EXPECT_THAT(why(changed.SerializeAsString(), journal), HasSubstr("ends at height"));
  changed = Parsed(current.token);
  changed.mutable_places(0)->set_head("12345678");
  EXPECT_THAT(why(changed.SerializeAsString(), journal), HasSubstr("another record"));
  changed.mutable_places(0)->set_head("");
  EXPECT_THAT(why(changed.SerializeAsString(), journal), HasSubstr("head is missing"));
  changed = Parsed(current.token);
  changed.mutable_places(0)->set_partition(1);
  EXPECT_THAT(why(changed.SerializeAsString(), journal), HasSubstr("other partitions"));
  EXPECT_THAT(AllEvents(journal, current.token), IsEmpty());
}

TEST(ClueFeed, EndsWhileItsPartitionIsHaltedAndGoesOnAfterwards) {
  Journal journal;
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  subscriber.Next();
  EXPECT_FALSE(subscriber.Next().has_value());
  journal.tail.Halted("damage");
  EXPECT_EQ(subscriber.wakes, 1);
  EXPECT_FALSE(subscriber.Next().has_value());
  ASSERT_TRUE(subscriber.ended.has_value());
  EXPECT_EQ(subscriber.ended->reason(), common::v1::REASON_PARTITION_HALTED);
  Subscriber meanwhile({{0, &journal.tail}}, Watch(subscriber.token));
  EXPECT_FALSE(meanwhile.Next().has_value());
  EXPECT_EQ(meanwhile.ended->reason(), common::v1::REASON_PARTITION_HALTED);
  journal.AddClue();
  EXPECT_THAT(AllEvents(journal, subscriber.token), SizeIs(9));
}

TEST(ClueFeed, WaitsWhileItsJournalIsReadAnewAndRefusesOnlyWhatIsBeyondItsEnd) {
  Journal journal;
  journal.AddClue();
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  subscriber.Next();
  journal.tail.Restarted();
  Subscriber meanwhile({{0, &journal.tail}}, Watch(subscriber.token));
  EXPECT_FALSE(meanwhile.Next().has_value());
  EXPECT_EQ(meanwhile.ended->reason(), common::v1::REASON_NOT_READY);
  EXPECT_FALSE(subscriber.Next().has_value());
  EXPECT_FALSE(subscriber.ended.has_value());
  journal.AddClue();
  EXPECT_THAT(subscriber.Events(), SizeIs(9));
}

TEST(ClueFeed, WhatAReleaseDroppedIsNotGoneOnFrom) {
  Journal journal;
  const std::string first = FirstToken(journal);
  journal.AddClue();
  Subscriber subscriber({{0, &journal.tail}}, Watch(first));
  subscriber.Events();
  const std::string kept = subscriber.token;
  const partition::Place before = journal.place();
  journal.AddClue();
  subscriber.Events(3);
  const std::string dropped = subscriber.token;
  ASSERT_NE(dropped, kept);
  journal.records[static_cast<size_t>(before.offset) + 1].back() ^= 1;
  journal.tail.Restarted();
  journal.Release(before, before.offset + 1);
  journal.AddClue();
  EXPECT_THAT(AllEvents(journal, kept), SizeIs(9));
  EXPECT_THAT(AllEvents(journal, first), SizeIs(18));
  Subscriber late({{0, &journal.tail}}, Watch(dropped));
  EXPECT_FALSE(late.Next().has_value());
  EXPECT_EQ(late.ended->reason(), common::v1::REASON_TOKEN_INVALID);
}

TEST(ClueFeed, DamageBehindThePartitionsBackEndsTheFeed) {
  Journal journal;
  const std::string token = FirstToken(journal);
  journal.AddClue();
  journal.records[4].back() ^= 1;
  Subscriber subscriber({{0, &journal.tail}}, Watch(token));
  const auto seen = subscriber.Events();
  ASSERT_TRUE(subscriber.ended.has_value());
  EXPECT_EQ(subscriber.ended->reason(), common::v1::REASON_PARTITION_HALTED);
  for (const auto& event : seen) EXPECT_LT(event.height(), 4U);
}

TEST(ClueFeed, SeveralPartitionsKeepEachItsOrderInOneToken) {
  Journal one(1), two(2);
  const std::map<int32_t, host::Tail*> tails = {{0, &one.tail}, {5, &two.tail}};
  Subscriber start(tails, Watch());
  start.Next();
  one.AddClue();
  two.AddClue();
  one.AddClue();
  std::map<std::string, std::vector<tmi::ClueFeedEvent>> seen;
  std::string token = start.token;
  size_t count = 0;
  for (size_t taken = 5;; taken += 3) {
    Subscriber subscriber(tails, Watch(token));
    const auto events = subscriber.Events(taken);
    for (const auto& event : events) seen[event.journal_id()].push_back(event);
    count += events.size();
    if (events.size() < taken) break;
    token = subscriber.token;
  }
  EXPECT_EQ(count, 27U);
  ASSERT_THAT(seen, SizeIs(2));
  for (auto& [journal, events] : seen) {
    auto places = Places(events);
    EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
    EXPECT_EQ(std::unique(places.begin(), places.end()), places.end());
  }
}

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
    decision.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size()));
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

TEST(ClueFeed, SquadsOfOthersAreNotAskedForAlsoWhenRightsChangeInBetween) {
  Journal journal;
  tmi::WatchCluesRequest request = Watch();
  request.mutable_filter()->add_squad_ids("SQ1");
  const auto of = [](const char* squad) {
    return FeedCaller{ThreeMemberCounty::Inspector("I1"),
                      {{ThreeMemberCounty::kCode, {true, common::v1::ROLE_INSPECTOR, squad, {}}}}};
  };
  Subscriber own({{0, &journal.tail}}, request, of("SQ1"));
  ASSERT_TRUE(own.Next().has_value());
  request.set_resume_token(own.token);
  Subscriber moved({{0, &journal.tail}}, request, of("SQ2"));
  EXPECT_FALSE(moved.Next().has_value());
  EXPECT_EQ(moved.ended->reason(), common::v1::REASON_UNIT_NOT_ALLOWED);
  EXPECT_EQ(moved.ended->field(), "filter.squad_ids");
}

}  // namespace
}  // namespace sanyuan::testing
