#include "services/allocation/domain/settle_reaction.h"

#include <algorithm>
#include <map>

#include "sanyuan/order_intake/v1/event.pb.h"
#include "services/allocation/domain/settle.h"

namespace sanyuan::allocation {
namespace {

namespace intake = order_intake::v1;

// Answers to one order of one run, gathered over a decision: taken and returned lines come in two events.
struct Answers {
  std::string licence;
  std::map<uint32_t, v1::SettledLine> lines;
};
using OrderOfRun = std::pair<RunKey, std::string>;

void Gather(const intake::Event& event, std::map<OrderOfRun, Answers>& gathered) {
  if (event.has_allocation_taken()) {
    const intake::AllocationTaken& taken = event.allocation_taken();
    const auto run = ParseRun(taken.run_id());
    if (!run) return;
    Answers& answers = gathered[{*run, taken.order_id()}];
    answers.licence = taken.licence();
    for (const intake::TakenLine& line : taken.lines()) {
      v1::SettledLine& out = answers.lines[line.line_number()];
      out.set_line_number(line.line_number());
      out.set_taken_cartons(line.taken_cartons());
      out.set_returned_cartons(line.offered_cartons() - line.taken_cartons());
    }
  } else if (event.has_allocation_returned()) {
    const intake::AllocationReturned& returned = event.allocation_returned();
    const auto run = ParseRun(returned.run_id());
    if (!run) return;
    Answers& answers = gathered[{*run, returned.order_id()}];
    answers.licence = returned.licence();
    for (const intake::ReturnedLine& line : returned.lines()) {
      v1::SettledLine& out = answers.lines[line.line_number()];
      out.set_line_number(line.line_number());
      out.set_returned_cartons(line.offered_cartons());
      out.set_can_take_cartons(line.still_can_take_cartons());
    }
  }
}

// True when the answers are: every open offer of the order, in full. Lines that were offered nothing need none.
bool AllTaken(const RunResult::Order& order, const Answers& answers) {
  return std::all_of(order.lines.begin(), order.lines.end(), [&](const RunResult::Line& line) {
    const auto answer = answers.lines.find(line.line);
    if (answer == answers.lines.end()) return line.taken != RunResult::kUnanswered || line.offered == 0;
    return line.taken == RunResult::kUnanswered && answer->second.taken_cartons() == line.offered &&
           answer->second.returned_cartons() == 0;
  });
}

const RunResult::Order* FindOrder(const State& state, const RunKey& run, const std::string& licence,
                                  const std::string& order_id) {
  const auto code = Code::Parse(licence);
  const RunResult* result = code ? state.results.Find({run, *code}) : nullptr;
  if (result == nullptr) return nullptr;
  for (const RunResult::Order& order : result->orders) {
    if (order.id == order_id) return &order;
  }
  return nullptr;
}

// Only lines that are offered and unanswered, so that a repeat changes nothing.
void AddSettled(const RunResult::Order& order, const std::string& order_id, const Answers& answers,
                v1::OffersSettled& event) {
  v1::SettledOrder out;
  out.set_licence(answers.licence);
  out.set_order_id(order_id);
  if (AllTaken(order, answers)) {
    const bool open = std::any_of(order.lines.begin(), order.lines.end(), [](const RunResult::Line& line) {
      return line.taken == RunResult::kUnanswered;
    });
    if (!open) return;
    out.set_all_taken(true);
  } else {
    for (const RunResult::Line& line : order.lines) {
      const auto answer = answers.lines.find(line.line);
      if (answer == answers.lines.end() || line.taken != RunResult::kUnanswered) continue;
      if (answer->second.taken_cartons() + answer->second.returned_cartons() != line.offered) continue;
      *out.add_lines() = answer->second;
    }
    if (out.lines().empty()) return;
  }
  *event.add_orders() = std::move(out);
}

// A whole order that is void takes nothing any more, not even on lines that never got anything.
void AddFreed(const State& state, const intake::OrderVoided& voided,
              std::vector<partition::EventPtr>& events) {
  const auto window = ParseWindow(voided.window_id());
  const RunResult::Order* order =
      window ? FindOrder(state, RunKey(*window, 0), voided.licence(), voided.order_id()) : nullptr;
  if (order == nullptr) return;
  std::map<uint32_t, v1::FreedLine> lines;
  for (const intake::FreedLine& line : voided.lines()) {
    if (line.cartons() == 0) continue;
    v1::FreedLine& out = lines[line.line_number()];
    out.set_freed_cartons(line.cartons());
    out.set_can_take_cartons(0);
  }
  if (voided.whole_order()) {
    for (const RunResult::Line& line : order->lines) {
      if (!lines.contains(line.line) && LineCanTake(*order, line) > 0) lines[line.line];
    }
  }
  if (lines.empty()) return;
  auto* event = AddEvent(events).mutable_cartons_freed();
  event->set_window_id(voided.window_id());
  event->set_licence(voided.licence());
  event->set_order_id(voided.order_id());
  for (auto& [number, line] : lines) {
    line.set_line_number(number);
    *event->add_lines() = std::move(line);
  }
}

}  // namespace

void ReactToSettlement(const State& state, const std::vector<partition::EventPtr>& inputs,
                       std::vector<partition::EventPtr>& events) {
  std::map<OrderOfRun, Answers> gathered;
  for (const partition::EventPtr& input : inputs) Gather(static_cast<const intake::Event&>(*input), gathered);
  std::map<RunKey, v1::OffersSettled> settled;
  for (const auto& [key, answers] : gathered) {
    const RunResult::Order* order = FindOrder(state, key.first, answers.licence, key.second);
    if (order != nullptr) AddSettled(*order, key.second, answers, settled[key.first]);
  }
  for (auto& [run, event] : settled) {
    if (event.orders().empty()) continue;
    event.set_run_id(RunText(run));
    event.set_window_id(WindowText(run.window()));
    *AddEvent(events).mutable_offers_settled() = std::move(event);
  }
  for (const partition::EventPtr& input : inputs) {
    const auto& event = static_cast<const intake::Event&>(*input);
    if (event.has_order_voided()) AddFreed(state, event.order_voided(), events);
  }
}

}  // namespace sanyuan::allocation
