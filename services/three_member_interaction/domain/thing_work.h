// One ticket, inspection or plan at work, as ClueWork is for clues: opened by the request that names it, and changed
// by events that are applied to a copy as they are made. Pure; one thread at a time.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THING_WORK_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THING_WORK_H_

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

v1::TicketFacts FactsOf(const v1::Ticket& ticket);
v1::InspectionFacts FactsOf(const v1::Inspection& inspection);
v1::InspectionPlanFacts FactsOf(const v1::InspectionPlan& plan);
// What the event does to the thing. REQUIRES: it is about a thing of this type.
void ApplyTo(v1::Ticket& ticket, const v1::Event& event, absl::Time decided_at);
void ApplyTo(v1::Inspection& inspection, const v1::Event& event, absl::Time decided_at);
void ApplyTo(v1::InspectionPlan& plan, const v1::Event& event, absl::Time decided_at);
// What comes due next of it; nullopt when nothing does.
std::optional<absl::Time> NextDueOf(const v1::Ticket& ticket);
std::optional<absl::Time> NextDueOf(const v1::Inspection& inspection);
std::optional<absl::Time> NextDueOf(const v1::InspectionPlan& plan);

template <typename Message>
class ThingWork {
 public:
  ThingWork(Message thing, const Rules& rules, const Stamp& stamp)
      : thing_(std::move(thing)), rules_(rules), stamp_(stamp) {}

  const Message& thing() const { return thing_; }
  const Rules& rules() const { return rules_; }
  const registry::v1::InteractionPolicy& policy() const { return rules_.policy(); }
  absl::Time now() const { return stamp_.decided_at; }

  // Makes an event that leaves the thing in `state`; `fill` gets its body, with the facts as they were before.
  template <typename Body, typename ThingState, typename Fill>
  void Emit(Body* (v1::Event::*mutable_body)(), ThingState state, Fill fill) {
    auto event = std::make_unique<v1::Event>();
    Body& body = *(event.get()->*mutable_body)();
    auto& facts = FactsIn(body);
    facts = FactsOf(thing_);
    facts.set_state(state);
    facts.set_policy_version(rules_.version->version());
    fill(body);
    ApplyTo(thing_, *event, now());
    events_.push_back(std::move(event));
  }
  std::vector<partition::EventPtr> TakeEvents() { return std::exchange(events_, {}); }

 private:
  template <typename Body>
  static auto& FactsIn(Body& body) {
    if constexpr (requires { body.mutable_ticket(); }) {
      return *body.mutable_ticket();
    } else if constexpr (requires { body.mutable_inspection(); }) {
      return *body.mutable_inspection();
    } else {
      return *body.mutable_plan();
    }
  }

  Message thing_;
  const Rules& rules_;
  const Stamp& stamp_;
  std::vector<partition::EventPtr> events_;
};

using TicketWork = ThingWork<v1::Ticket>;
using InspectionWork = ThingWork<v1::Inspection>;
using PlanWork = ThingWork<v1::InspectionPlan>;

// The thing that a request names, with what stands against the command.
template <typename Message>
struct OpenedThing {
  std::optional<County> county;
  const Message* thing = nullptr;
  std::string field;  // Of the request, that names the thing.
  Refusals refusals;

  // WRONG_STATE unless the thing stands in one of these.
  template <typename ThingState>
  void Require(std::initializer_list<ThingState> states) {
    if (thing == nullptr || std::find(states.begin(), states.end(), thing->state()) != states.end()) return;
    const auto* type = Message::descriptor()->FindFieldByName("state")->enum_type();
    RefuseState(refusals, field, std::string(type->FindValueByNumber(thing->state())->name()));
  }
};

// The one decision of a command that opened its thing without a refusal.
template <typename Response, typename Message, typename Decide>
Outcome OneStep(const State& state, OpenedThing<Message> opened, const Stamp& stamp, Decide decide) {
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  ThingWork<Message> work(*opened.thing, *rules, stamp);
  Response response;
  decide(work, response);
  return Answered(work.TakeEvents(), std::move(response));
}

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THING_WORK_H_
