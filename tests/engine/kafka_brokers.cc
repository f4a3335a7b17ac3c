#include "tests/engine/kafka_brokers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace sanyuan::log {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) ADD_FAILURE() << name << " is not set";
  return value == nullptr ? "" : value;
}

// Of a client that knows no broker but these.
rd_kafka_t* NewClient(const std::string& bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), nullptr, 0);
  return rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
}

bool KnowsTopic(const std::string& broker, const std::string& name) {
  rd_kafka_t* client = NewClient(broker);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
  const struct rd_kafka_metadata* found = nullptr;
  const bool knows = rd_kafka_metadata(client, 0, topic, &found, 5'000) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                     found->topic_cnt == 1 && found->topics[0].partition_cnt > 0;
  if (found != nullptr) rd_kafka_metadata_destroy(found);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return knows;
}

template <typename Question>
void Administer(const std::string& bootstrap, Question question) {
  rd_kafka_t* client = NewClient(bootstrap);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  question(client, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 20'000);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_event_error_string(event);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
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

void KafkaBrokers::WaitForTopic(const std::string& name) const {
  for (const auto broker : absl::StrSplit(bootstrap_, ',')) {
    while (!KnowsTopic(std::string(broker), name)) {
    }
  }
}

void KafkaBrokers::DeleteTopic(const std::string& name) const {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  Administer(bootstrap_,
             [&](auto* client, auto* queue) { rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue); });
  rd_kafka_DeleteTopic_destroy(topic);
}

void KafkaBrokers::SetPartitions(const std::string& name, size_t count) const {
  rd_kafka_NewPartitions_t* partitions = rd_kafka_NewPartitions_new(name.c_str(), count, nullptr, 0);
  Administer(bootstrap_, [&](auto* client, auto* queue) {
    rd_kafka_CreatePartitions(client, &partitions, 1, nullptr, queue);
  });
  rd_kafka_NewPartitions_destroy(partitions);
}

void KafkaBrokers::FlipBit(const std::string& topic, const std::string& value, int before) const {
  for (const auto& broker : std::filesystem::directory_iterator(data_)) {
    const auto path = broker.path() / "data" / (topic + "-0") / "00000000000000000000.log";
    if (!broker.is_directory() || !std::filesystem::exists(path)) continue;
    size_t place = std::string::npos;
    while (place == std::string::npos) {
      std::ostringstream content;
      content << std::ifstream(path, std::ios::binary).rdbuf();
      place = content.str().find(value);
    }
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(place) - before);
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(place) - before);
    file.put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.flush()) << path;
  }
}

StrangersTransaction::StrangersTransaction(const KafkaBrokers& brokers, const std::string& topic) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.bootstrap().c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "transactional.id", fmt::format("stranger-of-{}", topic).c_str(), nullptr, 0);
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  EXPECT_EQ(rd_kafka_init_transactions(producer_, 60'000), nullptr);
  EXPECT_EQ(rd_kafka_begin_transaction(producer_), nullptr);
  const std::string value = "not committed";
  EXPECT_EQ(rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(rd_kafka_flush(producer_, 60'000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

StrangersTransaction::~StrangersTransaction() { rd_kafka_destroy(producer_); }

void StrangersTransaction::Abort() { EXPECT_EQ(rd_kafka_abort_transaction(producer_, 60'000), nullptr); }

}  // namespace sanyuan::log
