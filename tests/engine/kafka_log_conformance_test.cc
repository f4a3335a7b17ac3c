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

INSTANTIATE_TEST_SUITE_P(Kafka, LogConformance,
                         ::testing::Values(Engine{[](const std::string& location) {
                                                    return std::make_unique<KafkaEngine>(location);
                                                  },
                                                  true}));

}  // namespace
}  // namespace sanyuan::log
