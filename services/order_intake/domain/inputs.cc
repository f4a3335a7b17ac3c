#include "services/order_intake/domain/inputs.h"

#include <algorithm>
#include <utility>

#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/order_intake/domain/notes.h"
#include "services/order_intake/domain/settlement.h"

namespace sanyuan::order_intake {
namespace {

using partition::EventPtr;
using AllocationEvent = allocation::v1::Event;

v1::SkuNoted NoteOf(const registry::v1::Sku& sku) {
  v1::SkuNoted note;
  note.set_sku(sku.sku_code());
  note.set_orderable(sku.status() == registry::v1::SKU_STATUS_LISTED);
  for (const registry::v1::SkuPrice& price : sku.prices()) {
    v1::SkuPrice& out = *note.add_prices();
    out.set_valid_from(price.valid_from());
    out.set_wholesale_fen(price.wholesale_fen());
  }
  return note;
}

EventPtr NotePolicy(const State& state, const registry::v1::PolicyVersion& policy) {
  if (policy.has_allocation()) {
    v1::AllocationPolicyNoted note;
    note.set_version(policy.version());
    note.set_county_prefix(policy.county_prefix());
    *note.mutable_effective_from() = policy.effective_from();
    return Note(state, note);
  }
  if (!policy.has_ordering()) return nullptr;
  const registry::v1::OrderingPolicy& ordering = policy.ordering();
  v1::OrderingPolicyNoted note;
  note.set_version(policy.version());
  note.set_county_prefix(policy.county_prefix());
  *note.mutable_effective_from() = policy.effective_from();
  note.set_grace_seconds(ordering.grace_seconds());
  note.set_max_lines(std::min(ordering.max_lines(), kMostLines));
  note.set_max_line_cartons(std::min<int64_t>(ordering.max_line_cartons(), kMostLineCartons));
  note.set_max_orders_per_window(ordering.max_orders_per_window());
  note.set_payment_tries(ordering.payment_retries() + 1);
  note.set_payment_deadline_minute(ordering.payment_deadline_minute_of_day());
  return Note(state, note);
}

EventPtr NoteReference(const State& state, const registry::v1::ReferenceEvent& event) {
  switch (event.event_case()) {
    case registry::v1::ReferenceEvent::kCountyRegistered: {
      v1::CountyNoted note;
      note.set_county_code(event.county_registered().county().code());
      return Note(state, note);
    }
    case registry::v1::ReferenceEvent::kSkuListed:
      return Note(state, NoteOf(event.sku_listed().sku()));
    case registry::v1::ReferenceEvent::kSkuChanged:
      return Note(state, NoteOf(event.sku_changed().sku()));
    case registry::v1::ReferenceEvent::kPolicyPublished:
      return NotePolicy(state, event.policy_published().policy());
    default:
      return nullptr;
  }
}

EventPtr NoteRetailer(const State& state, const registry::v1::Retailer& retailer) {
  v1::RetailerNoted note;
  note.set_county_code(retailer.county_code());
  note.set_licence(retailer.licence());
  note.set_active(retailer.licence_record().status() == registry::v1::LICENCE_STATUS_ACTIVE);
  note.set_ration_class(retailer.grading().class_code());
  note.set_route_id(retailer.profile().route_id());
  note.set_expected_to_order(retailer.profile().expected_to_order());
  note.set_valid_from(retailer.licence_record().valid_from());
  note.set_valid_to(retailer.licence_record().valid_to());
  return Note(state, note);
}

EventPtr NoteStaff(const State& state, const std::string& county_code, const registry::v1::Staff& staff) {
  v1::StaffDevicesNoted note;
  note.set_county_code(county_code);
  note.set_staff_id(staff.staff_id());
  if (staff.active()) *note.mutable_device_ids() = staff.device_ids();
  return Note(state, note);
}

EventPtr NoteRegistry(const State& state, const registry::v1::Event& event) {
  switch (event.event_case()) {
    case registry::v1::Event::kRetailerRegistered:
      return NoteRetailer(state, event.retailer_registered().retailer());
    case registry::v1::Event::kRetailerChanged:
      return NoteRetailer(state, event.retailer_changed().retailer());
    case registry::v1::Event::kStaffRegistered:
      return NoteStaff(state, event.staff_registered().county_code(), event.staff_registered().staff());
    case registry::v1::Event::kStaffChanged:
      return NoteStaff(state, event.staff_changed().county_code(), event.staff_changed().staff());
    default:
      return nullptr;
  }
}

// AllowanceOpened and AllowanceAdjusted say it with the same fields.
template <typename Fact>
EventPtr NoteAllowance(const State& state, const Fact& fact) {
  v1::AllowanceNoted note;
  note.set_county_code(fact.county_code());
  note.set_licence(fact.licence());
  note.set_month(fact.month());
  note.set_ceiling_cartons(fact.ceiling_cartons());
  *note.mutable_pacing_ceilings_cartons() = fact.pacing_ceilings_cartons();
  note.set_policy_version(fact.policy_version());
  return Note(state, note);
}

EventPtr NoteAllocation(const State& state, const AllocationEvent& event) {
  switch (event.event_case()) {
    case AllocationEvent::kAllowanceOpened:
      return NoteAllowance(state, event.allowance_opened());
    case AllocationEvent::kAllowanceAdjusted:
      return NoteAllowance(state, event.allowance_adjusted());
    case AllocationEvent::kAllowancesOpened: {
      v1::AllowancesCompleteNoted note;
      note.set_county_code(event.allowances_opened().county_code());
      note.set_month(event.allowances_opened().month());
      return Note(state, note);
    }
    case AllocationEvent::kTightListPublished: {
      const allocation::v1::TightListPublished& fact = event.tight_list_published();
      v1::TightListNoted note;
      note.set_county_code(fact.county_code());
      note.set_version(fact.version());
      *note.mutable_effective_from() = fact.effective_from();
      *note.mutable_skus() = fact.skus();
      return Note(state, note);
    }
    case AllocationEvent::kReasonableRationPublished: {
      const allocation::v1::ReasonableRationPublished& fact = event.reasonable_ration_published();
      v1::RationNoted note;
      note.set_county_code(fact.county_code());
      note.set_version(fact.version());
      *note.mutable_effective_from() = fact.effective_from();
      for (const allocation::v1::Ration& ration : fact.rations()) {
        v1::RationCap& cap = *note.add_caps();
        cap.set_sku(ration.sku());
        cap.set_ration_class(ration.ration_class());
        cap.set_cap_cartons(ration.cap_cartons());
      }
      return Note(state, note);
    }
    default:
      return nullptr;
  }
}

EventPtr NoteOf(const State& state, std::string_view topic, const google::protobuf::Message& event) {
  if (topic == kReferenceTopic)
    return NoteReference(state, static_cast<const registry::v1::ReferenceEvent&>(event));
  if (topic == kRegistryTopic) return NoteRegistry(state, static_cast<const registry::v1::Event&>(event));
  return NoteAllocation(state, static_cast<const AllocationEvent&>(event));
}

const allocation::v1::AllocationPublished* PublishedIn(std::string_view topic,
                                                       const google::protobuf::Message& event) {
  if (topic != kAllocationTopic) return nullptr;
  const auto& typed = static_cast<const AllocationEvent&>(event);
  return typed.has_allocation_published() ? &typed.allocation_published() : nullptr;
}

const AllocationEvent* PageIn(const std::vector<EventPtr>& events) {
  for (const EventPtr& event : events) {
    const auto& typed = static_cast<const AllocationEvent&>(*event);
    if (typed.has_allocation_page()) return &typed;
  }
  return nullptr;
}

// The orders of a run's pages, from `order` on; `done` when none is left. The pages must be those that were
// published, or nothing is taken and the fold refuses the note of it.
void SettleRun(const State& state, const partition::Input& input,
               const allocation::v1::AllocationPublished& published, uint64_t order, size_t budget,
               const Stamp& stamp, partition::Reaction& reaction) {
  const auto settled = [&](const std::string& window_id) {
    auto [event, end] = NewEvent(&v1::Event::mutable_run_settled);
    end->set_run_id(published.run_id());
    end->set_window_id(window_id);
    reaction.events.push_back(std::move(event));
    reaction.done = true;
  };
  reaction.next_index = order;
  if (order == 0) {
    std::string digests;
    for (const auto* page : input.pages) {
      const AllocationEvent* event = PageIn(*page);
      if (event != nullptr) digests.append(Sha256(event->SerializeAsString()).view());
    }
    if (Sha256(digests).view() != published.pages_digest()) return settled("");
  }
  const bool compensating = published.kind() == allocation::v1::RUN_KIND_COMPENSATING;
  RoomUsed used;
  size_t bytes = 0;
  uint64_t at = 0;
  for (const auto* page : input.pages) {
    for (const auto& retailer : PageIn(*page)->allocation_page().retailers()) {
      for (const auto& allocated : retailer.orders()) {
        if (at++ < order) continue;
        if (bytes >= budget) {
          reaction.done = false;
          return;
        }
        reaction.next_index = at;
        OrderOffer offer{
            published.run_id(), allocated.order_id(), retailer.licence(), published.window_id(), {}};
        for (const allocation::v1::OfferedLine& line : allocated.lines()) {
          // In a later run, nothing more is no offer; in the window's own run it ends the reservation.
          if (compensating && line.offered_cartons() == 0) continue;
          offer.lines.push_back({line.line_number(), line.offered_cartons()});
        }
        const size_t first = reaction.events.size();
        SettleOffer(state, offer, stamp, used, reaction.events);
        for (size_t i = first; i < reaction.events.size(); ++i) bytes += reaction.events[i]->ByteSizeLong();
      }
    }
  }
  settled(published.window_id());
}

}  // namespace

EventPtr NewInputEventOf(std::string_view topic) {
  if (topic == kReferenceTopic) return std::make_unique<registry::v1::ReferenceEvent>();
  if (topic == kRegistryTopic) return std::make_unique<registry::v1::Event>();
  if (topic == kAllocationTopic) return std::make_unique<AllocationEvent>();
  return nullptr;
}

std::vector<uint64_t> PagesOfInput(const partition::Input& input) {
  for (const EventPtr& event : *input.events) {
    if (const auto* published = PublishedIn(input.topic, *event)) {
      return {published->page_heights().begin(), published->page_heights().end()};
    }
  }
  return {};
}

partition::Reaction ReactTo(const State& state, const partition::Input& input, uint64_t index, size_t budget,
                            const Stamp& stamp) {
  partition::Reaction reaction;
  const auto count = static_cast<uint64_t>(input.events->size());
  // Below `count` an index is a place in the input; from there on it is a place in the run that the input
  // publishes, which comes after all notes.
  size_t bytes = 0;
  while (index < count && bytes < budget) {
    EventPtr note = NoteOf(state, input.topic, *(*input.events)[index]);
    ++index;
    if (note == nullptr) continue;
    bytes += note->ByteSizeLong();
    reaction.events.push_back(std::move(note));
  }
  reaction.next_index = index;
  reaction.done = index >= count;
  if (!reaction.done) return reaction;
  for (const EventPtr& event : *input.events) {
    const auto* published = PublishedIn(input.topic, *event);
    if (published == nullptr) continue;
    if (!reaction.events.empty()) {
      reaction.done = false;
      return reaction;
    }
    SettleRun(state, input, *published, index - count, budget, stamp, reaction);
    reaction.next_index += count;
    break;
  }
  return reaction;
}

}  // namespace sanyuan::order_intake
