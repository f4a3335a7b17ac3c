// All partitions that this process hosts: routing by county, the clock, and what operations ask about them as a whole.
// Their journals have begun (genesis.h). With other instances beside it (ownership) each hosts every partition of its
// contexts, and one of them leads it.
//
// Thread safety: all methods may be called from any thread, after Start.
#ifndef SANYUAN_COMMON_HOST_HOST_GROUP_H_
#define SANYUAN_COMMON_HOST_HOST_GROUP_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/host/clock_guard.h"
#include "common/host/input_watch.h"
#include "common/host/partition_host.h"
#include "common/host/peers.h"
#include "common/ownership/directory.h"

namespace sanyuan::host {

struct HostGroupOptions {
  int32_t partitions = 8;
  // Partitions of contexts by name, also of those that other processes host: their journals may be inputs here, and calls for
  // them are passed on. Those of the specs may be left out.
  std::map<std::string, int32_t> known = {};
  bool simulated_clock = false;
  // A simulated clock goes on from here, or from where the journals left it if that is later.
  absl::Time clock_was_at = absl::InfinitePast();
  // Keeps where the simulated clock was set to before SetClock is answered; not called when empty.
  std::function<absl::Status(absl::Time)> keep_clock;
  WorkLogs* works = nullptr;  // Outlives the group; may be nullptr.
  int deciding_threads = 2;
  int blocking_threads = 2;
  int reading_threads = 4;
  ObserveFn observe;  // May be empty.
  // A partition that has not moved for so long, in whole seconds, is stalled.
  absl::Duration stalled_after = absl::Seconds(10);
  // For how long others keep what was stalled here: the first time; twice as long each time that it is so again soon.
  absl::Duration aside = absl::Seconds(30);
};

class HostGroup : private ownership::OwnershipListener {
 public:
  // `ownership` may be nullptr: nobody else writes. All outlive it.
  HostGroup(const HostGroupOptions& options, const std::vector<ContextSpec>& specs, log::Log& log,
            view::ViewStore& views, SnapshotStore& snapshots, ownership::Ownership* ownership = nullptr);
  ~HostGroup() override;

  // Begins reading all journals, and returns when all of them take commands or are halted; with other instances, when
  // all were read to their ends.
  absl::Status Start();
  // From now on this instance may lead. `address`: where others reach it; `peers` outlives this.
  absl::Status Join(const std::string& address, Peers* peers);
  // Waits until others lead what this instance led; not longer than `patience`, and not when there is nobody else. Who
  // waits for the clock or for rest is told to go.
  void HandOver(absl::Duration patience);
  void Stop();

  // Who decides for what. Without other instances it knows nobody.
  const ownership::Directory& directory() const { return directory_; }
  const std::string* instance() const { return ownership_ == nullptr ? nullptr : &ownership_->instance(); }
  // The partition of a county; nullopt when the context is not known here.
  std::optional<ownership::Share> ShareOf(std::string_view context, County county) const;

  // nullptr when this process does not host the context.
  PartitionHost* Find(std::string_view context, County county);
  PartitionHost* FindPartition(std::string_view context, int32_t partition);
  const std::vector<std::unique_ptr<PartitionHost>>& hosts() const { return hosts_; }
  // Every host's status, asked in turn. Who does not answer soon is `stalled` and tells nothing else.
  std::vector<std::pair<PartitionHost*, HostStatus>> Statuses();

  // Server time. InfinitePast while a simulated clock has not been set.
  absl::Time Now() const;
  // Whether that may stamp decisions; nullptr where it is simulated. Looked at ten times a second.
  const ClockGuard* clock_guard() const { return clock_guard_ ? &*clock_guard_ : nullptr; }
  // Moves the simulated clock: fires due timers in order, and returns when every partition has decided its ticks
  // and has read its inputs to their ends. InvalidArgument: backwards. FailedPrecondition: the clock is real.
  // DeadlineExceeded, Unavailable: as Settle; it may have moved. Another error: it moved, but was not kept.
  absl::Status SetClock(absl::Time time, absl::Time deadline = absl::InfiniteFuture());
  // Waits until every partition that is not halted is quiet and every view is up to date. DeadlineExceeded: that did not
  // come; behind a halted input it never does. Unavailable: this instance is ending.
  absl::Status Settle(absl::Time deadline = absl::InfiniteFuture());

  // Lets every journal of the deployment hold what belongs to `raise.format()`, and returns when it stands in all. Errors:
  // see OperationsService.RaiseFormat.
  absl::Status RaiseFormat(const journal::v1::FormatRaised& raise);
  // The same for what this instance leads, without waiting for it.
  absl::Status RaiseFormatOfLed(const journal::v1::FormatRaised& raise);

  // One digest per context and county of the business state, as text: the same on every engine and partition count.
  // Unavailable: another instance does not answer.
  absl::StatusOr<std::string> DigestText();

  // Of this instance alone, for its peers.
  std::vector<Activity> Activities();
  // The simulated clock never goes back. Whether it stood at an earlier time.
  bool MoveClock(absl::Time now);
  Digests DigestsOfLed();

 private:
  void OnAssigned(const std::set<ownership::Share>& shares) override;
  void OnAnnounced(const ownership::Announcement& announcement, bool earlier) override;
  void OnPresent(const ownership::Presence& presence, bool earlier) override;

  void Tick();
  void SendTime(absl::Time now, const std::string& clock_trouble = "");
  void SayPresent();
  void LookForProgress();
  // One after the other, so that a store that does not answer keeps one thread at most.
  void CheckViews(size_t first);
  std::string WhyStalled(const PartitionHost& host) const;
  // Leaves the partitions to others for a while when some are stalled here.
  void StandAside(bool stalled);
  // What each partition is about where it is led, or halted; nothing when an instance does not answer or a partition is
  // led by nobody.
  std::optional<std::map<ownership::Share, Activity>> Whole();
  // Whether a call may go on waiting.
  absl::Status MayWait(absl::Time deadline) const;
  bool Quiet(const std::map<ownership::Share, Activity>& whole) const;
  bool AreShown(const std::map<ownership::Share, Activity>& whole);

  const HostGroupOptions options_;
  ownership::Ownership* const ownership_;
  ownership::Directory directory_;
  std::atomic<Peers*> peers_{nullptr};
  RecentRecords recent_;
  Executor deciding_;
  Executor blocking_;
  Executor reading_;
  std::vector<std::unique_ptr<PartitionHost>> hosts_;
  std::map<std::pair<std::string, int32_t>, PartitionHost*> by_partition_;
  std::map<std::string, int32_t> counts_;
  std::multimap<std::string, PartitionHost*> readers_;  // By the topic of the input.
  std::vector<std::unique_ptr<InputWatch>> watches_;    // Of inputs that other processes lead.
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<Ticker> head_ticker_;
  std::unique_ptr<Ticker> ownership_ticker_;
  std::unique_ptr<Ticker> progress_ticker_;
  std::atomic<bool> checking_views_{false};
  std::string address_;
  std::atomic<bool> joined_{false};
  // Used by the ticker only.
  int looks_with_others_ = 0;  // In a row, one a second.
  absl::Time aside_until_ = absl::InfinitePast();
  absl::Time joined_at_ = absl::InfinitePast();
  absl::Duration aside_;

  std::optional<ClockGuard> clock_guard_;
  bool clock_was_wrong_ = false;
  std::mutex clock_mutex_;  // One mover of the clock at a time.
  std::atomic<int64_t> simulated_us_{INT64_MIN};
  std::atomic<bool> leaving_{false};
  bool stopped_ = false;
};

// The text of `digests`, one line for each county: "order_intake 620121 <hex>".
std::string DigestLines(const Digests& digests);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_HOST_GROUP_H_
