#include "services/three_member_interaction/domain/fold_thing.h"
#include "services/three_member_interaction/domain/ticket.h"

namespace sanyuan::three_member_interaction {
namespace {

void SetDeadlines(v1::Ticket& ticket, const v1::TicketDeadlines& deadlines) {
  *ticket.mutable_due() = deadlines.due();
  *ticket.mutable_escalate_first_at() = deadlines.escalate_first_at();
  *ticket.mutable_escalate_second_at() = deadlines.escalate_second_at();
  ticket.clear_escalation();
}

template <typename Body>
void SetAnswerTimes(v1::Ticket& ticket, const Body& body) {
  *ticket.mutable_confirm_due() = body.confirm_due();
  *ticket.mutable_reopen_until() = body.reopen_until();
}

}  // namespace

v1::TicketFacts FactsOf(const v1::Ticket& ticket) {
  v1::TicketFacts facts;
  facts.set_ticket_id(ticket.ticket_id());
  facts.set_county_code(ticket.county_code());
  facts.set_state(ticket.state());
  facts.set_type(ticket.type());
  facts.set_severity(ticket.severity());
  facts.set_licence(ticket.licence());
  facts.set_owner_id(ticket.owner_id());
  facts.set_policy_version(ticket.policy_version());
  return facts;
}

const v1::TicketFacts* TicketFactsIn(const v1::Event& event) {
  return FactsFieldOf<v1::TicketFacts>(event, "ticket");
}

void ApplyTo(v1::Ticket& ticket, const v1::Event& event, absl::Time decided_at) {
  const v1::TicketFacts& facts = *TicketFactsIn(event);
  const Timestamp at = ToWireTime(decided_at);
  ticket.set_state(facts.state());
  ticket.set_owner_id(facts.owner_id());
  ticket.set_policy_version(facts.policy_version());
  switch (event.event_case()) {
    case v1::Event::kTicketRaised:
      ticket.set_ticket_id(facts.ticket_id());
      ticket.set_county_code(facts.county_code());
      ticket.set_type(facts.type());
      ticket.set_severity(facts.severity());
      ticket.set_licence(facts.licence());
      ticket.set_raiser_id(event.ticket_raised().raiser_id());
      ticket.set_cause(event.ticket_raised().cause());
      if (event.ticket_raised().has_text()) *ticket.mutable_text() = event.ticket_raised().text();
      *ticket.mutable_evidence_sha256() = event.ticket_raised().evidence_sha256();
      *ticket.mutable_raised_at() = at;
      SetDeadlines(ticket, event.ticket_raised().deadlines());
      break;
    case v1::Event::kTicketResolved:
      if (event.ticket_resolved().has_solution()) {
        *ticket.mutable_solution() = event.ticket_resolved().solution();
      }
      *ticket.mutable_resolved_at() = at;
      ticket.set_resolved_on_time(event.ticket_resolved().on_time());
      SetAnswerTimes(ticket, event.ticket_resolved());
      break;
    case v1::Event::kTicketDeclaredNotNeeded:
      ticket.set_not_needed_reason(event.ticket_declared_not_needed().reason());
      SetAnswerTimes(ticket, event.ticket_declared_not_needed());
      break;
    case v1::Event::kTicketReopened:
      ticket.set_reopens(ticket.reopens() + 1);
      ticket.clear_resolved_at();
      ticket.clear_resolved_on_time();
      ticket.clear_not_needed_reason();
      ticket.clear_confirm_due();
      ticket.clear_reopen_until();
      ticket.clear_closed_at();
      SetDeadlines(ticket, event.ticket_reopened().deadlines());
      break;
    case v1::Event::kTicketEscalated:
      ticket.set_escalation(event.ticket_escalated().level());
      break;
    case v1::Event::kTicketClosed:
      *ticket.mutable_closed_at() = at;
      break;
    default:
      break;
  }
}

std::optional<absl::Time> NextDueOf(const v1::Ticket& ticket) {
  switch (ticket.state()) {
    case v1::TICKET_STATE_OPEN:
    case v1::TICKET_STATE_ASSIGNED:
    case v1::TICKET_STATE_IN_PROGRESS:
    case v1::TICKET_STATE_REOPENED:
      if (ticket.escalation() == v1::ESCALATION_LEVEL_COUNTY) return std::nullopt;
      return FromWireTime(ticket.escalation() == v1::ESCALATION_LEVEL_UNSPECIFIED
                              ? ticket.escalate_first_at()
                              : ticket.escalate_second_at());
    case v1::TICKET_STATE_RESOLVED:
    case v1::TICKET_STATE_NOT_NEEDED:
      return FromWireTime(ticket.confirm_due());
    default:
      return std::nullopt;
  }
}

absl::Status FoldTicketEvent(State& state, const v1::Event& event, const Stamp& stamp) {
  const v1::TicketFacts& facts = *TicketFactsIn(event);
  return FoldThing(state, state.tickets, &state.ticket_texts, Thing::kTicket, facts.county_code(),
                   facts.ticket_id(), event.has_ticket_raised(), event, stamp);
}

}  // namespace sanyuan::three_member_interaction
