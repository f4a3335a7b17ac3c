// The one thread that writes: takes what producers have queued, gives it offsets and commits it as one
// transaction, while the next batch gathers. So the price of a commit (one fsync) is shared by all who wait.
//
// A full disk stalls it: the batch is kept and tried again until it lands. Any other failure loses all
// producers and what they had queued; new ones begin from what is in the database.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_WRITER_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_WRITER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/embedded/checkpointer.h"
#include "common/log/embedded/options.h"
#include "common/log/log.h"
#include "common/sqlite/database.h"

namespace sanyuan::log {

// A partition's records below `end_offset` are committed.
struct Landed {
  const TopicPartition* where;  // Lives as long as the writer.
  int64_t end_offset;
};

class Writer {
 public:
  // Called on the writer's thread after each commit. Must not block.
  using OnLanded = std::function<void(const std::vector<Landed>&)>;

  static absl::StatusOr<std::unique_ptr<Writer>> Open(const EmbeddedLogOptions& options, OnLanded on_landed);
  // REQUIRES: its producers are gone.
  ~Writer();
  // Nothing is written and nobody called any more.
  void Stop();

  std::unique_ptr<Producer> NewProducer(const TopicPartition& where, ProducerListener* listener);
  EmbeddedLogStats stats() const;

 private:
  struct Partition {
    TopicPartition where;
    int64_t next_offset = -1;  // -1: to be read from the database. Used by the writer's thread alone.
  };
  // What a producer and the writer share.
  struct Sender {
    Partition* partition;
    ProducerListener* listener;
    bool closed = false;  // No more of it is written. Guarded by mutex_.
    bool lost = false;    // Guarded by mutex_.
    bool told_stalled = false;
    std::mutex calls;  // Held during callbacks.
  };
  struct Item {
    std::shared_ptr<Sender> sender;
    std::string bytes;
  };
  class QueueingProducer;

  Writer(const EmbeddedLogOptions& options, std::unique_ptr<sqlite::Database> database,
         std::unique_ptr<Checkpointer> checkpointer, OnLanded on_landed);
  absl::Status Append(const std::shared_ptr<Sender>& sender, std::string bytes);
  void Close(const std::shared_ptr<Sender>& sender);

  void Run();
  void TakeBatch();
  void DropClosed();
  // Until the batch has landed, was lost, or the log ends.
  void Write();
  absl::StatusOr<std::vector<Landed>> Commit();
  absl::Status InsertBatch(std::vector<std::pair<Partition*, int64_t>>& ends);
  absl::Status FindEnd(Partition& partition);
  void KeepLogShort();
  void TellStalled(const absl::Status& why);
  void LoseAll(const absl::Status& why);
  std::vector<std::shared_ptr<Sender>> Senders();

  const EmbeddedLogOptions options_;
  const OnLanded on_landed_;
  const std::unique_ptr<sqlite::Database> database_;
  const std::unique_ptr<Checkpointer> checkpointer_;
  sqlite::Statement begin_;
  sqlite::Statement insert_;
  sqlite::Statement end_offset_;
  sqlite::Statement commit_;
  // Used by the writer's thread alone.
  int64_t page_bytes_ = 0;
  int64_t last_log_pages_ = 0;
  int64_t restart_at_bytes_ = 0;
  std::vector<Item> batch_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TopicPartition, std::unique_ptr<Partition>> partitions_;
  std::vector<std::shared_ptr<Sender>> senders_;
  std::deque<Item> queue_;
  EmbeddedLogStats stats_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_WRITER_H_
