#include "tests/support/counter_domain.h"

#include "common/state/table_rows.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::testing {
namespace {

using journal::v1::Cursor;

constexpr int64_t kLimit = 1000;
constexpr uint64_t kPage = 3;

partition::EventPtr Event(const std::string& what, int64_t amount) {
  auto event = std::make_unique<Cursor>();
  event->set_topic(what);
  event->set_offset(amount);
  return event;
}

}  // namespace

partition::EventPtr CounterDomain::NewEvent() const { return std::make_unique<Cursor>(); }
partition::EventPtr CounterDomain::NewInputEvent(std::string_view) const {
  return std::make_unique<Cursor>();
}

int64_t CounterDomain::Value(const std::string& name) const {
  const Row* row = counters.Find({name});
  return row == nullptr ? 0 : row->value;
}

partition::Outcome CounterDomain::Decide(const partition::Command& command, const partition::Stamp&) const {
  const auto& request = static_cast<const Cursor&>(*command.request);
  partition::Outcome outcome;
  if (request.topic() == "add") {
    if (Value("sum") + request.offset() > kLimit) {
      common::v1::Refusal refusal;
      refusal.set_reason(common::v1::REASON_OVER_TOTAL);
      refusal.set_field("offset");
      refusal.set_limit(kLimit - Value("sum"));
      refusal.set_value(request.offset());
      outcome.refusals.push_back(refusal);
      return outcome;
    }
    outcome.events.push_back(Event("added", request.offset()));
  } else if (request.topic() == "alarm") {
    outcome.events.push_back(Event("alarm_set", request.offset()));
  } else if (request.topic() == "poison") {
    outcome.events.push_back(Event("poison", request.offset()));
  } else if (request.topic() == "run") {
    outcome.events.push_back(Event("run_started", request.offset()));
  } else {
    outcome.not_ready = "nobody knows this yet";
  }
  outcome.response = Event("sum", Value("sum") + request.offset());
  return outcome;
}

absl::Time CounterDomain::NextDue() const {
  const int64_t alarm = Value("alarm");
  return alarm == 0 ? absl::InfiniteFuture() : absl::FromUnixSeconds(alarm);
}

partition::Outcome CounterDomain::Fire(const partition::Stamp&) const {
  partition::Outcome outcome;
  outcome.events.push_back(Event("rang", 1));
  return outcome;
}

partition::Reaction CounterDomain::React(const partition::Input& input, uint64_t index, size_t,
                                         const partition::Stamp&) const {
  partition::Reaction reaction;
  uint64_t total = 0;
  for (const partition::EventPtr& event : *input.events) {
    const auto& cursor = static_cast<const Cursor&>(*event);
    if (cursor.topic() == "added") total += static_cast<uint64_t>(cursor.offset());
    if (cursor.topic() == "poison") reaction.events.push_back(Event("what nobody can fold", 1));
  }
  for (; index < total && reaction.events.size() < kPage; ++index) {
    reaction.events.push_back(Event("copied", 1));
  }
  reaction.next_index = index;
  reaction.done = index >= total;
  return reaction;
}

partition::Outcome CounterDomain::Step(const partition::Stamp&) {
  partition::Outcome outcome;
  outcome.events.push_back(Event("page", 1));
  return outcome;
}

absl::Status CounterDomain::Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) {
  const auto& cursor = static_cast<const Cursor&>(event);
  const int64_t amount = cursor.offset();
  if (cursor.topic() == "added") {
    counters.Mutate({"sum"}).value += amount;
    counters.Mutate({"times"}).value += 1;
    if (stamp.format >= 2) counters.Mutate({"times in format 2"}).value += 1;
  } else if (cursor.topic() == "poison") {
    counters.Mutate({"poisons"}).value += 1;
  } else if (cursor.topic() == "copied") {
    counters.Mutate({"copied"}).value += amount;
  } else if (cursor.topic() == "alarm_set") {
    counters.Mutate({"alarm"}).value = amount;
  } else if (cursor.topic() == "rang") {
    counters.Mutate({"alarm"}).value = 0;
    counters.Mutate({"rang"}).value += 1;
  } else if (cursor.topic() == "run_started") {
    counters.Mutate({"steps"}).value = amount;
  } else if (cursor.topic() == "page") {
    counters.Mutate({"steps"}).value -= 1;
    counters.Mutate({"pages"}).value += 1;
  } else {
    return absl::InvalidArgumentError("unknown event " + cursor.topic());
  }
  return absl::OkStatus();
}

partition::Command CounterCommand(const std::string& what, int64_t amount, uint64_t number, absl::Time at) {
  partition::Command command;
  command.county = 620121;
  command.actor = {"tester", common::v1::ROLE_OPERATOR};
  command.method = "/test/" + what;
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(at));
  for (size_t i = 0; i < 6; ++i) command.request_id[i] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
  for (size_t i = 0; i < 8; ++i) command.request_id[8 + i] = static_cast<uint8_t>(number >> (8 * (7 - i)));
  command.received_at = at;
  auto request = std::make_shared<Cursor>();
  request->set_topic(what);
  request->set_offset(amount);
  command.request = request;
  return command;
}

}  // namespace sanyuan::testing

namespace sanyuan {
template class state::Table<testing::CounterDomain::Key, testing::CounterDomain::Row>;
}  // namespace sanyuan
