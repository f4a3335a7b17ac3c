// Moves committed pages from the write-ahead log into the database, on a thread and connection of its own, so
// that commits don't wait for it. Waits for nobody; what readers or the writer hold up is moved next time.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_CHECKPOINTER_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_CHECKPOINTER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "common/sqlite/database.h"

namespace sanyuan::log {

class Checkpointer {
 public:
  explicit Checkpointer(std::unique_ptr<sqlite::Database> database);
  // Waits for a checkpoint in progress.
  ~Checkpointer();

  // Begins a checkpoint unless one is at work.
  void Wake();
  // Holds checkpoints off while the result owns its mutex: two at once refuse each other. Without `wait` the
  // result owns nothing when one is at work.
  std::unique_lock<std::mutex> Pause(bool wait);
  // How many pages of the log a checkpoint would have to move, as of the last one's end. `log_pages`: in the
  // log by now.
  int64_t BehindBy(int64_t log_pages) const { return log_pages - moved_pages_.load(); }
  // The log begins again from its start.
  void Restarted() { moved_pages_.store(0); }

 private:
  void Run();

  const std::unique_ptr<sqlite::Database> database_;
  std::atomic<int64_t> moved_pages_{0};
  std::mutex working_;  // Held during a checkpoint.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_CHECKPOINTER_H_
