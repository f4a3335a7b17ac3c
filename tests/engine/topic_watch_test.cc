// Topics that somebody changes under a server that runs (tests/engine/with_engines.py --kafka 1).
#include "common/log/kafka/topic_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/engine/kafka_brokers.h"

namespace sanyuan::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTopic[] = "watched.journal";
constexpr absl::Duration kPatience = absl::Minutes(1);

class TopicWatchTest : public ::testing::Test {
 protected:
  TopicWatchTest() {
    options_.bootstrap = brokers_.bootstrap();
    options_.topic_prefix = fmt::format("w{:08x}.", std::random_device()());
    const absl::Status made = Topics()->Create(JournalTopic(kTopic, 1, 1), 1);
    EXPECT_TRUE(made.ok()) << made;
  }

  std::unique_ptr<KafkaTopics> Topics() {
    auto topics = KafkaTopics::Open(options_);
    EXPECT_TRUE(topics.ok()) << topics.status();
    return *std::move(topics);
  }
  std::string Name() const { return options_.topic_prefix + kTopic; }

  static std::vector<Mismatch> WaitForSome(const TopicWatch& watch) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (watch.mismatches().empty() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
    return watch.mismatches();
  }

  const KafkaBrokers brokers_;
  KafkaLogOptions options_;
};

TEST_F(TopicWatchTest, WhatIsChangedUnderAServerIsFound) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Milliseconds(10));
  EXPECT_THAT(watch.mismatches(), IsEmpty());
  brokers_.SetPartitions(Name(), 2);
  EXPECT_THAT(WaitForSome(watch), ElementsAre(Mismatch{Name(), "partitions", "2", "1"}));
}

TEST_F(TopicWatchTest, ATopicThatIsDeletedIsFound) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Milliseconds(10));
  brokers_.DeleteTopic(Name());
  EXPECT_THAT(WaitForSome(watch), ElementsAre(Mismatch{Name(), "topic", "missing", "1 partitions"}));
}

TEST_F(TopicWatchTest, WhatIsMendedIsNoLongerSaid) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 2, 1)}, 1, absl::Milliseconds(10));
  EXPECT_THAT(WaitForSome(watch), ElementsAre(Mismatch{Name(), "partitions", "1", "2"}));
  brokers_.SetPartitions(Name(), 2);
  const absl::Time deadline = absl::Now() + kPatience;
  while (!watch.mismatches().empty() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_THAT(watch.mismatches(), IsEmpty());
}

TEST_F(TopicWatchTest, EndsAtOnceHoweverLongItsPause) {
  const absl::Time begun = absl::Now();
  { const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Hours(1)); }
  EXPECT_LT(absl::Now() - begun, kPatience);
}

}  // namespace
}  // namespace sanyuan::log
