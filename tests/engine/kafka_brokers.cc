#include "tests/engine/kafka_brokers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>

#include "absl/time/clock.h"

namespace sanyuan::log {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) ADD_FAILURE() << name << " is not set";
  return value == nullptr ? "" : value;
}

}  // namespace

KafkaBrokers::KafkaBrokers()
    : bootstrap_(Environment("SANYUAN_TEST_KAFKA")), data_(Environment("SANYUAN_TEST_KAFKA_DATA")) {}

void KafkaBrokers::Kill(int number) const {
  std::ifstream file(fmt::format("{}/broker-{}/pid", data_, number));
  pid_t pid = 0;
  ASSERT_TRUE(file >> pid) << number;
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  while (kill(pid, 0) == 0) absl::SleepFor(absl::Milliseconds(1));
}

void KafkaBrokers::Up() const {
  const std::string command =
      fmt::format("{}/deploy/local/kafka up --data {} >/dev/null", SANYUAN_SOURCE_DIR, data_);
  ASSERT_EQ(std::system(command.c_str()), 0);
}

void KafkaBrokers::DeleteTopic(const std::string& name) const {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_.c_str(), nullptr, 0);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 20'000);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_event_error_string(event);
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
}

}  // namespace sanyuan::log
