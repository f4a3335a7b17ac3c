#include "tests/support/delivery_county.h"

#include <algorithm>

#include "common/digest/digest.h"
#include "services/delivery_tracking/domain/upstream_notes.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::IdText;
using delivery_tracking::ToProto;

constexpr char kRuns[] = "/sanyuan.delivery_tracking.v1.DeliveryRunService/";
constexpr char kStops[] = "/sanyuan.delivery_tracking.v1.StopService/";
constexpr char kReceipts[] = "/sanyuan.delivery_tracking.v1.ReceiptService/";
// About 1 m of latitude, in millionths of a degree.
constexpr int32_t kMetre = 9;

template <typename Event>
std::vector<partition::EventPtr> One(const Event& event) {
  std::vector<partition::EventPtr> events;
  events.push_back(std::make_unique<Event>(event));
  return events;
}

template <typename Request>
Request For(const std::string& run) {
  Request request;
  request.set_county_code(DeliveryCounty::kCode);
  request.set_run_id(run);
  return request;
}

}  // namespace

absl::Time At(std::string_view text) {
  absl::Time time;
  std::string error;
  const std::string whole = std::string(text) + (text.size() == 16 ? ":00+08:00" : "+08:00");
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", whole, &time, &error)) return absl::InfinitePast();
  return time;
}

std::string Image(const std::string& name) { return std::string(Sha256(name).view()); }

DeliveryCounty::DeliveryCounty(bool policy) {
  Tick(At("2019-08-05 18:00"));
  if (policy) PublishPolicy("delivery-2019-06");
  AddStaff("D01", common::v1::ROLE_DELIVERY_STAFF, {"phone-1"});
  AddStaff("D02", common::v1::ROLE_DELIVERY_STAFF, {"phone-2"});
  AddStaff("K01", common::v1::ROLE_SERVICE_DESK);
  AddStaff("A01", common::v1::ROLE_ACCOUNT_MANAGER);
  AddRoute("R05", true, {"D01"});
}

void DeliveryCounty::PublishPolicy(const std::string& version, void (*change)(registry::v1::DeliveryPolicy&),
                                   absl::Time effective_from, const std::string& prefix) {
  registry::v1::ReferenceEvent event;
  registry::v1::PolicyVersion& policy = *event.mutable_policy_published()->mutable_policy();
  policy.set_version(version);
  policy.set_county_prefix(prefix);
  *policy.mutable_effective_from() = ToProto(effective_from);
  registry::v1::DeliveryPolicy& delivery = *policy.mutable_delivery();
  delivery.set_window_urban_minutes(30);
  delivery.set_window_rural_minutes(60);
  delivery.set_geofence_metres(200);
  delivery.set_position_accuracy_metres(100);
  delivery.set_position_visits(3);
  delivery.set_missed_minute_of_day(1200);
  delivery.set_notice_minute_of_day(1200);
  delivery.set_reconcile_minute_of_day(1439);
  delivery.set_redelivery_wd(2);
  delivery.set_redelivery_attempts(1);
  delivery.set_min_proofs(2);
  delivery.set_receipts_apart_seconds(60);
  delivery.set_receipts_apart_metres(300);
  delivery.set_shared_proof_licences(2);
  delivery.set_shared_proof_days(31);
  delivery.set_dispute_hours(48);
  delivery.set_device_queue_days(14);
  delivery.set_clock_tolerance_seconds(60);
  delivery.set_upload_max_records(500);
  if (change) change(delivery);
  Receive(delivery_tracking::kReferenceTopic, One(event));
}

void DeliveryCounty::FromRegistry(const registry::v1::Event& event) {
  Receive(delivery_tracking::kRegistryTopic, One(event));
}

void DeliveryCounty::AddRoute(const std::string& route, bool urban, std::vector<std::string> crew,
                              int32_t departure_minute) {
  registry::v1::Event event;
  event.mutable_route_registered()->set_county_code(kCode);
  registry::v1::Route& out = *event.mutable_route_registered()->mutable_route();
  out.set_route_id(route);
  out.set_active(true);
  out.set_market_type(urban ? registry::v1::MARKET_TYPE_URBAN : registry::v1::MARKET_TYPE_RURAL);
  out.set_departure_minute_of_day(departure_minute);
  for (const std::string& id : crew) out.add_crew_staff_ids(id);
  FromRegistry(event);
}

void DeliveryCounty::AddStaff(const std::string& id, common::v1::Role role, std::vector<std::string> devices,
                              std::vector<std::string> relatives) {
  registry::v1::Event event;
  event.mutable_staff_registered()->set_county_code(kCode);
  registry::v1::Staff& staff = *event.mutable_staff_registered()->mutable_staff();
  staff.set_staff_id(id);
  staff.set_role(role);
  staff.set_active(true);
  staff.set_phone_hash("ph-" + id);
  for (const std::string& device : devices) staff.add_device_ids(device);
  for (const std::string& licence : relatives) staff.add_relatives_licences(licence);
  FromRegistry(event);
}

void DeliveryCounty::AddShop(const std::string& licence, ShopSpec spec) {
  registry::v1::Event event;
  registry::v1::Retailer& shop = *event.mutable_retailer_registered()->mutable_retailer();
  shop.set_county_code(kCode);
  shop.set_licence(licence);
  shop.mutable_licence_record()->set_status(registry::v1::LICENCE_STATUS_ACTIVE);
  registry::v1::Profile& profile = *shop.mutable_profile();
  profile.set_route_id(spec.route);
  const int32_t place = ++shops_on_[spec.route];
  profile.set_stop_number(spec.stop_number > 0 ? spec.stop_number : place);
  profile.set_promised_minute_of_day(spec.promised_minute);
  const int32_t north = spec.north_m.value_or(1000 * static_cast<int32_t>(places_.size()));
  places_[licence] = {kLatitude + kMetre * north, kLongitude};
  if (spec.measured) {
    profile.mutable_position()->set_latitude_e6(places_[licence].first);
    profile.mutable_position()->set_longitude_e6(kLongitude);
    profile.mutable_position()->set_accuracy_metres(10);
    profile.mutable_position()->set_visits(3);
  }
  profile.set_card_id("C" + licence);
  profile.set_pin_hash("pin-" + licence);
  profile.set_phone_hash("ph-" + licence);
  for (const std::string& phone : spec.authorised_phones) {
    profile.add_authorised_receivers()->set_phone_hash(phone);
  }
  if (spec.pickup_agreement) {
    profile.mutable_pickup_agreement()->set_agreement_id("P1");
    profile.mutable_pickup_agreement()->set_latitude_e6(kLatitude - 50'000);
    profile.mutable_pickup_agreement()->set_longitude_e6(kLongitude);
    profile.mutable_pickup_agreement()->set_valid_from("2019-01-01");
  }
  FromRegistry(event);
}

void DeliveryCounty::Pay(const std::string& order_id, const std::string& licence, const Cartons& lines,
                         const std::string& order_day, uint32_t debit) {
  order_intake::v1::Event event;
  order_intake::v1::OrderPaid& paid = *event.mutable_order_paid();
  paid.set_order_id(order_id);
  paid.set_licence(licence);
  paid.set_order_day(order_day);
  paid.set_debit_number(debit);
  for (const auto& [sku, cartons] : lines) {
    paid.add_lines()->set_sku(sku);
    paid.mutable_lines()->rbegin()->set_cartons(cartons);
  }
  Receive(delivery_tracking::kOrderIntakeTopic, One(event));
}

void DeliveryCounty::Void(const std::string& order_id, const std::string& licence, uint32_t debit) {
  order_intake::v1::Event event;
  event.mutable_order_voided()->set_order_id(order_id);
  event.mutable_order_voided()->set_licence(licence);
  event.mutable_order_voided()->set_debit_number(debit);
  Receive(delivery_tracking::kOrderIntakeTopic, One(event));
}

partition::Outcome DeliveryCounty::Plan(const std::string& day, std::vector<std::string> routes) {
  dt::PlanRunsRequest request;
  request.set_county_code(kCode);
  request.set_delivery_date(day);
  for (const std::string& route : routes) request.add_route_ids(route);
  return Send({"W01", common::v1::ROLE_DEPOT}, std::string(kRuns) + "PlanRuns", request);
}

partition::Outcome DeliveryCounty::Load(const std::string& run, const Cartons& less,
                                        dt::LoadDifferenceReason reason) {
  auto request = For<dt::LoadRunRequest>(run);
  const auto key = delivery_tracking::ParseRunId(run);
  state().run_skus.ForEach([&](const delivery_tracking::RunSkuKey& at, const delivery_tracking::RunSku& row) {
    if (!key || at.run != *key) return;
    dt::LoadedSku& line = *request.add_loaded();
    line.set_sku(at.sku.str());
    line.set_cartons(row.planned);
    for (const auto& [sku, missing] : less) {
      if (sku != line.sku()) continue;
      line.set_cartons(row.planned - missing);
      line.set_difference_reason(reason);
    }
  });
  return Send({"W01", common::v1::ROLE_DEPOT}, std::string(kRuns) + "LoadRun", request);
}

partition::Outcome DeliveryCounty::Depart(const std::string& run) {
  return Send({"W01", common::v1::ROLE_DEPOT}, std::string(kRuns) + "DepartRun",
              For<dt::DepartRunRequest>(run));
}

partition::Outcome DeliveryCounty::Return(const std::string& run, const Cartons& lines,
                                          partition::Actor actor) {
  auto request = For<dt::ReturnRunRequest>(run);
  for (const auto& [sku, cartons] : lines) {
    request.add_returned()->set_sku(sku);
    request.mutable_returned()->rbegin()->set_cartons(cartons);
  }
  return Send(std::move(actor), std::string(kRuns) + "ReturnRun", request);
}

partition::Outcome DeliveryCounty::Reconcile(const std::string& run, const std::vector<dt::Loss>& losses,
                                             partition::Actor actor) {
  auto request = For<dt::ReconcileRunRequest>(run);
  for (const dt::Loss& loss : losses) *request.add_losses() = loss;
  return Send(std::move(actor), std::string(kRuns) + "ReconcileRun", request);
}

partition::Outcome DeliveryCounty::Redeliver(const std::string& stop, const std::string& day) {
  dt::ScheduleRedeliveryRequest request;
  request.set_county_code(kCode);
  request.set_stop_id(stop);
  request.set_delivery_date(day);
  return Send({"W01", common::v1::ROLE_DEPOT}, std::string(kStops) + "ScheduleRedelivery", request);
}

partition::Outcome DeliveryCounty::Resolve(const std::string& stop, dt::ReceiptVerdict verdict,
                                           const std::string& by, std::optional<absl::Time> arrived_at) {
  dt::ResolveReceiptRequest request;
  request.set_county_code(kCode);
  request.set_stop_id(stop);
  request.set_verdict(verdict);
  request.set_basis(dt::VERDICT_BASIS_CALL);
  if (arrived_at) *request.mutable_confirmed_arrived_at() = ToProto(*arrived_at);
  const auto role = by[0] == 'D' ? common::v1::ROLE_DELIVERY_STAFF : common::v1::ROLE_SERVICE_DESK;
  return Send({by, role}, std::string(kReceipts) + "ResolveReceipt", request);
}

partition::Outcome DeliveryCounty::Dispute(const std::string& stop, const std::string& licence) {
  dt::DisputeReceiptRequest request;
  request.set_county_code(kCode);
  request.set_stop_id(stop);
  const auto role = licence[0] == '6' ? common::v1::ROLE_RETAILER : common::v1::ROLE_ACCOUNT_MANAGER;
  return Send({licence, role}, std::string(kReceipts) + "DisputeReceipt", request);
}

partition::Outcome DeliveryCounty::Settle(const std::string& stop, dt::ReceiptVerdict verdict,
                                          const std::string& by) {
  dt::SettleDisputeRequest request;
  request.set_county_code(kCode);
  request.set_stop_id(stop);
  request.set_verdict(verdict);
  request.set_basis(dt::VERDICT_BASIS_VISIT);
  return Send({by, common::v1::ROLE_SERVICE_DESK}, std::string(kReceipts) + "SettleDispute", request);
}

partition::Outcome DeliveryCounty::Upload(const dt::UploadDeviceEventsRequest& request,
                                          const std::string& staff) {
  return Send({staff, common::v1::ROLE_DELIVERY_STAFF},
              "/sanyuan.delivery_tracking.v1.DeviceService/UploadDeviceEvents", request);
}

partition::Outcome DeliveryCounty::Upload(const Device& device, const std::vector<dt::DeviceEvent>& events,
                                          absl::Time sent_at, const std::string& staff) {
  Tick(std::max(now(), sent_at));
  return Upload(device.Batch(events, sent_at), staff);
}

std::string DeliveryCounty::OnTheRoad(const std::string& day) {
  const partition::Outcome planned = Plan(day);
  const auto& response = static_cast<const dt::PlanRunsResponse&>(*planned.response);
  const std::string run = response.run_ids(response.run_ids_size() - 1);
  Tick(std::max(now(), At(day + " 07:00")));
  Load(run);
  Depart(run);
  return run;
}

const delivery_tracking::Run& DeliveryCounty::run(const std::string& id) const {
  return *state().runs.Find(*delivery_tracking::ParseRunId(id));
}
const delivery_tracking::Stop& DeliveryCounty::stop(const std::string& id) const {
  return *state().stops.Find(*delivery_tracking::ParseStopId(id));
}
const delivery_tracking::Receipt* DeliveryCounty::receipt(const std::string& id) const {
  return state().receipts.Find(*delivery_tracking::ParseStopId(id));
}
delivery_tracking::RunSku DeliveryCounty::sku(const std::string& run, const std::string& sku) const {
  const auto* row = state().run_skus.Find({kCounty, *delivery_tracking::ParseRunId(run), Code(sku)});
  return row ? *row : delivery_tracking::RunSku{};
}

dt::GeoPosition DeliveryCounty::Near(const std::string& licence, int32_t metres_off) const {
  dt::GeoPosition position;
  position.set_latitude_udeg(places_.at(licence).first + kMetre * metres_off);
  position.set_longitude_udeg(places_.at(licence).second);
  position.set_accuracy_m(15);
  return position;
}

std::vector<const dt::Event*> Events(const std::vector<partition::EventPtr>& events,
                                     bool (dt::Event::*has)() const) {
  std::vector<const dt::Event*> found;
  for (const auto& event : events) {
    const auto& typed = static_cast<const dt::Event&>(*event);
    if ((typed.*has)()) found.push_back(&typed);
  }
  return found;
}

namespace {

template <typename Refusals>
std::vector<std::string> ReasonTexts(const Refusals& refusals) {
  std::vector<std::string> texts;
  for (const common::v1::Refusal& refusal : refusals) {
    texts.push_back(common::v1::Reason_Name(refusal.reason()).substr(7) + " " + refusal.field());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace

std::vector<std::string> Reasons(const partition::Refusals& refusals) { return ReasonTexts(refusals); }
std::vector<std::string> Reasons(const google::protobuf::RepeatedPtrField<common::v1::Refusal>& refusals) {
  return ReasonTexts(refusals);
}

Device::Device(const DeliveryCounty& county, std::string key, absl::Time booted)
    : county_(county), key_(std::move(key)), booted_(booted) {}

void Device::Reboot(absl::Time at) {
  booted_ = at;
  boot_id_ += "+";
}

dt::DeviceClock Device::Clock(absl::Time at) const {
  dt::DeviceClock clock;
  *clock.mutable_device_time() = ToProto(at + shift_);
  clock.set_boot_id(boot_id_);
  const int64_t running = absl::ToInt64Microseconds(at - booted_);
  clock.mutable_since_boot()->set_seconds(running / 1'000'000);
  clock.mutable_since_boot()->set_nanos(static_cast<int32_t>(running % 1'000'000 * 1000));
  return clock;
}

dt::DeviceEvent Device::Next(absl::Time at) {
  dt::DeviceEvent event;
  event.set_sequence(next_++);
  *event.mutable_clock() = Clock(at);
  return event;
}

dt::DeviceEvent Device::Arrival(const std::string& stop, absl::Time at, int32_t metres_off) {
  dt::DeviceEvent event = Next(at);
  event.mutable_arrival()->set_stop_id(stop);
  *event.mutable_arrival()->mutable_position() = county_.Near(county_.stop(stop).licence.str(), metres_off);
  return event;
}

dt::DeviceEvent Device::Receipt(const std::string& stop, absl::Time at) {
  dt::DeviceEvent event = Next(at);
  dt::StopReceiptReport& receipt = *event.mutable_receipt();
  const std::string licence = county_.stop(stop).licence.str();
  receipt.set_stop_id(stop);
  receipt.set_licence(licence);
  receipt.set_receiver_phone_hash("ph-" + licence);
  receipt.set_card_id("C" + licence);
  receipt.set_pin_hash("pin-" + licence);
  receipt.set_signature_sha256(Image("signature " + stop));
  receipt.set_photo_sha256(Image("photo " + stop));
  *receipt.mutable_position() = county_.Near(licence);
  return event;
}

dt::DeviceEvent Device::Undelivered(const std::string& stop, dt::UndeliveredCause cause, absl::Time at) {
  dt::DeviceEvent event = Next(at);
  event.mutable_undelivered()->set_stop_id(stop);
  event.mutable_undelivered()->set_cause(cause);
  event.mutable_undelivered()->set_photo_sha256(Image("closed " + stop));
  *event.mutable_undelivered()->mutable_position() = county_.Near(county_.stop(stop).licence.str());
  return event;
}

dt::DeviceEvent Device::LateReason(const std::string& stop, dt::LateReason reason, const std::string& proof,
                                   absl::Time at) {
  dt::DeviceEvent event = Next(at);
  event.mutable_late_reason()->set_stop_id(stop);
  event.mutable_late_reason()->set_reason(reason);
  event.mutable_late_reason()->set_proof_sha256(proof);
  return event;
}

dt::UploadDeviceEventsRequest Device::Batch(const std::vector<dt::DeviceEvent>& events,
                                            absl::Time sent_at) const {
  dt::UploadDeviceEventsRequest request;
  request.set_county_code(DeliveryCounty::kCode);
  request.set_device_key(key_);
  request.set_installation_id("install-1");
  *request.mutable_sent() = Clock(sent_at);
  for (const dt::DeviceEvent& event : events) *request.add_events() = event;
  return request;
}

}  // namespace sanyuan::testing
