#include "tests/simulation/ownership.h"

#include <utility>

#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

constexpr Micros kMonitor = 500 * kMillisecond;
// An owner that serves nothing for so long loses its assignment.
constexpr Micros kOwnersPatience = 4 * kSecond;

}  // namespace

void Ownership::Begin() {
  for (size_t context = 0; context < cells_.size(); ++context) {
    cells_[context].owner = static_cast<int>(world_.random.Below(kWriters));
  }
  world_.schedule.After(kMonitor, [this] { Monitor(); });
}

void Ownership::OnStarted(Process& process) {
  for (size_t context = 0; context < cells_.size(); ++context) {
    if (cells_[context].owner != process.number()) continue;
    process.Deliver(world_.random.Between(0, 200 * kMillisecond),
                    [this, &process, context] { TryAssign(process, context, false); });
  }
}

void Ownership::Move(size_t context, int to) {
  Cell& cell = cells_[context];
  const int from = std::exchange(cell.owner, to);
  cell.idle_since = world_.schedule.now();
  if (from == to) return;
  world_.Trace("{}: ownership moves from process {} to {}", world_.name(context), from, to);
  world_.process(from).Deliver(world_.random.Between(0, 1500 * kMillisecond), [this, context, from] {
    if (cells_[context].owner != from) world_.process(from).member(context)->Unassign();
  });
  Process& next = world_.process(to);
  next.Deliver(world_.random.Between(0, 500 * kMillisecond),
               [this, &next, context] { TryAssign(next, context, false); });
}

void Ownership::MoveElsewhere(size_t context) {
  std::vector<int> candidates;
  for (int i = 0; i < kWriters; ++i) {
    const Process& process = world_.process(i);
    if (i != cells_[context].owner && process.up() && !process.paused()) candidates.push_back(i);
  }
  if (!candidates.empty()) Move(context, world_.random.Pick(candidates));
}

void Ownership::Confuse(size_t context, int second, Micros until) {
  Process& process = world_.process(second);
  process.Deliver(0, [this, &process, context] { TryAssign(process, context, true); });
  process.Deliver(until - world_.schedule.now(), [this, &process, context] {
    if (cells_[context].owner != process.number()) process.member(context)->Unassign();
  });
}

void Ownership::OnStoodDown(Process& process, size_t context) {
  process.Deliver(world_.random.Between(200 * kMillisecond, 1500 * kMillisecond),
                  [this, &process, context] { TryAssign(process, context, false); });
}

void Ownership::TryAssign(Process& process, size_t context, bool believed) {
  if (!believed && cells_[context].owner != process.number()) return;
  Member& member = process.member(context);
  if (member->halted()) return;
  if (HasReadWhatIsPublished(process, context)) {
    member->Assign();
    member.SchedulePump();
  } else if (!member->halted()) {
    process.Deliver(200 * kMillisecond,
                    [this, &process, context, believed] { TryAssign(process, context, believed); });
  }
}

bool Ownership::HasReadWhatIsPublished(Process& process, size_t context) {
  Member& member = process.member(context);
  // Whoever starts anew has forgotten that it halted.
  if (const auto& damage = cells_[context].damage) {
    member->HaltAt(damage->offset, damage->why, world_.log.Read(context, damage->offset).value_or(""));
    return false;
  }
  const auto& place = member->reader().place();
  for (const auto& [who, published] : cells_[context].heads) {
    if (!place) return false;
    const auto known = member.history().find(published.height);
    if (published.journal_id != place->journal_id ||
        (known != member.history().end() && known->second != published.head)) {
      member->HaltAt(published.offset, "somebody has read another record here", "");
      return false;
    }
    if (published.height > place->height) return false;
  }
  return true;
}

void Ownership::PublishDamage(size_t context, FoundDamage damage) {
  if (!cells_[context].damage) cells_[context].damage = std::move(damage);
}

void Ownership::Monitor() {
  for (size_t context = 0; context < cells_.size(); ++context) {
    Cell& cell = cells_[context];
    Process& process = world_.process(cell.owner);
    const bool serving =
        process.up() && !process.paused() && process.member(context)->WhyNotServing().empty();
    if (serving) {
      cell.idle_since = world_.schedule.now();
    } else if (world_.schedule.now() - cell.idle_since > kOwnersPatience) {
      MoveElsewhere(context);
    }
  }
  world_.schedule.After(kMonitor, [this] { Monitor(); });
}

}  // namespace sanyuan::simulation
