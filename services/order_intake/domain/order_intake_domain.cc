#include "services/order_intake/domain/order_intake_domain.h"

#include <algorithm>

#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/order_intake/domain/decision.h"
#include "services/order_intake/domain/demand.h"
#include "services/order_intake/domain/inputs.h"
#include "services/order_intake/domain/notes.h"
#include "services/order_intake/domain/order.h"
#include "services/order_intake/domain/order_window.h"
#include "services/order_intake/domain/payment.h"
#include "services/order_intake/domain/settlement.h"
#include "services/order_intake/domain/window_closing.h"

namespace sanyuan::order_intake {
namespace {

constexpr std::string_view kPackage = "/sanyuan.order_intake.v1.";

template <typename Request>
Outcome Dispatch(Outcome (*decide)(const State&, const Request&, const Stamp&), const State& state,
                 const partition::Command& command, const Stamp& stamp) {
  return decide(state, static_cast<const Request&>(*command.request), stamp);
}

absl::Status EvolveRunSettled(const v1::RunSettled& event) {
  // It changes nothing here; allocation learns from it that a run has its answers.
  if (WindowId::Parse(event.window_id())) return absl::OkStatus();
  return Unfoldable("RunSettled", "the pages of " + event.run_id() + " are not those that were published");
}

}  // namespace

std::vector<std::string_view> OrderIntakeDomain::Inputs() {
  return {kReferenceTopic, kRegistryTopic, kAllocationTopic};
}

partition::EventPtr OrderIntakeDomain::NewEvent() const { return std::make_unique<v1::Event>(); }

partition::EventPtr OrderIntakeDomain::NewInputEvent(std::string_view topic) const {
  return NewInputEventOf(topic);
}

partition::Outcome OrderIntakeDomain::Decide(const partition::Command& command,
                                             const partition::Stamp& stamp) const {
  std::string_view method = command.method;
  if (method.substr(0, kPackage.size()) == kPackage) method.remove_prefix(kPackage.size());
  if (method == "OrderService/SubmitOrder") return Dispatch(DecideSubmitOrder, state_, command, stamp);
  if (method == "OrderService/AmendOrder") return Dispatch(DecideAmendOrder, state_, command, stamp);
  if (method == "OrderService/CancelOrder") return Dispatch(DecideCancelOrder, state_, command, stamp);
  if (method == "OrderService/RecordPayment") return Dispatch(DecideRecordPayment, state_, command, stamp);
  if (method == "DemandService/ReportDemand") return Dispatch(DecideReportDemand, state_, command, stamp);
  if (method == "OrderWindowService/ScheduleWindow")
    return Dispatch(DecideScheduleWindow, state_, command, stamp);
  Outcome outcome;
  Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "method", command.method);
  return outcome;
}

absl::Time OrderIntakeDomain::NextDue() const {
  absl::Time due = absl::InfiniteFuture();
  const auto take_first = [&due](const auto& key, const Nothing&) {
    due = std::min(due, key.due);
    return false;
  };
  state_.window_timers.ForEachFrom({absl::InfinitePast(), {}}, take_first);
  state_.unpaid.ForEachFrom({absl::InfinitePast(), {}, 0}, take_first);
  return due;
}

partition::Outcome OrderIntakeDomain::Fire(const partition::Stamp& stamp) const {
  absl::Time window_due = absl::InfiniteFuture(), void_due = absl::InfiniteFuture();
  WindowId id;
  state_.window_timers.ForEachFrom({absl::InfinitePast(), {}},
                                   [&](const WindowTimerKey& key, const Nothing&) {
                                     window_due = key.due;
                                     id = key.window;
                                     return false;
                                   });
  state_.unpaid.ForEachFrom({absl::InfinitePast(), {}, 0}, [&](const UnpaidKey& key, const Nothing&) {
    void_due = key.due;
    return false;
  });
  if (std::min(window_due, void_due) > stamp.decided_at) return {};
  if (void_due < window_due) return FireVoid(state_, stamp);
  const Window& window = *state_.windows.Find(id);
  return window.state == WindowState::kScheduled ? FireOpening(state_, id, window)
                                                 : FireClosing(state_, id, window);
}

std::vector<uint64_t> OrderIntakeDomain::PagesOf(const partition::Input& input) const {
  return PagesOfInput(input);
}

partition::Reaction OrderIntakeDomain::React(const partition::Input& input, uint64_t index, size_t budget,
                                             const partition::Stamp& stamp) const {
  return ReactTo(state_, input, index, budget, stamp);
}

absl::Status OrderIntakeDomain::Evolve(const google::protobuf::Message& message,
                                       const partition::Stamp& stamp) {
  const auto& event = static_cast<const v1::Event&>(message);
  using order_intake::Evolve;
  switch (event.event_case()) {
    case v1::Event::kOrderSubmitted:
      return Evolve(state_, event.order_submitted(), stamp);
    case v1::Event::kOrderAmended:
      return Evolve(state_, event.order_amended(), stamp);
    case v1::Event::kOrderCancelled:
      return Evolve(state_, event.order_cancelled(), stamp);
    case v1::Event::kDemandReported:
      return Evolve(state_, event.demand_reported(), stamp);
    case v1::Event::kOrderWindowScheduled:
      return Evolve(state_, event.order_window_scheduled(), stamp);
    case v1::Event::kOrderWindowOpened:
      return Evolve(state_, event.order_window_opened(), stamp);
    case v1::Event::kWindowLockedPage:
      return EvolveLockedPage(state_, event, stamp);
    case v1::Event::kNoDemandRecorded:
      return Evolve(state_, event.no_demand_recorded(), stamp);
    case v1::Event::kOrderWindowClosed:
      return Evolve(state_, event.order_window_closed(), stamp);
    case v1::Event::kAllocationTaken:
      return Evolve(state_, event.allocation_taken(), stamp);
    case v1::Event::kAllocationReturned:
      return Evolve(state_, event.allocation_returned(), stamp);
    case v1::Event::kRunSettled:
      return EvolveRunSettled(event.run_settled());
    case v1::Event::kOrderPaid:
      return Evolve(state_, event.order_paid(), stamp);
    case v1::Event::kPaymentFailed:
      return Evolve(state_, event.payment_failed(), stamp);
    case v1::Event::kOrderVoided:
      return Evolve(state_, event.order_voided(), stamp);
    case v1::Event::kForbiddenActionAttempted:
      return EvolveForbiddenAttempt(state_, event.forbidden_action_attempted(), stamp);
    case v1::Event::kCountyNoted:
      return Evolve(state_, event.county_noted());
    case v1::Event::kRetailerNoted:
      return Evolve(state_, event.retailer_noted());
    case v1::Event::kStaffDevicesNoted:
      return Evolve(state_, event.staff_devices_noted());
    case v1::Event::kSkuNoted:
      return Evolve(state_, event.sku_noted());
    case v1::Event::kOrderingPolicyNoted:
      return Evolve(state_, event.ordering_policy_noted());
    case v1::Event::kAllocationPolicyNoted:
      return Evolve(state_, event.allocation_policy_noted());
    case v1::Event::kAllowanceNoted:
      return Evolve(state_, event.allowance_noted());
    case v1::Event::kAllowancesCompleteNoted:
      return Evolve(state_, event.allowances_complete_noted());
    case v1::Event::kTightListNoted:
      return Evolve(state_, event.tight_list_noted());
    case v1::Event::kRationNoted:
      return Evolve(state_, event.ration_noted());
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  return Unfoldable("Event", "nothing in it");
}

}  // namespace sanyuan::order_intake
