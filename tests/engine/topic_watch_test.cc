// Topics that somebody changes under a server that runs (tests/engine/with_engines.py --kafka 1).
#include "common/log/kafka/topic_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/log/kafka/kafka_log.h"
#include "tests/engine/kafka_brokers.h"
#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTopic[] = "watched.journal";

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

  // What the watch says when it says something, or nothing any more. It tells nobody, so it is asked now and then.
  static std::vector<Mismatch> WaitFor(const TopicWatch& watch, bool something) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (watch.mismatches().empty() == something && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    return watch.mismatches();
  }

  const KafkaBrokers brokers_;
  KafkaLogOptions options_;
};

TEST_F(TopicWatchTest, WhatIsChangedUnderAServerIsFound) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Milliseconds(10));
  brokers_.SetPartitions(Name(), 2);
  EXPECT_THAT(WaitFor(watch, true), ElementsAre(Mismatch{Name(), "partitions", "2", "1"}));
}

TEST_F(TopicWatchTest, ATopicThatIsDeletedIsFound) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Milliseconds(10));
  brokers_.DeleteTopic(Name());
  EXPECT_THAT(WaitFor(watch, true), ElementsAre(Mismatch{Name(), "topic", "missing", "1 partitions"}));
}

TEST_F(TopicWatchTest, WhatIsMendedIsNoLongerSaid) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 2, 1)}, 1, absl::Milliseconds(10));
  EXPECT_THAT(WaitFor(watch, true), ElementsAre(Mismatch{Name(), "partitions", "1", "2"}));
  brokers_.SetPartitions(Name(), 2);
  EXPECT_THAT(WaitFor(watch, false), IsEmpty());
}

TEST_F(TopicWatchTest, ATransactionOfAStrangerIsFoundAndForgottenWhenItHasEnded) {
  StrangersTransaction transaction(brokers_, Name());
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Milliseconds(10));
  EXPECT_THAT(WaitFor(watch, true),
              ElementsAre(Mismatch{Name(), kOpenTransaction, "open from offset 0 in partition 0", "none"}));
  transaction.Abort();
  EXPECT_THAT(WaitFor(watch, false), IsEmpty());
}

TEST_F(TopicWatchTest, InTopicsThatAreNoJournalsTransactionsAreNobodysBusiness) {
  const StrangersTransaction transaction(brokers_, Name());
  TopicSpec spec = JournalTopic(kTopic, 1, 1);
  spec.without_transactions = false;
  const auto found = Topics()->Compare({spec}, 1);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
}

// What is under way has not reached all brokers either.
TEST_F(TopicWatchTest, RecordsThatComeWhileItLooksAreNoTransaction) {
  const auto log = KafkaLog::Open(options_);
  ASSERT_TRUE(log.ok()) << log.status();
  Fate fate;
  const auto producer = (*log)->NewProducer({kTopic, 0}, &fate);
  ASSERT_TRUE(producer.ok()) << producer.status();
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    while (!enough) {
      (void)(*producer)->Append("record");
      absl::SleepFor(absl::Microseconds(100));  // It need not be the machine's whole work.
    }
  });
  const auto topics = Topics();
  for (int i = 0; i < 50; ++i) {
    const auto found = topics->Compare({JournalTopic(kTopic, 1, 1)}, 1);
    EXPECT_THAT(
        found.value_or(std::vector<Mismatch>{{"", "asking", std::string(found.status().message()), ""}}),
        IsEmpty());
  }
  enough = true;
  writer.join();
  EXPECT_GT(*(*log)->EndOffset({kTopic, 0}), 50);
}

TEST_F(TopicWatchTest, TheBrokersOfTheseTestsAreNewEnough) {
  EXPECT_THAT(*Topics()->Compare({}, 1), IsEmpty());
}

// Else the test does not end.
TEST_F(TopicWatchTest, EndsHoweverLongItsPause) {
  const TopicWatch watch(Topics(), {JournalTopic(kTopic, 1, 1)}, 1, absl::Hours(1));
}

}  // namespace
}  // namespace sanyuan::log
