// Which event is folded where.
#include "services/delivery_tracking/domain/decision.h"
#include "services/delivery_tracking/domain/device_stream.h"
#include "services/delivery_tracking/domain/planning.h"
#include "services/delivery_tracking/domain/receipt.h"
#include "services/delivery_tracking/domain/reconciliation.h"
#include "services/delivery_tracking/domain/run.h"
#include "services/delivery_tracking/domain/stop.h"
#include "services/delivery_tracking/domain/suspicion.h"
#include "services/delivery_tracking/domain/upstream.h"
#include "services/delivery_tracking/domain/verdict.h"

namespace sanyuan::delivery_tracking {

absl::Status Apply(Draft& draft, const v1::Event& event, const Stamp& stamp) {
  switch (event.event_case()) {
    case v1::Event::kRetailerNoted:
      return Fold(draft, event.retailer_noted());
    case v1::Event::kStaffNoted:
      return Fold(draft, event.staff_noted());
    case v1::Event::kRouteNoted:
      return Fold(draft, event.route_noted());
    case v1::Event::kDeliveryPolicyNoted:
      return Fold(draft, event.delivery_policy_noted());
    case v1::Event::kCalendarNoted:
      return Fold(draft, event.calendar_noted());
    case v1::Event::kDeliverableLinesAdded:
      return Fold(draft, event.deliverable_lines_added());
    case v1::Event::kDeliverableLinesWithdrawn:
      return Fold(draft, event.deliverable_lines_withdrawn());
    case v1::Event::kRunPlanningStarted:
      return Fold(draft, event.run_planning_started());
    case v1::Event::kStopPlanned:
      return Fold(draft, event.stop_planned());
    case v1::Event::kRunPlanned:
      return Fold(draft, event.run_planned());
    case v1::Event::kRunAnnounced:
      return Fold(draft, event.run_announced());
    case v1::Event::kCrewAssigned:
      return Fold(draft, event.crew_assigned());
    case v1::Event::kRunLoaded:
      return Fold(draft, event.run_loaded());
    case v1::Event::kRunDeparted:
      return Fold(draft, event.run_departed(), stamp);
    case v1::Event::kRunReturned:
      return Fold(draft, event.run_returned(), stamp);
    case v1::Event::kLossesRecorded:
      return Fold(draft, event.losses_recorded());
    case v1::Event::kRunReconciled:
      return Fold(draft, event.run_reconciled());
    case v1::Event::kRunImbalanceFound:
      return Fold(draft, event.run_imbalance_found());
    case v1::Event::kMissedStopsDeclared:
      return Fold(draft, event.missed_stops_declared());
    case v1::Event::kRunDayClosed:
      return Fold(draft, event.run_day_closed());
    case v1::Event::kDeviceEventsTaken:
      return Fold(draft, event.device_events_taken(), stamp);
    case v1::Event::kDeviceEventRejected:
      return Fold(draft, event.device_event_rejected());
    case v1::Event::kStopArrived:
      return Fold(draft, event.stop_arrived());
    case v1::Event::kStopLate:
      return absl::OkStatus();
    case v1::Event::kLateReasonGiven:
      return Fold(draft, event.late_reason_given());
    case v1::Event::kArrivalEstablished:
      return Fold(draft, event.arrival_established());
    case v1::Event::kRetailerAbsent:
      return Fold(draft, event.retailer_absent());
    case v1::Event::kStopRefused:
      return Fold(draft, event.stop_refused());
    case v1::Event::kStopUnreachable:
      return Fold(draft, event.stop_unreachable());
    case v1::Event::kStopMissed:
      return Fold(draft, event.stop_missed());
    case v1::Event::kRedeliveryScheduled:
      return Fold(draft, event.redelivery_scheduled());
    case v1::Event::kStopReturned:
      return Fold(draft, event.stop_returned());
    case v1::Event::kReceiptCaptured:
      return Fold(draft, event.receipt_captured());
    case v1::Event::kReceiptJudged:
      return Fold(draft, event.receipt_judged());
    case v1::Event::kProxyReceiptSuspected:
      return absl::OkStatus();
    case v1::Event::kReceiptConfirmed:
      return Fold(draft, event.receipt_confirmed());
    case v1::Event::kProxyReceiptConfirmed:
      return Fold(draft, event.proxy_receipt_confirmed());
    case v1::Event::kReceiptDisputed:
      return Fold(draft, event.receipt_disputed());
    case v1::Event::kDisputeSettled:
      return Fold(draft, event.dispute_settled());
    case v1::Event::kReceiptsClosed:
      return Fold(draft, event.receipts_closed());
    case v1::Event::kForbiddenActionAttempted:
      return absl::OkStatus();
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("delivery_tracking: an event of a type that this version does not know");
}

}  // namespace sanyuan::delivery_tracking
