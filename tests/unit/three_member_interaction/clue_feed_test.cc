// A subscriber that presents its token sees every event once and in order, whatever happened in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/three_member_interaction/clue_feed_support.h"

namespace sanyuan::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using three_member_interaction::ClueFeed;
using Journal = ClueJournal;
using three_member_interaction::FeedCaller;

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
