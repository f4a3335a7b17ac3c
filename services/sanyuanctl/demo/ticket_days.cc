#include "services/sanyuanctl/demo/ticket_days.h"

#include <fmt/format.h>

#include <utility>

#include "common/clock/business_time.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/members.h"

namespace sanyuan::ctl::demo {
namespace {

namespace tmi = three_member_interaction::v1;

constexpr char kDay[] = "2019-08-15";

template <typename Request>
Request About(const tmi::Ticket& ticket) {
  Request request;
  request.set_county_code(kCounty);
  request.set_ticket_id(ticket.ticket_id());
  return request;
}

std::string OwnerOf(const tmi::Ticket& ticket) {
  switch (ticket.type()) {
    case tmi::TICKET_TYPE_LOGISTICS:
      return kDepot.id;
    case tmi::TICKET_TYPE_MONOPOLY:
      return "SH2";
    default:
      return ticket.raiser_id() == "AM02" ? "AM03" : "AM02";
  }
}

// Nobody but the county answers for the system.
Caller RaiserOf(const tmi::Ticket& ticket) {
  return ticket.raiser_id().empty() ? kCountyManager : CallerOf(ticket.raiser_id());
}

}  // namespace

TicketDays::TicketDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock)
    : client_(client), plan_(plan), set_clock_(std::move(set_clock)) {}

TicketFigures TicketDays::Play() {
  const auto at = [this](int32_t hour) { set_clock_(AtMinute(ParseDate(kDay).value(), hour * 60)); };
  at(13);
  Raise();
  at(14);
  Own(tmi::TICKET_STATE_OPEN, "first");
  at(15);
  Resolve("first");
  at(16);
  Answer("first");
  Own(tmi::TICKET_STATE_REOPENED, "second");
  at(17);
  Resolve("second");
  Answer("second");
  Count();
  return figures_;
}

void TicketDays::Raise() {
  const Shop& shop = plan_.shops.front();
  const struct {
    Caller raiser;
    tmi::TicketType type;
    tmi::TicketSeverity severity;
  } problems[] = {
      {{AccountManager(shop.account_manager), "ACCOUNT_MANAGER"},
       tmi::TICKET_TYPE_MARKETING,
       tmi::TICKET_SEVERITY_S3},
      {{CrewMember(shop.route % kCrews), "DELIVERY_STAFF"},
       tmi::TICKET_TYPE_LOGISTICS,
       tmi::TICKET_SEVERITY_S2},
      {kInspector, tmi::TICKET_TYPE_MONOPOLY, tmi::TICKET_SEVERITY_S2},
      {RetailerOf(shop), tmi::TICKET_TYPE_SYSTEM, tmi::TICKET_SEVERITY_S4},
  };
  for (const auto& problem : problems) {
    tmi::RaiseTicketRequest request;
    request.set_county_code(kCounty);
    request.set_type(problem.type);
    request.set_severity(problem.severity);
    request.set_licence(shop.licence);
    request.add_evidence_sha256(Evidence("problem of " + problem.raiser.id));
    client_.Call<tmi::RaiseTicketResponse>(problem.raiser, "problem", request);
  }
}

void TicketDays::Own(tmi::TicketState state, const std::string& round) {
  for (const Ticket& ticket : In(state)) {
    const std::string name = round + " " + ticket.ticket_id();
    auto assign = About<tmi::AssignTicketRequest>(ticket);
    assign.set_owner_id(OwnerOf(ticket));
    client_.Call<tmi::AssignTicketResponse>(kMarketingManager, name, assign);
    client_.Call<tmi::StartTicketResponse>(CallerOf(assign.owner_id()), name,
                                           About<tmi::StartTicketRequest>(ticket));
  }
}

void TicketDays::Resolve(const std::string& round) {
  for (const Ticket& ticket : In(tmi::TICKET_STATE_IN_PROGRESS)) {
    const Caller owner = CallerOf(ticket.owner_id());
    const std::string name = round + " " + ticket.ticket_id();
    if (ticket.type() == tmi::TICKET_TYPE_SYSTEM) {
      auto declare = About<tmi::DeclareTicketNotNeededRequest>(ticket);
      declare.set_reason(tmi::NOT_NEEDED_REASON_SOLVED_ITSELF);
      client_.Call<tmi::DeclareTicketNotNeededResponse>(owner, name, declare);
    } else {
      client_.Call<tmi::ResolveTicketResponse>(owner, name, About<tmi::ResolveTicketRequest>(ticket));
    }
  }
}

void TicketDays::Answer(const std::string& round) {
  for (const tmi::TicketState state : {tmi::TICKET_STATE_RESOLVED, tmi::TICKET_STATE_NOT_NEEDED}) {
    for (const Ticket& ticket : In(state)) {
      const Caller raiser = RaiserOf(ticket);
      const std::string name = round + " " + ticket.ticket_id();
      if (raiser.role == "DELIVERY_STAFF" && ticket.reopens() == 0) {
        client_.Call<tmi::ReopenTicketResponse>(raiser, name, About<tmi::ReopenTicketRequest>(ticket));
      } else {
        client_.Call<tmi::ConfirmTicketResponse>(raiser, name, About<tmi::ConfirmTicketRequest>(ticket));
      }
    }
  }
}

void TicketDays::Count() {
  for (const Ticket& ticket : In(tmi::TICKET_STATE_UNSPECIFIED)) {
    ++figures_.raised;
    if (ticket.raiser_id().empty()) ++figures_.of_system;
    if (ticket.has_closed_at()) {
      ++figures_.closed;
    } else {
      ++figures_.open;
    }
    if (ticket.escalation() != tmi::ESCALATION_LEVEL_UNSPECIFIED) ++figures_.escalated;
    if (ticket.reopens() > 0) ++figures_.reopened;
    if (ticket.not_needed_reason() != tmi::NOT_NEEDED_REASON_UNSPECIFIED) ++figures_.not_needed;
  }
}

std::vector<tmi::Ticket> TicketDays::In(tmi::TicketState state) {
  tmi::ListTicketsRequest request;
  request.set_county_code(kCounty);
  request.set_state(state);
  request.set_page_size(kPageSize);
  std::vector<Ticket> tickets;
  do {
    auto page = client_.Call<tmi::ListTicketsResponse>(kCountyManager, "", request);
    for (Ticket& ticket : *page.mutable_tickets()) tickets.push_back(std::move(ticket));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return tickets;
}

}  // namespace sanyuan::ctl::demo
