// What allocation offers to an order is taken or returned, line by line, all of an offer or none of it.
//
// The first offer of a line ends its reservation: what is taken turns to consumed, the rest is released. Later
// offers (cartons that came back) reserve anew in the month of the order and are taken at once. An offer goes
// back, with what the line can still take, when the order is void or cancelled, the licence is not active, the
// month's ceiling has no room by now, or the line never asked for so much.
// Pure functions. Amounts are cartons.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_SETTLEMENT_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_SETTLEMENT_H_

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

struct LineOffer {
  uint32_t line_number = 0;  // From 1.
  int64_t cartons = 0;
};

struct OrderOffer {
  std::string run_id;
  std::string order_id;
  std::string licence;
  std::string window_id;
  std::vector<LineOffer> lines;  // Each line at most once.
};

// The room that offers of the same reaction have used up already and that the state does not show yet.
using RoomUsed = absl::btree_map<AllowanceKey, int64_t>;

// Appends AllocationTaken and AllocationReturned, each when it has lines.
void SettleOffer(const State& state, const OrderOffer& offer, const Stamp& stamp, RoomUsed& used,
                 std::vector<partition::EventPtr>& events);

absl::Status Evolve(State& state, const v1::AllocationTaken& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllocationReturned& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_SETTLEMENT_H_
