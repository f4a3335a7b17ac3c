#include "services/delivery_tracking/domain/upstream_notes.h"

#include <map>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

// The delivery policy has no figure for the time between two stops without a promised time of their own.
constexpr int32_t kUrbanMinutesPerStop = 5;
constexpr int32_t kRuralMinutesPerStop = 8;

void NoteRetailer(Decision& decision, const registry::v1::Retailer& retailer) {
  const registry::v1::Profile& profile = retailer.profile();
  v1::Event event;
  v1::RetailerNoted& noted = *event.mutable_retailer_noted();
  noted.set_county_code(retailer.county_code());
  noted.set_licence(retailer.licence());
  noted.set_active(retailer.licence_record().status() == registry::v1::LICENCE_STATUS_ACTIVE);
  noted.set_route_id(profile.route_id());
  noted.set_stop_number(profile.stop_number());
  noted.set_promised_minute_of_day(profile.promised_minute_of_day());
  if (profile.has_position()) {
    noted.mutable_position()->set_latitude_udeg(profile.position().latitude_e6());
    noted.mutable_position()->set_longitude_udeg(profile.position().longitude_e6());
    noted.mutable_position()->set_accuracy_m(profile.position().accuracy_metres());
    noted.mutable_position()->set_visits(profile.position().visits());
  }
  noted.set_card_id(profile.card_id());
  if (!retailer.forgotten()) {
    noted.set_pin_hash(profile.pin_hash());
    noted.set_phone_hash(profile.phone_hash());
    for (const registry::v1::AuthorisedReceiver& receiver : profile.authorised_receivers()) {
      if (!receiver.phone_hash().empty()) noted.add_authorised_phone_hashes(receiver.phone_hash());
    }
  }
  if (!profile.pickup_agreement().agreement_id().empty()) {
    const registry::v1::PickupAgreement& agreement = profile.pickup_agreement();
    noted.mutable_pickup()->set_agreement_id(agreement.agreement_id());
    noted.mutable_pickup()->set_latitude_udeg(agreement.latitude_e6());
    noted.mutable_pickup()->set_longitude_udeg(agreement.longitude_e6());
    noted.mutable_pickup()->set_valid_from(agreement.valid_from());
    noted.mutable_pickup()->set_valid_to(agreement.valid_to());
  }
  const auto county = CountyOfCode(noted.county_code());
  const auto licence = Code::Parse(noted.licence());
  if (!county || !licence) return;
  const Retailer* known = decision.draft().retailers.Find({*county, *licence});
  if (known && *known == RowOf(noted)) return;
  decision.Emit(std::move(event));
}

void NoteStaff(Decision& decision, const std::string& county_code, const registry::v1::Staff& staff) {
  v1::Event event;
  v1::StaffNoted& noted = *event.mutable_staff_noted();
  noted.set_county_code(county_code);
  noted.set_staff_id(staff.staff_id());
  noted.set_active(staff.active());
  noted.set_delivers(staff.role() == common::v1::ROLE_DELIVERY_STAFF);
  noted.set_phone_hash(staff.phone_hash());
  *noted.mutable_device_keys() = staff.device_ids();
  *noted.mutable_relatives_licences() = staff.relatives_licences();
  const auto county = CountyOfCode(county_code);
  const auto id = Code::Parse(staff.staff_id());
  if (!county || !id) return;
  const Staff* known = decision.draft().staff.Find({*county, *id});
  if (known && *known == RowOf(noted)) return;
  decision.Emit(std::move(event));
}

void NoteRoute(Decision& decision, const std::string& county_code, const registry::v1::Route& route) {
  v1::Event event;
  v1::RouteNoted& noted = *event.mutable_route_noted();
  noted.set_county_code(county_code);
  noted.set_route_id(route.route_id());
  noted.set_active(route.active());
  noted.set_urban(route.market_type() == registry::v1::MARKET_TYPE_URBAN);
  noted.set_departure_minute_of_day(route.departure_minute_of_day());
  *noted.mutable_crew_staff_ids() = route.crew_staff_ids();
  const auto county = CountyOfCode(county_code);
  const auto id = Code::Parse(route.route_id());
  if (!county || !id) return;
  const Route* known = decision.draft().routes.Find({*county, *id});
  if (known && *known == RowOf(noted)) return;
  decision.Emit(std::move(event));
}

// Keyed hashes go with the person's key: what they could be compared with is gone.
void NoteForgotten(Decision& decision, const registry::v1::PersonForgotten& forgotten) {
  const auto county = CountyOfCode(forgotten.county_code());
  const auto person = Code::Parse(forgotten.person());
  if (!county || !person) return;
  if (const Staff* staff = decision.draft().staff.Find({*county, *person});
      staff && !staff->phone_hash.empty()) {
    v1::Event event;
    v1::StaffNoted& noted = *event.mutable_staff_noted();
    noted.set_county_code(forgotten.county_code());
    noted.set_staff_id(person->str());
    noted.set_active(staff->active);
    noted.set_delivers(staff->delivers);
    for (const std::string& device : staff->device_keys) noted.add_device_keys(device);
    CodesTo(staff->relatives, *noted.mutable_relatives_licences());
    decision.Emit(std::move(event));
  }
  const Retailer* shop = decision.draft().retailers.Find({*county, *person});
  if (!shop ||
      (shop->phone_hash.empty() && shop->pin_hash.empty() && shop->authorised_phone_hashes.empty())) {
    return;
  }
  v1::Event event;
  v1::RetailerNoted& noted = *event.mutable_retailer_noted();
  noted.set_county_code(forgotten.county_code());
  noted.set_licence(person->str());
  noted.set_active(shop->active);
  noted.set_route_id(shop->route.str());
  noted.set_stop_number(shop->stop_number);
  noted.set_promised_minute_of_day(shop->promised_minute);
  if (shop->position) {
    noted.mutable_position()->set_latitude_udeg(shop->position->point.latitude_udeg);
    noted.mutable_position()->set_longitude_udeg(shop->position->point.longitude_udeg);
    noted.mutable_position()->set_accuracy_m(shop->position->accuracy_m);
    noted.mutable_position()->set_visits(shop->position->visits);
  }
  noted.set_card_id(shop->card_id);
  decision.Emit(std::move(event));
}

template <typename Lines>
void SumBySku(const Lines& lines, SkuCartonsList& out) {
  std::map<Code, int64_t> sums;
  for (const auto& line : lines) {
    const auto sku = Code::Parse(line.sku());
    if (sku && line.cartons() > 0) sums[*sku] += line.cartons();
  }
  for (const auto& [sku, cartons] : sums) {
    v1::SkuCartons& added = *out.Add();
    added.set_sku(sku.str());
    added.set_cartons(cartons);
  }
}

void NotePaid(Decision& decision, const order_intake::v1::OrderPaid& paid) {
  const auto county = CountyOfId(paid.order_id());
  const auto licence = Code::Parse(paid.licence());
  if (!county || !licence || !ParseDate(paid.order_day())) return;
  const Draft& draft = decision.draft();
  if (draft.pool.Contains({*county, *licence, paid.order_id(), paid.debit_number()})) return;
  if (draft.planned_orders.Contains({*county, paid.order_id(), paid.debit_number()})) return;
  v1::Event event;
  v1::DeliverableLinesAdded& added = *event.mutable_deliverable_lines_added();
  added.set_county_code(CountyText(*county));
  added.set_order_id(paid.order_id());
  added.set_debit_number(paid.debit_number());
  added.set_licence(paid.licence());
  added.set_order_day(paid.order_day());
  SumBySku(paid.lines(), *added.mutable_lines());
  if (!added.lines().empty()) decision.Emit(std::move(event));
}

void NoteVoided(Decision& decision, const order_intake::v1::OrderVoided& voided) {
  const auto county = CountyOfId(voided.order_id());
  const auto licence = Code::Parse(voided.licence());
  if (!county || !licence) return;
  const Draft& draft = decision.draft();
  v1::Event event;
  v1::DeliverableLinesWithdrawn& withdrawn = *event.mutable_deliverable_lines_withdrawn();
  const StopKey* planned = draft.planned_orders.Find({*county, voided.order_id(), voided.debit_number()});
  const PoolRow* pooled = draft.pool.Find({*county, *licence, voided.order_id(), voided.debit_number()});
  if (pooled) {
    LinesTo(pooled->lines, *withdrawn.mutable_lines());
  } else if (planned) {
    const Stop* stop = draft.stops.Find(*planned);
    if (!stop || stop->state == v1::STOP_STATE_RECEIPTED) return;
    for (const OrderPart& part : stop->orders) {
      if (part.order_id == voided.order_id() && part.debit_number == voided.debit_number()) {
        LinesTo(part.lines, *withdrawn.mutable_lines());
      }
    }
    withdrawn.set_stop_id(IdText(*planned));
  } else {
    return;
  }
  withdrawn.set_county_code(CountyText(*county));
  withdrawn.set_order_id(voided.order_id());
  withdrawn.set_debit_number(voided.debit_number());
  withdrawn.set_licence(voided.licence());
  decision.Emit(std::move(event));
}

}  // namespace

void Note(Decision& decision, const registry::v1::Event& event) {
  switch (event.event_case()) {
    case registry::v1::Event::kRetailerRegistered:
      return NoteRetailer(decision, event.retailer_registered().retailer());
    case registry::v1::Event::kRetailerChanged:
      return NoteRetailer(decision, event.retailer_changed().retailer());
    case registry::v1::Event::kStaffRegistered:
      return NoteStaff(decision, event.staff_registered().county_code(), event.staff_registered().staff());
    case registry::v1::Event::kStaffChanged:
      return NoteStaff(decision, event.staff_changed().county_code(), event.staff_changed().staff());
    case registry::v1::Event::kRouteRegistered:
      return NoteRoute(decision, event.route_registered().county_code(), event.route_registered().route());
    case registry::v1::Event::kRouteChanged:
      return NoteRoute(decision, event.route_changed().county_code(), event.route_changed().route());
    case registry::v1::Event::kPersonForgotten:
      return NoteForgotten(decision, event.person_forgotten());
    default:
      return;
  }
}

void Note(Decision& decision, const registry::v1::ReferenceEvent& event) {
  v1::Event copy;
  if (event.has_policy_published() && event.policy_published().policy().has_delivery()) {
    const registry::v1::PolicyVersion& policy = event.policy_published().policy();
    const registry::v1::DeliveryPolicy& from = policy.delivery();
    if (decision.draft().policies.Contains({policy.version()})) return;
    v1::DeliveryPolicyNoted& noted = *copy.mutable_delivery_policy_noted();
    noted.set_version(policy.version());
    noted.set_county_prefix(policy.county_prefix());
    *noted.mutable_effective_from() = policy.effective_from();
    v1::DeliveryRules& rules = *noted.mutable_rules();
    rules.set_urban_window_minutes(from.window_urban_minutes());
    rules.set_rural_window_minutes(from.window_rural_minutes());
    rules.set_geofence_m(from.geofence_metres());
    rules.set_position_accuracy_m(from.position_accuracy_metres());
    rules.set_position_visits(from.position_visits());
    rules.set_missed_minute_of_day(from.missed_minute_of_day());
    rules.set_notice_minute_of_day(from.notice_minute_of_day());
    rules.set_reconcile_minute_of_day(from.reconcile_minute_of_day());
    rules.set_redelivery_working_days(from.redelivery_wd());
    rules.set_redelivery_attempts(from.redelivery_attempts());
    rules.set_minimum_proofs(from.min_proofs());
    rules.set_receipts_apart_seconds(from.receipts_apart_seconds());
    rules.set_receipts_apart_m(from.receipts_apart_metres());
    rules.set_shared_proof_licences(from.shared_proof_licences());
    rules.set_shared_proof_days(from.shared_proof_days());
    rules.set_dispute_hours(from.dispute_hours());
    rules.set_device_queue_days(from.device_queue_days());
    rules.set_clock_tolerance_seconds(from.clock_tolerance_seconds());
    rules.set_upload_max_events(from.upload_max_records());
    rules.set_urban_minutes_per_stop(kUrbanMinutesPerStop);
    rules.set_rural_minutes_per_stop(kRuralMinutesPerStop);
    decision.Emit(std::move(copy));
  } else if (event.has_calendar_published()) {
    const registry::v1::Calendar& calendar = event.calendar_published().calendar();
    const CalendarYear* known = decision.draft().calendars.Find({calendar.year()});
    if (known && known->revision >= calendar.revision()) return;
    v1::CalendarNoted& noted = *copy.mutable_calendar_noted();
    noted.set_year(calendar.year());
    noted.set_revision(calendar.revision());
    *noted.mutable_days_off() = calendar.days_off();
    *noted.mutable_days_worked() = calendar.days_worked();
    decision.Emit(std::move(copy));
  }
}

void Note(Decision& decision, const order_intake::v1::Event& event) {
  if (event.has_order_paid()) NotePaid(decision, event.order_paid());
  if (event.has_order_voided()) NoteVoided(decision, event.order_voided());
}

}  // namespace sanyuan::delivery_tracking
