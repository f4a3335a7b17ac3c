// What delivery tracking copies from the registry and from order intake. Each copy is decided as an event of
// its own journal, and only when it differs from what was noted: its state comes from that journal alone.
// Pure functions over one decision.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_NOTES_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_NOTES_H_

#include <string_view>

#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

inline constexpr std::string_view kRegistryTopic = "registry.journal";
inline constexpr std::string_view kReferenceTopic = "registry.reference.journal";
inline constexpr std::string_view kOrderIntakeTopic = "order_intake.journal";

// Shops, staff, routes; people whose key was deleted lose the hashes that could be compared with theirs.
void Note(Decision& decision, const registry::v1::Event& event);
// Delivery policies and calendars.
void Note(Decision& decision, const registry::v1::ReferenceEvent& event);
// Paid lines come into the pool; voided ones leave it, or the stop that they were planned for.
void Note(Decision& decision, const order_intake::v1::Event& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_NOTES_H_
