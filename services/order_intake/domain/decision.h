// What every decision of order intake is made of: refusals, outcomes, and the time by which a call is judged.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DECISION_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DECISION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/partition/domain.h"
#include "sanyuan/common/v1/reason.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "services/order_intake/domain/ids.h"
#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {

using common::v1::Reason;
using partition::Outcome;
using partition::Refusals;
using partition::Stamp;

void Refuse(Refusals& refusals, Reason reason, std::string field, std::string detail = {});
void RefuseOver(Refusals& refusals, Reason reason, std::string field, int64_t limit, int64_t value);

// "lines[3].sku"; `index` counts from 0.
std::string LineField(int index, const char* name);

// An event of the journal, to fill in: `auto [event, paid] = NewEvent(&v1::Event::mutable_order_paid)`.
template <typename Body>
std::pair<std::unique_ptr<v1::Event>, Body*> NewEvent(Body* (v1::Event::*mutable_body)()) {
  auto event = std::make_unique<v1::Event>();
  Body* body = (event.get()->*mutable_body)();
  return {std::move(event), body};
}

// When a call counts as received. What another server stamped counts only from one grace period before to 2 s
// after this owner's clock; else the owner's clock does.
absl::Time CountedAt(const Stamp& stamp, absl::Duration grace);

// The event can't be folded: the journal holds what this version does not understand.
absl::Status Unfoldable(const char* event, const std::string& why);

// Refuses, and records who tried, when the caller or the device is a staff member's (R78, R86). True: `outcome`
// is complete. REQUIRES: `county` is the request's.
bool RefuseStaff(const State& state, County county, const Stamp& stamp, const std::string& device_id,
                 const std::string& licence, const std::string& order_id, Outcome& outcome);

absl::Status EvolveForbiddenAttempt(State& state, const v1::ForbiddenActionAttempted& event,
                                    const Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_DECISION_H_
