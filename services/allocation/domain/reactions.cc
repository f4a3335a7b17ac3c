#include "services/allocation/domain/reactions.h"

#include <iterator>
#include <map>

#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/allocation/domain/agreement_term.h"
#include "services/allocation/domain/settle_reaction.h"
#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

using Events = std::vector<partition::EventPtr>;
namespace intake = order_intake::v1;
namespace registry = registry::v1;

// ---- registry.reference.journal

void NotePolicy(const registry::PolicyVersion& policy, Events& events) {
  if (!policy.has_allocation()) return;
  const registry::AllocationPolicy& from = policy.allocation();
  v1::PolicyNoted& to = *AddEvent(events).mutable_policy_noted();
  to.set_version(policy.version());
  to.set_county_prefix(policy.county_prefix());
  *to.mutable_effective_from() = policy.effective_from();
  to.set_float_large_bp(from.float_large_bp());
  to.set_float_medium_bp(from.float_medium_bp());
  to.set_float_small_bp(from.float_small_bp());
  to.set_float_small_least_cartons(from.float_small_least_cartons());
  to.set_agreement_max_months(from.agreement_max_months());
  to.set_proposal_lapse_days(from.proposal_lapse_days());
  to.set_provisional_months(from.provisional_months());
  to.set_evidence_months(from.evidence_months());
  to.set_agreement_step_above_cartons(from.agreement_step_above_cartons());
  to.set_agreement_step_cartons(from.agreement_step_cartons());
  to.set_agreement_max_cartons(from.agreement_max_cartons());
  to.set_pacing_slack_bp(from.pacing_slack_bp());
  for (const registry::SeasonWeight& season : from.season_weights()) {
    v1::NotedSeason& out = *to.add_season_weights();
    out.set_from_date(season.from_date());
    out.set_to_date(season.to_date());
    out.set_weight_bp(season.weight_bp());
  }
  to.set_reserve_bp(from.reserve_bp());
  for (const registry::BalanceRatio& ratio : from.balance_ratios()) {
    v1::NotedRatio& out = *to.add_balance_ratios();
    out.set_class_code(ratio.class_code());
    out.set_min_bp(ratio.min_bp());
    out.set_max_bp(ratio.max_bp());
  }
  to.set_balance_least_demand_cartons(from.balance_least_demand_cartons());
  to.set_fill_delta(from.fill_delta());
  to.set_fill_min_one(from.fill_min_one());
  for (const registry::GradeWeight& weight : from.grade_weights()) {
    v1::NotedWeight& out = *to.add_grade_weights();
    out.set_from_grade(weight.from_grade());
    out.set_to_grade(weight.to_grade());
    out.set_weight(weight.weight());
  }
  to.set_publish_lead_minutes(from.publish_lead_minutes());
}

void NoteSku(const State& state, const registry::Sku& sku, v1::SkusNoted& noted) {
  const auto code = Code::Parse(sku.sku_code());
  if (!code) return;
  SkuInfo info;
  v1::NotedSku out;
  out.set_sku(sku.sku_code());
  for (const registry::SkuClass& from : sku.classes()) {
    const auto day = ParseDay(from.valid_from());
    if (!day) continue;
    info.classes.emplace_back(*day, from.class_code());
    v1::NotedClass& to = *out.add_classes();
    to.set_valid_from(from.valid_from());
    to.set_price_class(from.class_code());
  }
  const SkuInfo* known = state.skus.Find({*code});
  if (known == nullptr || known->classes != info.classes) *noted.add_skus() = std::move(out);
}

void ReactToReference(const State& state, const Events& inputs, Events& events) {
  v1::SkusNoted skus;
  for (const partition::EventPtr& input : inputs) {
    const auto& event = static_cast<const registry::ReferenceEvent&>(*input);
    if (event.has_policy_published()) NotePolicy(event.policy_published().policy(), events);
    if (event.has_sku_listed()) NoteSku(state, event.sku_listed().sku(), skus);
    if (event.has_sku_changed()) NoteSku(state, event.sku_changed().sku(), skus);
  }
  if (!skus.skus().empty()) *AddEvent(events).mutable_skus_noted() = std::move(skus);
}

// ---- registry.journal

void ReactToRegistry(const State& state, const Events& inputs, const Stamp& stamp, Events& events) {
  std::map<LicenceKey, Retailer> changed;
  for (const partition::EventPtr& input : inputs) {
    const auto& event = static_cast<const registry::Event&>(*input);
    if (!event.has_retailer_registered() && !event.has_retailer_changed()) continue;
    const registry::Retailer& from = event.has_retailer_registered() ? event.retailer_registered().retailer()
                                                                     : event.retailer_changed().retailer();
    const auto county = CountyOfId(from.county_code());
    const auto licence = Code::Parse(from.licence());
    if (!county || !licence) continue;
    changed[{*county, *licence}] = {from.licence_record().status() == registry::LICENCE_STATUS_ACTIVE,
                                    static_cast<v1::BusinessScale>(from.grading().scale()),
                                    from.grading().grade(), from.grading().class_code(),
                                    from.supervision().large()};
  }
  v1::RetailersNoted noted;
  Events consequences;
  for (const auto& [key, retailer] : changed) {
    const Retailer* known = state.retailers.Find(key);
    if (known != nullptr && *known == retailer) continue;
    v1::NotedRetailer& out = *noted.add_retailers();
    out.set_county_code(CountyText(key.county));
    out.set_licence(key.licence.str());
    out.set_active(retailer.active);
    out.set_scale(retailer.scale);
    out.set_grade(retailer.grade);
    out.set_ration_class(retailer.ration_class);
    out.set_large(retailer.large);
    if (known != nullptr && known->active != retailer.active) {
      AddLicenceChange(state, key.county, key.licence, retailer.active, stamp, consequences);
    }
  }
  if (noted.retailers().empty()) return;
  *AddEvent(events).mutable_retailers_noted() = std::move(noted);
  std::move(consequences.begin(), consequences.end(), std::back_inserter(events));
}

// ---- order_intake.journal

void NoteWindow(const State& state, const SecretSource& secrets, const intake::Event& event, Events& events) {
  v1::WindowNoted noted;
  if (event.has_order_window_scheduled()) {
    const intake::OrderWindowScheduled& from = event.order_window_scheduled();
    const auto window = ParseWindow(from.window_id());
    if (!window || state.windows.Contains(*window)) return;
    noted.set_window_id(from.window_id());
    noted.set_occurrence(static_cast<int32_t>(from.occurrence()));
    noted.set_occurrences(static_cast<int32_t>(from.occurrences()));
    *noted.mutable_opens_at() = from.opens_at();
    *AddEvent(events).mutable_window_noted() = std::move(noted);
    AddAnnouncement(state, secrets, *window, events);
    return;
  }
  const intake::OrderWindowOpened& from = event.order_window_opened();
  const auto window = ParseWindow(from.window_id());
  if (!window) return;
  noted.set_window_id(from.window_id());
  noted.set_occurrence(static_cast<int32_t>(from.occurrence()));
  noted.set_occurrences(static_cast<int32_t>(from.occurrences()));
  if (const Window* known = state.windows.Find(*window)) SetTime(known->opens_at, noted.mutable_opens_at());
  noted.set_opened(true);
  noted.set_floating(from.floating());
  noted.set_policy_version(from.versions().allocation_policy());
  noted.set_tight_list_version(from.versions().tight_list());
  noted.set_ration_version(from.versions().ration());
  *AddEvent(events).mutable_window_noted() = std::move(noted);
}

const intake::OrderWindowClosed* ClosedWindow(const partition::Input& input) {
  if (input.topic != kOrderIntakeTopic) return nullptr;
  for (const partition::EventPtr& event : *input.events) {
    const auto& typed = static_cast<const intake::Event&>(*event);
    if (typed.has_order_window_closed()) return &typed.order_window_closed();
  }
  return nullptr;
}

void CopyPage(const State& state, const RunKey& run, const intake::WindowLockedPage& from, uint32_t number,
              Events& events) {
  v1::RunInputPage& page = *AddEvent(events).mutable_run_input_page();
  page.set_run_id(RunText(run));
  page.set_page_number(number);
  std::map<std::string, uint32_t> places;
  for (const intake::LockedRetailer& retailer : from.retailers()) {
    if (retailer.orders().empty()) continue;
    v1::InputRetailer& out = *page.add_retailers();
    out.set_licence(retailer.licence());
    const auto licence = Code::Parse(retailer.licence());
    if (const Retailer* known = licence ? state.retailers.Find({run.county, *licence}) : nullptr) {
      out.set_ration_class(known->ration_class);
      out.set_grade(known->grade);
    }
    for (const intake::LockedOrder& order : retailer.orders()) {
      v1::InputOrder& lines = *out.add_orders();
      lines.set_order_id(order.order_id());
      for (const intake::RequestedLine& line : order.lines()) {
        const auto [it, inserted] = places.emplace(line.sku(), page.skus_size());
        if (inserted) page.add_skus(line.sku());
        lines.add_sku_index(it->second);
        lines.add_requested_cartons(line.requested_cartons());
      }
    }
  }
}

// Effect 0 schedules the run, effect n copies page n.
partition::Reaction ReactToClosed(const State& state, const partition::Input& input,
                                  const intake::OrderWindowClosed& closed, uint64_t index, size_t budget) {
  partition::Reaction reaction;
  const auto window = ParseWindow(closed.window_id());
  if (!window) return reaction;
  const RunKey run(*window, 0);
  // The window was copied already, as far as these effects go.
  if (index == 0 && state.runs.Contains(run)) return reaction;
  const uint64_t effects = input.pages.size() + 1;
  size_t bytes = 0;
  while (index < effects && (bytes < budget || reaction.events.empty())) {
    if (index == 0) {
      auto* scheduled = AddEvent(reaction.events).mutable_run_scheduled();
      scheduled->set_run_id(RunText(run));
      scheduled->set_window_id(closed.window_id());
      scheduled->set_kind(v1::RUN_KIND_WINDOW);
      scheduled->set_input_pages(static_cast<uint32_t>(input.pages.size()));
      scheduled->set_pages_digest(closed.pages_digest());
    } else {
      for (const partition::EventPtr& event : *input.pages[index - 1]) {
        const auto& typed = static_cast<const intake::Event&>(*event);
        if (typed.has_window_locked_page()) {
          CopyPage(state, run, typed.window_locked_page(), static_cast<uint32_t>(index - 1), reaction.events);
        }
      }
    }
    bytes += reaction.events.back()->ByteSizeLong();
    ++index;
  }
  reaction.next_index = index;
  reaction.done = index >= effects;
  return reaction;
}

}  // namespace

partition::EventPtr NewInputEvent(std::string_view topic) {
  if (topic == kReferenceTopic) return std::make_unique<registry::ReferenceEvent>();
  if (topic == kRegistryTopic) return std::make_unique<registry::Event>();
  if (topic == kOrderIntakeTopic) return std::make_unique<intake::Event>();
  return nullptr;
}

std::vector<uint64_t> PagesOf(const partition::Input& input) {
  const intake::OrderWindowClosed* closed = ClosedWindow(input);
  if (closed == nullptr) return {};
  return {closed->page_heights().begin(), closed->page_heights().end()};
}

partition::Reaction React(const State& state, const SecretSource& secrets, const partition::Input& input,
                          uint64_t index, size_t budget, const Stamp& stamp) {
  if (const intake::OrderWindowClosed* closed = ClosedWindow(input)) {
    return ReactToClosed(state, input, *closed, index, budget);
  }
  partition::Reaction reaction;
  if (input.topic == kReferenceTopic) {
    ReactToReference(state, *input.events, reaction.events);
  } else if (input.topic == kRegistryTopic) {
    ReactToRegistry(state, *input.events, stamp, reaction.events);
  } else if (input.topic == kOrderIntakeTopic) {
    for (const partition::EventPtr& event : *input.events) {
      const auto& typed = static_cast<const intake::Event&>(*event);
      if (typed.has_order_window_scheduled() || typed.has_order_window_opened()) {
        NoteWindow(state, secrets, typed, reaction.events);
      }
    }
    ReactToSettlement(state, *input.events, reaction.events);
  }
  reaction.next_index = index + 1;
  return reaction;
}

}  // namespace sanyuan::allocation
