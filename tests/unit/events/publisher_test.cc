// Publishing goes on from what the topic holds: events may be repeated, none is left out, and what nobody can explain
// stops it.
#include "common/events/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/events/cloud_event.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "tests/support/followed_journal.h"
#include "tests/support/timeline.h"

namespace sanyuan::testing {
namespace {

namespace tmi = three_member_interaction::v1;
using partition::FrameKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A topic in memory. The test says what lands and when it is told.
class MemoryTopic final : public log::EventTopics {
 public:
  explicit MemoryTopic(const Timeline& timeline) : timeline_(timeline) {}

  void Publish(const log::TopicPartition& where, std::vector<log::EventMessage> messages,
               std::function<void(absl::Status)> done) override {
    EXPECT_EQ(where.ToString(), "sanyuan.three_member_interaction.events/0");
    EXPECT_FALSE(waiting) << "one batch at a time";
    largest_batch = std::max(largest_batch, messages.size());
    if (away) {
      waiting = std::move(done);
      return;
    }
    const size_t landing = std::min(lands, messages.size());
    for (size_t i = 0; i < landing; ++i) Add(messages[i]);
    if (landing == messages.size()) return done(absl::OkStatus());
    lands = SIZE_MAX;
    done(absl::AbortedError("the client is lost"));
  }

  absl::StatusOr<log::StoredEvents> Last(const log::TopicPartition&, std::optional<int64_t> before,
                                         size_t limit) override {
    if (away) return absl::UnavailableError("no broker");
    const auto end = std::min<int64_t>(before.value_or(INT64_MAX), static_cast<int64_t>(stored.size()));
    log::StoredEvents stretch;
    stretch.begin = std::max(low, end - static_cast<int64_t>(limit));
    for (int64_t at = stretch.begin; at < end; ++at)
      stretch.events.push_back(stored[static_cast<size_t>(at)]);
    stretch.from_start = stretch.begin <= low;
    return stretch;
  }

  void Add(const log::EventMessage& message) {
    stored.push_back({static_cast<int64_t>(stored.size()), timeline_.Now(), message.headers});
    tmi::ClueAccepted data;
    EXPECT_TRUE(data.ParseFromString(message.value));
    texts.push_back(data.accepted_by());
  }

  std::vector<log::StoredEvent> stored;
  std::vector<std::string> texts;  // What the test wrote into each event.
  int64_t low = 0;                 // Offsets before it are deleted.
  size_t lands = SIZE_MAX;         // Of the next batch; the rest fails.
  bool away = false;
  std::function<void(absl::Status)> waiting;
  size_t largest_batch = 0;

 private:
  const Timeline& timeline_;
};

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() { journal_ = NewJournal(1); }

  static std::unique_ptr<FollowedJournal> NewJournal(uint8_t number) {
    return std::make_unique<FollowedJournal>([] { return std::make_unique<tmi::Event>(); },
                                             [](const google::protobuf::Message&) { return true; }, number);
  }

  static std::string Event(const std::string& text) {
    tmi::Event event;
    event.mutable_clue_accepted()->set_accepted_by(text);
    return event.SerializeAsString();
  }
  void Decide(const std::vector<std::string>& texts) {
    std::vector<std::string> events;
    for (const std::string& text : texts) events.push_back(Event(text));
    journal_->Append(events, timeline_.Now());
  }
  void TakeOver() { journal_->Append(FrameKind::kTakeOver, ""); }

  // A process that leads and has read all that is there.
  void Start(bool leads = true) {
    events::Publisher::Source source;
    source.origin = {"three_member_interaction", 0, 1};
    source.journal = {"three_member_interaction.journal", 0};
    source.read = journal_->Reader();
    source.new_event = [] { return std::make_unique<tmi::Event>(); };
    publisher_ =
        std::make_unique<events::Publisher>(source, topic_, timeline_.NewStrand(), timeline_.NewStrand());
    Accept();
    publisher_->Leads(leads);
    Run();
  }
  void Accept() {
    publisher_->Reached(journal_->place());
    Run();
  }
  // As after a kill: nothing is remembered.
  void Restart() {
    publisher_->Stop();
    Run();
    publisher_.reset();
    topic_.waiting = nullptr;
    TakeOver();
    Start();
  }
  void Run() { timeline_.Pass(absl::ZeroDuration()); }
  // Time passes, second by second as the ticker tells it.
  void Wait(absl::Duration time) {
    timeline_.Pass(time);
    publisher_->Look();
    Run();
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const log::StoredEvent& event : topic_.stored) {
      for (const auto& [name, value] : event.headers) {
        if (name == "ce_id") ids.push_back(value);
      }
    }
    return ids;
  }

  Timeline timeline_;
  MemoryTopic topic_{timeline_};
  std::unique_ptr<FollowedJournal> journal_;
  std::unique_ptr<events::Publisher> publisher_;
};

TEST_F(PublisherTest, EverythingAcceptedIsPublishedInOrder) {
  TakeOver();
  Decide({"a", "b"});
  Decide({"c"});
  Start();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
  Decide({"d"});
  Run();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c")) << "not accepted yet";
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "d"));
  const events::PublisherStatus status = publisher_->status();
  EXPECT_EQ(status.accepted, 4U);
  EXPECT_EQ(status.published, 4U);
  EXPECT_EQ(status.problem, "");
}

TEST_F(PublisherTest, WhatShowsNothingIsPassedWithTheNextLook) {
  Decide({"a"});
  Start();
  TakeOver();
  Accept();
  Wait(absl::Seconds(1));
  EXPECT_EQ(publisher_->status().published, 2U);
}

TEST_F(PublisherTest, OnlyWhoLeadsPublishes) {
  Decide({"a"});
  Start(false);
  EXPECT_THAT(topic_.texts, IsEmpty());
  publisher_->Leads(true);
  Run();
  EXPECT_THAT(topic_.texts, ElementsAre("a"));
  publisher_->Leads(false);
  Decide({"b"});
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a"));
}

TEST_F(PublisherTest, WhoLeadsNextGoesOnBehindTheLastEvent) {
  Decide({"a"});
  Start();
  auto other = std::move(publisher_);
  other->Leads(false);
  Decide({"b"});
  Start();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b"));
}

TEST_F(PublisherTest, ARestartRepeatsNothingThatTheTopicShowsAtItsEnd) {
  Decide({"a", "b"});
  Start();
  Restart();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b"));
  Decide({"c"});
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
}

TEST_F(PublisherTest, WhatWasAcceptedBeforeTheKillIsPublishedAfterIt) {
  Decide({"a"});
  Start();
  topic_.away = true;
  Decide({"b"});
  Decide({"c"});
  Accept();
  topic_.away = false;
  Restart();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
}

TEST_F(PublisherTest, ADecisionThatLandedInPartIsGoneOnWith) {
  topic_.lands = 1;
  Decide({"a", "b", "c"});
  Start();
  EXPECT_THAT(topic_.texts, ElementsAre("a"));
  EXPECT_THAT(publisher_->status().problem, HasSubstr("lost"));
  Wait(absl::Seconds(1));
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
  EXPECT_EQ(publisher_->status().problem, "");
}

TEST_F(PublisherTest, ARecordThatLandsLateIsARepetitionAndNoGap) {
  Decide({"a"});
  Decide({"b"});
  Decide({"c"});
  Start();
  // A former client's request arrives now.
  for (const size_t late : {0U, 1U}) {
    topic_.stored.push_back(topic_.stored[late]);
    topic_.texts.push_back(topic_.texts[late]);
  }
  Restart();
  Decide({"d"});
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "a", "b", "c", "d"));
  const auto ids = Ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4U);
}

TEST_F(PublisherTest, BrokersThatAreAwayCostOneBatchOfMemory) {
  Start();
  topic_.away = true;
  for (int i = 0; i < 1000; ++i) Decide({std::to_string(i)});
  Accept();
  ASSERT_TRUE(topic_.waiting);
  EXPECT_LE(topic_.largest_batch, 128U);
  EXPECT_EQ(publisher_->status().published, 0U);
  EXPECT_EQ(publisher_->status().accepted, 1000U);
  topic_.away = false;
  std::exchange(topic_.waiting, nullptr)(absl::UnavailableError("they took nothing"));
  Run();
  Wait(absl::Seconds(1));
  ASSERT_EQ(topic_.texts.size(), 1000U);
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(topic_.texts[i], std::to_string(i));
  EXPECT_LE(topic_.largest_batch, 128U);
}

TEST_F(PublisherTest, StrangersInTheTopicArePassedOver) {
  Decide({"a"});
  Start();
  for (int i = 0; i < 100; ++i) topic_.stored.push_back({0, timeline_.Now(), {{"ce_id", "mine"}}});
  Restart();
  Decide({"b"});
  Accept();
  EXPECT_EQ(Ids().size(), 102U);
  EXPECT_EQ(topic_.texts.back(), "b");
}

TEST_F(PublisherTest, ATopicOfAnotherJournalBlocks) {
  Decide({"a"});
  Start();
  publisher_.reset();
  journal_ = NewJournal(2);
  Decide({"z"});
  Start();
  EXPECT_THAT(topic_.texts, ElementsAre("a"));
  EXPECT_TRUE(publisher_->status().blocked);
  EXPECT_THAT(publisher_->status().problem, HasSubstr("not of the journal"));
  // The operator makes the topic anew.
  topic_.stored.clear();
  topic_.texts.clear();
  Wait(absl::Seconds(29));
  EXPECT_THAT(topic_.texts, IsEmpty());
  Wait(absl::Seconds(1));
  EXPECT_THAT(topic_.texts, ElementsAre("z"));
  EXPECT_FALSE(publisher_->status().blocked);
}

TEST_F(PublisherTest, EventsThatTheJournalDoesNotHoldBlock) {
  Decide({"a"});
  Decide({"b"});
  Start();
  publisher_.reset();
  // The end was cut, and the journal goes on otherwise.
  journal_ = NewJournal(1);
  Decide({"a"});
  TakeOver();
  Decide({"x"});
  Start();
  EXPECT_TRUE(publisher_->status().blocked);
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b"));
  // Also as long as it is shorter than what was published.
  journal_ = NewJournal(1);
  Decide({"a"});
  Start();
  EXPECT_TRUE(publisher_->status().blocked);
  EXPECT_THAT(publisher_->status().problem, HasSubstr("no release says why"));
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b"));
}

TEST_F(PublisherTest, AReleaseExplainsWhyPublishedEventsAreGone) {
  Decide({"a"});
  const partition::Place good = journal_->place();
  Decide({"b"});
  Decide({"c"});
  Start();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
  publisher_.reset();
  journal_->records[2][50] ^= 1;
  journal_->Release(good, 2);
  TakeOver();
  Decide({"d"});
  Start();
  EXPECT_FALSE(publisher_->status().blocked) << publisher_->status().problem;
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "d"));
  // What stands at the height of a dropped decision has an id of its own.
  const auto ids = Ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4U);
  Restart();
  Decide({"e"});
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(PublisherTest, TheLastEventIsRepeatedSoThatTheTopicDoesNotForget) {
  Decide({"a"});
  Decide({"b", "c"});
  Start();
  Wait(absl::Hours(5));
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c"));
  Wait(absl::Hours(1));
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "c"));
  EXPECT_EQ(Ids()[2], Ids()[3]);
  // What is old is deleted; a server that starts anew finds what was repeated.
  topic_.low = 3;
  Restart();
  Decide({"d"});
  Accept();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "c", "c", "d"));
}

TEST_F(PublisherTest, ATopicThatForgotEverythingGetsEverything) {
  Decide({"a"});
  Decide({"b"});
  Start();
  topic_.low = 2;
  Restart();
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b", "a", "b"));
}

TEST_F(PublisherTest, AHaltedPartitionIsPublishedUpToItsDamage) {
  Decide({"a"});
  Start();
  publisher_->Halted("damaged");
  Wait(absl::Seconds(1));
  EXPECT_THAT(publisher_->status().problem, HasSubstr("damaged"));
  EXPECT_FALSE(publisher_->status().blocked);
  Decide({"b"});
  Accept();
  Wait(absl::Seconds(1));
  EXPECT_THAT(topic_.texts, ElementsAre("a", "b"));
  EXPECT_EQ(publisher_->status().problem, "");
}

}  // namespace
}  // namespace sanyuan::testing
