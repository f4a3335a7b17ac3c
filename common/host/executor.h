// Threads and strands: a strand runs its tasks one after the other, on any of the threads. Partitions have no
// threads of their own; each is driven on a strand.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_HOST_EXECUTOR_H_
#define SANYUAN_COMMON_HOST_EXECUTOR_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace sanyuan::host {

class Strand {
 public:
  virtual ~Strand() = default;
  // Runs `task` later, after all tasks that were posted before it.
  virtual void Post(std::function<void()> task) = 0;
  // The same after `wait`; no order is kept with tasks that are posted meanwhile.
  virtual void PostAfter(absl::Duration wait, std::function<void()> task) = 0;
  // The clock that PostAfter goes by.
  virtual absl::Time Now() const = 0;
};

// Calls a function again and again until it is destroyed; the destructor waits for a call in progress.
class Ticker {
 public:
  virtual ~Ticker() = default;
};

class Executor {
 public:
  explicit Executor(int threads);
  // Runs what was posted, then joins. Nothing may be posted any more.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void Post(std::function<void()> task);
  // Runs `task` after `wait`, at once when that is not positive.
  void PostAfter(absl::Duration wait, std::function<void()> task);
  std::unique_ptr<Strand> NewStrand();
  std::unique_ptr<Ticker> Every(absl::Duration period, std::function<void()> task);
  // Waits until everything that was posted so far, also what is not due yet, and what it posted, has run. For orderly
  // ends.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_EXECUTOR_H_
