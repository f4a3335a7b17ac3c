// What concerns all partitions of a deployment together, wherever they are led: its simulated clock, that everything has
// come to rest, its digest.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/host/host_group.h"

namespace sanyuan::host {
namespace {

constexpr absl::Duration kLookAgain = absl::Microseconds(500);
// Of a view that does not get there: then it is looked whether the caller still waits.
constexpr absl::Duration kShowPatience = absl::Seconds(1);
// How long a raise waits for partitions that change hands.
constexpr absl::Duration kRaisePatience = absl::Seconds(30);
// Where other instances have to be asked.
constexpr absl::Duration kAskAgain = absl::Milliseconds(5);

// Whether every input was read to the end of what its own partition has accepted. A partition calls itself quiet
// as long as nobody has told it that there is more.
bool InputsAreRead(const std::map<ownership::Share, Activity>& whole) {
  std::map<log::TopicPartition, int64_t> ends;
  for (const auto& [share, activity] : whole) {
    if (!activity.halted) ends[{share.context + ".journal", share.partition}] = activity.end_offset;
  }
  for (const auto& [share, activity] : whole) {
    for (const auto& [topic, next_offset] : activity.read_inputs) {
      auto end = ends.find({topic, share.partition});
      if (end == ends.end()) end = ends.find({topic, 0});  // Belongs to no county.
      const bool reads = !activity.halted && !activity.held;
      if (reads && end != ends.end() && next_offset < end->second) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<Activity> HostGroup::Activities() {
  std::vector<Activity> activities;
  for (auto& [host, status] : Statuses()) {
    Activity activity;
    activity.share = {host->spec().context, host->journal().partition};
    activity.leading = status.role == partition::Partition::Role::kLeading;
    activity.halted = status.damage.has_value();
    activity.held = status.held.has_value();
    activity.serves = status.not_serving.empty();
    activity.quiet = status.quiet || (status.held && status.in_flight == 0);
    activity.format = status.format;
    activity.height = status.place ? status.place->height : 0;
    activity.end_offset = status.place ? status.place->offset + 1 : 0;
    activity.view_height = host->spec().projection == nullptr ? activity.height : host->projector().height();
    activity.next_due = status.next_due;
    activity.read_inputs = std::move(status.read_inputs);
    activities.push_back(std::move(activity));
  }
  return activities;
}

std::optional<std::map<ownership::Share, Activity>> HostGroup::Whole() {
  std::vector<Activity> all = Activities();
  if (Peers* peers = peers_) {
    auto others = peers->Activities();
    if (!others.ok()) return std::nullopt;
    all.insert(all.end(), std::make_move_iterator(others->begin()), std::make_move_iterator(others->end()));
  }
  std::map<ownership::Share, Activity> whole;
  // Also of those whom nobody has heard of for a while.
  std::set<ownership::Share> shares = directory_.Shares();
  for (const Activity& activity : all) {
    shares.insert(activity.share);
    if (!activity.leading && !activity.halted) continue;
    // Who was put in its place and does not know it yet is behind.
    const auto [of, first] = whole.try_emplace(activity.share, activity);
    if (!first && of->second.height < activity.height) of->second = activity;
  }
  if (whole.size() != shares.size()) return std::nullopt;
  return whole;
}

absl::Status HostGroup::Settle(absl::Time deadline) {
  // Quiet twice in a row with nothing written in between: no partition had news for another.
  std::map<ownership::Share, uint64_t> before;
  while (true) {
    if (absl::Status may = MayWait(deadline); !may.ok()) return may;
    const auto whole = Whole();
    std::map<ownership::Share, uint64_t> heights;
    if (whole && Quiet(*whole)) {
      for (const auto& [share, activity] : *whole) heights[share] = activity.height;
    }
    if (!heights.empty() && heights == before && AreShown(*whole)) return absl::OkStatus();
    before = std::move(heights);
    if (peers_ != nullptr) {
      absl::SleepFor(kAskAgain);
    } else if (before.empty()) {
      absl::SleepFor(kLookAgain);
    }
  }
}

absl::Status HostGroup::MayWait(absl::Time deadline) const {
  if (leaving_) return absl::UnavailableError("this instance is ending");
  if (absl::Now() > deadline) return absl::DeadlineExceededError("not all has come to rest");
  return absl::OkStatus();
}

bool HostGroup::Quiet(const std::map<ownership::Share, Activity>& whole) const {
  if (options_.simulated_clock && Now() == absl::InfinitePast()) return true;
  return InputsAreRead(whole) && std::all_of(whole.begin(), whole.end(), [](const auto& of) {
           return of.second.quiet || of.second.halted;
         });
}

// Waits for the views of what is led here; whether the others are as far is looked at again and again.
bool HostGroup::AreShown(const std::map<ownership::Share, Activity>& whole) {
  std::latch latch(static_cast<std::ptrdiff_t>(whole.size()));
  std::atomic<bool> shown{true};
  for (const auto& [share, activity] : whole) {
    PartitionHost* host = FindPartition(share.context, share.partition);
    if (host != nullptr && host->spec().projection != nullptr && (ownership_ == nullptr || host->leading())) {
      host->projector().WhenReached(activity.height, absl::Now() + kShowPatience,
                                    [&latch, &shown](bool reached) {
                                      if (!reached) shown = false;
                                      latch.count_down();
                                    });
    } else {
      if (ownership_ != nullptr && !activity.halted && activity.view_height < activity.height) shown = false;
      latch.count_down();
    }
  }
  latch.wait();
  return shown;
}

absl::Status HostGroup::SetClock(absl::Time time, absl::Time deadline) {
  if (!options_.simulated_clock) return absl::FailedPreconditionError("the clock is not simulated");
  const std::lock_guard lock(clock_mutex_);
  const absl::Time before = Now();
  if (time < before) return absl::InvalidArgumentError("the clock only moves forward");
  const auto go_to = [this, deadline](absl::Time now) -> absl::Status {
    MoveClock(now);
    // Who was not heard of for a while is known again when all has come to rest, and is told then.
    for (bool settled = false;; settled = true) {
      if (Peers* peers = peers_) {
        const auto moved = peers->MoveClock(now);
        if (!moved.ok()) return moved.status();
        if (settled && !*moved) return absl::OkStatus();
      } else if (settled) {
        return absl::OkStatus();
      }
      if (absl::Status settled_now = Settle(deadline); !settled_now.ok()) return settled_now;
    }
  };
  if (before != absl::InfinitePast()) {
    if (absl::Status settled = Settle(deadline); !settled.ok()) return settled;
  }
  while (before != absl::InfinitePast()) {
    if (absl::Status may = MayWait(deadline); !may.ok()) return may;
    const auto whole = Whole();
    if (!whole) {
      absl::SleepFor(kAskAgain);
      continue;
    }
    absl::Time next = absl::InfiniteFuture();
    for (const auto& [share, activity] : *whole) {
      if (activity.serves) next = std::min(next, activity.next_due);
    }
    if (next > time) break;
    if (absl::Status gone = go_to(std::max(next, Now())); !gone.ok()) return gone;
  }
  if (absl::Status gone = go_to(time); !gone.ok()) return gone;
  return options_.keep_clock ? options_.keep_clock(time) : absl::OkStatus();
}

absl::Status HostGroup::RaiseFormatOfLed(const journal::v1::FormatRaised& raise) {
  for (const auto& host : hosts_) {
    absl::Status raised = host->RaiseFormat(raise).status();
    // Who does not decide now is asked again.
    if (!raised.ok() && !absl::IsFailedPrecondition(raised) && !absl::IsUnavailable(raised)) return raised;
  }
  return absl::OkStatus();
}

absl::Status HostGroup::RaiseFormat(const journal::v1::FormatRaised& raise) {
  const absl::Time deadline = SteadyNow() + kRaisePatience;
  while (true) {
    for (const ownership::Presence& present : directory_.Living(SteadyNow())) {
      if (present.newest_format >= raise.format()) continue;
      return absl::FailedPreconditionError(
          fmt::format("the instance at {} reads up to format {}", present.address, present.newest_format));
    }
    if (absl::Status raised = RaiseFormatOfLed(raise); !raised.ok()) return raised;
    if (Peers* peers = peers_) {
      if (absl::Status raised = peers->RaiseFormatOfLed(raise); !raised.ok()) return raised;
    }
    const auto whole = Whole();
    std::string behind = "a partition is led by nobody, or an instance does not answer";
    if (whole) {
      const auto of = std::find_if(whole->begin(), whole->end(),
                                   [&raise](const auto& one) { return one.second.format < raise.format(); });
      if (of == whole->end()) return absl::OkStatus();
      behind = fmt::format("{}/{} has format {} and does not decide", of->first.context, of->first.partition,
                           of->second.format);
    }
    if (SteadyNow() > deadline) return absl::UnavailableError(behind);
    absl::SleepFor(kAskAgain);
  }
}

std::string DigestLines(const Digests& digests) {
  std::string text;
  for (const auto& [key, digest] : digests) {
    text += fmt::format("{} {} {}\n", key.first, CountyText(key.second), digest.Hex());
  }
  return text;
}

Digests HostGroup::DigestsOfLed() {
  Digests digests;
  std::mutex mutex;
  std::latch latch(static_cast<std::ptrdiff_t>(hosts_.size()));
  for (const auto& host : hosts_) {
    // What is halted is led by nobody, and told by all.
    host->Probe([&, raw = host.get()](const HostStatus& status) {
      if (ownership_ != nullptr && !status.damage && status.role != partition::Partition::Role::kLeading) {
        return latch.count_down();
      }
      raw->Visit([&, raw](partition::Domain& domain) {
        for (const auto& [county, digest] : domain.store().BusinessDigests()) {
          const std::lock_guard lock(mutex);
          digests[{raw->spec().context, county}] = digest;
        }
        latch.count_down();
      });
    });
  }
  latch.wait();
  return digests;
}

absl::StatusOr<std::string> HostGroup::DigestText() {
  Digests digests = DigestsOfLed();
  if (Peers* peers = peers_) {
    auto others = peers->DigestsOfLed();
    if (!others.ok()) return others.status();
    digests.merge(*others);
  }
  return DigestLines(digests);
}

}  // namespace sanyuan::host
