// Tables of rows on three real brokers that die and come back (tests/engine/with_engines.py --kafka 3).
#include "common/log/kafka/kafka_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/log/kafka/topics.h"
#include "tests/engine/kafka_brokers.h"

namespace sanyuan::log {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTopic[] = "registry.rows";

// Keeps what a table gives. Rows are written "0 key=value", with "+" in front of those that were there before.
class Reader : public KafkaTable::Listener {
 public:
  void OnRow(const KafkaTable::Row& row) override {
    const std::lock_guard lock(mutex_);
    rows_.push_back(fmt::format("{}{} {}={}", row.earlier ? "+" : "", row.partition, row.key, row.value));
    last_[{row.topic, row.key}] = row.value;
    appended_at_ = row.appended_at;
    changed_.notify_all();
  }
  void OnCaughtUp() override {
    const std::lock_guard lock(mutex_);
    ++caught_up_;
    rows_when_caught_up_ = rows_.size();
    changed_.notify_all();
  }

  template <typename Condition>
  bool Wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), condition);
  }
  bool WaitForRow(const std::string& row) {
    return Wait([&] { return std::find(rows_.begin(), rows_.end(), row) != rows_.end(); });
  }
  bool WaitForValue(const std::string& key, const std::string& value, const std::string& topic = kTopic) {
    return Wait([&, at = std::pair(topic, key)] { return last_.contains(at) && last_.at(at) == value; });
  }
  bool WaitUntilCaughtUp() {
    return Wait([&] { return caught_up_ > 0; });
  }
  std::vector<std::string> rows() const {
    const std::lock_guard lock(mutex_);
    return rows_;
  }
  // Of the last row.
  absl::Time appended_at() const {
    const std::lock_guard lock(mutex_);
    return appended_at_;
  }
  int caught_up() const {
    const std::lock_guard lock(mutex_);
    return caught_up_;
  }
  size_t rows_when_caught_up() const {
    const std::lock_guard lock(mutex_);
    return rows_when_caught_up_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> rows_;
  std::map<std::pair<std::string, std::string>, std::string> last_;
  absl::Time appended_at_;
  int caught_up_ = 0;
  size_t rows_when_caught_up_ = 0;
};

// Keeps what became of rows.
class Fates {
 public:
  std::function<void(absl::Status)> Next() {
    return [this](absl::Status status) {
      const std::lock_guard lock(mutex_);
      fates_.push_back(std::move(status));
      changed_.notify_all();
    };
  }
  std::vector<absl::Status> WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::minutes(1), [&] { return fates_.size() >= count; });
    return fates_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::Status> fates_;
};

class KafkaTableTest : public ::testing::Test {
 protected:
  KafkaTableTest() {
    brokers_.Up();
    options_.bootstrap = brokers_.bootstrap();
    options_.topic_prefix = fmt::format("k{:08x}.", std::random_device()());
    options_.read_timeout = absl::Seconds(20);
    MakeTopic(kTopic, 1);
  }

  void MakeTopic(const std::string& name, int32_t partitions) {
    const auto topics = KafkaTopics::Open(options_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    const absl::Status made = (*topics)->Create(TableTopic(name, partitions, 3), 3);
    ASSERT_TRUE(made.ok()) << made;
    brokers_.WaitForTopic(options_.topic_prefix + name);
    const auto mismatches = (*topics)->Compare({TableTopic(name, partitions, 3)}, 3);
    ASSERT_TRUE(mismatches.ok()) << mismatches.status();
    EXPECT_THAT(*mismatches, IsEmpty());
  }
  std::unique_ptr<KafkaTable> Open(Reader& reader, std::vector<std::string> topics = {kTopic}) {
    auto table = KafkaTable::Open(options_, std::move(topics), &reader);
    EXPECT_TRUE(table.ok()) << table.status();
    return table.ok() ? *std::move(table) : nullptr;
  }
  static void Put(KafkaTable& table, const std::string& key, const std::string& value) {
    const absl::Status put = table.Put(kTopic, 0, key, value);
    ASSERT_TRUE(put.ok()) << put;
  }

  KafkaBrokers brokers_;
  KafkaLogOptions options_;
};

TEST_F(KafkaTableTest, RowsComeInTheOrderInWhichTheyWerePut) {
  Reader reader;
  const auto table = Open(reader);
  EXPECT_EQ(table->PartitionsOf(kTopic), 1);
  EXPECT_EQ(table->PartitionsOf("registry.others"), 0);
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    Put(*table, fmt::format("k{}", i % 7), fmt::format("v{}", i));
    expected.push_back(fmt::format("0 k{}=v{}", i % 7, i));
  }
  ASSERT_TRUE(reader.WaitForValue("k5", "v299"));
  EXPECT_EQ(reader.rows(), expected);
}

// The brokers are on the same machine, and name times by the millisecond.
TEST_F(KafkaTableTest, ARowSaysWhenTheBrokersTookIt) {
  Reader reader;
  const auto table = Open(reader);
  const absl::Time before = absl::Now() - absl::Milliseconds(1);
  Put(*table, "a", "1");
  ASSERT_TRUE(reader.WaitForValue("a", "1"));
  EXPECT_GE(reader.appended_at(), before);
  EXPECT_LE(reader.appended_at(), absl::Now());
}

TEST_F(KafkaTableTest, WhereStampsAreTheWritersARowSaysNoTime) {
  TopicSpec spec = TableTopic("registry.stamped", 1, 3);
  spec.settings["message.timestamp.type"] = "CreateTime";
  ASSERT_TRUE((*KafkaTopics::Open(options_))->Create(spec, 3).ok());
  brokers_.WaitForTopic(options_.topic_prefix + spec.name);
  Reader reader;
  const auto table = Open(reader, {spec.name});
  ASSERT_TRUE(table->Put(spec.name, 0, "a", "1").ok());
  ASSERT_TRUE(reader.WaitForValue("a", "1", spec.name));
  EXPECT_EQ(reader.appended_at(), absl::InfinitePast());
}

TEST_F(KafkaTableTest, WhatWasThereBeforeIsMarkedAndTheLastRowOfAKeyCounts) {
  {
    Reader reader;
    const auto table = Open(reader);
    for (const char* value : {"1", "2", "3"}) Put(*table, "a", value);
    Put(*table, "b", "1");
    Put(*table, "b", "");
    ASSERT_TRUE(reader.WaitForRow("0 b="));
  }
  Reader reader;
  const auto table = Open(reader);
  ASSERT_TRUE(reader.WaitUntilCaughtUp());
  EXPECT_EQ(reader.rows_when_caught_up(), 5u);
  Put(*table, "a", "4");
  ASSERT_TRUE(reader.WaitForValue("a", "4"));
  EXPECT_THAT(reader.rows(), ElementsAre("+0 a=1", "+0 a=2", "+0 a=3", "+0 b=1", "+0 b=", "0 a=4"));
  EXPECT_EQ(reader.caught_up(), 1);
}

TEST_F(KafkaTableTest, AnEmptyTopicIsCaughtUpWithOnce) {
  Reader reader;
  const auto table = Open(reader);
  ASSERT_TRUE(reader.WaitUntilCaughtUp());
  EXPECT_THAT(reader.rows(), IsEmpty());
  Put(*table, "a", "1");
  ASSERT_TRUE(reader.WaitForValue("a", "1"));
  EXPECT_EQ(reader.caught_up(), 1);
  EXPECT_EQ(reader.rows_when_caught_up(), 0u);
}

TEST_F(KafkaTableTest, SeveralTopicsAndPartitionsAreOneTable) {
  MakeTopic("registry.more", 3);
  for (const bool first : {true, false}) {
    Reader reader;
    const auto table = Open(reader, {kTopic, "registry.more"});
    ASSERT_TRUE(reader.WaitUntilCaughtUp());
    EXPECT_EQ(reader.rows_when_caught_up(), first ? 0u : 4u);
    EXPECT_EQ(table->PartitionsOf("registry.more"), 3);
    if (!first) {
      EXPECT_THAT(reader.rows(), Contains("+2 k2=v"));
      break;
    }
    Put(*table, "a", "1");
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(table->Put("registry.more", i, fmt::format("k{}", i), "v").ok());
      ASSERT_TRUE(reader.WaitForValue(fmt::format("k{}", i), "v", "registry.more"));
    }
    ASSERT_TRUE(reader.WaitForValue("a", "1"));
  }
}

TEST_F(KafkaTableTest, WhoPutsARowIsToldWhenAllBrokersInSyncHaveIt) {
  Reader reader;
  const auto table = Open(reader);
  Fates fates;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(table->Put(kTopic, 0, "a", "v", fates.Next()).ok());
  EXPECT_THAT(
      fates.WaitFor(10),
      ElementsAre(absl::OkStatus(), absl::OkStatus(), absl::OkStatus(), absl::OkStatus(), absl::OkStatus(),
                  absl::OkStatus(), absl::OkStatus(), absl::OkStatus(), absl::OkStatus(), absl::OkStatus()));
  EXPECT_TRUE(absl::IsInvalidArgument(table->Put(kTopic, 0, "", "v", fates.Next())));
  EXPECT_TRUE(absl::IsNotFound(table->Put(kTopic, 1, "a", "v", fates.Next())));
  EXPECT_TRUE(absl::IsNotFound(table->Put("registry.others", 0, "a", "v", fates.Next())));
  EXPECT_TRUE(absl::IsInvalidArgument(table->Put(kTopic, 0, "a", std::string(2 << 20, 'x'), fates.Next())));
  EXPECT_EQ(fates.WaitFor(10).size(), 10u);
}

TEST_F(KafkaTableTest, WithoutEnoughBrokersRowsAreGivenUpInTimeAndLaterOnesLand) {
  options_.row_timeout = absl::Seconds(2);
  Reader reader;
  const auto table = Open(reader);
  Fates fates;
  ASSERT_TRUE(table->Put(kTopic, 0, "a", "1", fates.Next()).ok());
  EXPECT_TRUE(fates.WaitFor(1).at(0).ok());
  brokers_.Kill(1);
  brokers_.Kill(2);
  ASSERT_TRUE(table->Put(kTopic, 0, "a", "2", fates.Next()).ok());
  const absl::Status late = fates.WaitFor(2).at(1);
  EXPECT_TRUE(absl::IsUnavailable(late)) << late;
  brokers_.Up();
  ASSERT_TRUE(table->Put(kTopic, 0, "a", "3", fates.Next()).ok());
  EXPECT_TRUE(fates.WaitFor(3).at(2).ok());
  EXPECT_TRUE(reader.WaitForValue("a", "3"));
}

TEST_F(KafkaTableTest, BrokersThatDieOneAfterTheOtherCostNoRow) {
  Reader reader;
  const auto table = Open(reader);
  std::vector<std::string> expected;
  const auto put = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Put(*table, "k", std::to_string(expected.size()));
      expected.push_back(fmt::format("0 k={}", expected.size()));
    }
  };
  for (int broker = 1; broker <= 3; ++broker) {  // One of them leads the partition.
    put(50);
    brokers_.Kill(broker);
    put(50);
    brokers_.Up();
  }
  ASSERT_TRUE(reader.WaitForValue("k", std::to_string(expected.size() - 1)));
  EXPECT_EQ(reader.rows(), expected);
  EXPECT_EQ(reader.caught_up(), 1);
}

TEST_F(KafkaTableTest, ATopicThatWasDeletedAndMadeAnewIsReadAnew) {
  {
    Reader reader;
    const auto table = Open(reader);
    for (int i = 0; i < 20; ++i) Put(*table, fmt::format("old{}", i), "v");
    ASSERT_TRUE(reader.WaitForValue("old19", "v"));
  }
  Reader reader;
  const auto table = Open(reader);
  ASSERT_TRUE(reader.WaitForRow("+0 old19=v"));
  brokers_.DeleteTopic(options_.topic_prefix + kTopic);
  MakeTopic(kTopic, 1);
  {
    Reader others_reader;
    const auto others = Open(others_reader);
    Put(*others, "new", "1");
    ASSERT_TRUE(others_reader.WaitForValue("new", "1"));
  }
  ASSERT_TRUE(reader.WaitForRow("0 new=1"));
  Fates fates;
  ASSERT_TRUE(table->Put(kTopic, 0, "new", "2", fates.Next()).ok());
  EXPECT_TRUE(fates.WaitFor(1).at(0).ok());
  ASSERT_TRUE(reader.WaitForRow("0 new=2"));
  EXPECT_EQ(reader.caught_up(), 1);
}

TEST_F(KafkaTableTest, ARowThatIsNotWhatWasWrittenIsNotGivenNorPassedOver) {
  MakeTopic("registry.others", 1);
  Reader before;
  const auto writing = Open(before, {kTopic, "registry.others"});
  Put(*writing, "a", "first");
  Put(*writing, "b", "second");
  ASSERT_TRUE(writing->Put("registry.others", 0, "c", "third").ok());
  ASSERT_TRUE(before.WaitForValue("b", "second") && before.WaitForValue("c", "third", "registry.others"));
  brokers_.FlipBit(options_.topic_prefix + kTopic, "second", 0);
  Reader after;
  const auto reading = Open(after, {kTopic, "registry.others"});
  Put(*writing, "b", "fourth");
  ASSERT_TRUE(before.WaitForValue("b", "fourth"));
  ASSERT_TRUE(writing->Put("registry.others", 0, "c", "fifth").ok());
  ASSERT_TRUE(after.WaitForValue("c", "fifth", "registry.others") && after.WaitForRow("+0 a=first"));
  EXPECT_THAT(after.rows(), Not(Contains(HasSubstr("b="))));
  EXPECT_EQ(after.caught_up(), 0);
}

TEST_F(KafkaTableTest, RowsUnderWayAreGivenUpWithTheTable) {
  Fates fates;
  Reader reader;
  auto table = Open(reader);
  brokers_.Kill(1);
  brokers_.Kill(2);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(table->Put(kTopic, 0, "a", "v", fates.Next()).ok());
  table.reset();
  const std::vector<absl::Status> given_up = fates.WaitFor(5);
  ASSERT_EQ(given_up.size(), 5u);
  for (const absl::Status& status : given_up) EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  brokers_.Up();
}

TEST_F(KafkaTableTest, WhatIsNotThereOrNotReachedOrSetWronglyIsSaidAtOpening) {
  Reader reader;
  const auto missing = KafkaTable::Open(options_, {kTopic, "registry.none"}, &reader).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(missing.message(), HasSubstr("registry.none"));
  KafkaLogOptions options = options_;
  options.read_timeout = absl::Milliseconds(300);
  options.bootstrap = "127.0.0.1:1";
  const auto away = KafkaTable::Open(options, {kTopic}, &reader).status();
  EXPECT_TRUE(absl::IsUnavailable(away)) << away;
  options = options_;
  options.properties["acks"] = "1";
  EXPECT_TRUE(absl::IsInvalidArgument(KafkaTable::Open(options, {kTopic}, &reader).status()));
}

}  // namespace
}  // namespace sanyuan::log
