#include "services/sanyuan/ops_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/log/kafka/statistics.h"

namespace sanyuan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A server that finds a reason not to start ends its operations port at once.
TEST(OpsServer, EndsHoweverShortlyItHasListened) {
  for (int i = 0; i < 300; ++i) {
    OpsServer server;
    ASSERT_TRUE(server.Listen("127.0.0.1:0").ok());
  }
}

class OpsServerPages : public ::testing::Test {
 protected:
  OpsServerPages() { EXPECT_TRUE(server_.Listen("127.0.0.1:0").ok()); }

  std::string Page(const std::string& path) {
    const auto answer = httplib::Client("127.0.0.1", server_.port()).Get(path.c_str());
    EXPECT_TRUE(answer) << path;
    return answer ? answer->body : "";
  }

  OpsServer server_;
};

// Brokers on which one topic is not as it must be.
class WrongTopics final : public log::KafkaTopics {
 public:
  absl::Status Create(const log::TopicSpec&, int32_t) override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<log::Mismatch>> Compare(absl::Span<const log::TopicSpec>, int32_t) override {
    return std::vector<log::Mismatch>{{"order_intake.journal", "retention.ms", "604800000", "-1"}};
  }
  absl::StatusOr<std::vector<log::Mismatch>> CompareGroups(absl::Duration) override {
    return std::vector<log::Mismatch>{};
  }
  absl::StatusOr<int32_t> Brokers() override { return 1; }
};

TEST_F(OpsServerPages, TopicsThatAreNotAsTheyMustBeStandInReadinessAndAreCounted) {
  const log::TopicWatch watch(std::make_unique<WrongTopics>(), {}, 1, absl::Milliseconds(1));
  while (watch.mismatches().empty()) std::this_thread::yield();
  EXPECT_THAT(Page("/readyz"), Not(HasSubstr("topics")));
  server_.Watch({.topics = &watch});
  EXPECT_THAT(Page("/readyz"),
              HasSubstr(R"("topics":[{"setting":"retention.ms",)"
                        R"("topic":"order_intake.journal","value":"604800000","wanted":"-1"}])"));
  EXPECT_THAT(Page("/metrics"), HasSubstr("sanyuan_topics_wrong 1"));
  server_.Watch({});
  EXPECT_THAT(Page("/readyz"), Not(HasSubstr("topics")));
}

// The fields as STATISTICS.md of librdkafka has them.
TEST_F(OpsServerPages, WhatClientsOfKafkaMeasureStandsInMetrics) {
  log::kafka::KeepStatistics("not what librdkafka says");
  log::kafka::KeepStatistics(R"({"name":7,"brokers":[]})");
  EXPECT_THAT(Page("/metrics"), Not(HasSubstr("sanyuan_kafka_client")));
  log::kafka::KeepStatistics(
      R"({"name":"w#producer-1","msg_cnt":3,"msg_size":1200,"tx_bytes":9000,"rx_bytes":800,"brokers":{)"
      R"("a:1/1":{"nodeid":1,"state":"UP","outbuf_cnt":1,"waitresp_cnt":2,"txerrs":1,"rxerrs":2,)"
      R"("req_timeouts":4,"disconnects":5,"rtt":{"p99":1500}},)"
      R"("GroupCoordinator":{"nodeid":-1,"state":"UP","rtt":{"p99":2500}}}})");
  const std::string page = Page("/metrics");
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_queued_records{client="w#producer-1"} 3)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_queued_bytes{client="w#producer-1"} 1200)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_requests{client="w#producer-1"} 3)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_sent_bytes_total{client="w#producer-1"} 9000)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_received_bytes_total{client="w#producer-1"} 800)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_failed_requests_total{client="w#producer-1"} 3)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_timed_out_requests_total{client="w#producer-1"} 4)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_disconnects_total{client="w#producer-1"} 5)"));
  EXPECT_THAT(page,
              HasSubstr(R"(sanyuan_kafka_client_round_trip_p99_seconds{client="w#producer-1"} 0.0025)"));
  EXPECT_THAT(page, HasSubstr(R"(sanyuan_kafka_client_brokers_up{client="w#producer-1"} 1)"));
  log::kafka::ForgetStatistics("w#producer-1");
  EXPECT_THAT(Page("/metrics"), Not(HasSubstr("sanyuan_kafka_client")));
}

}  // namespace
}  // namespace sanyuan
