#include "services/delivery_tracking/domain/delivery_tracking_domain.h"

#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "services/delivery_tracking/domain/decision.h"
#include "services/delivery_tracking/domain/planning.h"
#include "services/delivery_tracking/domain/reconciliation.h"
#include "services/delivery_tracking/domain/redelivery.h"
#include "services/delivery_tracking/domain/run.h"
#include "services/delivery_tracking/domain/suspicion.h"
#include "services/delivery_tracking/domain/upload.h"
#include "services/delivery_tracking/domain/upstream_notes.h"
#include "services/delivery_tracking/domain/verdict.h"

namespace sanyuan::delivery_tracking {
namespace {

using Message = google::protobuf::Message;
using Decider = std::function<Outcome(const State&, const Message&, const Stamp&)>;

template <typename Request>
Decider Wrap(Outcome (*decide)(const State&, const Request&, const Stamp&)) {
  return [decide](const State& state, const Message& request, const Stamp& stamp) {
    return decide(state, static_cast<const Request&>(request), stamp);
  };
}

const std::map<std::string, Decider>& Deciders() {
  static const std::map<std::string, Decider> deciders = {
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/PlanRuns", Wrap(&DecidePlanRuns)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/AssignCrew", Wrap(&DecideAssignCrew)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/LoadRun", Wrap(&DecideLoadRun)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/DepartRun", Wrap(&DecideDepartRun)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/ReturnRun", Wrap(&DecideReturnRun)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/ReconcileRun", Wrap(&DecideReconcileRun)},
      {"/sanyuan.delivery_tracking.v1.StopService/ScheduleRedelivery", Wrap(&DecideScheduleRedelivery)},
      {"/sanyuan.delivery_tracking.v1.DeviceService/UploadDeviceEvents", Wrap(&DecideUploadDeviceEvents)},
      {"/sanyuan.delivery_tracking.v1.ReceiptService/ResolveReceipt", Wrap(&DecideResolveReceipt)},
      {"/sanyuan.delivery_tracking.v1.ReceiptService/DisputeReceipt", Wrap(&DecideDisputeReceipt)},
      {"/sanyuan.delivery_tracking.v1.ReceiptService/SettleDispute", Wrap(&DecideSettleDispute)},
  };
  return deciders;
}

std::optional<TimerKey> FirstTimer(const State& state) {
  std::optional<TimerKey> first;
  state.timers.ForEachFrom(TimerKey{INT64_MIN, 0, TimerKind::kPlanning, {}},
                           [&](const TimerKey& key, const Present&) {
                             first = key;
                             return false;
                           });
  return first;
}

template <typename Event>
void NoteOne(Decision& decision, const Message& event) {
  Note(decision, static_cast<const Event&>(event));
}

}  // namespace

partition::EventPtr DeliveryTrackingDomain::NewEvent() const { return std::make_unique<v1::Event>(); }

partition::EventPtr DeliveryTrackingDomain::NewInputEvent(std::string_view topic) const {
  if (topic == kRegistryTopic) return std::make_unique<registry::v1::Event>();
  if (topic == kReferenceTopic) return std::make_unique<registry::v1::ReferenceEvent>();
  if (topic == kOrderIntakeTopic) return std::make_unique<order_intake::v1::Event>();
  return nullptr;
}

partition::Outcome DeliveryTrackingDomain::Decide(const partition::Command& command,
                                                  const partition::Stamp& stamp) const {
  const auto decider = Deciders().find(command.method);
  if (decider == Deciders().end()) {
    return Refused({Refuse(common::v1::REASON_INVALID_FIELD, "", "no command: " + command.method)});
  }
  return decider->second(state_, *command.request, stamp);
}

absl::Time DeliveryTrackingDomain::NextDue() const {
  const auto timer = FirstTimer(state_);
  return timer ? absl::FromUnixMicros(timer->due_us) : absl::InfiniteFuture();
}

partition::Outcome DeliveryTrackingDomain::Fire(const partition::Stamp& stamp) const {
  Decision decision(state_, stamp);
  const auto timer = FirstTimer(state_);
  if (timer && absl::FromUnixMicros(timer->due_us) <= stamp.decided_at) {
    switch (timer->kind) {
      case TimerKind::kPlanning:
        ContinuePlanning(decision, timer->subject.run());
        break;
      case TimerKind::kAnnounce:
        FireAnnounce(decision, timer->subject.run());
        break;
      case TimerKind::kMissed:
        FireMissed(decision, timer->subject.run());
        break;
      case TimerKind::kDayEnd:
        FireDayEnd(decision, timer->subject.run());
        break;
      case TimerKind::kRedelivery:
        FireRedeliveryDue(decision, timer->subject);
        break;
      case TimerKind::kDisputeEnd:
        FireDisputeEnd(decision, *timer);
        break;
      case TimerKind::kGiveUpWaiting:
        FireGiveUpWaiting(decision, timer->subject);
        break;
    }
  }
  return std::move(decision).Finish();
}

partition::Reaction DeliveryTrackingDomain::React(const partition::Input& input, uint64_t index,
                                                  size_t budget, const partition::Stamp& stamp) const {
  void (*note)(Decision&, const Message&) = nullptr;
  if (input.topic == kRegistryTopic) note = &NoteOne<registry::v1::Event>;
  if (input.topic == kReferenceTopic) note = &NoteOne<registry::v1::ReferenceEvent>;
  if (input.topic == kOrderIntakeTopic) note = &NoteOne<order_intake::v1::Event>;
  partition::Reaction reaction;
  reaction.next_index = index;
  if (!note) return reaction;
  // One index for each upstream event, whether anything is noted of it or not.
  Decision decision(state_, stamp);
  while (reaction.next_index < input.events->size() && (decision.bytes() == 0 || decision.bytes() < budget)) {
    note(decision, *(*input.events)[reaction.next_index]);
    ++reaction.next_index;
  }
  reaction.done = reaction.next_index >= input.events->size();
  reaction.events = std::move(decision).Finish().events;
  return reaction;
}

absl::Status DeliveryTrackingDomain::Evolve(const Message& event, const partition::Stamp& stamp) {
  Draft draft(state_);
  absl::Status status = Apply(draft, static_cast<const v1::Event&>(event), stamp);
  if (status.ok()) draft.FlushTo(state_);
  return status;
}

}  // namespace sanyuan::delivery_tracking
