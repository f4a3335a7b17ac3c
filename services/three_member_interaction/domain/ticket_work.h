// One ticket at work, as ClueWork is for clues. Pure; one thread at a time.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_WORK_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_WORK_H_

#include <memory>
#include <utility>
#include <vector>

#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

v1::TicketFacts FactsOf(const v1::Ticket& ticket);
// What the event does to the ticket. REQUIRES: it is about a ticket.
void ApplyTo(v1::Ticket& ticket, const v1::Event& event, absl::Time decided_at);
// Solved or not needed, and the raiser has not said what he thinks of it.
bool IsAnswerAwaited(const v1::Ticket& ticket);

class TicketWork {
 public:
  TicketWork(v1::Ticket ticket, const Rules& rules, const Stamp& stamp)
      : ticket_(std::move(ticket)), rules_(rules), stamp_(stamp) {}

  const v1::Ticket& ticket() const { return ticket_; }
  const Rules& rules() const { return rules_; }
  const registry::v1::InteractionPolicy& policy() const { return rules_.policy(); }
  absl::Time now() const { return stamp_.decided_at; }

  // Makes an event that leaves the ticket in `state`; `fill` gets its body, with the facts as they were before.
  template <typename Body, typename Fill>
  void Emit(Body* (v1::Event::*mutable_body)(), v1::TicketState state, Fill fill) {
    auto event = std::make_unique<v1::Event>();
    Body& body = *(event.get()->*mutable_body)();
    *body.mutable_ticket() = FactsOf(ticket_);
    body.mutable_ticket()->set_state(state);
    body.mutable_ticket()->set_policy_version(rules_.version->version());
    fill(body);
    ApplyTo(ticket_, *event, now());
    events_.push_back(std::move(event));
  }
  std::vector<partition::EventPtr> TakeEvents() { return std::move(events_); }

 private:
  v1::Ticket ticket_;
  const Rules& rules_;
  const Stamp& stamp_;
  std::vector<partition::EventPtr> events_;
};

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_WORK_H_
