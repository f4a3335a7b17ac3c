#include "services/three_member_interaction/domain/three_member_interaction_domain.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "services/three_member_interaction/domain/clue_answer.h"
#include "services/three_member_interaction/domain/clue_intake.h"
#include "services/three_member_interaction/domain/clue_verification.h"
#include "services/three_member_interaction/domain/detector_clue.h"
#include "services/three_member_interaction/domain/inspection.h"
#include "services/three_member_interaction/domain/inspection_outcome.h"
#include "services/three_member_interaction/domain/inspection_plan.h"
#include "services/three_member_interaction/domain/inspection_visit.h"
#include "services/three_member_interaction/domain/notes.h"
#include "services/three_member_interaction/domain/ticket.h"

namespace sanyuan::three_member_interaction {
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
      {"ClueService/ReportClue", Wrap(&DecideReportClue)},
      {"ClueService/CompleteClue", Wrap(&DecideCompleteClue)},
      {"ClueService/AcceptClue", Wrap(&DecideAcceptClue)},
      {"ClueService/ReturnClue", Wrap(&DecideReturnClue)},
      {"ClueService/MarkClueDuplicate", Wrap(&DecideMarkClueDuplicate)},
      {"ClueService/AssignClue", Wrap(&DecideAssignClue)},
      {"ClueService/StartVerification", Wrap(&DecideStartVerification)},
      {"ClueService/ProposeClueResult", Wrap(&DecideProposeClueResult)},
      {"ClueService/DecideClueResult", Wrap(&DecideDecideClueResult)},
      {"ClueService/ExtendClue", Wrap(&DecideExtendClue)},
      {"ClueService/SendClueFeedback", Wrap(&DecideSendClueFeedback)},
      {"ClueService/AcknowledgeClueFeedback", Wrap(&DecideAcknowledgeClueFeedback)},
      {"ClueService/ObjectToClueResult", Wrap(&DecideObjectToClueResult)},
      {"ClueService/AssignSecondCheck", Wrap(&DecideAssignSecondCheck)},
      {"ClueService/OpenCase", Wrap(&DecideOpenCase)},
      {"InspectionService/PlanInspection", Wrap(&DecidePlanInspection)},
      {"InspectionService/DrawInspections", Wrap(&DecideDrawInspections)},
      {"InspectionService/PostponeInspection", Wrap(&DecidePostponeInspection)},
      {"InspectionService/DispatchInspection", Wrap(&DecideDispatchInspection)},
      {"InspectionService/CheckInOfficer", Wrap(&DecideCheckInOfficer)},
      {"InspectionService/StartInspection", Wrap(&DecideStartInspection)},
      {"InspectionService/RecordInspection", Wrap(&DecideRecordInspection)},
      {"InspectionService/DealInspection", Wrap(&DecideDealInspection)},
      {"InspectionService/ReviewInspection", Wrap(&DecideReviewInspection)},
      {"InspectionService/CloseInspection", Wrap(&DecideCloseInspection)},
      {"TicketService/RaiseTicket", Wrap(&DecideRaiseTicket)},
      {"TicketService/AssignTicket", Wrap(&DecideAssignTicket)},
      {"TicketService/StartTicket", Wrap(&DecideStartTicket)},
      {"TicketService/ResolveTicket", Wrap(&DecideResolveTicket)},
      {"TicketService/DeclareTicketNotNeeded", Wrap(&DecideDeclareTicketNotNeeded)},
      {"TicketService/ConfirmTicket", Wrap(&DecideConfirmTicket)},
      {"TicketService/ReopenTicket", Wrap(&DecideReopenTicket)},
  };
  return deciders;
}

std::optional<TimerKey> FirstTimer(const State& state) {
  std::optional<TimerKey> first;
  state.timers.ForEachFrom(TimerKey{INT64_MIN, 0, Thing::kClue, ""},
                           [&](const TimerKey& key, const Present&) {
                             first = key;
                             return false;
                           });
  return first;
}

partition::EventPtr NoteOf(const State& state, std::string_view topic, const Message& event,
                           const Stamp& stamp) {
  if (topic == kReferenceTopic) {
    return Note(state, static_cast<const registry::v1::ReferenceEvent&>(event));
  }
  if (topic == kRegistryTopic) return Note(state, static_cast<const registry::v1::Event&>(event));
  const auto& delivery = static_cast<const delivery_tracking::v1::Event&>(event);
  if (delivery.has_proxy_receipt_suspected()) {
    return OpenDetectorClue(state, delivery.proxy_receipt_suspected(), stamp);
  }
  return OpenImbalanceTicket(state, delivery.run_imbalance_found(), stamp);
}

// What an input event is about; empty when nothing ever comes of it.
std::string SubjectOf(std::string_view topic, const Message& event) {
  if (topic == kReferenceTopic) {
    const auto& reference = static_cast<const registry::v1::ReferenceEvent&>(event);
    if (reference.has_policy_published()) return reference.policy_published().policy().version();
    if (!reference.has_calendar_published()) return "";
    return std::to_string(reference.calendar_published().calendar().year());
  }
  if (topic == kRegistryTopic) {
    const auto& registered = static_cast<const registry::v1::Event&>(event);
    switch (registered.event_case()) {
      case registry::v1::Event::kRetailerRegistered:
        return registered.retailer_registered().retailer().licence();
      case registry::v1::Event::kRetailerChanged:
        return registered.retailer_changed().retailer().licence();
      case registry::v1::Event::kStaffRegistered:
        return registered.staff_registered().county_code() + registered.staff_registered().staff().staff_id();
      case registry::v1::Event::kStaffChanged:
        return registered.staff_changed().county_code() + registered.staff_changed().staff().staff_id();
      default:
        return "";
    }
  }
  const auto& delivery = static_cast<const delivery_tracking::v1::Event&>(event);
  // Ids of stops are longer than those of runs.
  return delivery.has_proxy_receipt_suspected() ? delivery.proxy_receipt_suspected().stop_id()
                                                : delivery.run_imbalance_found().run_id();
}

}  // namespace

partition::EventPtr ThreeMemberInteractionDomain::NewEvent() const { return std::make_unique<v1::Event>(); }

partition::EventPtr ThreeMemberInteractionDomain::NewInputEvent(std::string_view topic) const {
  if (topic == kReferenceTopic) return std::make_unique<registry::v1::ReferenceEvent>();
  if (topic == kRegistryTopic) return std::make_unique<registry::v1::Event>();
  if (topic == kDeliveryTopic) return std::make_unique<delivery_tracking::v1::Event>();
  return nullptr;
}

partition::Outcome ThreeMemberInteractionDomain::Decide(const partition::Command& command,
                                                        const partition::Stamp& stamp) const {
  constexpr std::string_view kPackage = "/sanyuan.three_member_interaction.v1.";
  const auto decider = command.method.compare(0, kPackage.size(), kPackage) == 0
                           ? Deciders().find(command.method.substr(kPackage.size()))
                           : Deciders().end();
  if (decider == Deciders().end()) {
    Refusals refusals;
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "", "no command: " + command.method);
    return Refused(std::move(refusals));
  }
  return decider->second(state_, *command.request, stamp);
}

absl::Time ThreeMemberInteractionDomain::NextDue() const {
  const auto timer = FirstTimer(state_);
  return timer ? absl::FromUnixMicros(timer->due_us) : absl::InfiniteFuture();
}

partition::Outcome ThreeMemberInteractionDomain::Fire(const partition::Stamp& stamp) const {
  const auto timer = FirstTimer(state_);
  if (!timer || absl::FromUnixMicros(timer->due_us) > stamp.decided_at) return {};
  const County county = timer->county;
  switch (timer->thing) {
    case Thing::kClue:
      return FireClueTimer(state_, county, *FindThing(state_.clues, county, timer->id), stamp);
    case Thing::kTicket:
      return FireTicketTimer(state_, county, *FindThing(state_.tickets, county, timer->id), stamp);
    case Thing::kInspection:
      return FireInspectionTimer(state_, county, *FindThing(state_.inspections, county, timer->id), stamp);
    case Thing::kPlan:
      return FirePlanTimer(state_, county, *FindThing(state_.inspection_plans, county, timer->id), stamp);
  }
  return {};
}

partition::Reaction ThreeMemberInteractionDomain::React(const partition::Input& input, uint64_t index,
                                                        size_t budget, const partition::Stamp& stamp) const {
  partition::Reaction reaction;
  reaction.next_index = index;
  size_t bytes = 0;
  std::set<std::string> subjects;
  // One index for each upstream event, whether anything comes of it or not. A second event about the same subject
  // is judged by the state that the first one leaves, so it waits for the next call.
  for (; reaction.next_index < input.events->size() && bytes < budget; ++reaction.next_index) {
    const Message& upstream = *(*input.events)[reaction.next_index];
    const std::string subject = SubjectOf(input.topic, upstream);
    if (subject.empty()) continue;
    if (subjects.contains(subject)) break;
    auto event = NoteOf(state_, input.topic, upstream, stamp);
    if (event == nullptr) continue;
    bytes += event->ByteSizeLong();
    subjects.insert(subject);
    reaction.events.push_back(std::move(event));
  }
  reaction.done = reaction.next_index >= input.events->size();
  return reaction;
}

absl::Status ThreeMemberInteractionDomain::Evolve(const Message& message, const partition::Stamp& stamp) {
  const auto& event = static_cast<const v1::Event&>(message);
  switch (event.event_case()) {
    case v1::Event::kPolicyNoted:
      return Fold(state_, event.policy_noted());
    case v1::Event::kCalendarNoted:
      return Fold(state_, event.calendar_noted());
    case v1::Event::kRetailerNoted:
      return Fold(state_, event.retailer_noted());
    case v1::Event::kStaffNoted:
      return Fold(state_, event.staff_noted());
    case v1::Event::kForbiddenActionAttempted:
      return absl::OkStatus();
    default:
      break;
  }
  if (FactsIn(event) != nullptr) return FoldClueEvent(state_, event, stamp);
  if (TicketFactsIn(event) != nullptr) return FoldTicketEvent(state_, event, stamp);
  if (InspectionFactsIn(event) != nullptr) return FoldInspectionEvent(state_, event, stamp);
  if (PlanFactsIn(event) != nullptr) return FoldPlanEvent(state_, event, stamp);
  return CantFold("an event of a type that this version does not know");
}

}  // namespace sanyuan::three_member_interaction
