#include "tests/simulation/final_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/reader_effects.h"
#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

using partition::JournalReader;
using partition::Place;
using partition::ReadResult;

// The longest that damage may go unnoticed: a scrub comes by every 10 s, and what it finds is published.
constexpr Micros kNoticed = 15 * kSecond;

// Reads a journal by the product's reader, with every safeguard on.
struct Scan {
  std::vector<Place> accepted;
  std::vector<Journaled> decisions;
  std::optional<partition::Damage> damage;
};

Scan ScanLog(const World& world, size_t context) {
  Scan scan;
  JournalReader reader(partition::Strictness::kLenient);
  for (int64_t offset = 0; offset < world.log.End(context) && !reader.damage(); ++offset) {
    const SimulatedLog::Bytes bytes = world.log.At(context, offset);
    if (bytes == nullptr) continue;
    const ReadResult read = reader.Read(offset, *bytes);
    if (read.kind != ReadResult::Kind::kAccepted) continue;
    scan.accepted.push_back(*reader.place());
    if (read.frame.kind != partition::FrameKind::kDecision) continue;
    Journaled& journaled = scan.decisions.emplace_back();
    journaled.height = read.frame.height;
    if (!journaled.decision.ParseFromString(std::string(read.frame.payload)))
      throw std::runtime_error("a decision can't be read");
    journaled.stamp = partition::StampOf(journaled.decision);
  }
  reader.ReachedEnd(world.log.End(context));
  scan.damage = reader.damage();
  return scan;
}

// What was cut may have landed again, further on: a duplicate of it was still under way. Then the journal is the same, and
// who remembers the record remembers nothing that is gone.
bool Holds(const Scan& scan, const Place& place) {
  return place.height < scan.accepted.size() && scan.accepted[place.height].head == place.head;
}

// A cursor in the state of `other` names a record of the context's log which is gone, and its owner reads on.
bool CursorIsBroken(World& world, size_t context, size_t other) {
  const std::string topic = world.name(context) + ".journal";
  Member& owner = world.process(world.ownership.owner(other)).member(other);
  for (const auto& input : owner->inputs()) {
    if (input->topic() != topic || input->damage()) continue;
    const partition::CursorRow& cursor = input->consumed();
    if (cursor.journal_id.empty()) continue;
    partition::Frame frame;
    const SimulatedLog::Bytes bytes = world.log.At(context, cursor.offset);
    if (bytes == nullptr || Parse(*bytes, frame) != partition::FrameError::kNone ||
        frame.digest != cursor.head) {
      return true;
    }
  }
  return false;
}

bool AnyCursorIsBroken(World& world, size_t context) {
  for (size_t other = 0; other < world.contexts(); ++other) {
    if (CursorIsBroken(world, context, other)) return true;
  }
  return false;
}

class Checker {
 public:
  explicit Checker(World& world) : world_(world) {}

  void Sound(size_t context, Scan& scan);
  void Unsound(size_t context);
  void States(std::vector<Scan>& scans);

 private:
  template <typename... T>
  void Fail(fmt::format_string<T...> text, T&&... values) {
    world_.ledger.Fail("finally: " + fmt::format(text, std::forward<T>(values)...));
  }
  void Accepted(size_t context, const Scan& scan);
  void Requests(size_t context, const Scan& scan);
  void Replay(size_t context);
  void Agreement(size_t context);
  void Cursors(size_t context);

  World& world_;
};

void Checker::Sound(size_t context, Scan& scan) {
  const std::string& name = world_.name(context);
  if (scan.damage)
    return Fail("the log of {} is damaged at {}: {}", name, scan.damage->offset, scan.damage->why);
  Accepted(context, scan);
  Requests(context, scan);
  Replay(context);
}

void Checker::Accepted(size_t context, const Scan& scan) {
  const Chapter& chapter = world_.ledger.chapters[context];
  for (size_t height = 0; height < chapter.accepted.size(); ++height) {
    if (height >= scan.accepted.size() || scan.accepted[height].head != chapter.accepted[height].head) {
      return Fail("height {} of {} was accepted and is not in the log", height, chapter.name);
    }
  }
}

// Nothing acknowledged is missing; nothing takes effect twice; answers to one request are the same.
void Checker::Requests(size_t context, const Scan& scan) {
  const Chapter& chapter = world_.ledger.chapters[context];
  std::map<partition::RequestKey, const Journaled*> requests;
  std::map<uint64_t, const Journaled*> by_height;
  for (const Journaled& journaled : scan.decisions) {
    by_height[journaled.height] = &journaled;
    if (!journaled.decision.has_command()) continue;
    const auto [it, first] = requests.try_emplace(
        partition::KeyOf(journaled.stamp.actor, journaled.stamp.method, journaled.stamp.request_id),
        &journaled);
    if (!first) {
      return Fail("a request of {} ({}) was decided twice, at heights {} and {}", chapter.name,
                  journaled.stamp.method, it->second->height, journaled.height);
    }
  }
  std::map<size_t, std::string> results;
  for (const Acknowledged& acknowledged : chapter.acknowledged) {
    const Asked& asked = world_.clients.asked()[acknowledged.ask];
    const auto it = by_height.find(acknowledged.height);
    if (it == by_height.end() || it->second->stamp.request_id != asked.command.request_id ||
        it->second->decision.command().content() != asked.content) {
      return Fail("process {} acknowledged ask {} of {} at height {}, and the journal does not hold it there",
                  acknowledged.process, acknowledged.ask, chapter.name, acknowledged.height);
    }
    const auto [known, first] = results.try_emplace(acknowledged.ask, acknowledged.result);
    if (!first && known->second != acknowledged.result) {
      return Fail("ask {} of {} was answered in two ways", acknowledged.ask, chapter.name);
    }
  }
}

// Replay equals live, for everybody.
void Checker::Replay(size_t context) {
  auto domain = world_.scenario.NewDomain(context);
  partition::PartitionOptions options = world_.options;
  options.context = world_.name(context);
  options.inputs = world_.scenario.contexts()[context].inputs;
  partition::ReaderEffects silent;
  partition::Partition replay(std::move(options), *domain, silent);
  replay.OnRecords(world_.log.ReadFrom(context, 0, SIZE_MAX));
  const Digest expected = domain->store().StateDigest();
  for (Process& process : world_.processes) {
    Member& member = process.member(context);
    if (member.domain().store().StateDigest() != expected) {
      return Fail("process {} holds another state of {} than a replay gives", process.number(),
                  world_.name(context));
    }
  }
}

// All that have not halted have accepted the same.
void Checker::Agreement(size_t context) {
  std::map<uint64_t, std::pair<Digest, int>> seen;
  for (Process& process : world_.processes) {
    Member& member = process.member(context);
    if (member->halted()) continue;
    for (const auto& [height, digest] : member.history()) {
      const auto [it, first] = seen.try_emplace(height, digest, process.number());
      if (!first && it->second.first != digest) {
        return Fail(
            "processes {} and {} accepted different records of {} at height {}, and neither has halted",
            it->second.second, process.number(), world_.name(context), height);
      }
    }
  }
}

// Whoever has begun to write since the damage began to read at its cursors, and has seen what stands there.
void Checker::Cursors(size_t context) {
  for (size_t other = 0; other < world_.contexts(); ++other) {
    const Member& owner = world_.process(world_.ownership.owner(other)).member(other);
    if (owner->role() != partition::Partition::Role::kLeading ||
        world_.ledger.chapters[other].last_take_over <= world_.ledger.chapters[context].unsound->at) {
      continue;
    }
    if (CursorIsBroken(world_, context, other)) {
      return Fail("{} reads {} on from a cursor whose record is gone", world_.name(other),
                  world_.name(context));
    }
  }
}

void Checker::Unsound(size_t context) {
  Agreement(context);
  const Chapter& chapter = world_.ledger.chapters[context];
  Cursors(context);
  if (!DamageCanBeShown(world_, context)) return;
  for (Process& process : world_.processes) {
    Member& member = process.member(context);
    if (!member->halted() && member->role() == partition::Partition::Role::kLeading) {
      return Fail("{} struck {} at {:.3f} s and can be shown, and process {} still serves it",
                  FaultName(chapter.unsound->fault), chapter.name,
                  static_cast<double>(chapter.unsound->at) / kSecond, process.number());
    }
    if (!member->halted() && member.knows_more_since &&
        !world_.HeadIsInLog(context, *member->reader().place())) {
      return Fail("the log of {} has lost what process {} has at its head, which has not halted",
                  chapter.name, process.number());
    }
  }
  const auto& last = chapter.acknowledged;
  if (!last.empty() && last.back().at > chapter.unsound->at + kNoticed) {
    return Fail("{} struck {} at {:.3f} s and can be shown; ask {} was acknowledged at {:.3f} s",
                FaultName(chapter.unsound->fault), chapter.name,
                static_cast<double>(chapter.unsound->at) / kSecond, last.back().ask,
                static_cast<double>(last.back().at) / kSecond);
  }
}

void Checker::States(std::vector<Scan>& scans) {
  Outcomes outcomes;
  for (size_t context = 0; context < world_.contexts(); ++context) {
    outcomes.domains.push_back(&world_.process(world_.ownership.owner(context)).member(context).domain());
    outcomes.decisions.push_back(std::move(scans[context].decisions));
  }
  if (const std::string wrong = world_.scenario.Check(outcomes); !wrong.empty()) Fail("{}", wrong);
}

}  // namespace

bool DamageCanBeShown(World& world, size_t context) {
  if (world.ownership.damage(context)) return true;  // It was.
  const Scan scan = ScanLog(world, context);
  if (scan.damage || AnyCursorIsBroken(world, context)) return true;
  for (Process& process : world.processes) {
    const Member& member = process.member(context);
    if (member.knows_more_since && !Holds(scan, member.lost_head)) return true;
  }
  for (const auto& [who, place] : world.ownership.heads(context)) {
    if (!Holds(scan, place)) return true;
  }
  return false;
}

void CheckFinally(World& world) {
  Checker checker(world);
  std::vector<Scan> scans;
  bool sound = true;
  for (size_t context = 0; context < world.contexts(); ++context) {
    scans.push_back(ScanLog(world, context));
    if (world.ledger.chapters[context].unsound) {
      checker.Unsound(context);
      sound = false;
    } else {
      checker.Sound(context, scans.back());
    }
  }
  if (sound && !world.ledger.failed()) checker.States(scans);
}

}  // namespace sanyuan::simulation
