// What can be said against a request without knowing any state: the form of its fields. The edge asks the same
// functions before it forwards a command. Each refusal names its field; an empty list means well-formed.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_REQUESTS_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_REQUESTS_H_

#include "common/partition/domain.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"

namespace sanyuan::order_intake {

partition::Refusals Validate(const v1::ScheduleWindowRequest& request);
partition::Refusals Validate(const v1::SubmitOrderRequest& request);
partition::Refusals Validate(const v1::AmendOrderRequest& request);
partition::Refusals Validate(const v1::CancelOrderRequest& request);
partition::Refusals Validate(const v1::ReportDemandRequest& request);
partition::Refusals Validate(const v1::RecordPaymentRequest& request);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_REQUESTS_H_
