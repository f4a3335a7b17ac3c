#include "services/three_member_interaction/domain/ticket.h"

#include "services/three_member_interaction/domain/people.h"
#include "services/three_member_interaction/domain/thing_work.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons and roles.

int32_t WorkingDaysOf(const registry::v1::InteractionPolicy& policy, v1::TicketSeverity severity) {
  switch (severity) {
    case v1::TICKET_SEVERITY_S2:
      return policy.ticket_s2_wd();
    case v1::TICKET_SEVERITY_S3:
      return policy.ticket_s3_wd();
    default:
      return policy.ticket_s4_wd();
  }
}

// `share` of the time allowed: of hours to the minute, of working days rounded up to whole ones.
Timestamp AfterShare(const Rules& rules, v1::TicketSeverity severity, absl::Time from, int64_t share_bp) {
  if (severity == v1::TICKET_SEVERITY_S1) {
    const int64_t minutes = int64_t{60} * rules.policy().ticket_s1_hours() * share_bp / kWholeBp;
    return ToWireTime(from + absl::Minutes(minutes));
  }
  const int64_t days = WorkingDaysOf(rules.policy(), severity) * share_bp;
  return rules.AfterWorkingDays(from, static_cast<int32_t>((days + kWholeBp - 1) / kWholeBp));
}

v1::TicketDeadlines DeadlinesOf(const Rules& rules, v1::TicketSeverity severity, absl::Time from) {
  v1::TicketDeadlines deadlines;
  *deadlines.mutable_due() = AfterShare(rules, severity, from, kWholeBp);
  *deadlines.mutable_escalate_first_at() =
      AfterShare(rules, severity, from, rules.policy().ticket_escalate_first_bp());
  *deadlines.mutable_escalate_second_at() =
      AfterShare(rules, severity, from, rules.policy().ticket_escalate_second_bp());
  return deadlines;
}

struct OpenedTicket : OpenedThing<v1::Ticket> {
  void RequireOwner(const Stamp& stamp) {
    if (thing != nullptr && thing->owner_id() != stamp.actor.id) {
      Refuse(refusals, REASON_NOT_ASSIGNED_TO_CALLER, field);
    }
  }
  // Nobody but the county answers for the system.
  void RequireRaiser(const Stamp& stamp, bool county_too) {
    if (thing == nullptr) return;
    const bool county_manager = stamp.actor.role == ROLE_COUNTY_MANAGER;
    if (thing->raiser_id() == stamp.actor.id) return;
    if (county_manager && (county_too || thing->raiser_id().empty())) return;
    Refuse(refusals, REASON_TICKET_UNKNOWN, field, thing->ticket_id());
    thing = nullptr;
  }
};

template <typename Request>
OpenedTicket OpenTicket(const State& state, const Request& request) {
  OpenedTicket opened;
  opened.field = "ticket_id";
  opened.county = CheckCounty(request.county_code(), opened.refusals);
  if (!opened.county) return opened;
  opened.thing = FindThing(state.tickets, *opened.county, request.ticket_id());
  if (opened.thing == nullptr) {
    Refuse(opened.refusals, REASON_TICKET_UNKNOWN, opened.field, request.ticket_id());
  }
  return opened;
}

template <typename Body>
void SetAnswerTimes(const TicketWork& work, Body& body) {
  *body.mutable_confirm_due() =
      work.rules().AfterWorkingDays(work.now(), work.policy().ticket_unconfirmed_wd());
  *body.mutable_reopen_until() =
      ToWireTime(work.now() + absl::Hours(24 * work.policy().ticket_reopen_days()));
}

void Close(TicketWork& work, v1::TicketState state) {
  work.Emit(&v1::Event::mutable_ticket_closed, state, [](v1::TicketClosed&) {});
}

}  // namespace

partition::EventPtr RaiseTicket(const v1::Ticket& ticket, const Rules& rules, const Stamp& stamp) {
  TicketWork work(ticket, rules, stamp);
  work.Emit(&v1::Event::mutable_ticket_raised, v1::TICKET_STATE_OPEN, [&](v1::TicketRaised& raised) {
    raised.set_raiser_id(ticket.raiser_id());
    raised.set_cause(ticket.cause());
    if (ticket.has_text()) *raised.mutable_text() = ticket.text();
    *raised.mutable_evidence_sha256() = ticket.evidence_sha256();
    *raised.mutable_deadlines() = DeadlinesOf(rules, ticket.severity(), work.now());
  });
  return std::move(work.TakeEvents().front());
}

Outcome DecideRaiseTicket(const State& state, const v1::RaiseTicketRequest& request, const Stamp& stamp) {
  Refusals refusals;
  const auto county = CheckCounty(request.county_code(), refusals);
  CheckEnum(request.type(), v1::TicketType_IsValid, "type", refusals);
  CheckEnum(request.severity(), v1::TicketSeverity_IsValid, "severity", refusals);
  CheckSealedText(request.text(), "text", {request.licence(), stamp.actor.id}, refusals);
  CheckEvidence(request.evidence_sha256(), refusals);
  if (request.text().text().empty() && request.evidence_sha256().empty()) {
    Refuse(refusals, REASON_EVIDENCE_MISSING, "text", "neither text nor evidence");
  }
  if (county && !request.licence().empty()) {
    const auto licence = Code::Parse(request.licence());
    if (!licence || !state.retailers.Contains({*county, *licence})) {
      Refuse(refusals, REASON_LICENCE_UNKNOWN, "licence", request.licence());
    } else if (stamp.actor.role == ROLE_RETAILER && request.licence() != stamp.actor.id) {
      Refuse(refusals, REASON_NOT_OWN_LICENCE, "licence");
    }
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  const auto rules = RulesFor(state, *county, stamp.decided_at);
  if (!rules) return NoPolicyYet();
  v1::Ticket ticket;
  ticket.set_ticket_id(partition::DeriveId(*county, stamp));
  ticket.set_county_code(request.county_code());
  ticket.set_type(request.type());
  ticket.set_severity(request.severity());
  ticket.set_licence(request.licence());
  ticket.set_raiser_id(stamp.actor.id);
  if (request.has_text()) *ticket.mutable_text() = request.text();
  *ticket.mutable_evidence_sha256() = request.evidence_sha256();
  v1::RaiseTicketResponse response;
  response.set_ticket_id(ticket.ticket_id());
  std::vector<partition::EventPtr> events;
  events.push_back(RaiseTicket(ticket, *rules, stamp));
  *response.mutable_due() = static_cast<const v1::Event&>(*events.front()).ticket_raised().deadlines().due();
  return Answered(std::move(events), std::move(response));
}

Outcome DecideAssignTicket(const State& state, const v1::AssignTicketRequest& request, const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.Require({v1::TICKET_STATE_OPEN, v1::TICKET_STATE_ASSIGNED, v1::TICKET_STATE_IN_PROGRESS,
                  v1::TICKET_STATE_REOPENED});
  if (opened.thing != nullptr) {
    if (ActiveStaff(state, *opened.county, request.owner_id()) == nullptr) {
      Refuse(opened.refusals, REASON_STAFF_UNKNOWN, "owner_id", request.owner_id());
    }
    if (request.owner_id() == opened.thing->raiser_id()) {
      Refuse(opened.refusals, REASON_FOUR_EYES, "owner_id");
    }
  }
  return OneStep<v1::AssignTicketResponse>(state, std::move(opened), stamp, [&](TicketWork& work, auto&) {
    work.Emit(&v1::Event::mutable_ticket_assigned, v1::TICKET_STATE_ASSIGNED,
              [&](v1::TicketAssigned& assigned) {
                assigned.mutable_ticket()->set_owner_id(request.owner_id());
                assigned.set_assigned_by(stamp.actor.id);
              });
  });
}

Outcome DecideStartTicket(const State& state, const v1::StartTicketRequest& request, const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.Require({v1::TICKET_STATE_ASSIGNED});
  opened.RequireOwner(stamp);
  return OneStep<v1::StartTicketResponse>(state, std::move(opened), stamp, [](TicketWork& work, auto&) {
    work.Emit(&v1::Event::mutable_ticket_started, v1::TICKET_STATE_IN_PROGRESS, [](v1::TicketStarted&) {});
  });
}

Outcome DecideResolveTicket(const State& state, const v1::ResolveTicketRequest& request, const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.Require({v1::TICKET_STATE_IN_PROGRESS});
  opened.RequireOwner(stamp);
  if (opened.thing != nullptr) {
    CheckSealedText(request.solution(), "solution",
                    {opened.thing->licence(), opened.thing->raiser_id(), stamp.actor.id}, opened.refusals);
  }
  return OneStep<v1::ResolveTicketResponse>(state, std::move(opened), stamp, [&](TicketWork& work, auto&) {
    work.Emit(&v1::Event::mutable_ticket_resolved, v1::TICKET_STATE_RESOLVED,
              [&](v1::TicketResolved& resolved) {
                if (request.has_solution()) *resolved.mutable_solution() = request.solution();
                resolved.set_on_time(work.now() <= FromWireTime(work.thing().due()));
                SetAnswerTimes(work, resolved);
              });
  });
}

Outcome DecideDeclareTicketNotNeeded(const State& state, const v1::DeclareTicketNotNeededRequest& request,
                                     const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.Require({v1::TICKET_STATE_ASSIGNED, v1::TICKET_STATE_IN_PROGRESS});
  opened.RequireOwner(stamp);
  CheckEnum(request.reason(), v1::NotNeededReason_IsValid, "reason", opened.refusals);
  return OneStep<v1::DeclareTicketNotNeededResponse>(
      state, std::move(opened), stamp, [&](TicketWork& work, auto&) {
        work.Emit(&v1::Event::mutable_ticket_declared_not_needed, v1::TICKET_STATE_NOT_NEEDED,
                  [&](v1::TicketDeclaredNotNeeded& declared) {
                    declared.set_reason(request.reason());
                    SetAnswerTimes(work, declared);
                  });
      });
}

Outcome DecideConfirmTicket(const State& state, const v1::ConfirmTicketRequest& request, const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.RequireRaiser(stamp, false);
  opened.Require({v1::TICKET_STATE_RESOLVED, v1::TICKET_STATE_NOT_NEEDED});
  // A county manager who answers for the system may have been the owner.
  if (opened.thing != nullptr && opened.thing->owner_id() == stamp.actor.id) {
    Refuse(opened.refusals, REASON_FOUR_EYES, "ticket_id");
  }
  return OneStep<v1::ConfirmTicketResponse>(state, std::move(opened), stamp, [](TicketWork& work, auto&) {
    work.Emit(&v1::Event::mutable_ticket_confirmed, v1::TICKET_STATE_CONFIRMED, [](v1::TicketConfirmed&) {});
    Close(work, v1::TICKET_STATE_CLOSED);
  });
}

Outcome DecideReopenTicket(const State& state, const v1::ReopenTicketRequest& request, const Stamp& stamp) {
  OpenedTicket opened = OpenTicket(state, request);
  opened.RequireRaiser(stamp, true);
  opened.Require({v1::TICKET_STATE_RESOLVED, v1::TICKET_STATE_NOT_NEEDED, v1::TICKET_STATE_CLOSED,
                  v1::TICKET_STATE_CLOSED_UNCONFIRMED});
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.thing != nullptr && rules) {
    const v1::Ticket& ticket = *opened.thing;
    if (ticket.has_reopen_until() && stamp.decided_at > FromWireTime(ticket.reopen_until())) {
      Refusal& refusal = Refuse(opened.refusals, REASON_REOPEN_LIMIT, "ticket_id", "too late");
      refusal.set_limit(ticket.reopen_until().seconds());
      refusal.set_value(absl::ToUnixSeconds(stamp.decided_at));
    }
    if (ticket.reopens() >= rules->policy().ticket_reopens() && stamp.actor.role != ROLE_COUNTY_MANAGER) {
      Refusal& refusal = Refuse(opened.refusals, REASON_REOPEN_LIMIT, "ticket_id", "only by the county");
      refusal.set_limit(rules->policy().ticket_reopens());
      refusal.set_value(ticket.reopens());
    }
  }
  return OneStep<v1::ReopenTicketResponse>(
      state, std::move(opened), stamp, [&](TicketWork& work, auto& response) {
        work.Emit(&v1::Event::mutable_ticket_reopened, v1::TICKET_STATE_REOPENED,
                  [&](v1::TicketReopened& reopened) {
                    reopened.mutable_ticket()->clear_owner_id();
                    reopened.set_reopened_by(stamp.actor.id);
                    *reopened.mutable_deadlines() =
                        DeadlinesOf(work.rules(), work.thing().severity(), work.now());
                  });
        *response.mutable_due() = work.thing().due();
      });
}

std::string ImbalanceTicketId(County county, const std::string& run_id) {
  return partition::DeriveId(county, "ticket.imbalance", run_id);
}

partition::EventPtr OpenImbalanceTicket(const State& state,
                                        const delivery_tracking::v1::RunImbalanceFound& imbalance,
                                        const Stamp& stamp) {
  const auto county =
      imbalance.county_code().size() == 6 ? CountyOfId(imbalance.county_code()) : std::nullopt;
  if (!county) return nullptr;
  const std::string id = ImbalanceTicketId(*county, imbalance.run_id());
  const auto rules = RulesFor(state, *county, stamp.decided_at);
  if (!rules || state.tickets.Contains({*county, id})) return nullptr;
  v1::Ticket ticket;
  ticket.set_ticket_id(id);
  ticket.set_county_code(imbalance.county_code());
  ticket.set_type(v1::TICKET_TYPE_LOGISTICS);
  ticket.set_severity(v1::TICKET_SEVERITY_S1);
  ticket.set_cause("run/" + imbalance.run_id());
  return RaiseTicket(ticket, *rules, stamp);
}

Outcome FireTicketTimer(const State& state, County county, const v1::Ticket& ticket, const Stamp& stamp) {
  Outcome outcome;
  // Policies stay once they have begun, and the ticket began under one.
  const auto rules = RulesFor(state, county, stamp.decided_at);
  if (!rules) return outcome;
  TicketWork work(ticket, *rules, stamp);
  if (ticket.state() == v1::TICKET_STATE_RESOLVED || ticket.state() == v1::TICKET_STATE_NOT_NEEDED) {
    Close(work, v1::TICKET_STATE_CLOSED_UNCONFIRMED);
  } else {
    work.Emit(&v1::Event::mutable_ticket_escalated, ticket.state(), [&](v1::TicketEscalated& escalated) {
      escalated.set_level(ticket.escalation() == v1::ESCALATION_LEVEL_UNSPECIFIED
                              ? v1::ESCALATION_LEVEL_MARKETING_MANAGER
                              : v1::ESCALATION_LEVEL_COUNTY);
    });
  }
  outcome.events = work.TakeEvents();
  return outcome;
}

}  // namespace sanyuan::three_member_interaction
