#include "tests/simulation/round.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/final_checks.h"
#include "tests/simulation/scripted_writer.h"
#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

constexpr Micros kFaultsFrom = 500 * kMillisecond;
constexpr Micros kFaultsUntil = 18 * kSecond;
constexpr Micros kHeal = 21 * kSecond;
// Quiescence must come within this time and so many steps after healing.
constexpr Micros kPatience = 90 * kSecond;
constexpr uint64_t kMostSteps = 200'000;
// How long a damaged context has, before it is judged.
constexpr Micros kJudgement = 30 * kSecond;
constexpr Micros kLook = 100 * kMillisecond;
// Two contexts that read each other stay silent when idle; that is watched for so long.
constexpr Micros kSilence = 2 * kSecond;

partition::PartitionOptions DrawOptions(Random& random) {
  partition::PartitionOptions options;
  options.strictness = partition::Strictness::kLenient;
  options.max_in_flight = static_cast<size_t>(random.Between(2, 64));
  options.max_waiting = static_cast<size_t>(random.Between(4, 64));
  options.digest_every = static_cast<uint64_t>(random.Between(7, 40));
  options.cursor_every = static_cast<uint64_t>(random.Between(3, 40));
  return options;
}

std::vector<std::string> TopicsOf(const Scenario& scenario, const std::vector<ScriptedJournal>& scripted) {
  std::vector<std::string> topics;
  for (const Context& context : scenario.contexts()) topics.push_back(context.name + ".journal");
  for (const ScriptedJournal& journal : scripted) topics.push_back(journal.name + ".journal");
  return topics;
}

// An operator raises the format of some journals, whoever leads them then.
void ScheduleRaises(World& world) {
  for (size_t context = 0; context < world.contexts(); ++context) {
    if (!world.random.Percent(50)) continue;
    world.schedule.At(world.random.Between(0, kFaultsUntil), [&world, context] {
      for (Process& process : world.processes) {
        if (process.up() && !process.paused()) process.member(context).RaiseFormat();
      }
    });
  }
}

class Round {
 public:
  Round(Scenario& scenario, uint64_t seed, bool trace) : world_(scenario, seed, trace) {}

  RoundResult Run();

 private:
  void Heal();
  bool RunUntil(Micros time);
  std::string WhyNotQuiet();
  std::string WhyNotQuiet(size_t context);
  bool Damaged() const;
  void Finish();

  World world_;
};

// False when a violation ended it.
bool Round::RunUntil(Micros time) {
  bool reached = false;
  world_.schedule.At(time, [&reached] { reached = true; });
  while (!reached && !world_.ledger.failed() && world_.schedule.Step()) {
    if (world_.schedule.steps() > kMostSteps) world_.ledger.Fail("no quiescence: too many steps");
  }
  return reached && !world_.ledger.failed();
}

void Round::Heal() {
  world_.Trace("all is mended");
  world_.healed = true;
  world_.clients.clock_offset = 0;
  for (Process& process : world_.processes) {
    process.clock_offset = 0;
    process.reads_late_until = 0;
    for (size_t context = 0; context < world_.contexts(); ++context) process.member(context).LoseNothing();
  }
  for (size_t context = 0; context < world_.contexts(); ++context) {
    world_.log.LoseNothing(context);
    world_.log.SlowDown(context, 0, 0);
    world_.log.Duplicate(context, 0);
    // Whoever writes now begins from what is stored.
    world_.ownership.MoveElsewhere(context);
  }
}

bool Round::Damaged() const {
  return std::any_of(world_.ledger.chapters.begin(), world_.ledger.chapters.end(),
                     [](const Chapter& chapter) { return chapter.unsound.has_value(); });
}

std::string Round::WhyNotQuiet(size_t context) {
  const std::string& name = world_.name(context);
  if (!world_.clients.Done(context)) return fmt::format("{} has unanswered commands", name);
  if (world_.log.Pending(context) > 0) return fmt::format("records of {} are on their way", name);
  Process& owner = world_.process(world_.ownership.owner(context));
  if (!owner.up() || owner.paused()) return fmt::format("process {} is away", owner.number());
  if (!owner.member(context)->Quiet()) {
    return fmt::format("process {} is not quiet in {}: {}", owner.number(), name,
                       owner.member(context)->WhyNotServing());
  }
  for (Process& process : world_.processes) {
    if (!process.up() || process.paused()) return fmt::format("process {} is away", process.number());
    if (process.member(context)->height() != owner.member(context)->height()) {
      return fmt::format("process {} has read {} up to {} of {}", process.number(), name,
                         process.member(context)->height(), owner.member(context)->height());
    }
  }
  return "";
}

std::string Round::WhyNotQuiet() {
  for (size_t context = 0; context < world_.contexts(); ++context) {
    if (world_.ledger.chapters[context].unsound && DamageCanBeShown(world_, context)) continue;
    // A context that reads a damaged journal serves, but waits for its input.
    if (Damaged() && !world_.ledger.chapters[context].unsound) {
      if (!world_.clients.Done(context))
        return fmt::format("{} has unanswered commands", world_.name(context));
      continue;
    }
    if (std::string why = WhyNotQuiet(context); !why.empty()) return why;
  }
  return "";
}

void Round::Finish() {
  const Micros healed = world_.schedule.now();
  if (Damaged()) {
    if (!RunUntil(healed + kJudgement)) return;
    if (const std::string why = WhyNotQuiet(); !why.empty()) {
      return world_.ledger.Fail(fmt::format("no quiescence: {};{}", why, world_.clients.Unanswered()));
    }
    return CheckFinally(world_);
  }
  for (std::string why = WhyNotQuiet(); !why.empty(); why = WhyNotQuiet()) {
    if (world_.schedule.now() > healed + kPatience) {
      return world_.ledger.Fail(fmt::format("no quiescence: {};{}", why, world_.clients.Unanswered()));
    }
    if (!RunUntil(world_.schedule.now() + kLook)) return;
  }
  std::vector<int64_t> ends;
  for (size_t context = 0; context < world_.contexts(); ++context) ends.push_back(world_.log.End(context));
  if (!RunUntil(world_.schedule.now() + kSilence)) return;
  for (size_t context = 0; context < world_.contexts(); ++context) {
    if (world_.log.End(context) != ends[context]) {
      return world_.ledger.Fail(
          fmt::format("{} is written to, and nobody asks anything", world_.name(context)));
    }
  }
  CheckFinally(world_);
}

RoundResult Round::Run() {
  WriteScripted(world_);
  world_.ownership.Begin();
  for (Process& process : world_.processes) process.Start(false);
  world_.clients.Begin();
  ScheduleRaises(world_);
  ScheduleFaults(world_, kFaultsFrom, kFaultsUntil);
  if (RunUntil(std::max(kHeal, world_.scenario.busy_until()))) {
    Heal();
    Finish();
  }
  RoundResult result;
  result.violation = world_.ledger.failure();
  result.faults = world_.faults;
  result.unsound = Damaged();
  result.commands = world_.clients.script().size();
  result.steps = world_.schedule.steps();
  for (const Chapter& chapter : world_.ledger.chapters) {
    result.records += chapter.accepted.size();
    for (const partition::Place& place : chapter.accepted) {
      if (place.height > 0 && place.term == place.height) ++result.take_overs;
    }
  }
  return result;
}

}  // namespace

World::World(Scenario& of, uint64_t seed, bool tracing)
    : scenario(of),
      trace(tracing),
      random(seed),
      scripted(of.NewScriptedJournals(random)),
      topics(TopicsOf(of, scripted)),
      log(schedule, random, topics.size()),
      ledger(schedule, of.contexts().size()),
      ownership(*this, of.contexts().size()),
      clients(*this, of.NewScript(random)),
      options(DrawOptions(random)) {
  log.on_changed = [this](size_t topic) {
    for (Process& process : processes) {
      if (process.up()) process.OnLogChanged(topic);
    }
  };
  for (size_t context = 0; context < contexts(); ++context) {
    ledger.chapters[context].name = name(context);
    log.Append(context, NewGenesis(name(context), random));
  }
  for (int i = 0; i < kWriters + kReaders; ++i) processes.emplace_back(*this, i, i < kWriters);
}

size_t World::TopicNumber(const std::string& topic) const {
  return static_cast<size_t>(std::find(topics.begin(), topics.end(), topic) - topics.begin());
}

bool World::HeadIsInLog(size_t context, const partition::Place& place) const {
  const SimulatedLog::Bytes bytes = log.At(context, place.offset);
  partition::Frame frame;
  return bytes != nullptr && Parse(*bytes, frame) == partition::FrameError::kNone &&
         frame.digest == place.head;
}

void World::Damaged(Fault fault, size_t context) {
  ledger.chapters[context].unsound = UnsoundFault{fault, schedule.now()};
  for (Process& process : processes) {
    Member& member = process.member(context);
    if (!process.up()) continue;
    const auto& place = member->reader().place();
    if (!place || HeadIsInLog(context, *place)) continue;
    member.knows_more_since = schedule.now();
    member.lost_head = *place;
  }
}

std::string NewGenesis(const std::string& context, Random& random) {
  journal::v1::Genesis genesis;
  genesis.set_context(context);
  genesis.set_partition_count(1);
  const std::string payload = genesis.SerializeAsString();
  partition::Frame frame;
  frame.kind = partition::FrameKind::kGenesis;
  for (uint8_t& byte : frame.journal_id) byte = static_cast<uint8_t>(random.Below(256));
  frame.payload = payload;
  return partition::Seal(frame);
}

RoundResult RunRound(const NewScenario& new_scenario, uint64_t seed, bool trace) {
  const std::unique_ptr<Scenario> scenario = new_scenario();
  return Round(*scenario, seed, trace).Run();
}

}  // namespace sanyuan::simulation
