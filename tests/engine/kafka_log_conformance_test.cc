// The log on a real Kafka under the conformance suite. Each location is a prefix of topics' names on the brokers that
// SANYUAN_TEST_KAFKA names (tests/engine/with_engines.py starts some).
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/topics.h"
#include "tests/engine/log_conformance.h"
#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

std::string Brokers() {
  const char* bootstrap = std::getenv("SANYUAN_TEST_KAFKA");
  if (bootstrap == nullptr) ADD_FAILURE() << "SANYUAN_TEST_KAFKA names no brokers";
  return bootstrap == nullptr ? "" : bootstrap;
}

class KafkaEngine : public EngineUnderTest {
 public:
  explicit KafkaEngine(const std::string& location) {
    options_.bootstrap = Brokers();
    options_.topic_prefix = location.empty() ? fmt::format("t{:08x}.", std::random_device()()) : location;
  }
  std::unique_ptr<Log> Open() override { return OpenWith(options_); }
  std::unique_ptr<Log> OpenWithSmallQueue() override {
    KafkaLogOptions small = options_;
    small.max_queued_records = 64;
    small.max_queued_bytes = 64 << 10;
    return OpenWith(small);
  }
  void CreateTopic(const std::string& topic, int partitions) override {
    const auto topics = KafkaTopics::Open(options_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    const absl::Status created = (*topics)->Create(JournalTopic(topic, partitions, 1), 1);
    ASSERT_TRUE(created.ok()) << created;
  }
  std::string location() const override { return options_.topic_prefix; }

 private:
  static std::unique_ptr<Log> OpenWith(const KafkaLogOptions& options) {
    auto log = KafkaLog::Open(options);
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }

  KafkaLogOptions options_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, LogConformance, ::testing::Values(Engine{[](const std::string& location) {
                           return std::make_unique<KafkaEngine>(location);
                         }}));

// What other engines may drop.
TEST(KafkaHeaders, WhatGoesBesideARecordComesBackWithItAndChangesNothingOfIt) {
  const TopicPartition where{"journal", 0};
  const RecordHeaders beside{{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                             {"empty", ""},
                             {"twice", "1"},
                             {"twice", "兰州"}};
  KafkaEngine engine("");
  engine.CreateTopic(where.topic, 1);
  const auto log = engine.Open();
  Collector collector;
  Fate fate;
  const auto subscription = log->Subscribe(where, 0, &collector);
  const auto producer = log->NewProducer(where, &fate);
  ASSERT_TRUE(subscription.ok() && producer.ok());
  ASSERT_TRUE((*producer)->Append("with", beside).ok());
  ASSERT_TRUE((*producer)->Append("without").ok());
  ASSERT_TRUE(collector.WaitForCount(2));
  const auto read = log->ReadFrom(where, 0, 2);
  const auto one = log->ReadAt(where, 0);
  ASSERT_TRUE(read.ok() && one.ok() && one->has_value());
  EXPECT_EQ((*one)->headers, beside);
  for (const auto& records : {collector.records(), *read}) {
    ASSERT_EQ(records.size(), 2);
    EXPECT_EQ(records[0].bytes, "with");
    EXPECT_EQ(records[0].headers, beside);
    EXPECT_EQ(records[1].bytes, "without");
    EXPECT_EQ(records[1].headers, RecordHeaders());
  }
}

}  // namespace
}  // namespace sanyuan::log
