// Reads every journal again from its beginning, slowly, all the time, and finds damage behind what the running
// partitions still look at; at once and without pauses where another instance says to have found some. A damaged partition
// is replayed, so that it halts at the place; the others go on.
// Thread safety: the constructor starts its own thread, the destructor ends it. REQUIRES: it is destroyed before the
// hosts stop, since it waits for their answers.
#ifndef SANYUAN_COMMON_HOST_SCRUB_H_
#define SANYUAN_COMMON_HOST_SCRUB_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "common/host/host_group.h"
#include "common/log/log.h"

namespace sanyuan::host {

class Scrub {
 public:
  // `pause` at least follows each piece of a journal; it is longer after long work, so that the scrub takes no more
  // than a twentieth of a processor from what the server is for.
  Scrub(log::Log& log, HostGroup& hosts, absl::Duration pause);
  ~Scrub();

  // How often all journals that are not halted were read to their ends.
  uint64_t rounds() const { return rounds_; }

 private:
  void Run();
  void ReadDoubted();
  // False: it could not be read to its end, or it is to end itself.
  bool ReadJournal(PartitionHost& host, bool hurry);
  // False: it is to end.
  bool Pause(absl::Duration worked);

  log::Log& log_;
  HostGroup& hosts_;
  const absl::Duration pause_;
  std::atomic<uint64_t> rounds_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_SCRUB_H_
