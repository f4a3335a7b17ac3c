#include "tests/simulation/faults.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

struct Share {
  Fault fault;
  uint64_t weight;
};
// The mix. Weights are relative; about two rounds in five draw an unsound fault.
constexpr Share kMix[] = {
    {Fault::kDelay, 8},        {Fault::kDuplicate, 8},       {Fault::kLostTail, 14},
    {Fault::kPause, 14},       {Fault::kCrash, 14},          {Fault::kProducerDestroyed, 10},
    {Fault::kStalled, 4},      {Fault::kLaggingReader, 8},   {Fault::kServerClock, 7},
    {Fault::kClientClock, 4},  {Fault::kTornSnapshot, 7},    {Fault::kOwnerMoves, 12},
    {Fault::kTwoOwners, 12},   {Fault::kLostInTheMiddle, 2}, {Fault::kCutEnd, 3},
    {Fault::kLostTakeOver, 2}, {Fault::kRecreated, 1},       {Fault::kRepublished, 1},
    {Fault::kFlippedByte, 1},
};

class Injector {
 public:
  explicit Injector(World& world) : world_(world), random_(world.random) {}

  void Apply(Fault fault);
  // What was drawn may have found nothing to strike.
  void TopUp() {
    while (std::accumulate(world_.faults.begin(), world_.faults.end(), uint64_t{0}) < kLeastFaults) {
      Apply(Fault::kDelay);
    }
  }

 private:
  // A process that runs: often one that owns something. Null when all are down or stand still.
  Process* Running(bool writer);
  Member& OwnMember(size_t context) {
    return world_.process(world_.ownership.owner(context)).member(context);
  }
  bool OwnerRuns(size_t context);

  void Sound(Fault fault, size_t context);
  void Pause();
  void Crash(bool torn);
  void Clock();
  void Unsound(Fault fault, size_t context);
  void CutEnd(size_t context);
  void LoseInTheMiddle(size_t context);
  void LoseTakeOver(size_t context);
  void AwaitRace(size_t context);
  void Republish(size_t context);
  void Damaged(Fault fault, size_t context);
  void Count(Fault fault) { ++world_.faults[static_cast<size_t>(fault)]; }

  World& world_;
  Random& random_;
};

Process* Injector::Running(bool writer) {
  std::vector<int> candidates;
  for (Process& process : world_.processes) {
    if (!process.up() || process.paused() || (writer && !process.writer())) continue;
    candidates.push_back(process.number());
    for (size_t context = 0; context < world_.contexts(); ++context) {
      if (world_.ownership.owner(context) == process.number()) candidates.push_back(process.number());
    }
  }
  return candidates.empty() ? nullptr : &world_.process(random_.Pick(candidates));
}

bool Injector::OwnerRuns(size_t context) {
  const Process& process = world_.process(world_.ownership.owner(context));
  return process.up() && !process.paused();
}

void Injector::Apply(Fault fault) {
  if (world_.healed) return;
  const size_t context = random_.Below(world_.contexts());
  world_.Trace("fault: {} ({})", FaultName(fault), world_.name(context));
  if (fault >= kFirstUnsound) {
    Unsound(fault, context);
  } else {
    Sound(fault, context);
  }
}

void Injector::Sound(Fault fault, size_t context) {
  const Micros now = world_.schedule.now();
  switch (fault) {
    case Fault::kDelay:
      world_.log.SlowDown(context, now + random_.Between(500, 4000) * kMillisecond,
                          random_.Between(50, 1000) * kMillisecond);
      break;
    case Fault::kDuplicate:
      world_.log.Duplicate(context, now + random_.Between(500, 6000) * kMillisecond);
      break;
    case Fault::kLostTail:  // Counted when there was a tail to lose.
      if (OwnerRuns(context)) OwnMember(context).LoseTail(random_.Between(50, 3000) * kMillisecond);
      return;
    case Fault::kPause:
      return Pause();
    case Fault::kCrash:
      return Crash(false);
    case Fault::kTornSnapshot:
      return Crash(true);
    case Fault::kProducerDestroyed:
      if (!OwnerRuns(context)) return;
      OwnMember(context).DestroyProducer(random_.Between(0, 4000) * kMillisecond);
      break;
    case Fault::kStalled:
      if (!OwnerRuns(context)) return;
      OwnMember(context).Stall(now + random_.Between(100, 2000) * kMillisecond);
      break;
    case Fault::kLaggingReader:
      if (Process* process = Running(false)) {
        process->reads_late_until = now + random_.Between(500, 5000) * kMillisecond;
        process->reads_late_by = random_.Between(100, 2000) * kMillisecond;
      }
      break;
    case Fault::kServerClock:
    case Fault::kClientClock:
      if (fault == Fault::kServerClock) {
        Clock();
      } else {
        world_.clients.clock_offset = random_.Percent(50) ? 20 * 60 * kSecond : -8 * 86'400 * kSecond;
      }
      break;
    case Fault::kOwnerMoves:
      world_.ownership.MoveElsewhere(context);
      break;
    case Fault::kTwoOwners:
      if (Process* process = Running(true)) {
        world_.ownership.Confuse(context, process->number(), now + random_.Between(300, 3000) * kMillisecond);
      }
      break;
    default:
      return;
  }
  Count(fault);
}

void Injector::Pause() {
  Process* process = Running(false);
  if (process == nullptr) return;
  process->Pause(world_.schedule.now() + random_.Between(200, 6000) * kMillisecond);
  Count(Fault::kPause);
}

void Injector::Crash(bool torn) {
  Process* process = Running(false);
  if (process == nullptr) return;
  if (torn && !process->HasSnapshot()) torn = false;
  process->Crash(random_.Between(0, 5000) * kMillisecond, random_.Between(50, 3000) * kMillisecond,
                 torn || random_.Percent(70), torn);
  Count(torn ? Fault::kTornSnapshot : Fault::kCrash);
}

void Injector::Clock() {
  if (Process* process = Running(false)) process->clock_offset = random_.Between(-5000, 5000) * kMillisecond;
}

void Injector::Unsound(Fault fault, size_t context) {
  const int64_t end = world_.log.End(context);
  switch (fault) {
    case Fault::kCutEnd:
      return CutEnd(context);
    case Fault::kLostInTheMiddle:
      return LoseInTheMiddle(context);
    case Fault::kLostTakeOver:
      return LoseTakeOver(context);
    case Fault::kRepublished:
      return Republish(context);
    case Fault::kRecreated:
      world_.log.Recreate(context, {NewGenesis(world_.name(context), random_)});
      return Damaged(fault, context);
    case Fault::kFlippedByte: {
      const int64_t offset = random_.Between(0, end - 1);
      const SimulatedLog::Bytes bytes = world_.log.At(context, offset);
      world_.log.Flip(context, offset, random_.Below(bytes->size()),
                      static_cast<uint8_t>(1 << random_.Below(8)));
      return Damaged(fault, context);
    }
    default:
      return;
  }
}

// An unclean fail-over of the log: what was not yet copied is gone. It comes at any time, or, because both come
// from the same disturbance, just after somebody has taken over.
void Injector::CutEnd(size_t context) {
  if (random_.Percent(50)) {
    const int64_t end = world_.log.End(context);
    world_.log.Cut(context, std::max<int64_t>(1, end - random_.Between(1, 8)));
    Damaged(Fault::kCutEnd, context);
    if (random_.Percent(50)) world_.ownership.MoveElsewhere(context);
    return;
  }
  Chapter& chapter = world_.ledger.chapters[context];
  chapter.on_take_over = [this, context](const partition::Place& place) {
    if (world_.healed) return;
    world_.schedule.After(random_.Between(0, 40 * kMillisecond), [this, context, offset = place.offset] {
      if (world_.healed) return;
      world_.log.Cut(context, offset);
      Damaged(Fault::kCutEnd, context);
    });
  };
  if (random_.Percent(50)) {
    world_.ownership.MoveElsewhere(context);
  } else if (OwnerRuns(context)) {
    OwnMember(context).DestroyProducer(0);
  }
}

void Injector::LoseInTheMiddle(size_t context) {
  if (random_.Percent(50)) {
    const int64_t end = world_.log.End(context);
    if (end < 3) return;
    world_.log.LoseLanded(context, random_.Between(1, end - 2));
    Damaged(Fault::kLostInTheMiddle, context);
  } else {
    world_.log.LoseNextInTheMiddle(context, [this, context] { Damaged(Fault::kLostInTheMiddle, context); });
  }
}

// All writers that run begin at one moment.
void Injector::LoseTakeOver(size_t context) {
  AwaitRace(context);
  for (Process& process : world_.processes) {
    if (!process.writer() || !process.up() || process.paused()) continue;
    world_.ownership.Confuse(context, process.number(),
                             world_.schedule.now() + random_.Between(300, 3000) * kMillisecond);
  }
}

// When a take-over is accepted and another one at its height lands behind it, the first one vanishes.
void Injector::AwaitRace(size_t context) {
  world_.ledger.chapters[context].on_take_over = [this, context](const partition::Place& place) {
    world_.schedule.After(random_.Between(0, 60 * kMillisecond), [this, context, place] {
      if (world_.healed) return;
      for (int64_t offset = place.offset + 1; offset < world_.log.End(context); ++offset) {
        const SimulatedLog::Bytes bytes = world_.log.At(context, offset);
        partition::Frame frame;
        if (bytes == nullptr || Parse(*bytes, frame) != partition::FrameError::kNone) continue;
        if (frame.kind != partition::FrameKind::kTakeOver || frame.height != place.height ||
            frame.digest == place.head) {
          continue;
        }
        world_.log.LoseLanded(context, place.offset);
        return Damaged(Fault::kLostTakeOver, context);
      }
      if (!world_.ledger.chapters[context].on_take_over) AwaitRace(context);
    });
  };
}

// Everything again under another identity, as a tool that copies topics would do it.
void Injector::Republish(size_t context) {
  std::vector<std::string> records{NewGenesis(world_.name(context), random_)};
  partition::Frame last;
  Parse(records.front(), last);
  for (int64_t offset = 1; offset < world_.log.End(context); ++offset) {
    const SimulatedLog::Bytes bytes = world_.log.At(context, offset);
    partition::Frame frame;
    if (bytes == nullptr || Parse(*bytes, frame) != partition::FrameError::kNone) continue;
    if (frame.height != last.height + 1) continue;  // Skipped by every reader.
    frame.journal_id = last.journal_id;
    frame.prev = last.digest;
    records.push_back(Seal(frame));
    last = frame;
  }
  world_.log.Recreate(context, std::move(records));
  Damaged(Fault::kRepublished, context);
}

void Injector::Damaged(Fault fault, size_t context) {
  Count(fault);
  world_.Trace("{} of {} has happened", FaultName(fault), world_.name(context));
  const bool noticed = random_.Percent(50);
  world_.Damaged(fault, context);
  for (Process& process : world_.processes) {
    if (noticed && process.up() && !process.paused()) process.member(context).Doubt();
  }
}

}  // namespace

std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kDelay:
      return "delay";
    case Fault::kDuplicate:
      return "duplicate";
    case Fault::kLostTail:
      return "lost tail";
    case Fault::kPause:
      return "pause and wake";
    case Fault::kCrash:
      return "crash";
    case Fault::kProducerDestroyed:
      return "producer destroyed";
    case Fault::kStalled:
      return "log takes nothing";
    case Fault::kLaggingReader:
      return "lagging reader";
    case Fault::kServerClock:
      return "server clock step";
    case Fault::kClientClock:
      return "client clock step";
    case Fault::kTornSnapshot:
      return "torn snapshot";
    case Fault::kOwnerMoves:
      return "owner moves";
    case Fault::kTwoOwners:
      return "two owners";
    case Fault::kLostInTheMiddle:
      return "lost in the middle";
    case Fault::kCutEnd:
      return "cut end";
    case Fault::kLostTakeOver:
      return "lost take-over";
    case Fault::kRecreated:
      return "recreated log";
    case Fault::kRepublished:
      return "republished log";
    case Fault::kFlippedByte:
      return "flipped byte";
  }
  return "unknown";
}

void ScheduleFaults(World& world, Micros from, Micros until) {
  uint64_t total = 0;
  for (const Share& share : kMix) total += share.weight;
  const auto injector = std::make_shared<Injector>(world);
  world.injector = injector;  // What is armed may strike later.
  bool unsound = false;
  const int64_t count = world.random.Between(4, 9);
  for (int64_t i = 0; i < count;) {
    uint64_t ticket = world.random.Below(total);
    const Share* share = kMix;
    while (ticket >= share->weight) ticket -= (share++)->weight;
    if (share->fault >= kFirstUnsound && std::exchange(unsound, true)) continue;
    ++i;
    const auto [rush_from, rush_until] = world.scenario.rush();
    const Micros at = world.random.Percent(30) ? world.random.Between(rush_from, rush_until)
                                               : world.random.Between(from, until);
    world.schedule.At(at, [&injector = *injector, fault = share->fault] { injector.Apply(fault); });
  }
  world.schedule.At(until, [&injector = *injector] { injector.TopUp(); });
}

}  // namespace sanyuan::simulation
