// Listeners that tests wait on. All methods may be called from any thread; waits give up after a minute,
// unless told otherwise.
#ifndef SANYUAN_TESTS_ENGINE_LOG_LISTENERS_H_
#define SANYUAN_TESTS_ENGINE_LOG_LISTENERS_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/log.h"

namespace sanyuan::log {

// For tests that are meant to wait in vain.
void SetPatience(std::chrono::milliseconds wait);

// Keeps all that a subscription delivers, and notes the first break of the rules of delivery.
class Collector : public RecordListener {
 public:
  explicit Collector(int64_t from_offset = 0) : next_(from_offset) {}

  void OnRecords(absl::Span<const Record> records) override;
  void OnEnd(int64_t end_offset) override;
  void OnTrouble(const absl::Status& why) override;

  // False when that did not happen within a minute.
  bool WaitForCount(size_t count);
  bool WaitForEnd(int64_t end_offset);
  bool WaitForTrouble();

  std::vector<Record> records() const;
  std::vector<std::string> bytes() const;
  std::vector<int64_t> ends() const;
  // Empty when all was well: offsets dense and ascending, each end exactly at what was delivered.
  std::string complaint() const;

 private:
  template <typename Condition>
  bool Wait(Condition condition);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int64_t next_;
  std::vector<Record> records_;
  std::vector<int64_t> ends_;
  std::string complaint_;
  bool trouble_ = false;
};

// Keeps what becomes of a producer.
class Fate : public ProducerListener {
 public:
  void OnStalled(const absl::Status& why) override;
  void OnLost(const absl::Status& why) override;

  bool WaitForStall();
  bool WaitForGoingOn();
  bool WaitForLoss();
  // All reports in order; OK is "goes on".
  std::vector<absl::Status> stalls() const;
  absl::Status loss() const;

 private:
  template <typename Condition>
  bool Wait(Condition condition);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::Status> stalls_;
  absl::Status loss_;
};

// Tries again as long as the producer has too much under way: it may hear of what landed after its readers.
absl::Status AppendWhenThereIsRoom(Producer& producer, const std::string& record);

// Where and how two lists differ first; empty when they are the same.
std::string FirstDifference(const std::vector<std::string>& expected, const std::vector<std::string>& got);

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_LOG_LISTENERS_H_
