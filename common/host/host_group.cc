#include "common/host/host_group.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>

#include "absl/time/clock.h"
#include "common/partition/partitioner.h"

namespace sanyuan::host {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kHeadCheck = absl::Seconds(1);

// Waits for `count` calls of Done.
class Latch {
 public:
  explicit Latch(size_t count) : left_(count) {}
  void Done() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  size_t left_;
};

}  // namespace

HostGroup::HostGroup(HostGroupOptions options, std::vector<ContextSpec> specs, log::Log& log,
                     view::ViewStore& views, SnapshotStore& snapshots)
    : options_(options),
      deciding_(options.deciding_threads),
      blocking_(options.blocking_threads),
      reading_(options.reading_threads) {
  HostServices services;
  services.log = &log;
  services.views = &views;
  services.snapshots = &snapshots;
  services.recent = &recent_;
  services.deciding = &deciding_;
  services.blocking = &blocking_;
  services.reading = &reading_;
  services.simulated_clock = options_.simulated_clock;
  services.observe = options_.observe;
  services.grown = [this](const log::TopicPartition& journal) {
    const auto [begin, end] = readers_.equal_range(journal.topic);
    const bool everywhere = journal.topic.find(".reference.") != std::string::npos;
    for (auto it = begin; it != end; ++it) {
      if (everywhere || it->second->journal().partition == journal.partition)
        it->second->OnInputGrown(journal.topic);
    }
  };
  for (const ContextSpec& spec : specs) {
    const int32_t count = spec.single_partition ? 1 : options_.partitions;
    counts_[spec.context] = count;
    for (int32_t partition = 0; partition < count; ++partition) {
      hosts_.push_back(std::make_unique<PartitionHost>(spec, partition, services));
      by_partition_[{spec.context, partition}] = hosts_.back().get();
      for (const std::string& input : spec.inputs) readers_.emplace(input, hosts_.back().get());
    }
  }
}

HostGroup::~HostGroup() { Stop(); }

absl::Status HostGroup::Start() {
  std::vector<std::future<absl::Status>> starts;
  for (const auto& host : hosts_) starts.push_back(host->Start());
  absl::Status all;
  for (std::future<absl::Status>& start : starts) all.Update(start.get());
  if (!all.ok()) return all;
  if (!options_.simulated_clock) {
    SendTime(absl::Now());
    ticker_ = blocking_.Every(kTick, [this] { Tick(); });
  }
  head_ticker_ = blocking_.Every(kHeadCheck, [this] {
    for (const auto& host : hosts_) {
      host->CheckHead();
      if (host->spec().projection != nullptr) host->projector().ExpireWaiters(absl::Now());
    }
  });
  for (bool ready = false; !ready;) {
    absl::Time latest = options_.clock_was_at;
    ready = true;
    for (const auto& [host, status] : Statuses()) {
      latest = std::max(latest, status.last_decided);
      if (status.damage || status.role == partition::Partition::Role::kLeading) continue;
      ready = false;
    }
    if (ready && options_.simulated_clock && latest != absl::InfinitePast()) {
      simulated_us_ = absl::ToUnixMicros(latest);
      SendTime(latest);
    }
    if (!ready) absl::SleepFor(absl::Milliseconds(2));
  }
  return absl::OkStatus();
}

void HostGroup::Stop() {
  if (std::exchange(stopped_, true)) return;
  ticker_.reset();
  head_ticker_.reset();
  for (const auto& host : hosts_) {
    host->Stop();
    if (host->spec().projection == nullptr) continue;
    host->projector().Stop();
    host->projector().ExpireWaiters(absl::InfiniteFuture());
  }
  reading_.Stop();
  blocking_.Stop();
  deciding_.Stop();
}

PartitionHost* HostGroup::FindPartition(std::string_view context, int32_t partition) {
  const auto it = by_partition_.find({std::string(context), partition});
  return it == by_partition_.end() ? nullptr : it->second;
}

PartitionHost* HostGroup::Find(std::string_view context, County county) {
  const auto count = counts_.find(std::string(context));
  if (count == counts_.end()) return nullptr;
  return FindPartition(context, partition::PartitionOf(county, count->second));
}

std::vector<std::pair<PartitionHost*, HostStatus>> HostGroup::Statuses() {
  std::vector<std::pair<PartitionHost*, HostStatus>> statuses(hosts_.size());
  Latch latch(hosts_.size());
  for (size_t i = 0; i < hosts_.size(); ++i) {
    statuses[i].first = hosts_[i].get();
    hosts_[i]->Probe([&statuses, &latch, i](HostStatus status) {
      statuses[i].second = std::move(status);
      latch.Done();
    });
  }
  latch.Wait();
  return statuses;
}

absl::Time HostGroup::Now() const {
  if (!options_.simulated_clock) return absl::Now();
  const int64_t us = simulated_us_;
  return us == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMicros(us);
}

void HostGroup::Tick() { SendTime(absl::Now()); }

void HostGroup::SendTime(absl::Time now) {
  for (const auto& host : hosts_) host->OnTime(now);
}

// Whether every input was read to the end of what its own partition has accepted. A partition calls itself quiet
// as long as nobody has told it that there is more.
bool HostGroup::InputsAreRead(const std::vector<std::pair<PartitionHost*, HostStatus>>& statuses) const {
  std::map<log::TopicPartition, int64_t> ends;
  for (const auto& [host, status] : statuses) {
    if (status.place && !status.damage) ends[host->journal()] = status.place->offset + 1;
  }
  for (const auto& [host, status] : statuses) {
    for (const auto& [topic, next_offset] : status.read_inputs) {
      auto end = ends.find({topic, host->journal().partition});
      if (end == ends.end()) end = ends.find({topic, 0});  // Belongs to no county.
      if (!status.damage && end != ends.end() && next_offset < end->second) return false;
    }
  }
  return true;
}

void HostGroup::Settle() {
  // Quiet twice in a row with nothing written in between: no partition had news for another.
  std::vector<uint64_t> before;
  while (true) {
    std::vector<uint64_t> heights;
    bool quiet = true;
    const auto statuses = Statuses();
    const bool unset = options_.simulated_clock && Now() == absl::InfinitePast();
    for (const auto& [host, status] : statuses) {
      heights.push_back(status.place ? status.place->height : 0);
      quiet = quiet && (status.quiet || status.damage || unset);
    }
    quiet = quiet && (unset || InputsAreRead(statuses));
    if (quiet && heights == before) break;
    before = quiet ? std::move(heights) : std::vector<uint64_t>{};
    if (!quiet) absl::SleepFor(absl::Microseconds(500));
  }
  Latch latch(hosts_.size());
  for (size_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i]->spec().projection == nullptr) {
      latch.Done();
    } else {
      hosts_[i]->projector().WhenReached(before[i], absl::InfiniteFuture(), [&latch](bool) { latch.Done(); });
    }
  }
  latch.Wait();
}

absl::Status HostGroup::SetClock(absl::Time time) {
  if (!options_.simulated_clock) return absl::FailedPreconditionError("the clock is not simulated");
  const std::lock_guard lock(clock_mutex_);
  const absl::Time before = Now();
  if (time < before) return absl::InvalidArgumentError("the clock only moves forward");
  const auto go_to = [this](absl::Time now) {
    simulated_us_ = absl::ToUnixMicros(now);
    SendTime(now);
    Settle();
  };
  if (before != absl::InfinitePast()) Settle();
  while (before != absl::InfinitePast()) {
    absl::Time next = absl::InfiniteFuture();
    for (const auto& [host, status] : Statuses()) {
      if (status.not_serving.empty()) next = std::min(next, status.next_due);
    }
    if (next > time) break;
    go_to(std::max(next, Now()));
  }
  go_to(time);
  return options_.keep_clock ? options_.keep_clock(time) : absl::OkStatus();
}

std::string DigestLines(const std::map<std::pair<std::string, County>, Digest>& digests) {
  std::string text;
  for (const auto& [key, digest] : digests) {
    text += fmt::format("{} {} {}\n", key.first, CountyText(key.second), digest.Hex());
  }
  return text;
}

std::string HostGroup::DigestText() {
  std::map<std::pair<std::string, County>, Digest> digests;
  std::mutex mutex;
  Latch latch(hosts_.size());
  for (const auto& host : hosts_) {
    host->Visit([&, context = host->spec().context](partition::Domain& domain) {
      for (const auto& [county, digest] : domain.store().BusinessDigests()) {
        const std::lock_guard lock(mutex);
        digests[{context, county}] = digest;
      }
      latch.Done();
    });
  }
  latch.Wait();
  return DigestLines(digests);
}

}  // namespace sanyuan::host
