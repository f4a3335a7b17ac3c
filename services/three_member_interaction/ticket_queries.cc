#include <string>
#include <utility>

#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/three_member_interaction/queries.h"
#include "services/three_member_interaction/query_support.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: roles.

bool MaySee(const Actor& caller, const v1::Ticket& ticket) {
  switch (caller.role) {
    case ROLE_MARKETING_MANAGER:
    case ROLE_SQUAD_HEAD:
    case ROLE_SERVICE_DESK:
    case ROLE_COUNTY_MANAGER:
    case ROLE_AUDITOR:
      return true;
    default:
      return ticket.raiser_id() == caller.id || ticket.owner_id() == caller.id;
  }
}

bool IsWanted(const v1::ListTicketsRequest& request, const v1::Ticket& ticket) {
  return (request.state() == v1::TICKET_STATE_UNSPECIFIED || request.state() == ticket.state()) &&
         (request.type() == v1::TICKET_TYPE_UNSPECIFIED || request.type() == ticket.type()) &&
         (request.severity() == v1::TICKET_SEVERITY_UNSPECIFIED || request.severity() == ticket.severity()) &&
         (request.owner_id().empty() || request.owner_id() == ticket.owner_id()) &&
         (request.licence().empty() || request.licence() == ticket.licence()) &&
         ticket.escalation() >= request.escalation();
}

}  // namespace

absl::StatusOr<v1::GetTicketResponse> GetTicket(const ViewReader& view, const Actor& caller,
                                                const v1::GetTicketRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  auto ticket =
      ReadMessage<v1::Ticket>(view, view::Key({"ticket", request.county_code(), request.ticket_id()}));
  if (!ticket.ok()) return ticket.status();
  if (!*ticket || !MaySee(caller, **ticket)) {
    return absl::NotFoundError("there is no ticket " + request.ticket_id());
  }
  auto texts =
      ReadMessage<v1::Ticket>(view, view::Key({"tickettext", request.county_code(), request.ticket_id()}));
  if (!texts.ok()) return texts.status();
  v1::GetTicketResponse response;
  *response.mutable_ticket() = **std::move(ticket);
  if (*texts) response.mutable_ticket()->MergeFrom(**texts);
  return response;
}

absl::StatusOr<v1::ListTicketsResponse> ListTickets(const ViewReader& view, const Actor& caller,
                                                    const v1::ListTicketsRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  v1::ListTicketsResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string&, const std::string& value) -> absl::StatusOr<bool> {
    v1::Ticket ticket;
    if (!ticket.ParseFromString(value)) return absl::DataLossError("a row of the view can't be read");
    if (!MaySee(caller, ticket) || !IsWanted(request, ticket)) return false;
    *response.add_tickets() = std::move(ticket);
    return true;
  };
  const absl::Status read = pager.Read(view::Prefix({"ticket", request.county_code()}), "", visit);
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

}  // namespace sanyuan::three_member_interaction
