#include "services/registry/domain/registry_domain.h"

#include "services/registry/domain/adoption.h"
#include "services/registry/domain/grading.h"
#include "services/registry/domain/licence.h"
#include "services/registry/domain/org_unit.h"
#include "services/registry/domain/person.h"
#include "services/registry/domain/proposal.h"
#include "services/registry/domain/reference_domain.h"
#include "services/registry/domain/retailer.h"
#include "services/registry/domain/route.h"
#include "services/registry/domain/staff.h"
#include "services/registry/domain/supervision.h"

namespace sanyuan::registry {
namespace {

const Deciders<State>& Commands() {
  static const auto* const commands = [] {
    auto* deciders = new Deciders<State>();
    Add(*deciders, "OrganisationService", DecideRegisterOrgUnits);
    Add(*deciders, "OrganisationService", DecideChangeOrgUnit);
    Add(*deciders, "OrganisationService", DecideRegisterStaff);
    Add(*deciders, "OrganisationService", DecideChangeStaff);
    Add(*deciders, "OrganisationService", DecideSignCommitment);
    Add(*deciders, "OrganisationService", DecideForgetPerson);
    Add(*deciders, "RouteService", DecideRegisterRoutes);
    Add(*deciders, "RouteService", DecideChangeRoute);
    Add(*deciders, "RetailerService", DecideRegisterRetailers);
    Add(*deciders, "RetailerService", DecideChangeLicence);
    Add(*deciders, "RetailerService", DecideProposeProfileChange);
    Add(*deciders, "RetailerService", DecideDecideProfileChange);
    Add(*deciders, "RetailerService", DecideGradeRetailers);
    Add(*deciders, "RetailerService", DecideAssignSupervision);
    Add(*deciders, "RetailerService", DecideMarkCannotOrder);
    return deciders;
  }();
  return *commands;
}

}  // namespace

partition::EventPtr RegistryDomain::NewEvent() const { return std::make_unique<v1::Event>(); }

partition::EventPtr RegistryDomain::NewInputEvent(std::string_view topic) const {
  if (topic == kReferenceJournal) return std::make_unique<v1::ReferenceEvent>();
  return nullptr;
}

partition::Outcome RegistryDomain::Decide(const partition::Command& command,
                                          const partition::Stamp& stamp) const {
  return Dispatch(Commands(), state_, command, stamp);
}

partition::Outcome RegistryDomain::Fire(const partition::Stamp& /*stamp*/) const { return {}; }

partition::Reaction RegistryDomain::React(const partition::Input& input, uint64_t index, size_t budget,
                                          const partition::Stamp& /*stamp*/) const {
  return registry::React(state_, input, index, budget);
}

absl::Status RegistryDomain::Evolve(const google::protobuf::Message& message, const partition::Stamp& stamp) {
  const auto* event = dynamic_cast<const v1::Event*>(&message);
  if (event == nullptr) return absl::InvalidArgumentError(message.GetTypeName());
  switch (event->event_case()) {
    case v1::Event::kCountyAdopted:
      return registry::Evolve(state_, event->county_adopted(), stamp);
    case v1::Event::kPolicyAdopted:
      return registry::Evolve(state_, event->policy_adopted(), stamp);
    case v1::Event::kOrgUnitRegistered:
      return registry::Evolve(state_, event->org_unit_registered(), stamp);
    case v1::Event::kOrgUnitChanged:
      return registry::Evolve(state_, event->org_unit_changed(), stamp);
    case v1::Event::kStaffRegistered:
      return registry::Evolve(state_, event->staff_registered(), stamp);
    case v1::Event::kStaffChanged:
      return registry::Evolve(state_, event->staff_changed(), stamp);
    case v1::Event::kCommitmentSigned:
      return registry::Evolve(state_, event->commitment_signed(), stamp);
    case v1::Event::kPersonForgotten:
      return registry::Evolve(state_, event->person_forgotten(), stamp);
    case v1::Event::kRouteRegistered:
      return registry::Evolve(state_, event->route_registered(), stamp);
    case v1::Event::kRouteChanged:
      return registry::Evolve(state_, event->route_changed(), stamp);
    case v1::Event::kRetailerRegistered:
      return registry::Evolve(state_, event->retailer_registered(), stamp);
    case v1::Event::kRetailerChanged:
      return registry::Evolve(state_, event->retailer_changed(), stamp);
    case v1::Event::kRetailerProfileProposed:
      return registry::Evolve(state_, event->retailer_profile_proposed(), stamp);
    case v1::Event::kRetailerProfileDecided:
      return registry::Evolve(state_, event->retailer_profile_decided(), stamp);
    case v1::Event::kForbiddenActionAttempted:
      return absl::OkStatus();
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("an event without content");
}

}  // namespace sanyuan::registry
