#include "common/host/host_group.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/partition/partitioner.h"

namespace sanyuan::host {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kHeadCheck = absl::Seconds(1);
constexpr absl::Duration kLook = absl::Milliseconds(100);
// For an answer of a partition's strand.
constexpr absl::Duration kAnswer = absl::Seconds(2);
constexpr absl::Duration kLongestAside = absl::Minutes(10);

}  // namespace

HostGroup::HostGroup(const HostGroupOptions& options, const std::vector<ContextSpec>& specs, log::Log& log,
                     view::ViewStore& views, SnapshotStore& snapshots, ownership::Ownership* ownership)
    : options_(options),
      ownership_(ownership),
      deciding_(options.deciding_threads),
      blocking_(options.blocking_threads),
      reading_(options.reading_threads),
      counts_(options.known),
      aside_(options.aside) {
  if (!options_.simulated_clock) {
    if (ownership_ != nullptr) {
      clock_guard_.emplace();
    } else {
      clock_guard_.emplace(absl::Now(), BootNow());
    }
  }
  HostServices services;
  services.log = &log;
  services.views = &views;
  services.snapshots = &snapshots;
  services.works = options_.works;
  services.recent = &recent_;
  services.deciding = &deciding_;
  services.blocking = &blocking_;
  services.reading = &reading_;
  services.simulated_clock = options_.simulated_clock;
  services.ownership = ownership;
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
  for (const auto& [context, count] : options_.known) {
    const std::string topic = context + ".journal";
    if (readers_.find(topic) == readers_.end() || by_partition_.contains({context, 0})) continue;
    for (int32_t partition = 0; partition < count; ++partition) {
      watches_.push_back(std::make_unique<InputWatch>(log::TopicPartition{topic, partition}, log, recent_,
                                                      services.grown, reading_.NewStrand()));
    }
  }
}

HostGroup::~HostGroup() { Stop(); }

absl::Status HostGroup::Start() {
  if (ownership_ != nullptr) {
    if (absl::Status listening = ownership_->Listen(this); !listening.ok()) return listening;
  }
  std::vector<std::future<absl::Status>> starts;
  for (const auto& host : hosts_) starts.push_back(host->Start());
  for (const auto& watch : watches_) watch->Start();
  absl::Status all;
  for (std::future<absl::Status>& start : starts) all.Update(start.get());
  if (!all.ok()) return all;
  if (!options_.simulated_clock) {
    Tick();
    ticker_ = blocking_.Every(kTick, [this] { Tick(); });
  }
  head_ticker_ = blocking_.Every(kHeadCheck, [this] {
    SayPresent();
    if (!checking_views_.exchange(true)) CheckViews(0);
    for (const auto& host : hosts_) {
      host->CheckHead();
      if (host->spec().projection != nullptr) host->projector().ExpireWaiters(absl::Now());
    }
  });
  progress_ticker_ = blocking_.Every(kHeadCheck, [this] { LookForProgress(); });
  for (bool ready = false; !ready;) {
    absl::Time latest = options_.clock_was_at;
    ready = true;
    for (const auto& [host, status] : Statuses()) {
      latest = std::max(latest, status.last_decided);
      const bool leads = status.role == partition::Partition::Role::kLeading;
      ready = ready && (status.damage || leads || (ownership_ != nullptr && status.at_end));
    }
    if (ready && options_.simulated_clock && latest != absl::InfinitePast()) {
      MoveClock(std::max(latest, Now()));
    }
    if (!ready) absl::SleepFor(absl::Milliseconds(2));
  }
  return absl::OkStatus();
}

absl::Status HostGroup::Join(const std::string& address, Peers* peers) {
  peers_ = peers;
  address_ = address;
  if (absl::Status joined = ownership_->Join(address); !joined.ok()) return joined;
  SayPresent();
  ownership_ticker_ = blocking_.Every(kLook, [this] {
    for (const auto& host : hosts_) host->LookAtOwnership();
  });
  joined_ = true;
  return absl::OkStatus();
}

void HostGroup::CheckViews(size_t first) {
  for (size_t i = first; i < hosts_.size(); ++i) {
    if (hosts_[i]->spec().projection == nullptr) continue;
    return hosts_[i]->projector().CheckView([this, i] { CheckViews(i + 1); });
  }
  checking_views_ = false;
}

std::string HostGroup::WhyStalled(const PartitionHost& host) const {
  const Stillness still = host.stillness();
  if (absl::Seconds(still.thread) >= options_.stalled_after) {
    return fmt::format("its thread has not come back for {} s", still.thread);
  }
  if (absl::Seconds(still.journal) >= options_.stalled_after) {
    return fmt::format("what it has written was not read back for {} s", still.journal);
  }
  return "";
}

void HostGroup::LookForProgress() {
  bool stalled = false;
  for (const auto& host : hosts_) {
    host->LookForProgress();
    const std::string why = WhyStalled(*host);
    stalled = stalled || !why.empty();
    if (absl::Seconds(host->stillness().journal) == options_.stalled_after) {
      spdlog::critical("{}: {}", host->journal().ToString(), why);
    }
  }
  if (joined_) StandAside(stalled);
}

void HostGroup::StandAside(bool stalled) {
  const absl::Time now = SteadyNow();
  looks_with_others_ = directory_.Living(now).size() > 1 ? looks_with_others_ + 1 : 0;
  if (aside_until_ != absl::InfinitePast()) {
    if (now < aside_until_) return;
    if (absl::Status joined = ownership_->Join(address_); !joined.ok()) {
      return spdlog::warn("can't be assigned partitions again: {}", std::string(joined.message()));
    }
    aside_until_ = absl::InfinitePast();
    joined_at_ = now;
    return;
  }
  if (!stalled) {
    if (now - joined_at_ > aside_) aside_ = options_.aside;
    return;
  }
  // Where the brokers were away for all, nobody was heard of meanwhile.
  if (absl::Seconds(looks_with_others_) < options_.stalled_after) return;
  spdlog::error("leaves its partitions to other instances for {}", absl::FormatDuration(aside_));
  ownership_->Leave();
  OnAssigned({});
  aside_until_ = now + aside_;
  aside_ = std::min(2 * aside_, kLongestAside);
}

void HostGroup::SayPresent() {
  if (ownership_ == nullptr || peers_ == nullptr) return;
  const int64_t us = simulated_us_;
  ownership_->Present(options_.simulated_clock && us != INT64_MIN ? std::optional(us) : std::nullopt);
}

void HostGroup::HandOver(absl::Duration patience) {
  leaving_ = true;
  progress_ticker_.reset();
  if (ownership_ == nullptr) return;
  ownership_->Leave();
  const absl::Time deadline = SteadyNow() + patience;
  while (SteadyNow() < deadline && directory_.Living(SteadyNow()).size() > 1) {
    if (std::none_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->leading(); })) return;
    absl::SleepFor(absl::Milliseconds(10));
  }
}

void HostGroup::OnAssigned(const std::set<ownership::Share>& shares) {
  for (const auto& host : hosts_) {
    host->OnAssigned(shares.contains({host->spec().context, host->journal().partition}));
  }
}

void HostGroup::OnAnnounced(const ownership::Announcement& announcement, bool earlier) {
  directory_.OnAnnounced(announcement);
  PartitionHost* host = FindPartition(announcement.share.context, announcement.share.partition);
  if (host != nullptr) host->OnAnnounced(announcement, earlier);
}

void HostGroup::OnPresent(const ownership::Presence& presence, bool earlier) {
  directory_.OnPresent(presence, earlier, SteadyNow());
  if (presence.landing && clock_guard_) {
    clock_guard_->OnLanded(presence.landing->appended_at, presence.landing->took, BootNow());
  }
  if (!options_.simulated_clock || !presence.simulated_now_us) return;
  const absl::Time theirs = absl::FromUnixMicros(*presence.simulated_now_us);
  if (theirs > Now()) MoveClock(theirs);
}

void HostGroup::Stop() {
  if (std::exchange(stopped_, true)) return;
  leaving_ = true;
  ticker_.reset();
  head_ticker_.reset();
  ownership_ticker_.reset();
  progress_ticker_.reset();
  for (const auto& watch : watches_) watch->Stop();
  for (const auto& host : hosts_) {
    host->Stop();
    if (host->spec().projection == nullptr) continue;
    host->projector().Stop();
    host->projector().ExpireWaiters(absl::InfiniteFuture());
  }
  if (ownership_ != nullptr) ownership_->Close();
  reading_.Stop();
  blocking_.Stop();
  deciding_.Stop();
}

PartitionHost* HostGroup::FindPartition(std::string_view context, int32_t partition) {
  const auto it = by_partition_.find({std::string(context), partition});
  return it == by_partition_.end() ? nullptr : it->second;
}

std::optional<ownership::Share> HostGroup::ShareOf(std::string_view context, County county) const {
  const auto count = counts_.find(std::string(context));
  if (count == counts_.end()) return std::nullopt;
  return ownership::Share{count->first, partition::PartitionOf(county, count->second)};
}

PartitionHost* HostGroup::Find(std::string_view context, County county) {
  const auto share = ShareOf(context, county);
  return share ? FindPartition(share->context, share->partition) : nullptr;
}

std::vector<std::pair<PartitionHost*, HostStatus>> HostGroup::Statuses() {
  // Also for those who answer later.
  struct Answers {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::optional<HostStatus>> of_host;
    size_t missing = 0;
  };
  const auto answers = std::make_shared<Answers>();
  answers->of_host.resize(hosts_.size());
  answers->missing = hosts_.size();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i]->Probe([answers, i](HostStatus status) {
      const std::lock_guard lock(answers->mutex);
      answers->of_host[i] = std::move(status);
      if (--answers->missing == 0) answers->came.notify_all();
    });
  }
  std::unique_lock lock(answers->mutex);
  answers->came.wait_for(lock, absl::ToChronoNanoseconds(kAnswer), [&] { return answers->missing == 0; });
  std::vector<std::pair<PartitionHost*, HostStatus>> statuses(hosts_.size());
  for (size_t i = 0; i < hosts_.size(); ++i) {
    auto& [host, status] = statuses[i];
    host = hosts_[i].get();
    const bool answered = answers->of_host[i].has_value();
    if (answered) status = *std::move(answers->of_host[i]);
    status.stalled = WhyStalled(*host);
    if (answered) continue;
    if (status.stalled.empty()) status.stalled = "its thread does not come back";
    status.not_serving = status.stalled;
  }
  return statuses;
}

absl::Time HostGroup::Now() const {
  if (!options_.simulated_clock) return absl::Now();
  const int64_t us = simulated_us_;
  return us == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMicros(us);
}

bool HostGroup::MoveClock(absl::Time now) {
  const int64_t us = absl::ToUnixMicros(now);
  int64_t before = simulated_us_;
  while (before < us && !simulated_us_.compare_exchange_weak(before, us)) {
  }
  SendTime(Now());
  return before < us;
}

// The only place where the wall clock comes in: a time that is not to be trusted goes no further.
void HostGroup::Tick() {
  const absl::Time now = absl::Now();
  const std::string trouble = clock_guard_->Look(now, BootNow());
  const bool wrong = !trouble.empty() && clock_guard_->skew();
  if (std::exchange(clock_was_wrong_, wrong) != wrong) {
    if (wrong) {
      spdlog::critical("nothing is decided here: {}", trouble);
    } else {
      spdlog::info("the clock is right again, and decisions go on");
    }
  }
  SendTime(now, trouble);
}

void HostGroup::SendTime(absl::Time now, const std::string& clock_trouble) {
  for (const auto& host : hosts_) host->OnTime(now, clock_trouble);
}

}  // namespace sanyuan::host
