// All partitions that this process hosts: routing by county, the clock, and what operations ask about them as a whole.
// Their journals have begun (genesis.h).
//
// Thread safety: all methods may be called from any thread, after Start.
#ifndef SANYUAN_COMMON_HOST_HOST_GROUP_H_
#define SANYUAN_COMMON_HOST_HOST_GROUP_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/host/partition_host.h"

namespace sanyuan::host {

struct HostGroupOptions {
  int32_t partitions = 8;
  bool simulated_clock = false;
  // A simulated clock goes on from here, or from where the journals left it if that is later.
  absl::Time clock_was_at = absl::InfinitePast();
  // Keeps where the simulated clock was set to before SetClock is answered; not called when empty.
  std::function<absl::Status(absl::Time)> keep_clock;
  int deciding_threads = 2;
  int blocking_threads = 2;
  int reading_threads = 4;
  ObserveFn observe;  // May be empty.
};

class HostGroup {
 public:
  HostGroup(HostGroupOptions options, std::vector<ContextSpec> specs, log::Log& log, view::ViewStore& views,
            SnapshotStore& snapshots);
  ~HostGroup();

  // Begins reading all journals, and returns when all of them take commands or are halted.
  absl::Status Start();
  void Stop();

  // nullptr when this process does not host the context.
  PartitionHost* Find(std::string_view context, County county);
  PartitionHost* FindPartition(std::string_view context, int32_t partition);
  const std::vector<std::unique_ptr<PartitionHost>>& hosts() const { return hosts_; }
  // Every host's status, asked in turn.
  std::vector<std::pair<PartitionHost*, HostStatus>> Statuses();

  // Server time. InfinitePast while a simulated clock has not been set.
  absl::Time Now() const;
  // Moves the simulated clock: fires due timers in order, and returns when every partition has decided its ticks
  // and has read its inputs to their ends. InvalidArgument: backwards. FailedPrecondition: the clock is real.
  // Another error: it moved, but was not kept.
  absl::Status SetClock(absl::Time time);
  // Waits until every partition that serves is quiet and every view is up to date.
  void Settle();

  // One digest per context and county of the business state, as text: the same on every engine and partition count.
  std::string DigestText();

 private:
  void Tick();
  void SendTime(absl::Time now);
  bool InputsAreRead(const std::vector<std::pair<PartitionHost*, HostStatus>>& statuses) const;

  const HostGroupOptions options_;
  RecentRecords recent_;
  Executor deciding_;
  Executor blocking_;
  Executor reading_;
  std::vector<std::unique_ptr<PartitionHost>> hosts_;
  std::map<std::pair<std::string, int32_t>, PartitionHost*> by_partition_;
  std::map<std::string, int32_t> counts_;
  std::multimap<std::string, PartitionHost*> readers_;  // By the topic of the input.
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<Ticker> head_ticker_;
  std::mutex clock_mutex_;  // One mover of the clock at a time.
  std::atomic<int64_t> simulated_us_{INT64_MIN};
  bool stopped_ = false;
};

// The text of `digests`, one line for each county: "order_intake 620121 <hex>".
std::string DigestLines(const std::map<std::pair<std::string, County>, Digest>& digests);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_HOST_GROUP_H_
