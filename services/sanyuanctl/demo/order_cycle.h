// One order cycle of the county: supply, tight list and rations, the order window with its rush, amendments and
// attempts, the cut-off, the allocation and the payments. Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_ORDER_CYCLE_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_ORDER_CYCLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sanyuan/allocation/v1/run.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

inline constexpr char kOrderDay[] = "2019-08-06";
inline constexpr char kMonth[] = "2019-08";
inline constexpr char kWindow[] = "620121-20190806-1";

struct OrderFigures {
  int64_t accepted = 0;  // Orders that stood at the cut-off.
  int64_t refused = 0;   // Refused calls of retailers, whatever came after.
  int64_t cancelled = 0;
  int64_t staff_attempts = 0;
  int64_t repeated = 0;    // Sent twice, answered with the same order.
  int64_t reused_ids = 0;  // Refused: another order under the id of the first.
  int64_t debits_paid = 0, debits_failed = 0, orders_void = 0;
};

// Before the window opens.
void PrepareWindow(Client& client, const Plan& plan);
// While it is open. One call after the other for each retailer, retailers side by side.
OrderFigures PlayOrders(Client& client, const Plan& plan);
// The bank debits what is due. Shops that do not pay fail as often as it tries.
void PlayPayments(Client& client, const Plan& plan, OrderFigures& figures);
void CountVoid(Client& client, OrderFigures& figures);
// All runs of the window, with their sums. Throws when one is not published.
std::vector<allocation::v1::Run> PublishedRuns(Client& client);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_ORDER_CYCLE_H_
