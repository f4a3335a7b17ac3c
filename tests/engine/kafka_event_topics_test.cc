// Topics of events on a real Kafka: what lands, what is found at the end of a partition, and what is told of trouble.
// SANYUAN_TEST_KAFKA names the broker (tests/engine/with_engines.py).
#include "common/log/kafka/kafka_event_topics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/log/kafka/topics.h"

namespace sanyuan::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const TopicPartition kWhere{"sanyuan.registry.events", 1};

class KafkaEventTopicsTest : public ::testing::Test {
 protected:
  KafkaEventTopicsTest() {
    const char* bootstrap = std::getenv("SANYUAN_TEST_KAFKA");
    EXPECT_NE(bootstrap, nullptr);
    options_.bootstrap = bootstrap == nullptr ? "" : bootstrap;
    options_.topic_prefix = fmt::format("t{:08x}.", std::random_device()());
    Make(EventsTopic(kWhere.topic, 2, 1));
    topics_ = Open(options_);
  }

  void Make(const TopicSpec& spec) {
    const auto topics = KafkaTopics::Open(options_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    const absl::Status created = (*topics)->Create(spec, 1);
    ASSERT_TRUE(created.ok()) << created;
  }
  static std::unique_ptr<KafkaEventTopics> Open(const KafkaLogOptions& options) {
    auto topics = KafkaEventTopics::Open(options);
    EXPECT_TRUE(topics.ok()) << topics.status();
    return *std::move(topics);
  }
  absl::Status Publish(const TopicPartition& where, std::vector<EventMessage> messages) {
    std::promise<absl::Status> done;
    topics_->Publish(where, std::move(messages),
                     [&done](absl::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  static EventMessage Numbered(int number) {
    return {"620121", {{"ce_id", std::to_string(number)}, {"content-type", "application/protobuf"}}, "value"};
  }
  std::vector<std::string> LastIds(std::optional<int64_t> before, size_t limit, bool* from_start = nullptr) {
    const auto last = topics_->Last(kWhere, before, limit);
    EXPECT_TRUE(last.ok()) << last.status();
    std::vector<std::string> ids;
    if (!last.ok()) return ids;
    for (const StoredEvent& event : last->events) ids.push_back(event.headers.front().second);
    if (from_start != nullptr) *from_start = last->from_start;
    return ids;
  }

  KafkaLogOptions options_;
  std::unique_ptr<KafkaEventTopics> topics_;
};

TEST_F(KafkaEventTopicsTest, WhatWasPublishedIsFoundFromTheEnd) {
  bool from_start = false;
  EXPECT_THAT(LastIds(std::nullopt, 3, &from_start), IsEmpty());
  EXPECT_TRUE(from_start);
  std::vector<EventMessage> messages;
  for (int i = 0; i < 10; ++i) messages.push_back(Numbered(i));
  const absl::Time before = absl::Now() - absl::Minutes(1);
  ASSERT_TRUE(Publish(kWhere, messages).ok());
  EXPECT_THAT(LastIds(std::nullopt, 3, &from_start), ElementsAre("7", "8", "9"));
  EXPECT_FALSE(from_start);
  EXPECT_THAT(LastIds(7, 5), ElementsAre("2", "3", "4", "5", "6"));
  EXPECT_THAT(LastIds(2, 5, &from_start), ElementsAre("0", "1"));
  EXPECT_TRUE(from_start);
  const auto last = topics_->Last(kWhere, std::nullopt, 1);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->begin, 9);
  EXPECT_EQ(last->events.front().offset, 9);
  EXPECT_GT(last->events.front().written_at, before);
  EXPECT_THAT(last->events.front().headers,
              ElementsAre(Pair("ce_id", "9"), Pair("content-type", "application/protobuf")));
}

TEST_F(KafkaEventTopicsTest, EventsWithoutKeyOrContentAreEventsToo) {
  ASSERT_TRUE(
      Publish(kWhere, {{"", {{"ce_id", "1"}}, ""}, {"", {{"ce_id", ""}}, std::string("\0x", 2)}}).ok());
  EXPECT_THAT(LastIds(std::nullopt, 10), ElementsAre("1", ""));
}

TEST_F(KafkaEventTopicsTest, ATopicThatIsMissingIsSaid) {
  EXPECT_TRUE(absl::IsNotFound(Publish({"sanyuan.none.events", 0}, {Numbered(1)})));
  EXPECT_TRUE(absl::IsNotFound(topics_->Last({"sanyuan.none.events", 0}, std::nullopt, 1).status()));
}

TEST_F(KafkaEventTopicsTest, WhatDoesNotLandEndsTheBatchAndTheNextOneGoesOn) {
  // The broker refuses it, and what was sent behind it is not taken either.
  TopicSpec small = EventsTopic("sanyuan.small.events", 2, 1);
  small.at_least["max.message.bytes"] = 1000;
  Make(small);
  const TopicPartition where{small.name, 1};
  EventMessage large = Numbered(1);
  large.value.resize(5000, 'x');
  EXPECT_FALSE(Publish(where, {large, Numbered(2)}).ok());
  ASSERT_TRUE(Publish(where, {Numbered(3)}).ok());
  const auto last = topics_->Last(where, std::nullopt, 10);
  ASSERT_TRUE(last.ok());
  ASSERT_EQ(last->events.size(), 1U);
  EXPECT_EQ(last->events.front().headers.front().second, "3");
}

TEST_F(KafkaEventTopicsTest, BrokersThatDoNotAnswerAreSaid) {
  KafkaLogOptions nobody = options_;
  nobody.bootstrap = "127.0.0.1:1";
  nobody.read_timeout = absl::Milliseconds(200);
  topics_ = Open(nobody);
  EXPECT_TRUE(absl::IsUnavailable(Publish(kWhere, {Numbered(1)})));
  EXPECT_TRUE(absl::IsUnavailable(topics_->Last(kWhere, std::nullopt, 1).status()));
}

TEST_F(KafkaEventTopicsTest, RetentionIsTheOperatorsButADayAtLeast) {
  const auto topics = KafkaTopics::Open(options_);
  ASSERT_TRUE(topics.ok());
  const TopicSpec wanted = EventsTopic(kWhere.topic, 2, 1);
  const auto fine = (*topics)->Compare({wanted}, 1);
  ASSERT_TRUE(fine.ok()) << fine.status();
  EXPECT_THAT(*fine, IsEmpty());
  for (const auto& [retention, mismatches] :
       {std::pair("-1", 0U), std::pair("86400000", 0U), std::pair("3600000", 1U)}) {
    TopicSpec other = wanted;
    other.name = fmt::format("sanyuan.kept{}.events", retention);
    other.at_first["retention.ms"] = retention;
    Make(other);
    const auto found = (*topics)->Compare({other}, 1);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->size(), mismatches) << retention;
  }
}

}  // namespace
}  // namespace sanyuan::log
