#include "common/log/embedded/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/log/embedded/journal_queries.h"

namespace sanyuan::log {
namespace {

// How long a commit waits for a tool that holds the lock before the producers are told.
constexpr absl::Duration kLockPatience = absl::Seconds(1);

// The same batch can succeed later without anybody's doing here: there is no room, or a tool holds the lock.
bool IsPassing(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
}

}  // namespace

class Writer::QueueingProducer : public Producer {
 public:
  QueueingProducer(Writer* writer, std::shared_ptr<Sender> sender)
      : writer_(writer), sender_(std::move(sender)) {}
  ~QueueingProducer() override { writer_->Close(sender_); }
  // There is no room for headers in its file.
  absl::Status Append(std::string bytes, const RecordHeaders&) override {
    return writer_->Append(sender_, std::move(bytes));
  }

 private:
  Writer* const writer_;
  const std::shared_ptr<Sender> sender_;
};

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const EmbeddedLogOptions& options, OnLanded on_landed) {
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database = OpenJournalForWriting(options.directory);
  if (!database.ok()) return database.status();
  absl::StatusOr<std::unique_ptr<sqlite::Database>> second = OpenJournalForWriting(options.directory);
  if (!second.ok()) return second.status();
  // Appending goes to the right edge of each partition only; this much holds those pages for some thousand.
  for (sqlite::Database* each : {database->get(), second->get()}) {
    if (absl::Status status = each->Execute("PRAGMA cache_size=-32768"); !status.ok()) return status;
  }
  (*database)->SetBusyTimeout(kLockPatience);
  std::unique_ptr<Writer> writer(new Writer(options, *std::move(database),
                                            std::make_unique<Checkpointer>(*std::move(second)),
                                            std::move(on_landed)));
  for (const auto& [statement, sql] : std::initializer_list<std::pair<sqlite::Statement*, const char*>>{
           {&writer->begin_, "BEGIN IMMEDIATE"},
           {&writer->insert_, "INSERT INTO journal(topic, partition, offset, record) VALUES(?, ?, ?, ?)"},
           {&writer->end_offset_,
            "SELECT offset FROM journal WHERE topic=? AND partition=? ORDER BY offset DESC LIMIT 1"},
           {&writer->commit_, "COMMIT"}}) {
    absl::StatusOr<sqlite::Statement> prepared = writer->database_->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  absl::StatusOr<int64_t> page_bytes = writer->database_->QueryInt("PRAGMA page_size");
  if (!page_bytes.ok()) return page_bytes.status();
  writer->page_bytes_ = *page_bytes;
  writer->thread_ = std::thread([raw = writer.get()] { raw->Run(); });
  return writer;
}

Writer::Writer(const EmbeddedLogOptions& options, std::unique_ptr<sqlite::Database> database,
               std::unique_ptr<Checkpointer> checkpointer, OnLanded on_landed)
    : options_(options),
      on_landed_(std::move(on_landed)),
      database_(std::move(database)),
      checkpointer_(std::move(checkpointer)),
      restart_at_bytes_(options.restart_from_bytes) {}

Writer::~Writer() { Stop(); }

void Writer::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<Producer> Writer::NewProducer(const TopicPartition& where, ProducerListener* listener) {
  auto sender = std::make_shared<Sender>();
  std::lock_guard lock(mutex_);
  std::unique_ptr<Partition>& partition = partitions_[where];
  if (partition == nullptr) partition = std::make_unique<Partition>(Partition{where});
  sender->partition = partition.get();
  sender->listener = listener;
  senders_.push_back(sender);
  return std::make_unique<QueueingProducer>(this, std::move(sender));
}

absl::Status Writer::Append(const std::shared_ptr<Sender>& sender, std::string bytes) {
  std::lock_guard lock(mutex_);
  if (sender->lost) return absl::FailedPreconditionError("this producer is lost");
  if (stats_.queued_records >= options_.max_queued_records ||
      stats_.queued_bytes + bytes.size() > options_.max_queued_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{} records ({} bytes) wait to be written", stats_.queued_records, stats_.queued_bytes));
  }
  ++stats_.queued_records;
  stats_.queued_bytes += bytes.size();
  queue_.push_back({sender, std::move(bytes)});
  if (queue_.size() == 1) changed_.notify_all();
  return absl::OkStatus();
}

void Writer::Close(const std::shared_ptr<Sender>& sender) {
  {
    std::lock_guard lock(mutex_);
    sender->closed = true;
    std::erase(senders_, sender);
  }
  // Callbacks look at `closed` when they hold this, so none is at work or comes after.
  std::lock_guard calls(sender->calls);
}

EmbeddedLogStats Writer::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Writer::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      TakeBatch();
    }
    Write();
    KeepLogShort();
  }
}

void Writer::TakeBatch() {
  size_t bytes = 0;
  size_t count = 0;
  while (count < queue_.size() && count < options_.max_batch_records &&
         (count == 0 || bytes + queue_[count].bytes.size() <= options_.max_batch_bytes)) {
    bytes += queue_[count].bytes.size();
    ++count;
  }
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(count);
  batch_.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
}

void Writer::DropClosed() {
  std::lock_guard lock(mutex_);
  std::erase_if(batch_, [this](const Item& item) {
    if (!item.sender->closed) return false;
    --stats_.queued_records;
    stats_.queued_bytes -= item.bytes.size();
    return true;
  });
}

void Writer::Write() {
  absl::Duration wait = options_.first_retry;
  bool stalled = false;
  while (true) {
    DropClosed();
    const absl::StatusOr<std::vector<Landed>> landed = Commit();
    if (landed.ok()) {
      {
        std::lock_guard lock(mutex_);
        stats_.commits += batch_.empty() ? 0 : 1;
        stats_.records += batch_.size();
        for (const Item& item : batch_) {
          stats_.bytes += item.bytes.size();
          stats_.queued_bytes -= item.bytes.size();
        }
        stats_.queued_records -= batch_.size();
        stats_.wal_bytes = database_->log_pages() * page_bytes_;
        stats_.stalled = false;
      }
      if (stalled) TellStalled(absl::OkStatus());
      on_landed_(*landed);
      break;
    }
    if (!IsPassing(landed.status())) {
      LoseAll(landed.status());
      break;
    }
    stalled = true;
    {
      std::lock_guard lock(mutex_);
      stats_.stalled = true;
    }
    TellStalled(landed.status());
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(wait), [this] { return stopping_; });
    if (stopping_) break;
    wait = std::min(wait * 2, options_.last_retry);
  }
  batch_.clear();
}

absl::StatusOr<std::vector<Landed>> Writer::Commit() {
  std::vector<Landed> landed;
  if (batch_.empty()) return landed;
  // One partition after the other: neighbours in the tree, and each in the order of its producer.
  std::stable_sort(batch_.begin(), batch_.end(),
                   [](const Item& a, const Item& b) { return a.sender->partition < b.sender->partition; });
  std::vector<std::pair<Partition*, int64_t>> ends;
  absl::Status status = begin_.Run();
  if (status.ok()) status = InsertBatch(ends);
  if (status.ok()) status = commit_.Run();
  if (!status.ok()) {
    database_->RollBack();
    return status;
  }
  for (const auto& [partition, end] : ends) {
    partition->next_offset = end;
    landed.push_back({&partition->where, end});
  }
  return landed;
}

absl::Status Writer::InsertBatch(std::vector<std::pair<Partition*, int64_t>>& ends) {
  for (const Item& item : batch_) {
    Partition* partition = item.sender->partition;
    if (ends.empty() || ends.back().first != partition) {
      if (absl::Status status = FindEnd(*partition); !status.ok()) return status;
      ends.emplace_back(partition, partition->next_offset);
      insert_.BindText(1, partition->where.topic);
      insert_.BindInt(2, partition->where.partition);
    }
    insert_.BindInt(3, ends.back().second++);
    insert_.BindBlob(4, item.bytes);
    if (absl::Status status = insert_.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Writer::FindEnd(Partition& partition) {
  // Read once and kept over failed tries: should a commit land and yet report an error, the next try hits
  // its rows and everybody is lost, instead of writing them twice.
  if (partition.next_offset >= 0) return absl::OkStatus();
  end_offset_.BindText(1, partition.where.topic);
  end_offset_.BindInt(2, partition.where.partition);
  absl::StatusOr<bool> row = end_offset_.Step();
  if (!row.ok()) return row.status();
  partition.next_offset = *row ? end_offset_.Int(0) + 1 : 0;
  end_offset_.Reset();
  return absl::OkStatus();
}

void Writer::KeepLogShort() {
  const int64_t log_pages = database_->log_pages();
  if (log_pages < last_log_pages_) checkpointer_->Restarted();
  last_log_pages_ = log_pages;
  const int64_t log_bytes = log_pages * page_bytes_;
  const int64_t behind = checkpointer_->BehindBy(log_pages) * page_bytes_;
  const bool close = behind < options_.checkpoint_from_bytes / 2;
  if (log_bytes >= options_.checkpoint_from_bytes && !close) checkpointer_->Wake();
  // Under load no checkpoint beside the writing ever meets the end of the log. When it has come close, or
  // the log is far too long, the writer does the rest itself, and the log begins again from its start.
  const bool far_too_long = log_bytes >= 2 * restart_at_bytes_;
  if (log_bytes < restart_at_bytes_ || (!close && !far_too_long)) return;
  const std::unique_lock paused = checkpointer_->Pause(/*wait=*/far_too_long);
  if (!paused.owns_lock()) return;
  database_->SetBusyTimeout(absl::Milliseconds(50));
  const bool restarted = database_->Checkpoint(/*restart=*/true).ok();
  database_->SetBusyTimeout(kLockPatience);
  if (restarted) {
    checkpointer_->Restarted();
    restart_at_bytes_ = options_.restart_from_bytes;
  } else {
    // A reader stays (a backup, a tool): try again when the log has grown as much once more.
    restart_at_bytes_ = log_bytes + options_.restart_from_bytes;
  }
}

std::vector<std::shared_ptr<Writer::Sender>> Writer::Senders() {
  std::lock_guard lock(mutex_);
  return senders_;
}

void Writer::TellStalled(const absl::Status& why) {
  for (const std::shared_ptr<Sender>& sender : Senders()) {
    std::lock_guard calls(sender->calls);
    if (sender->told_stalled == !why.ok()) continue;
    {
      std::lock_guard lock(mutex_);
      if (sender->closed) continue;
    }
    sender->told_stalled = !why.ok();
    sender->listener->OnStalled(why);
  }
}

void Writer::LoseAll(const absl::Status& why) {
  std::vector<std::shared_ptr<Sender>> lost;
  {
    std::lock_guard lock(mutex_);
    lost = std::exchange(senders_, {});
    for (const std::shared_ptr<Sender>& sender : lost) sender->lost = true;
    for (const auto& [where, partition] : partitions_) partition->next_offset = -1;
    queue_.clear();
    stats_.queued_records = 0;
    stats_.queued_bytes = 0;
    stats_.stalled = false;
  }
  for (const std::shared_ptr<Sender>& sender : lost) {
    std::lock_guard calls(sender->calls);
    {
      std::lock_guard lock(mutex_);
      if (sender->closed) continue;
    }
    sender->listener->OnLost(why);
  }
}

}  // namespace sanyuan::log
