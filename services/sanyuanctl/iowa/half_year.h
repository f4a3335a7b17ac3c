// Plays the sales on a server in development mode, an order day at a time, by its public APIs:
//
//   09:00 the day before   a window for every county that bought something, for whom nobody is expected
//   09:01                  it is open: every invoice is an order; the day's supply is what was recorded
//   00:10 of the day       cut off, shared out, taken
//
// The clock moves on only when all of a step was acknowledged, and a step's request ids derive from its time: so the
// server's clock says how far an import got, and one that was interrupted goes on there. Nothing is sent that the
// server has already; a second import only compares and counts.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IOWA_HALF_YEAR_H_
#define SANYUAN_SERVICES_SANYUANCTL_IOWA_HALF_YEAR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/iowa/sales.h"

namespace sanyuan::ctl::iowa {

struct Figures {
  int64_t lines = 0, invoices = 0, bottles = 0;
  // Stand on the server, as they were sent.
  int64_t lines_accepted = 0, invoices_accepted = 0, bottles_accepted = 0;
  // Can't be sent: "COUNTY_UNKNOWN".
  int64_t lines_refused = 0, invoices_refused = 0, bottles_refused = 0;
  std::map<std::string, int64_t> refused_by_reason;  // Lines.
  // Taken by the stores.
  int64_t bottles_allocated = 0;
  // By this import; the others were there already.
  int64_t orders_sent = 0;
};

// Days of the sales from `from` to `to`, both included. `shown` hears after each day how many invoices are done.
// Throws Unexpected: the server is not empty, is not in development mode, refuses an order, or holds another
// one than the invoice says. Unavailable: it gave no answer; the same import may be started again. Not thread-safe.
Figures PlayDays(Client& client, const Sales& sales, Date from, Date to,
                 const std::function<void(int64_t, Date)>& shown);

}  // namespace sanyuan::ctl::iowa

#endif  // SANYUAN_SERVICES_SANYUANCTL_IOWA_HALF_YEAR_H_
