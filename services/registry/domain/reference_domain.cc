#include "services/registry/domain/reference_domain.h"

#include "services/registry/domain/policy.h"
#include "services/registry/domain/region.h"
#include "services/registry/domain/sku.h"

namespace sanyuan::registry {
namespace {

const Deciders<ReferenceState>& ReferenceCommands() {
  static const auto* const commands = [] {
    auto* deciders = new Deciders<ReferenceState>();
    Add(*deciders, "PolicyService", DecidePublishPolicy);
    Add(*deciders, "ReferenceService", DecidePublishCalendar);
    Add(*deciders, "ReferenceService", DecideRegisterCounties);
    Add(*deciders, "ReferenceService", DecideRegisterReferenceUnits);
    Add(*deciders, "ReferenceService", DecideDefinePriceClasses);
    Add(*deciders, "ReferenceService", DecideRegisterSkus);
    Add(*deciders, "ReferenceService", DecideChangeSku);
    return deciders;
  }();
  return *commands;
}

}  // namespace

partition::EventPtr ReferenceDomain::NewEvent() const { return std::make_unique<v1::ReferenceEvent>(); }

partition::EventPtr ReferenceDomain::NewInputEvent(std::string_view /*topic*/) const { return nullptr; }

partition::Outcome ReferenceDomain::Decide(const partition::Command& command,
                                           const partition::Stamp& stamp) const {
  return Dispatch(ReferenceCommands(), state_, command, stamp);
}

partition::Outcome ReferenceDomain::Fire(const partition::Stamp& /*stamp*/) const { return {}; }

partition::Reaction ReferenceDomain::React(const partition::Input& /*input*/, uint64_t /*index*/,
                                           size_t /*budget*/, const partition::Stamp& /*stamp*/) const {
  return {};
}

absl::Status ReferenceDomain::Evolve(const google::protobuf::Message& message,
                                     const partition::Stamp& stamp) {
  const auto* event = dynamic_cast<const v1::ReferenceEvent*>(&message);
  if (event == nullptr) return absl::InvalidArgumentError(message.GetTypeName());
  switch (event->event_case()) {
    case v1::ReferenceEvent::kPolicyPublished:
      return registry::Evolve(state_, event->policy_published(), stamp);
    case v1::ReferenceEvent::kCalendarPublished:
      return registry::Evolve(state_, event->calendar_published(), stamp);
    case v1::ReferenceEvent::kCountyRegistered:
      return registry::Evolve(state_, event->county_registered(), stamp);
    case v1::ReferenceEvent::kReferenceUnitRegistered:
      return registry::Evolve(state_, event->reference_unit_registered(), stamp);
    case v1::ReferenceEvent::kPriceClassDefined:
      return registry::Evolve(state_, event->price_class_defined(), stamp);
    case v1::ReferenceEvent::kSkuListed:
      return registry::Evolve(state_, event->sku_listed(), stamp);
    case v1::ReferenceEvent::kSkuChanged:
      return registry::Evolve(state_, event->sku_changed(), stamp);
    case v1::ReferenceEvent::kForbiddenActionAttempted:
      return absl::OkStatus();
    case v1::ReferenceEvent::EVENT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a reference event without content");
}

}  // namespace sanyuan::registry
