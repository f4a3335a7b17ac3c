// A compacted topic of one partition in memory, for any number of tables, as stand-in for a KafkaTable. What is put can be
// held back, and let land in another order or fail; reading of a table can be paused; the topic can be compacted.
//
// Thread safety: all methods may be called from any thread. Each table calls back on a thread of its own.
#ifndef SANYUAN_TESTS_SUPPORT_MEMORY_TABLE_H_
#define SANYUAN_TESTS_SUPPORT_MEMORY_TABLE_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/log/kafka/kafka_table.h"

namespace sanyuan::log {

class MemoryTopic {
 public:
  using KeyAndValue = std::pair<std::string, std::string>;

  // The topic outlives its tables.
  std::unique_ptr<KafkaTable> Open(KafkaTable::Listener* listener);
  // As somebody else would.
  void Append(const std::string& key, const std::string& value);

  // What is put from now on waits.
  void Hold();
  // False when that did not happen within a minute.
  bool WaitForHeld(size_t count);
  // In the order of Put.
  std::vector<KeyAndValue> held() const;
  // What is held lands in this order, by number from 0, and later rows at once; without numbers in the order of Put.
  void Release(const std::vector<size_t>& order = {});
  // The one that was put first; the others, and later ones, are held on.
  void LandOne();
  // Tells those who put what is held that it failed. It lands all the same if `lands`. Later rows are held on.
  void FailHeld(const absl::Status& why, bool lands);

  // By the number of the opening, from 0.
  void PauseReading(int table);
  void ResumeReading(int table);

  // Leaves of each key only the last row, and none that was taken away; not where a table still has to read.
  void Compact();
  // What is there, in order.
  std::vector<KeyAndValue> rows() const;
  // Rows that ever landed.
  size_t landed() const;
  // Until so many rows are there whose keys begin so. False when that did not happen within a minute.
  bool WaitForRows(const std::string& prefix, size_t count);

 private:
  class Table;
  using Done = std::function<void(absl::Status)>;
  struct Held {
    Table* table;
    KeyAndValue row;
    Done done;
  };

  // REQUIRES: mutex_ is held.
  void Land(Held held);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<KeyAndValue>> rows_;  // Nothing: compacted away.
  bool holding_ = false;
  std::vector<Held> held_;
  std::set<const Table*> tables_;
  std::set<int> paused_;
  int opened_ = 0;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_SUPPORT_MEMORY_TABLE_H_
