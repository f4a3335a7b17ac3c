// Self-reported demand (R11): what a retailer says he could sell, for one window. It is stored exactly as sent,
// needs no allowance, and no ceiling, pacing or cap touches it; an order never changes it. Where an order line
// asks for more than was said, the greater of the two is what counts elsewhere.
// Pure functions: time, actor and request id come with the stamp.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DEMAND_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DEMAND_H_

#include "absl/status/status.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {

// Replaces the retailer's earlier statement for the window. The same statement again is a success without an
// event. The licence need not be active: what a suspended shop could sell is still true.
Outcome DecideReportDemand(const State& state, const v1::ReportDemandRequest& request, const Stamp& stamp);

absl::Status Evolve(State& state, const v1::DemandReported& event, const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DEMAND_H_
