#include "services/sanyuan/topic_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

namespace sanyuan {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Mismatches = std::vector<log::Mismatch>;
using Seen = std::deque<Mismatches>;

const Mismatches kNothing;
const log::Mismatch kOpen = {"order_intake.journal", log::kOpenTransaction,
                             "open from offset 7 in partition 3", "none"};
const log::Mismatch kRetention = {"order_intake.journal", "retention.ms", "604800000", "-1"};
const log::Mismatch kOldBroker = {"", "version of broker 2", "older", "3.7 or newer"};

// What each look finds; the last one for ever.
class Looks final : public log::KafkaTopics {
 public:
  explicit Looks(Seen looks, Mismatches groups = {}) : looks_(std::move(looks)), groups_(std::move(groups)) {}

  absl::Status Create(const log::TopicSpec&, int32_t) override { return absl::UnimplementedError(""); }
  absl::StatusOr<Mismatches> Compare(absl::Span<const log::TopicSpec>, int32_t) override {
    ++asked;
    Mismatches found = looks_.front();
    if (looks_.size() > 1) looks_.pop_front();
    return found;
  }
  absl::StatusOr<Mismatches> CompareGroups(absl::Duration) override { return groups_; }
  absl::StatusOr<int32_t> Brokers() override { return 1; }

  int asked = 0;

 private:
  Seen looks_;
  const Mismatches groups_;
};

absl::Status Check(Looks& topics, absl::Duration patience = absl::Hours(1)) {
  TopicCheckOptions options;
  options.transaction_patience = patience;
  options.pause = absl::Milliseconds(1);
  return CheckTopics(topics, {}, options);
}

TEST(TopicCheck, WhatIsAsItMustBeIsAskedOnce) {
  Looks topics(Seen{kNothing});
  EXPECT_TRUE(Check(topics).ok());
  EXPECT_EQ(topics.asked, 1);
}

TEST(TopicCheck, ASettingThatDiffersEndsTheStartAtOnce) {
  Looks topics(Seen{{kRetention}});
  const absl::Status checked = Check(topics);
  EXPECT_EQ(checked.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(checked.message(),
              AllOf(HasSubstr("topic order_intake.journal: retention.ms is 604800000, wanted -1"),
                    HasSubstr("topics apply")));
  EXPECT_EQ(topics.asked, 1);
}

TEST(TopicCheck, ABrokerThatIsTooOldEndsTheStartAtOnce) {
  Looks topics(Seen{{kOldBroker}});
  EXPECT_THAT(Check(topics).message(),
              HasSubstr("the brokers: version of broker 2 is older, wanted 3.7 or newer"));
  EXPECT_EQ(topics.asked, 1);
}

TEST(TopicCheck, ATransactionThatEndsIsWaitedFor) {
  Looks topics(Seen{{kOpen}, {kOpen}, kNothing});
  EXPECT_TRUE(Check(topics).ok());
  EXPECT_EQ(topics.asked, 3);
}

TEST(TopicCheck, ATransactionThatDoesNotEndEndsTheStartByItsName) {
  Looks topics(Seen{{kOpen}});
  const absl::Status checked = Check(topics, absl::Milliseconds(5));
  EXPECT_EQ(checked.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(checked.message(),
              AllOf(HasSubstr("topic order_intake.journal: transaction is open from offset 7 in "
                              "partition 3, wanted none"),
                    HasSubstr("kafka-transactions.sh abort")));
  EXPECT_GT(topics.asked, 1);
}

TEST(TopicCheck, WhatElseDiffersIsNotLeftWaitingBehindATransaction) {
  Looks topics(Seen{{kOpen}, {kRetention, kOpen}});
  EXPECT_THAT(Check(topics).message(), HasSubstr("retention.ms"));
  EXPECT_EQ(topics.asked, 2);
}

TEST(TopicCheck, BrokersThatBearNoSuchSessionAreNamed) {
  Looks topics(Seen{kNothing}, {{"", "group.min.session.timeout.ms", "6000", "at most 500"}});
  EXPECT_THAT(Check(topics).message(),
              HasSubstr("group.min.session.timeout.ms is 6000, wanted at most 500: change "
                        "that, or --session-timeout"));
}

}  // namespace
}  // namespace sanyuan
