#include "common/log/kafka/group_member.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/log/kafka/client.h"

namespace sanyuan::log {
namespace {

constexpr int kPollMs = 100;
constexpr absl::Duration kShortestHeartbeat = absl::Milliseconds(100);
constexpr auto kLeavePatience = std::chrono::seconds(5);

class KafkaGroupMember final : public GroupMember, private kafka::ClientEvents {
 public:
  KafkaGroupMember(const KafkaLogOptions& options,
                   std::function<void(const std::set<TopicPartition>&)> on_assigned)
      : prefix_(options.topic_prefix), on_assigned_(std::move(on_assigned)) {}
  ~KafkaGroupMember() override {
    stopped_ = true;
    if (poller_.joinable()) poller_.join();
  }

  absl::Status Begin(const KafkaLogOptions& options, const GroupOptions& group) {
    // A sharing out begins for the others with their next heartbeat.
    const absl::Duration heartbeat = std::max(kShortestHeartbeat, group.session_timeout / 10);
    const kafka::Settings settings = {
        {"group.id", prefix_ + group.group},
        {"partition.assignment.strategy", "range"},
        {"session.timeout.ms", std::to_string(absl::ToInt64Milliseconds(group.session_timeout))},
        {"heartbeat.interval.ms", std::to_string(absl::ToInt64Milliseconds(heartbeat))},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "latest"},
    };
    auto client = kafka::Client::New(RD_KAFKA_CONSUMER, "group", options, settings, *this);
    if (!client.ok()) return client.status();
    client_ = *std::move(client);
    rd_kafka_poll_set_consumer(client_->handle());
    const kafka::PartitionsPtr topics(
        rd_kafka_topic_partition_list_new(static_cast<int>(group.topics.size())));
    for (const std::string& topic : group.topics) {
      rd_kafka_topic_partition_list_add(topics.get(), (prefix_ + topic).c_str(), RD_KAFKA_PARTITION_UA);
    }
    const rd_kafka_resp_err_t error = rd_kafka_subscribe(client_->handle(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka::ToStatus(error, "joining the group " + group.group);
    poller_ = std::thread([this] { Poll(); });
    return absl::OkStatus();
  }

  void Leave() override {
    leaving_ = true;
    std::unique_lock lock(mutex_);
    left_.wait_for(lock, kLeavePatience, [this] { return has_left_; });
  }

 private:
  void OnError(rd_kafka_resp_err_t error, std::string_view why) override {
    if (error == RD_KAFKA_RESP_ERR__FATAL) spdlog::error("the consumer group: {}", why);
  }

  void OnRebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) override {
    if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(client_->handle(), nullptr);
      return;
    }
    std::set<TopicPartition> assigned;
    for (int i = 0; i < partitions->cnt; ++i) {
      rd_kafka_topic_partition_t& partition = partitions->elems[i];
      partition.offset = RD_KAFKA_OFFSET_END;
      assigned.insert({std::string(partition.topic).substr(prefix_.size()), partition.partition});
    }
    rd_kafka_assign(client_->handle(), partitions);
    rd_kafka_pause_partitions(client_->handle(), partitions);
    if (!leaving_) on_assigned_(assigned);
  }

  void Poll() {
    while (!stopped_ && !leaving_) {
      const kafka::MessagePtr message(rd_kafka_consumer_poll(client_->handle(), kPollMs));
      if (message == nullptr || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const std::string why = message->payload != nullptr
                                  ? std::string(rd_kafka_message_errstr(message.get()))
                                  : rd_kafka_err2str(message->err);
      if (std::exchange(said_, why) != why) spdlog::error("the consumer group: {}", why);
    }
    if (!leaving_) return;
    rd_kafka_consumer_close(client_->handle());
    const std::lock_guard lock(mutex_);
    has_left_ = true;
    left_.notify_all();
  }

  const std::string prefix_;
  const std::function<void(const std::set<TopicPartition>&)> on_assigned_;
  std::unique_ptr<kafka::Client> client_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> leaving_{false};
  std::mutex mutex_;
  std::condition_variable left_;
  bool has_left_ = false;
  std::string said_;  // Used by the polling thread.
  std::thread poller_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GroupMember>> GroupMember::Join(
    const KafkaLogOptions& options, const GroupOptions& group,
    std::function<void(const std::set<TopicPartition>&)> on_assigned) {
  auto member = std::make_unique<KafkaGroupMember>(options, std::move(on_assigned));
  if (absl::Status begun = member->Begin(options, group); !begun.ok()) return begun;
  return member;
}

}  // namespace sanyuan::log
