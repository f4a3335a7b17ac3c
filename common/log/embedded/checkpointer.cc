#include "common/log/embedded/checkpointer.h"

#include <utility>

namespace sanyuan::log {

Checkpointer::Checkpointer(std::unique_ptr<sqlite::Database> database)
    : database_(std::move(database)), thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::Wake() {
  {
    std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

std::unique_lock<std::mutex> Checkpointer::Pause(bool wait) {
  return wait ? std::unique_lock(working_) : std::unique_lock(working_, std::try_to_lock);
}

void Checkpointer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    lock.unlock();
    {
      std::lock_guard working(working_);
      // A failure (a full disk, mostly) costs nothing but a longer log; the writer asks again after its next
      // commit.
      absl::StatusOr<sqlite::Database::Checkpointed> done = database_->Checkpoint(/*restart=*/false);
      if (done.ok()) moved_pages_.store(done->moved_pages);
    }
    lock.lock();
    wanted_ = false;
  }
}

}  // namespace sanyuan::log
