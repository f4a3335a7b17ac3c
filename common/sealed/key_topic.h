// The topic `registry.keys` as it is read, and rows that are written to it and waited for. What the keys are good for is
// topic_key_store.h.
//
// A row has landed when all brokers in sync have confirmed it and it was read back: then everybody reads it at the same
// place among the others.
//
// Thread safety: one lock, which whoever uses it holds; methods that wait let go of it meanwhile.
#ifndef SANYUAN_COMMON_SEALED_KEY_TOPIC_H_
#define SANYUAN_COMMON_SEALED_KEY_TOPIC_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/kafka/kafka_table.h"
#include "common/sealed/key_rows.h"

namespace sanyuan::sealed {

inline constexpr char kKeysTopic[] = "registry.keys";
// One, so that all its rows have one order.
inline constexpr int32_t kKeysPartitions = 1;

// Opens the table of kKeysTopic for a listener.
using OpenKeyTable =
    std::function<absl::StatusOr<std::unique_ptr<log::KafkaTable>>(log::KafkaTable::Listener*)>;

class KeyTopic final : private log::KafkaTable::Listener {
 public:
  using Lock = std::unique_lock<std::mutex>;

  // A row that was written here.
  struct Landing {
    Landing(KeyRow written, absl::Time at) : row(std::move(written)), since(at) {}

    const KeyRow row;
    const absl::Time since;
    bool confirmed = false;
    bool read = false;
    absl::Status failed;

    bool settled() const { return (confirmed && read) || !failed.ok(); }
  };
  using LandingPtr = std::shared_ptr<const Landing>;

  // Returns when all that was there has been read. `patience`: for so long everything waits for the brokers, here for the
  // next row. Unavailable; FailedPrecondition: a row is of a later version.
  static absl::StatusOr<std::unique_ptr<KeyTopic>> Open(const OpenKeyTable& open, absl::Duration patience);
  // REQUIRES: nobody waits.
  ~KeyTopic() override;

  Lock Hold() { return Lock(mutex_); }

  // REQUIRES: the lock is held, here and below.
  const KeyRows& rows() const { return rows_; }
  // FailedPrecondition: a row is of a later version, so that nothing can be relied on.
  const absl::Status& broken() const { return broken_; }
  // Whether a row of this key that was written here has not landed yet, nor failed to.
  bool IsUnderWay(const std::string& key) const { return under_way_.contains(key); }

  // Unavailable at once, when an earlier row waits for longer than `patience`.
  absl::StatusOr<std::vector<LandingPtr>> Begin(const std::vector<KeyRow>& rows);
  // OK when all have landed. Unavailable: not in time, and they may land later.
  absl::Status Await(Lock& lock, const std::vector<LandingPtr>& landings);
  // Both, in pieces.
  absl::Status Write(Lock& lock, const std::vector<KeyRow>& rows);
  // Returns when everything has been read that anybody wrote before.
  absl::Status ReadOn(Lock& lock);

  // Until the condition holds; it is looked at again after each row.
  template <typename Condition>
  void Wait(Lock& lock, absl::Time deadline, Condition condition) {
    changed_.wait_for(lock, Until(deadline), condition);
  }
  // Whoever waits looks at its condition again; rows are not waited for any more.
  void Stop();

 private:
  explicit KeyTopic(absl::Duration patience) : patience_(patience) {}

  void OnRow(const log::KafkaTable::Row& row) override;
  void OnCaughtUp() override;
  void OnDone(const std::shared_ptr<Landing>& landing, const absl::Status& status);
  void Settle(const std::shared_ptr<Landing>& landing);
  static std::chrono::nanoseconds Until(absl::Time deadline);

  const absl::Duration patience_;
  std::unique_ptr<log::KafkaTable> table_;
  std::mutex mutex_;
  std::condition_variable changed_;
  KeyRows rows_;
  absl::Status broken_;
  bool caught_up_ = false;
  bool stopped_ = false;
  uint64_t rows_read_ = 0;
  std::multimap<std::string, std::shared_ptr<Landing>> under_way_;  // By the row's key.
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_KEY_TOPIC_H_
