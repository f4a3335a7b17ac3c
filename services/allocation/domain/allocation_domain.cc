#include "services/allocation/domain/allocation_domain.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "services/allocation/domain/agreement.h"
#include "services/allocation/domain/agreement_term.h"
#include "services/allocation/domain/allowance.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/ration.h"
#include "services/allocation/domain/reactions.h"
#include "services/allocation/domain/run.h"
#include "services/allocation/domain/settle.h"
#include "services/allocation/domain/supply.h"
#include "services/allocation/domain/timers.h"
#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

using Handler = std::function<Outcome(const State&, const google::protobuf::Message&, const Stamp&)>;

template <typename Request>
Handler Handle(Outcome (*decide)(const State&, const Request&, const Stamp&)) {
  return [decide](const State& state, const google::protobuf::Message& request, const Stamp& stamp) {
    return decide(state, static_cast<const Request&>(request), stamp);
  };
}

struct Method {
  Handler handler;
  // Staff roles whose attempt is recorded, as the contract says.
  std::vector<common::v1::Role> recorded;
};

std::map<std::string, Method> MakeMethods() {
  std::map<std::string, Handler> handlers;
  const std::string package = "/sanyuan.allocation.v1.";
  const auto add = [&](const std::string& name, Handler handler) {
    handlers[package + name] = std::move(handler);
  };
  add("AgreementService/DraftAgreement", Handle(DecideDraft));
  add("AgreementService/ReviseAgreement", Handle(DecideRevise));
  add("AgreementService/ProposeAgreement", Handle(DecidePropose));
  add("AgreementService/ProposeAgreements", Handle(DecideProposeBatch));
  add("AgreementService/AcceptAgreement", Handle(DecideAccept));
  add("AgreementService/CounterAgreement", Handle(DecideCounter));
  add("AgreementService/DeclineAgreement", Handle(DecideDecline));
  add("AgreementService/RecordConsents", Handle(DecideRecordConsents));
  add("AgreementService/ApproveAgreement", Handle(DecideApprove));
  add("AgreementService/ApproveAgreements", Handle(DecideApproveBatch));
  add("AgreementService/ReturnAgreement", Handle(DecideReturn));
  add("AllowanceService/OpenMonth", Handle(DecideOpenMonth));
  add("AllowanceService/ProposeAdjustment", Handle(DecideProposeAdjustment));
  add("AllowanceService/ApproveAdjustment", Handle(DecideApproveAdjustment));
  add("RationService/PublishTightList", Handle(DecidePublishTightList));
  add("RationService/PublishRations", Handle(DecidePublishRations));
  add("SupplyService/ConfirmSupply", Handle(DecideConfirmSupply));
  add("SupplyService/PlanRelease", Handle(DecidePlanRelease));
  add("SupplyService/ApproveRelease", Handle(DecideApproveRelease));
  add("SupplyService/StateSupply", Handle(DecideStateSupply));
  add("TieKeyService/AnnounceTieKey", Handle(DecideAnnounceTieKey));
  add("TieKeyService/RevealTieKey", Handle(DecideRevealTieKey));
  add("AllocationService/ResumeRun", Handle(DecideResumeRun));

  std::map<std::string, Method> methods;
  const google::protobuf::FileDescriptor* files[] = {v1::DraftAgreementRequest::descriptor()->file(),
                                                     v1::OpenMonthRequest::descriptor()->file(),
                                                     v1::TightList::descriptor()->file(),
                                                     v1::Supply::descriptor()->file(),
                                                     v1::TieKeySecret::descriptor()->file(),
                                                     v1::Run::descriptor()->file()};
  for (const google::protobuf::FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const google::protobuf::MethodDescriptor* method = file->service(s)->method(m);
        const auto found =
            handlers.find(fmt::format("/{}/{}", file->service(s)->full_name(), method->name()));
        if (found == handlers.end()) continue;
        const common::v1::Access& access = method->options().GetExtension(common::v1::access);
        Method& out = methods[found->first];
        out.handler = found->second;
        for (int role : access.recorded()) out.recorded.push_back(static_cast<common::v1::Role>(role));
      }
    }
  }
  return methods;
}

const std::map<std::string, Method>& Methods() {
  static const auto& methods = *new std::map<std::string, Method>(MakeMethods());
  return methods;
}

// One of the six prohibitions: refused, and who tried is on record (R86).
Outcome Forbidden(County county, const Stamp& stamp) {
  Outcome outcome;
  auto* event = AddEvent(outcome).mutable_forbidden_action_attempted();
  event->set_county_code(CountyText(county));
  event->set_attempt_id(DeriveId(county, stamp));
  event->set_actor_id(stamp.actor.id);
  event->set_actor_role(stamp.actor.role);
  event->set_method(stamp.method);
  Refuse(outcome.refusals, common::v1::REASON_FORBIDDEN_ACTION, "");
  return outcome;
}

}  // namespace

AllocationDomain::AllocationDomain(SecretSource secrets) : secrets_(std::move(secrets)) {}

std::vector<std::string> AllocationDomain::InputTopics() {
  return {kRegistryTopic, kReferenceTopic, kOrderIntakeTopic};
}

partition::EventPtr AllocationDomain::NewEvent() const { return std::make_unique<v1::Event>(); }

partition::EventPtr AllocationDomain::NewInputEvent(std::string_view topic) const {
  return allocation::NewInputEvent(topic);
}

Outcome AllocationDomain::Decide(const partition::Command& command, const Stamp& stamp) const {
  const auto method = Methods().find(command.method);
  if (method == Methods().end()) {
    Outcome outcome;
    Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "", "unknown method " + command.method);
    return outcome;
  }
  const auto& recorded = method->second.recorded;
  if (std::find(recorded.begin(), recorded.end(), stamp.actor.role) != recorded.end()) {
    return Forbidden(command.county, stamp);
  }
  Outcome outcome = method->second.handler(state_, *command.request, stamp);
  if (outcome.refused()) {
    outcome.events.clear();
    outcome.response.reset();
  }
  return outcome;
}

absl::Time AllocationDomain::NextDue() const {
  const std::optional<TimerKey> first = FirstTimer(state_);
  return first ? absl::FromUnixMicros(first->due_us) : absl::InfiniteFuture();
}

Outcome AllocationDomain::Fire(const Stamp& stamp) const {
  const std::optional<TimerKey> first = FirstTimer(state_);
  if (!first) return {};
  switch (first->kind) {
    case TimerKind::kAgreement:
      return FireAgreements(state_, stamp);
    case TimerKind::kOpenMonth:
      return FireOpenMonth(state_, *first, stamp);
    case TimerKind::kOpeningPage:
      return FireOpeningPage(state_, *first, stamp);
    case TimerKind::kCompensate:
      return FireCompensate(state_, *first);
    case TimerKind::kCloseWindow:
      return FireClose(state_, *first);
  }
  return {};
}

std::vector<uint64_t> AllocationDomain::PagesOf(const partition::Input& input) const {
  return allocation::PagesOf(input);
}

partition::Reaction AllocationDomain::React(const partition::Input& input, uint64_t index, size_t budget,
                                            const Stamp& stamp) const {
  return allocation::React(state_, secrets_, input, index, budget, stamp);
}

std::optional<RunKey> AllocationDomain::NextRun() const {
  std::optional<RunKey> found;
  state_.active_runs.ForEachFrom(RunKey(), [&](const RunKey& key, const NoRow&) {
    if (NextStepOf(state_, secrets_, key).kind != NextStep::Kind::kWait) found = key;
    return !found;
  });
  return found;
}

bool AllocationDomain::HasWork() const {
  if (work_ && work_->Fits(state_) && !work_->Done(state_)) return true;
  return NextRun().has_value();
}

Outcome AllocationDomain::Step(const Stamp& /*stamp*/) {
  if (work_ && (work_->Done(state_) || !work_->Fits(state_))) work_.reset();
  if (work_) return work_->Step(state_);
  const std::optional<RunKey> key = NextRun();
  if (!key) return {};
  const NextStep next = NextStepOf(state_, secrets_, *key);
  Outcome outcome;
  switch (next.kind) {
    case NextStep::Kind::kWait:
      break;
    case NextStep::Kind::kCopyInput:
      work_ = RunWork::Copy(*key);
      return work_->Step(state_);
    case NextStep::Kind::kStart:
      AddStart(state_, *key, next, outcome);
      work_ = RunWork::Compute(*key, state_.progress.Find(*key)->attempt + 1, next.secret);
      break;
    case NextStep::Kind::kAbandon: {
      auto* event = AddEvent(outcome).mutable_run_abandoned();
      event->set_run_id(RunText(*key));
      event->set_attempt(state_.progress.Find(*key)->attempt);
      break;
    }
    case NextStep::Kind::kHold:
      AddHeld(*key, next.reason, next.detail, outcome);
      break;
  }
  return outcome;
}

absl::Status AllocationDomain::Evolve(const google::protobuf::Message& message, const Stamp& stamp) {
  const auto& event = static_cast<const v1::Event&>(message);
  // NOLINTBEGIN(bugprone-branch-clone)
  switch (event.event_case()) {
#define SANYUAN_FOLD(Case, field) \
  case v1::Event::Case:           \
    return allocation::Evolve(state_, event.field(), stamp);
    SANYUAN_FOLD(kAgreementDrafted, agreement_drafted)
    SANYUAN_FOLD(kAgreementRevised, agreement_revised)
    SANYUAN_FOLD(kAgreementProposed, agreement_proposed)
    SANYUAN_FOLD(kAgreementAccepted, agreement_accepted)
    SANYUAN_FOLD(kAgreementCountered, agreement_countered)
    SANYUAN_FOLD(kAgreementDeclined, agreement_declined)
    SANYUAN_FOLD(kAgreementApproved, agreement_approved)
    SANYUAN_FOLD(kAgreementReturned, agreement_returned)
    SANYUAN_FOLD(kAgreementActivated, agreement_activated)
    SANYUAN_FOLD(kAgreementEnded, agreement_ended)
    SANYUAN_FOLD(kAgreementCarried, agreement_carried)
    SANYUAN_FOLD(kAgreementSuspended, agreement_suspended)
    SANYUAN_FOLD(kAgreementResumed, agreement_resumed)
    SANYUAN_FOLD(kMonthOpeningStarted, month_opening_started)
    SANYUAN_FOLD(kAllowanceOpened, allowance_opened)
    SANYUAN_FOLD(kAllowancesOpened, allowances_opened)
    SANYUAN_FOLD(kAdjustmentProposed, adjustment_proposed)
    SANYUAN_FOLD(kAllowanceAdjusted, allowance_adjusted)
    SANYUAN_FOLD(kTightListPublished, tight_list_published)
    SANYUAN_FOLD(kReasonableRationPublished, reasonable_ration_published)
    SANYUAN_FOLD(kSupplyConfirmed, supply_confirmed)
    SANYUAN_FOLD(kReleasePlanned, release_planned)
    SANYUAN_FOLD(kSupplyReleased, supply_released)
    SANYUAN_FOLD(kSupplyRolled, supply_rolled)
    SANYUAN_FOLD(kTieKeySecretHashPublished, tie_key_secret_hash_published)
    SANYUAN_FOLD(kTieKeySecretRevealed, tie_key_secret_revealed)
    SANYUAN_FOLD(kRunScheduled, run_scheduled)
    SANYUAN_FOLD(kRunInputPage, run_input_page)
    SANYUAN_FOLD(kRunStarted, run_started)
    SANYUAN_FOLD(kAllocationPage, allocation_page)
    SANYUAN_FOLD(kRunComputed, run_computed)
    SANYUAN_FOLD(kRunChecked, run_checked)
    SANYUAN_FOLD(kAllocationPublished, allocation_published)
    SANYUAN_FOLD(kRunAbandoned, run_abandoned)
    SANYUAN_FOLD(kRunCheckFailed, run_check_failed)
    SANYUAN_FOLD(kRunHeld, run_held)
    SANYUAN_FOLD(kRunResumed, run_resumed)
    SANYUAN_FOLD(kRunClosed, run_closed)
    SANYUAN_FOLD(kOffersSettled, offers_settled)
    SANYUAN_FOLD(kCartonsFreed, cartons_freed)
    SANYUAN_FOLD(kRetailersNoted, retailers_noted)
    SANYUAN_FOLD(kSkusNoted, skus_noted)
    SANYUAN_FOLD(kPolicyNoted, policy_noted)
    SANYUAN_FOLD(kWindowNoted, window_noted)
#undef SANYUAN_FOLD
    case v1::Event::kForbiddenActionAttempted:
      return absl::OkStatus();
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  // NOLINTEND(bugprone-branch-clone)
  return Misfit("an event of an unknown kind");
}

}  // namespace sanyuan::allocation
