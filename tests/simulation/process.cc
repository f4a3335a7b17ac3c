#include "tests/simulation/process.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

constexpr Micros kTick = 250 * kMillisecond;
// A thread that notices that it stood still longer than this is in doubt about everything.
constexpr Micros kPauseNoticed = 1 * kSecond;
constexpr Micros kScrub = 10 * kSecond;

}  // namespace

Process::Process(World& world, int number, bool writer) : world_(world), number_(number), writer_(writer) {
  for (size_t context = 0; context < world.contexts(); ++context) {
    members_.push_back(std::make_unique<Member>(world, *this, context));
  }
}

void Process::Start(bool from_snapshots) {
  ++life_;
  up_ = true;
  last_active_ = world_.schedule.now();
  for (auto& member : members_) member->Start(from_snapshots);
  Deliver(world_.random.Between(0, kTick), [this] { Tick(); });
  Deliver(world_.random.Between(0, kScrub), [this] { Scrub(); });
  world_.ownership.OnStarted(*this);
}

void Process::Crash(Micros late, Micros down, bool from_snapshots, bool torn) {
  world_.Trace("process {} crashes", number_);
  ++life_;
  up_ = false;
  paused_until_ = 0;
  for (auto& member : members_) {
    member->Crash(late);
    if (torn) member->TearSnapshot();
  }
  world_.schedule.After(down, [this, from_snapshots] {
    world_.Trace("process {} starts", number_);
    Start(from_snapshots);
  });
}

void Process::Pause(Micros until) {
  world_.Trace("process {} stands still until {:.3f}", number_, static_cast<double>(until) / kSecond);
  paused_until_ = until;
  woke_at_ = until;
  for (auto& member : members_) {
    if (world_.random.Percent(50)) {
      world_.log.Hold(member->session(), until + world_.random.Between(0, 500 * kMillisecond));
    }
  }
}

void Process::OnLogChanged(size_t topic) {
  for (size_t context = 0; context < members_.size(); ++context) {
    if (context == topic) {
      members_[context]->OnLogChanged();
    } else {
      members_[context]->OnInputChanged(world_.topics[topic]);
    }
  }
}

bool Process::HasSnapshot() const {
  return std::any_of(members_.begin(), members_.end(),
                     [](const auto& member) { return member->has_snapshot(); });
}

bool Process::paused() const { return world_.schedule.now() < paused_until_; }

absl::Time Process::Clock() const { return world_.Time() + absl::Microseconds(clock_offset); }

void Process::Deliver(Micros delay, std::function<void()> action) {
  world_.schedule.After(delay, [this, life = life_, action = std::move(action)] { Run(life, action); });
}

void Process::DeliverRead(Micros delay, std::function<void()> action) {
  if (world_.schedule.now() < reads_late_until) delay += world_.random.Between(0, reads_late_by);
  Deliver(delay, std::move(action));
}

void Process::Run(int life, const std::function<void()>& action) {
  if (life != life_ || !up_) return;
  if (paused()) {
    world_.schedule.At(paused_until_, [this, life, action] { Run(life, action); });
    return;
  }
  Touch();
  action();
}

void Process::Touch() {
  const Micros now = world_.schedule.now();
  if (now - std::exchange(last_active_, now) > kPauseNoticed) {
    for (auto& member : members_) member->Doubt();
  }
}

void Process::Tick() {
  for (auto& member : members_) member->OnTick();
  Deliver(kTick, [this] { Tick(); });
}

// Reads the whole journal of each context again, by the product's own reader with what it has of safeguards.
void Process::Scrub() {
  for (size_t context = 0; context < members_.size(); ++context) {
    Member& member = *members_[context];
    const std::optional<partition::Place> place = member->reader().place();
    if (member->halted() || !place) continue;
    bool same = false;
    partition::JournalReader reader(partition::Strictness::kLenient);
    for (int64_t offset = 0; offset < world_.log.End(context) && !reader.damage(); ++offset) {
      if (const SimulatedLog::Bytes bytes = world_.log.At(context, offset)) reader.Read(offset, *bytes);
      if (reader.place() && reader.place()->height == place->height)
        same = reader.place()->head == place->head;
    }
    reader.ReachedEnd(world_.log.End(context));
    if (reader.damage()) {
      member->HaltAt(reader.damage()->offset, "scrub: " + reader.damage()->why, "");
    } else if (!same) {
      member->HaltAt(place->offset, "scrub: the journal does not hold what was read of it", "");
    }
  }
  Deliver(kScrub, [this] { Scrub(); });
}

}  // namespace sanyuan::simulation
