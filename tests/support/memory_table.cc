#include "tests/support/memory_table.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

namespace sanyuan::log {

class MemoryTopic::Table final : public KafkaTable {
 public:
  Table(MemoryTopic& topic, Listener* listener, int number)
      : topic_(topic), listener_(listener), number_(number), mark_(topic.rows_.size()) {
    topic_.tables_.insert(this);
    thread_ = std::thread([this] { Run(); });
  }
  ~Table() override {
    {
      const std::lock_guard lock(topic_.mutex_);
      stopping_ = true;
      topic_.tables_.erase(this);
      for (Held& held : topic_.held_) {
        if (held.table != this) continue;
        if (held.done) done_.emplace_back(std::move(held.done), absl::UnavailableError("the table ends"));
        held.table = nullptr;
      }
      std::erase_if(topic_.held_, [](const Held& held) { return held.table == nullptr; });
      topic_.changed_.notify_all();
    }
    thread_.join();
  }

  absl::Status Put(const std::string&, int32_t, std::string key, std::string value, Done done) override {
    const std::lock_guard lock(topic_.mutex_);
    Held held{this, {std::move(key), std::move(value)}, std::move(done)};
    if (topic_.holding_) {
      topic_.held_.push_back(std::move(held));
    } else {
      topic_.Land(std::move(held));
    }
    topic_.changed_.notify_all();
    return absl::OkStatus();
  }
  int32_t PartitionsOf(const std::string&) const override { return 1; }

  // REQUIRES: the topic's mutex is held, here and below.
  size_t next() const { return next_; }
  void Tell(Done done, const absl::Status& status) {
    if (done) done_.emplace_back(std::move(done), status);
  }

 private:
  bool MayRead() const { return !topic_.paused_.contains(number_) && next_ < topic_.rows_.size(); }

  void Run() {
    std::unique_lock lock(topic_.mutex_);
    while (true) {
      if (!done_.empty()) {
        const auto [done, status] = std::move(done_.front());
        done_.erase(done_.begin());
        lock.unlock();
        done(status);
        lock.lock();
      } else if (stopping_) {
        return;
      } else if (!caught_up_ && next_ >= mark_) {
        caught_up_ = true;
        lock.unlock();
        listener_->OnCaughtUp();
        lock.lock();
      } else if (MayRead()) {
        const auto row = topic_.rows_[next_];
        const bool earlier = next_++ < mark_;
        if (!row) continue;
        lock.unlock();
        listener_->OnRow({"", 0, row->first, row->second, earlier});
        lock.lock();
      } else {
        topic_.changed_.wait(lock);
      }
    }
  }

  MemoryTopic& topic_;
  Listener* const listener_;
  const int number_;
  const size_t mark_;
  size_t next_ = 0;
  bool caught_up_ = false;
  bool stopping_ = false;
  std::vector<std::pair<Done, absl::Status>> done_;
  std::thread thread_;
};

std::unique_ptr<KafkaTable> MemoryTopic::Open(KafkaTable::Listener* listener) {
  const std::lock_guard lock(mutex_);
  return std::make_unique<Table>(*this, listener, opened_++);
}

void MemoryTopic::Append(const std::string& key, const std::string& value) {
  const std::lock_guard lock(mutex_);
  Land({nullptr, {key, value}, nullptr});
}

void MemoryTopic::Land(Held held) {
  rows_.emplace_back(std::move(held.row));
  if (held.table != nullptr) held.table->Tell(std::move(held.done), absl::OkStatus());
  changed_.notify_all();
}

void MemoryTopic::Hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

bool MemoryTopic::WaitForHeld(size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return held_.size() >= count; });
}

std::vector<MemoryTopic::KeyAndValue> MemoryTopic::held() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeyAndValue> rows;
  for (const Held& held : held_) rows.push_back(held.row);
  return rows;
}

bool MemoryTopic::WaitForRows(const std::string& prefix, size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] {
    return static_cast<size_t>(std::count_if(rows_.begin(), rows_.end(), [&](const auto& row) {
             return row && row->first.starts_with(prefix);
           })) >= count;
  });
}

void MemoryTopic::Release(const std::vector<size_t>& order) {
  const std::lock_guard lock(mutex_);
  std::vector<Held> held = std::exchange(held_, {});
  holding_ = false;
  for (const size_t number : order) Land(std::move(held.at(number)));
  for (size_t i = 0; i < held.size(); ++i) {
    if (std::find(order.begin(), order.end(), i) == order.end()) Land(std::move(held[i]));
  }
}

void MemoryTopic::LandOne() {
  const std::lock_guard lock(mutex_);
  Held first = std::move(held_.at(0));
  held_.erase(held_.begin());
  Land(std::move(first));
}

void MemoryTopic::FailHeld(const absl::Status& why, bool lands) {
  const std::lock_guard lock(mutex_);
  for (Held& held : std::exchange(held_, {})) {
    if (lands) rows_.emplace_back(std::move(held.row));
    held.table->Tell(std::move(held.done), why);
  }
  changed_.notify_all();
}

void MemoryTopic::PauseReading(int table) {
  const std::lock_guard lock(mutex_);
  paused_.insert(table);
}

void MemoryTopic::ResumeReading(int table) {
  const std::lock_guard lock(mutex_);
  paused_.erase(table);
  changed_.notify_all();
}

void MemoryTopic::Compact() {
  const std::lock_guard lock(mutex_);
  size_t end = rows_.size();
  for (const Table* table : tables_) end = std::min(end, table->next());
  std::map<std::string, size_t> last;
  for (size_t i = 0; i < end; ++i) {
    if (rows_[i]) last[rows_[i]->first] = i;
  }
  for (size_t i = 0; i < end; ++i) {
    if (rows_[i] && (last[rows_[i]->first] != i || rows_[i]->second.empty())) rows_[i].reset();
  }
}

std::vector<MemoryTopic::KeyAndValue> MemoryTopic::rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeyAndValue> rows;
  for (const auto& row : rows_) {
    if (row) rows.push_back(*row);
  }
  return rows;
}

size_t MemoryTopic::landed() const {
  const std::lock_guard lock(mutex_);
  return rows_.size();
}

}  // namespace sanyuan::log
