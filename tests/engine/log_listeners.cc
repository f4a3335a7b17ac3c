#include "tests/engine/log_listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace sanyuan::log {
namespace {

std::atomic<std::chrono::milliseconds> patience{std::chrono::minutes(1)};

}  // namespace

void SetPatience(std::chrono::milliseconds wait) { patience.store(wait); }

template <typename Condition>
bool Collector::Wait(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience.load(), condition);
}

template <typename Condition>
bool Fate::Wait(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience.load(), condition);
}

void Collector::OnRecords(absl::Span<const Record> records) {
  std::lock_guard lock(mutex_);
  if (records.empty() && complaint_.empty()) complaint_ = "called without records";
  for (const Record& record : records) {
    if (record.offset != next_ && complaint_.empty()) {
      complaint_ = fmt::format("offset {} where {} was due", record.offset, next_);
    }
    next_ = record.offset + 1;
    records_.push_back(record);
  }
  changed_.notify_all();
}

void Collector::OnEnd(int64_t end_offset) {
  std::lock_guard lock(mutex_);
  if (end_offset != next_ && complaint_.empty()) {
    complaint_ = fmt::format("end {} while {} comes next", end_offset, next_);
  }
  if (!ends_.empty() && ends_.back() == end_offset && complaint_.empty()) {
    complaint_ = fmt::format("end {} twice", end_offset);
  }
  ends_.push_back(end_offset);
  changed_.notify_all();
}

void Collector::OnTrouble(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  if (complaint_.empty()) complaint_ = why.ToString();
  trouble_ = true;
  changed_.notify_all();
}

bool Collector::WaitForCount(size_t count) {
  return Wait([&] { return records_.size() >= count; });
}

bool Collector::WaitForEnd(int64_t end_offset) {
  return Wait([&] { return !ends_.empty() && ends_.back() >= end_offset; });
}

bool Collector::WaitForTrouble() {
  return Wait([&] { return trouble_; });
}

std::vector<Record> Collector::records() const {
  std::lock_guard lock(mutex_);
  return records_;
}

std::vector<std::string> Collector::bytes() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> bytes;
  for (const Record& record : records_) bytes.push_back(record.bytes);
  return bytes;
}

std::vector<int64_t> Collector::ends() const {
  std::lock_guard lock(mutex_);
  return ends_;
}

std::string Collector::complaint() const {
  std::lock_guard lock(mutex_);
  return complaint_;
}

void Fate::OnStalled(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  stalls_.push_back(why);
  changed_.notify_all();
}

void Fate::OnLost(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  loss_ = why;
  changed_.notify_all();
}

bool Fate::WaitForStall() {
  return Wait([&] { return !stalls_.empty() && !stalls_.back().ok(); });
}

bool Fate::WaitForGoingOn() {
  return Wait([&] { return !stalls_.empty() && stalls_.back().ok(); });
}

bool Fate::WaitForLoss() {
  return Wait([&] { return !loss_.ok(); });
}

std::vector<absl::Status> Fate::stalls() const {
  std::lock_guard lock(mutex_);
  return stalls_;
}

absl::Status Fate::loss() const {
  std::lock_guard lock(mutex_);
  return loss_;
}

absl::Status AppendWhenThereIsRoom(Producer& producer, const std::string& record) {
  absl::Status appended = producer.Append(record);
  while (absl::IsResourceExhausted(appended)) {
    std::this_thread::yield();
    appended = producer.Append(record);
  }
  return appended;
}

std::string FirstDifference(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  const size_t common = std::min(expected.size(), got.size());
  for (size_t i = 0; i < common; ++i) {
    if (expected[i] == got[i]) continue;
    return fmt::format("record {}: '{}' ({} bytes) where '{}' ({} bytes) was due", i, got[i].substr(0, 40),
                       got[i].size(), expected[i].substr(0, 40), expected[i].size());
  }
  if (expected.size() == got.size()) return "";
  return fmt::format("{} records where {} were due", got.size(), expected.size());
}

}  // namespace sanyuan::log
