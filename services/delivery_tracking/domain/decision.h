// How a decision is made: events are folded into a draft of the state as soon as they are decided, so that
// one decision over many device events judges the later ones by the earlier ones; folding an accepted event
// does the very same to the real tables.
// Thread safety: none; one thread at a time.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DECISION_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DECISION_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/partition/domain.h"
#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "services/delivery_tracking/domain/overlay.h"
#include "services/delivery_tracking/domain/state.h"

namespace sanyuan::delivery_tracking {

using partition::Outcome;
using partition::Refusals;
using partition::Stamp;

// The state with changes on top. REQUIRES: the state outlives it and does not change.
struct Draft {
  explicit Draft(const State& state);
  // Writes the changes into `state`, the one that this is a draft of.
  void FlushTo(State& state);

  Overlay<RunKey, Run> runs;
  Overlay<RunSkuKey, RunSku> run_skus;
  Overlay<StopKey, Stop> stops;
  Overlay<StopKey, Receipt> receipts;
  Overlay<StopKey, ReceiptPhone> receipt_phones;
  Overlay<PoolKey, PoolRow> pool;
  Overlay<StreamKey, StreamRow> streams;
  Overlay<RejectedKey, RejectedRow> rejected;
  Overlay<PlannedOrderKey, StopKey> planned_orders;
  Overlay<HashBlockKey, HashBlock> hashes;
  Overlay<BootKey, BootRow> boots;
  Overlay<UseKey, Present> uses;
  Overlay<MomentKey, Present> moments;
  Overlay<WaitingKey, Present> waiting;
  Overlay<TimerKey, Present> timers;
  Overlay<RetailerKey, Retailer> retailers;
  Overlay<MemberKey, Present> members;
  Overlay<StaffKey, Staff> staff;
  Overlay<StaffPhoneKey, Present> staff_phones;
  Overlay<DeviceKey, Present> devices;
  Overlay<RouteKey, Route> routes;
  Overlay<PolicyKey, Policy> policies;
  Overlay<YearKey, CalendarYear> calendars;
};

// Folds one event. InvalidArgument when it names what is not there or can't be read.
absl::Status Apply(Draft& draft, const v1::Event& event, const Stamp& stamp);

class Decision {
 public:
  // REQUIRES: `state` and `stamp` outlive the decision.
  Decision(const State& state, const Stamp& stamp) : draft_(state), stamp_(stamp) {}

  const Draft& draft() const { return draft_; }
  const Stamp& stamp() const { return stamp_; }
  size_t bytes() const { return bytes_; }
  bool empty() const { return outcome_.events.empty(); }

  void Emit(v1::Event event);
  Outcome Finish() && { return std::move(outcome_); }
  Outcome Finish(partition::EventPtr response) && {
    outcome_.response = std::move(response);
    return std::move(outcome_);
  }

 private:
  Draft draft_;
  const Stamp& stamp_;
  Outcome outcome_;
  size_t bytes_ = 0;
};

// Large results are cut so that a decision's events stay well below what one may hold (512 KiB).
constexpr size_t kDecisionBytes = 384 * 1024;

// Refusals.
common::v1::Refusal Refuse(common::v1::Reason reason, std::string field, std::string detail = "");
common::v1::Refusal RefuseLimit(common::v1::Reason reason, std::string field, int64_t limit, int64_t value,
                                std::string detail = "");
// "lines[3]"
std::string Indexed(std::string_view list, int index);
Outcome Refused(Refusals refusals);
// Of a role that may never do this (R79, R86): refused with FORBIDDEN_ACTION, and the attempt is recorded.
Outcome Forbidden(const std::string& county_code, const Stamp& stamp, std::string subject);

// "620121" as six digits; refuses with INVALID_FIELD otherwise.
std::optional<County> CheckCounty(const std::string& text, Refusals& refusals);
std::optional<RunKey> CheckRunId(County county, const std::string& text, Refusals& refusals);
std::optional<StopKey> CheckStopId(County county, const std::string& text, const std::string& field,
                                   Refusals& refusals);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DECISION_H_
