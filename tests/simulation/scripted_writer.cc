#include "tests/simulation/scripted_writer.h"

#include <utility>

#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

// Seals each record behind the last one.
class Chain {
 public:
  explicit Chain(const std::string& genesis) { Parse(genesis, last_); }

  std::string Next(partition::FrameKind kind, const google::protobuf::Message& content) {
    const std::string payload = content.SerializeAsString();
    partition::Frame frame;
    frame.kind = kind;
    frame.journal_id = last_.journal_id;
    frame.height = last_.height + 1;
    frame.term = kind == partition::FrameKind::kTakeOver ? frame.height : last_.term;
    frame.prev = last_.digest;
    frame.payload = payload;
    std::string record = Seal(frame);
    last_ = frame;
    return record;
  }

 private:
  partition::Frame last_;
};

}  // namespace

void WriteScripted(World& world) {
  for (const ScriptedJournal& journal : world.scripted) {
    const size_t topic = world.TopicNumber(journal.name + ".journal");
    const std::string genesis = NewGenesis(journal.name, world.random);
    Chain chain(genesis);
    world.log.Append(topic, genesis);
    world.log.Append(topic, chain.Next(partition::FrameKind::kTakeOver, journal::v1::TakeOver()));
    for (const ScriptedJournal::Decision& scripted : journal.decisions) {
      journal::v1::Decision decision;
      decision.set_decided_at_us(absl::ToUnixMicros(world.scenario.TimeAt(scripted.at)));
      decision.mutable_timer();
      for (const partition::EventPtr& event : scripted.events) {
        decision.add_events(event->SerializeAsString());
      }
      std::string record = chain.Next(partition::FrameKind::kDecision, decision);
      if (scripted.at == 0) {
        world.log.Append(topic, std::move(record));
      } else {
        world.schedule.At(scripted.at, [&world, topic, record] { world.log.Append(topic, record); });
      }
    }
  }
}

}  // namespace sanyuan::simulation
