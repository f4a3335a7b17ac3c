#include "common/log/kafka/statistics.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

namespace sanyuan::log {
namespace {

struct Kept {
  std::mutex mutex;
  std::map<std::string, ClientStatistics> by_client;
};

Kept& All() {
  static auto& kept = *new Kept;
  return kept;
}

int64_t Number(const nlohmann::json& object, const char* name) { return object.value(name, int64_t{0}); }

ClientStatistics Read(const nlohmann::json& said) {
  ClientStatistics one;
  one.client = said.at("name").get<std::string>();
  one.queued_records = Number(said, "msg_cnt");
  one.queued_bytes = Number(said, "msg_size");
  one.sent_bytes = Number(said, "tx_bytes");
  one.received_bytes = Number(said, "rx_bytes");
  const auto brokers = said.value("brokers", nlohmann::json::object());
  for (const auto& broker : brokers) {
    one.requests += Number(broker, "outbuf_cnt") + Number(broker, "waitresp_cnt");
    one.failed_requests += Number(broker, "txerrs") + Number(broker, "rxerrs");
    one.timed_out_requests += Number(broker, "req_timeouts");
    one.disconnects += Number(broker, "disconnects");
    // Those without a number are further names of others.
    one.brokers_up += broker.value("state", "") == "UP" && Number(broker, "nodeid") >= 0 ? 1 : 0;
    const auto rtt = broker.value("rtt", nlohmann::json::object());
    one.round_trip_p99_us = std::max(one.round_trip_p99_us, Number(rtt, "p99"));
  }
  return one;
}

}  // namespace

std::vector<ClientStatistics> KafkaStatistics() {
  const std::lock_guard lock(All().mutex);
  std::vector<ClientStatistics> all;
  for (const auto& [client, one] : All().by_client) all.push_back(one);
  return all;
}

namespace kafka {

void KeepStatistics(std::string_view json) {
  try {
    ClientStatistics one = Read(nlohmann::json::parse(json));
    const std::lock_guard lock(All().mutex);
    All().by_client[one.client] = std::move(one);
  } catch (const nlohmann::json::exception&) {
    // It is called from C.
  }
}

void ForgetStatistics(const std::string& client) {
  const std::lock_guard lock(All().mutex);
  All().by_client.erase(client);
}

}  // namespace kafka
}  // namespace sanyuan::log
