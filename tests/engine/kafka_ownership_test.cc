// Who is assigned what by a real broker's group protocol (tests/engine/with_engines.py --kafka 1).
#include "common/ownership/kafka/kafka_ownership.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "common/log/kafka/topics.h"
#include "common/ownership/rows.h"
#include "tests/engine/kafka_brokers.h"

namespace sanyuan::ownership {
namespace {

constexpr int32_t kPartitions = 4;

class Member final : public OwnershipListener {
 public:
  explicit Member(const KafkaOwnershipOptions& options) : ownership(KafkaOwnership::New(options)) {
    const absl::Status listens = ownership->Listen(this);
    EXPECT_TRUE(listens.ok()) << listens;
    Join();
  }
  ~Member() override { ownership->Close(); }

  void Join() {
    const absl::Status joined = ownership->Join("127.0.0.1:1");
    EXPECT_TRUE(joined.ok()) << joined;
  }
  // Whether it comes to be assigned so many.
  bool IsAssigned(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return assigned_.size() == count; });
  }

  void OnAssigned(const std::set<Share>& shares) override {
    const std::lock_guard lock(mutex_);
    assigned_ = shares;
    changed_.notify_all();
  }
  void OnAnnounced(const Announcement& /*announcement*/, bool /*earlier*/) override {}
  void OnPresent(const Presence& /*presence*/, bool /*earlier*/) override {}

  const std::unique_ptr<KafkaOwnership> ownership;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Share> assigned_;
};

TEST(KafkaOwnershipTest, WhoLeavesIsAssignedPartitionsAgainWhenItHasJoinedAgain) {
  const log::KafkaBrokers brokers;
  KafkaOwnershipOptions options;
  options.kafka.bootstrap = brokers.bootstrap();
  options.kafka.topic_prefix = fmt::format("o{:08x}.", std::random_device()());
  options.hosted = options.all = {"counter"};
  const auto topics = log::KafkaTopics::Open(options.kafka);
  ASSERT_TRUE(topics.ok()) << topics.status();
  const absl::Status made = (*topics)->Create(log::TableTopic(OwnersTopic("counter"), kPartitions, 1), 1);
  ASSERT_TRUE(made.ok()) << made;

  Member a(options);
  EXPECT_TRUE(a.IsAssigned(kPartitions));
  Member b(options);
  EXPECT_TRUE(a.IsAssigned(kPartitions / 2));
  EXPECT_TRUE(b.IsAssigned(kPartitions / 2));
  a.ownership->Leave();
  EXPECT_TRUE(b.IsAssigned(kPartitions));
  a.Join();
  EXPECT_TRUE(b.IsAssigned(kPartitions / 2));
  EXPECT_TRUE(a.IsAssigned(kPartitions / 2));
}

}  // namespace
}  // namespace sanyuan::ownership
