// What the domains' code has in work, kept where it outlives the process that dies of it: each partition has a page of a
// file that is mapped. Writing there is no system call, and what was written before a kill -9 or a crash is in the file after
// it. (A machine that loses its power may lose it; that is no death of ours.)
//
// The counts are this directory's, and of one version: another one may have mended what the work died of.
#ifndef SANYUAN_COMMON_HOST_WORK_LOG_H_
#define SANYUAN_COMMON_HOST_WORK_LOG_H_

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/partition/work.h"

namespace sanyuan::host {

// Of one partition. Thread safety: none; one thread at a time.
class WorkLog {
 public:
  ~WorkLog();
  WorkLog(const WorkLog&) = delete;
  WorkLog& operator=(const WorkLog&) = delete;

  // A few stores each. What somebody has died with before is tried alone: Trying waits for others like it, so that two
  // that are in work when the process dies are not both blamed for ever.
  void Trying(const partition::Work& work);
  // Forgives commands and inputs. Names of timers and of a run's steps are shared, so what was survived may not be what
  // somebody died of: they are forgiven when it is known.
  void Survived();
  void Forgive(const partition::Work& work);

  // How often a process has died with this work since it was forgiven.
  int Deaths(const partition::Work& work) const;
  // What the last process died with.
  const std::optional<partition::Work>& found() const { return found_; }

 private:
  friend class WorkLogs;
  struct Page;
  WorkLog(Page* page, std::mutex& suspects);

  Page* const page_;
  std::optional<partition::Work> found_;
  bool deaths_ = false;  // There are any.
  std::unique_lock<std::mutex> alone_;
};

// Of all partitions of a process. Thread safety: any thread. Outlives what it opens.
class WorkLogs {
 public:
  WorkLogs(std::filesystem::path directory, std::string version)
      : directory_(std::move(directory)), version_(std::move(version)) {}

  // Opens the partition's file, or makes it. What was in work has died once more. A file of another version, or that is none
  // of ours, is begun anew. Unavailable: the directory can't be written.
  absl::StatusOr<std::unique_ptr<WorkLog>> Open(const log::TopicPartition& journal);

 private:
  const std::filesystem::path directory_;
  const std::string version_;
  std::mutex suspects_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_WORK_LOG_H_
