// Problem tickets (R56): raised by any member, a retailer or the system, solved by an owner, and over only when the
// raiser agrees or lets the time for an answer pass. What is late goes up, to the marketing manager and then to the
// county, and the work on it goes on. Opened again, its clock starts anew; after the policy's number of times only
// the county opens it again.
// Pure functions; deadlines by the interaction policy in force when they begin.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_H_

#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

// EVIDENCE_MISSING for one with neither text nor evidence.
Outcome DecideRaiseTicket(const State& state, const v1::RaiseTicketRequest& request, const Stamp& stamp);
// FOUR_EYES for the raiser as owner. A ticket may change hands until it is solved.
Outcome DecideAssignTicket(const State& state, const v1::AssignTicketRequest& request, const Stamp& stamp);
Outcome DecideStartTicket(const State& state, const v1::StartTicketRequest& request, const Stamp& stamp);
Outcome DecideResolveTicket(const State& state, const v1::ResolveTicketRequest& request, const Stamp& stamp);
Outcome DecideDeclareTicketNotNeeded(const State& state, const v1::DeclareTicketNotNeededRequest& request,
                                     const Stamp& stamp);
// TICKET_UNKNOWN, as of one that is not there, for who is not the raiser.
Outcome DecideConfirmTicket(const State& state, const v1::ConfirmTicketRequest& request, const Stamp& stamp);
// REOPEN_LIMIT with limit and value: times, or seconds since 1970 when it is too late.
Outcome DecideReopenTicket(const State& state, const v1::ReopenTicketRequest& request, const Stamp& stamp);

// The event that raises `ticket`, of which id, county, type, severity, licence, raiser, cause, text and evidence count.
partition::EventPtr RaiseTicket(const v1::Ticket& ticket, const Rules& rules, const Stamp& stamp);
// An imbalance of a run (R79, R80) is a ticket about goods: one for each run. nullptr when there is one, or while no
// interaction policy of the county is in force.
partition::EventPtr OpenImbalanceTicket(const State& state,
                                        const delivery_tracking::v1::RunImbalanceFound& imbalance,
                                        const Stamp& stamp);
std::string ImbalanceTicketId(County county, const std::string& run_id);

// Goes up, or closes what nobody answered.
Outcome FireTicketTimer(const State& state, County county, const v1::Ticket& ticket, const Stamp& stamp);

// Of an event about a ticket; nullptr of all others.
const v1::TicketFacts* TicketFactsIn(const v1::Event& event);
// REQUIRES: TicketFactsIn(event) is not null.
absl::Status FoldTicketEvent(State& state, const v1::Event& event, const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_TICKET_H_
