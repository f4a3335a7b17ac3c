// The log on three real brokers that die, come back, and lose what they had (tests/engine/with_engines.py --kafka 3).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/statistics.h"
#include "common/log/kafka/topics.h"
#include "tests/engine/kafka_brokers.h"
#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

using ::testing::HasSubstr;

const TopicPartition kWhere{"faults.journal", 0};

// Keeps what was delivered, and takes trouble as it comes.
class Tolerant : public RecordListener {
 public:
  void OnRecords(absl::Span<const Record> records) override {
    const std::lock_guard lock(mutex_);
    for (const Record& record : records) bytes_.push_back(record.bytes);
    changed_.notify_all();
  }
  void OnEnd(int64_t end_offset) override {
    const std::lock_guard lock(mutex_);
    end_after_trouble_ = end_offset;
    changed_.notify_all();
  }
  void OnTrouble(const absl::Status& why) override {
    const std::lock_guard lock(mutex_);
    ++troubles_;
    trouble_ = why;
    end_after_trouble_ = -1;
    changed_.notify_all();
  }

  bool WaitForCount(size_t count) {
    return Wait([&] { return bytes_.size() >= count; });
  }
  bool WaitForTrouble(int count = 1) {
    return Wait([&] { return troubles_ >= count; });
  }
  bool WaitForEnd(int64_t end) {
    return Wait([&] { return end_after_trouble_ >= end; });
  }
  std::vector<std::string> bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  absl::Status trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  template <typename Condition>
  bool Wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), condition);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> bytes_;
  int troubles_ = 0;
  absl::Status trouble_;  // The last.
  int64_t end_after_trouble_ = -1;
};

class KafkaLogFaultsTest : public ::testing::Test {
 protected:
  KafkaLogFaultsTest() {
    brokers_.Up();
    options_.bootstrap = brokers_.bootstrap();
    options_.topic_prefix = fmt::format("f{:08x}.", std::random_device()());
    options_.read_timeout = absl::Seconds(20);
    MakeTopic();
    log_ = Open(options_);
  }

  void MakeTopic() {
    const auto topics = KafkaTopics::Open(options_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    const absl::Status made = (*topics)->Create(JournalTopic(kWhere.topic, 1, 3), 3);
    ASSERT_TRUE(made.ok()) << made;
    brokers_.WaitForTopic(options_.topic_prefix + kWhere.topic);
  }
  static std::unique_ptr<KafkaLog> Open(const KafkaLogOptions& options) {
    auto log = KafkaLog::Open(options);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  std::unique_ptr<Producer> NewProducer() {
    auto producer = log_->NewProducer(kWhere, &fate_);
    EXPECT_TRUE(producer.ok()) << producer.status();
    return producer.ok() ? *std::move(producer) : nullptr;
  }
  std::unique_ptr<Subscription> Subscribe(RecordListener& listener) {
    auto subscription = log_->Subscribe(kWhere, 0, &listener);
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? *std::move(subscription) : nullptr;
  }
  void Append(Producer& producer, int count) {
    for (int i = 0; i < count; ++i) {
      written_.push_back(fmt::format("r-{}", written_.size()));
      ASSERT_TRUE(producer.Append(written_.back()).ok());
    }
  }

  KafkaBrokers brokers_;
  KafkaLogOptions options_;
  Fate fate_;
  std::unique_ptr<KafkaLog> log_;
  std::vector<std::string> written_;
};

TEST_F(KafkaLogFaultsTest, BrokersThatDieOneAfterTheOtherLoseAndRepeatNothing) {
  Tolerant listener;
  const auto subscription = Subscribe(listener);
  auto producer = NewProducer();
  for (int broker = 1; broker <= 3; ++broker) {  // One of them leads the partition.
    Append(*producer, 500);
    brokers_.Kill(broker);
    Append(*producer, 500);
    brokers_.Up();
    Append(*producer, 500);
  }
  ASSERT_TRUE(listener.WaitForCount(written_.size()));
  EXPECT_EQ(FirstDifference(written_, listener.bytes()), "");
  EXPECT_TRUE(listener.WaitForTrouble());
  // Also for who reads it later, and the end is told after the trouble.
  ASSERT_TRUE(listener.WaitForEnd(static_cast<int64_t>(written_.size())));
  Tolerant later;
  const auto again = Subscribe(later);
  ASSERT_TRUE(later.WaitForEnd(static_cast<int64_t>(written_.size())));
  EXPECT_EQ(FirstDifference(written_, later.bytes()), "");
}

TEST_F(KafkaLogFaultsTest, SeveralPartitionsThatAreReadTogetherMissNothingWhileBrokersDie) {
  constexpr int32_t kPartitions = 3;
  const TopicPartition first{"several.journal", 0};
  options_.recovery_pause = absl::ZeroDuration();
  log_ = Open(options_);
  ASSERT_TRUE((*KafkaTopics::Open(options_))->Create(JournalTopic(first.topic, kPartitions, 3), 3).ok());
  brokers_.WaitForTopic(options_.topic_prefix + first.topic);
  std::vector<std::unique_ptr<Producer>> producers;
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    auto producer = log_->NewProducer({first.topic, partition}, &fate_);
    ASSERT_TRUE(producer.ok()) << producer.status();
    producers.push_back(*std::move(producer));
  }
  // So many that records are in hand whenever reading of a partition begins anew, which it does at once.
  constexpr size_t kRecords = 200'000;
  while (written_.size() < kRecords) {
    written_.push_back(fmt::format("r-{}", written_.size()));
    for (auto& producer : producers) {
      ASSERT_TRUE(AppendWhenThereIsRoom(*producer, written_.back()).ok());
    }
  }
  for (int broker = 1; broker <= 3; ++broker) {
    std::vector<Tolerant> listeners(kPartitions);
    std::vector<std::unique_ptr<Subscription>> subscriptions;
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      auto subscription =
          log_->Subscribe({first.topic, partition}, 0, &listeners[static_cast<size_t>(partition)]);
      ASSERT_TRUE(subscription.ok()) << subscription.status();
      subscriptions.push_back(*std::move(subscription));
    }
    ASSERT_TRUE(listeners[0].WaitForCount(1));
    brokers_.Kill(broker);
    brokers_.Up();
    for (Tolerant& listener : listeners) {
      ASSERT_TRUE(listener.WaitForCount(written_.size()));
      EXPECT_EQ(FirstDifference(written_, listener.bytes()), "");
    }
  }
}

TEST_F(KafkaLogFaultsTest, WithoutEnoughBrokersRecordsWaitAndThatIsSaid) {
  Tolerant listener;
  const auto subscription = Subscribe(listener);
  auto producer = NewProducer();
  Append(*producer, 100);
  ASSERT_TRUE(listener.WaitForCount(100));
  brokers_.Kill(1);
  brokers_.Kill(2);
  Append(*producer, 100);
  ASSERT_TRUE(fate_.WaitForStall());
  EXPECT_EQ(listener.bytes().size(), 100u);
  brokers_.Up();
  ASSERT_TRUE(fate_.WaitForGoingOn());
  ASSERT_TRUE(listener.WaitForCount(200));
  EXPECT_EQ(FirstDifference(written_, listener.bytes()), "");
}

TEST_F(KafkaLogFaultsTest, ATopicThatWasMadeAnewIsTroubleAndItsOldRecordsAreGone) {
  Tolerant listener;
  const auto subscription = Subscribe(listener);
  auto producer = NewProducer();
  Append(*producer, 100);
  ASSERT_TRUE(listener.WaitForCount(100));
  brokers_.DeleteTopic(options_.topic_prefix + kWhere.topic);
  MakeTopic();
  ASSERT_TRUE(listener.WaitForTrouble());
  while (true) {
    const absl::Time asked = absl::Now();
    const auto record = log_->ReadAt(kWhere, 99);
    if (!record.ok()) continue;  // The brokers do not agree yet.
    EXPECT_FALSE(record->has_value());
    EXPECT_GE(absl::Now() - asked, options_.confirm_end);  // Not believed at once.
    break;
  }
  EXPECT_TRUE(absl::IsOutOfRange(log_->Subscribe(kWhere, 100, &listener).status()));
}

TEST_F(KafkaLogFaultsTest, ARecordWithAFlippedBitIsGivenAsItLies) {
  auto producer = NewProducer();
  Append(*producer, 3);
  Tolerant before;
  const auto first = Subscribe(before);
  ASSERT_TRUE(before.WaitForCount(3));
  brokers_.FlipBit(options_.topic_prefix + kWhere.topic, written_[1], 0);
  written_[1][0] = static_cast<char>(written_[1][0] ^ 1);
  // Whoever reads it sees the damage and what lies behind it, for only so a release can take effect.
  Tolerant after;
  const auto anew = Open(options_);
  const auto second = anew->Subscribe(kWhere, 0, &after);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_TRUE(after.WaitForCount(3));
  EXPECT_EQ(FirstDifference(written_, after.bytes()), "");
  const auto record = log_->ReadAt(kWhere, 1);
  ASSERT_TRUE(record.ok() && record->has_value()) << record.status();
  EXPECT_EQ((*record)->bytes, written_[1]);
}

TEST_F(KafkaLogFaultsTest, ARecordWhoseLengthIsDamagedIsToldWhenItDidNotComeAgainAndAgain) {
  constexpr int kToLength = 6;  // Each field between is of one byte, as the record is short.
  auto producer = NewProducer();
  Append(*producer, 1);
  Tolerant before;
  const auto first = Subscribe(before);
  ASSERT_TRUE(before.WaitForCount(1));
  Append(*producer, 1);  // In another batch.
  ASSERT_TRUE(before.WaitForCount(2));
  brokers_.FlipBit(options_.topic_prefix + kWhere.topic, written_[1], kToLength);
  options_.nothing_comes = absl::Milliseconds(500);
  Tolerant after;
  const auto anew = Open(options_);
  const auto second = anew->Subscribe(kWhere, 0, &after);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_TRUE(after.WaitForTrouble());
  EXPECT_TRUE(absl::IsUnavailable(after.trouble())) << after.trouble();
  ASSERT_TRUE(after.WaitForTrouble(3));
  EXPECT_TRUE(absl::IsDataLoss(after.trouble())) << after.trouble();
  EXPECT_THAT(std::string(after.trouble().message()),
              HasSubstr("nothing comes from offset 1 on, though it ends at 2"));
  EXPECT_EQ(after.bytes().size(), 1u);
}

TEST_F(KafkaLogFaultsTest, ClientsSayWhatTheyMeasureUntilTheyEnd) {
  log_.reset();  // Says something too, every ten seconds.
  const size_t others = KafkaStatistics().size();
  options_.statistics_interval = absl::Milliseconds(20);
  auto log = Open(options_);
  Tolerant listener;
  auto subscription = log->Subscribe(kWhere, 0, &listener);
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  auto producer = log->NewProducer(kWhere, &fate_);
  ASSERT_TRUE(producer.ok()) << producer.status();
  Append(**producer, 10);
  ASSERT_TRUE(listener.WaitForCount(10));
  // The writer has sent the records and the follower has received them; who reads is not polled and says nothing.
  const auto has = [](const std::string& client, auto member) {
    const auto all = KafkaStatistics();
    return std::any_of(all.begin(), all.end(), [&](const ClientStatistics& one) {
      return one.client.starts_with(client) && one.*member > 0 && one.brokers_up > 0 &&
             one.round_trip_p99_us > 0;
    });
  };
  // What they say of round trips is of their last 20 ms: where nothing is sent in these, there is none.
  bool wrote = false, followed = false;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  // Nobody is told when a client says something.
  while (!(wrote && followed) && absl::Now() < deadline) {
    Append(**producer, 1);
    absl::SleepFor(absl::Milliseconds(5));
    wrote = wrote || has("sanyuan-writer#", &ClientStatistics::sent_bytes);
    followed = followed || has("sanyuan-follower#", &ClientStatistics::received_bytes);
  }
  EXPECT_TRUE(wrote);
  EXPECT_TRUE(followed);
  EXPECT_FALSE(has("sanyuan-reader#", &ClientStatistics::sent_bytes));
  producer->reset();
  subscription->reset();
  log.reset();
  EXPECT_EQ(KafkaStatistics().size(), others);
}

TEST_F(KafkaLogFaultsTest, WhatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(log_->NewProducer({"none.journal", 0}, &fate_).status()));
  EXPECT_TRUE(absl::IsNotFound(log_->NewProducer({kWhere.topic, 1}, &fate_).status()));
  Tolerant listener;
  EXPECT_TRUE(absl::IsNotFound(log_->Subscribe({"none.journal", 0}, 0, &listener).status()));
}

TEST_F(KafkaLogFaultsTest, BrokersThatNobodyReachesAreUnavailableInTime) {
  KafkaLogOptions options = options_;
  options.bootstrap = "127.0.0.1:1";
  options.read_timeout = absl::Milliseconds(300);
  const auto log = Open(options);
  EXPECT_TRUE(absl::IsUnavailable(log->EndOffset(kWhere).status()));
  EXPECT_TRUE(absl::IsUnavailable(log->NewProducer(kWhere, &fate_).status()));
  EXPECT_TRUE(absl::IsUnavailable(log->ReadFrom(kWhere, 0, 1).status()));
}

TEST_F(KafkaLogFaultsTest, SettingsThatTheJournalRestsOnAreRefusedByName) {
  for (const char* name :
       {"acks", "enable.idempotence", "max.in.flight", "message.timeout.ms", "auto.offset.reset"}) {
    KafkaLogOptions options = options_;
    options.properties[name] = "1";
    const absl::Status refused = KafkaLog::Open(options).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << name;
    EXPECT_THAT(refused.message(), HasSubstr(name));
  }
  KafkaLogOptions options = options_;
  options.properties["no.such.setting"] = "1";
  EXPECT_THAT(KafkaLog::Open(options).status().message(), HasSubstr("no.such.setting"));
}

}  // namespace
}  // namespace sanyuan::log
