// The problems of these days: raised by an account manager, delivery staff, an inspector and a retailer, by
// inspections and, for a run that did not balance, by the system itself. They are owned, solved, and confirmed by who
// raised them; one is opened again, one turns out to need nothing. Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_TICKET_DAYS_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_TICKET_DAYS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/three_member_interaction/v1/ticket.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

struct TicketFigures {
  int64_t raised = 0, of_system = 0, closed = 0, open = 0, escalated = 0, reopened = 0, not_needed = 0;
};

class TicketDays {
 public:
  // `set_clock` moves the server's clock and the client's.
  TicketDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock);
  TicketFigures Play();

 private:
  using Ticket = three_member_interaction::v1::Ticket;

  void Raise();
  // Gives away what is in `state`, and its owners begin.
  void Own(three_member_interaction::v1::TicketState state, const std::string& round);
  void Resolve(const std::string& round);
  // The raisers agree, but for one who does not the first time.
  void Answer(const std::string& round);
  void Count();
  std::vector<Ticket> In(three_member_interaction::v1::TicketState state);

  Client& client_;
  const Plan& plan_;
  const std::function<void(absl::Time)> set_clock_;
  TicketFigures figures_;
};

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_TICKET_DAYS_H_
