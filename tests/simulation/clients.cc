#include "tests/simulation/clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

using partition::Answer;

// A call is named by its command and its attempt.
constexpr uint64_t kAttempts = 1 << 20;

std::string ResultOf(const Answer& answer) {
  std::string result = answer.response;
  for (const common::v1::Refusal& refusal : answer.refusals)
    result.append("|").append(refusal.SerializeAsString());
  return result;
}

// For people.
std::string ReasonsOf(const Answer& answer) {
  std::string reasons;
  for (const common::v1::Refusal& refusal : answer.refusals) {
    reasons += fmt::format(" {} {}", common::v1::Reason_Name(refusal.reason()), refusal.field());
  }
  return reasons;
}

}  // namespace

Clients::Clients(World& world, std::vector<Ask> script)
    : world_(world), script_(std::move(script)), asked_(script_.size()), followers_(script_.size()) {}

void Clients::Begin() {
  for (size_t ask = 0; ask < script_.size(); ++ask) {
    if (script_[ask].after) {
      followers_[*script_[ask].after].push_back(ask);
    } else {
      world_.schedule.At(script_[ask].at, [this, ask] { Send(ask); });
    }
  }
}

const Answer* Clients::AnswerTo(size_t ask) const {
  return asked_[ask].answer ? &*asked_[ask].answer : nullptr;
}

const partition::Domain* Clients::View(size_t context) const {
  for (Process& process : world_.processes) {
    if (process.up() && !process.writer()) return &process.member(context).domain();
  }
  return nullptr;
}

bool Clients::Done(size_t context) const {
  for (size_t ask = 0; ask < script_.size(); ++ask) {
    if (script_[ask].context == context && !asked_[ask].done && !WaitsForDamage(ask)) return false;
  }
  return true;
}

bool Clients::WaitsForDamage(size_t ask) const {
  if (!script_[ask].after) return false;
  const size_t before = *script_[ask].after;
  const bool damaged = world_.ledger.chapters[script_[before].context].unsound.has_value();
  if (!asked_[before].done) return damaged || WaitsForDamage(before);
  return damaged && script_[ask].depends;
}

std::string Clients::Unanswered() const {
  std::string text;
  for (size_t ask = 0; ask < script_.size(); ++ask) {
    if (!asked_[ask].done) {
      text += fmt::format(" {}:{}:{}({} attempts)", ask, world_.name(script_[ask].context),
                          script_[ask].method, asked_[ask].attempt);
    }
  }
  return text;
}

// A UUIDv7 by the client's own clock.
void Clients::NewId(Asked& asked) {
  const auto millis =
      static_cast<uint64_t>(absl::ToUnixMillis(world_.Time() + absl::Microseconds(clock_offset)));
  partition::RequestId& id = asked.command.request_id;
  for (size_t i = 0; i < 6; ++i) id[i] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
  for (size_t i = 6; i < id.size(); ++i) id[i] = static_cast<uint8_t>(world_.random.Below(256));
  id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x70);
  id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
}

void Clients::Prepare(size_t ask) {
  const Ask& script = script_[ask];
  Asked& asked = asked_[ask];
  asked.sent = true;
  asked.command.county = script.county;
  asked.command.actor = script.actor;
  asked.command.method = script.method;
  asked.command.request = script.request(*this);
  const std::string bytes = asked.command.request->SerializeAsString();
  asked.content = std::string(Sha256(bytes).view().substr(0, 16));
  NewId(asked);
  if (script.after) {
    const Asked& before = asked_[*script.after];
    if (script.reuses) asked.command.request_id = before.command.request_id;
    if (script.depends && before.answer) {
      const auto& id = before.answer->journal_id;
      asked.depends_on.push_back(
          {std::string(reinterpret_cast<const char*>(id.data()), id.size()), before.answer->height});
    }
  }
}

void Clients::Send(size_t ask) {
  Asked& asked = asked_[ask];
  if (asked.done) return;
  if (!asked.sent) Prepare(ask);
  asked.waiting = true;
  const uint64_t attempt = ++asked.attempt;
  const size_t context = script_[ask].context;
  const int to = world_.random.Percent(90) ? world_.ownership.owner(context)
                                           : static_cast<int>(world_.random.Below(kWriters));
  Process& process = world_.process(to);
  partition::PendingCommand command{ask * kAttempts + attempt, asked.command, asked.content,
                                    asked.depends_on};
  if (process.up()) {
    process.Deliver(world_.random.Between(100, 3 * kMillisecond),
                    [&process, context, command] { process.member(context).OnCommand(command); });
  }
  // The deadline of the call.
  world_.schedule.After(world_.random.Between(1500 * kMillisecond, 4 * kSecond), [this, ask, attempt] {
    if (asked_[ask].attempt != attempt || !asked_[ask].waiting) return;
    Retry(ask, 0);
  });
}

void Clients::Retry(size_t ask, Micros delay) {
  asked_[ask].waiting = false;
  world_.schedule.After(delay, [this, ask, attempt = asked_[ask].attempt] {
    if (asked_[ask].attempt == attempt) Send(ask);
  });
}

// Nobody acknowledges past a damage that its own head shows: at once when it was told to doubt, otherwise from
// two seconds later (the head is read again every second).
void Clients::CheckKnowledge(int process, size_t context, size_t ask) {
  const Member& member = world_.process(process).member(context);
  if (!member.knows_more_since || world_.HeadIsInLog(context, *member->reader().place())) return;
  const Micros since = std::max(*member.knows_more_since, world_.process(process).woke_at());
  if (!member.doubts && world_.schedule.now() <= since + 2 * kSecond) return;
  world_.ledger.Fail(fmt::format(
      "process {} acknowledges ask {} of {}, and the log has lost the record at its head since {:.3f} s{}",
      process, ask, world_.name(context), static_cast<double>(*member.knows_more_since) / kSecond,
      member.doubts ? ", which it was told to doubt" : ""));
}

void Clients::OnReply(int process, size_t context, uint64_t call, Answer answer) {
  const size_t ask = call / kAttempts;
  const uint64_t attempt = call % kAttempts;
  Chapter& chapter = world_.ledger.chapters[context];
  if (answer.kind == Answer::Kind::kDecided) {
    world_.Trace("process {} {}: acknowledges ask {} ({}) at height {}{}", process, chapter.name, ask,
                 script_[ask].method, answer.height, ReasonsOf(answer));
    chapter.acknowledged.push_back({world_.schedule.now(), process, ask, answer.height, ResultOf(answer)});
    CheckKnowledge(process, context, ask);
  } else if (answer.kind == Answer::Kind::kInternal || answer.kind == Answer::Kind::kInvalid) {
    world_.ledger.Fail(fmt::format("ask {} ({}) fails: {}", ask, script_[ask].method, answer.text));
  }
  if (world_.random.Percent(3)) return;  // Lost on the way.
  world_.schedule.After(world_.random.Between(100, 3 * kMillisecond),
                        [this, ask, attempt, answer = std::move(answer)] { Take(ask, attempt, answer); });
}

void Clients::Take(size_t ask, uint64_t attempt, const Answer& answer) {
  Asked& asked = asked_[ask];
  if (asked.done) return;
  const bool current = attempt == asked.attempt;
  switch (answer.kind) {
    case Answer::Kind::kDecided:
      asked.answer = answer;
      [[fallthrough]];
    case Answer::Kind::kReused:
    case Answer::Kind::kInvalid:
    case Answer::Kind::kInternal:
      asked.done = true;
      for (const size_t follower : followers_[ask]) {
        world_.schedule.At(std::max(script_[follower].at, world_.schedule.now()),
                           [this, follower] { Send(follower); });
      }
      return;
    case Answer::Kind::kOutOfWindow:
      // The answer says what time it is. Servers' clocks differ by much less than the window, so nobody else can
      // have taken this id, and it may be replaced.
      clock_offset = 0;
      if (current && !script_[ask].reuses) NewId(asked);
      [[fallthrough]];
    case Answer::Kind::kElsewhere:
    case Answer::Kind::kNotReady:
    case Answer::Kind::kUnavailable:
    case Answer::Kind::kOverloaded:
      if (current && asked.waiting) Retry(ask, world_.random.Between(20 * kMillisecond, 400 * kMillisecond));
      return;
  }
}

}  // namespace sanyuan::simulation
