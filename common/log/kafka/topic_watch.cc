#include "common/log/kafka/topic_watch.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace sanyuan::log {
namespace {

bool Contains(const std::vector<Mismatch>& mismatches, const Mismatch& one) {
  return std::find(mismatches.begin(), mismatches.end(), one) != mismatches.end();
}

}  // namespace

TopicWatch::TopicWatch(std::unique_ptr<KafkaTopics> topics, std::vector<TopicSpec> wanted,
                       int32_t replication, absl::Duration pause)
    : topics_(std::move(topics)),
      wanted_(std::move(wanted)),
      replication_(replication),
      pause_(pause),
      thread_([this] { Run(); }) {}

TopicWatch::~TopicWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::vector<Mismatch> TopicWatch::mismatches() const {
  const std::lock_guard lock(mutex_);
  return mismatches_;
}

void TopicWatch::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, absl::ToChronoMilliseconds(pause_), [this] { return stop_; })) return;
    }
    Look();
  }
}

void TopicWatch::Look() {
  auto found = topics_->Compare(wanted_, replication_);
  if (!found.ok()) {
    // That brokers are away is said by who needs them.
    const auto level = absl::IsUnavailable(found.status()) ? spdlog::level::debug : spdlog::level::err;
    spdlog::log(level, "the topics can't be looked at: {}", std::string(found.status().message()));
    return;
  }
  const std::vector<Mismatch> before = mismatches();
  for (const Mismatch& one : *found) {
    if (!Contains(before, one)) spdlog::critical("{}", one.ToString());
  }
  for (const Mismatch& one : before) {
    if (!Contains(*found, one)) spdlog::info("no more: {}", one.ToString());
  }
  const std::lock_guard lock(mutex_);
  mismatches_ = *std::move(found);
}

}  // namespace sanyuan::log
