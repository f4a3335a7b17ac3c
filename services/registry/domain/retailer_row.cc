#include "services/registry/domain/retailer_row.h"

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"

namespace sanyuan::registry {
namespace {

Code CodeOrNone(const std::string& text) { return Code::Parse(text).value_or(Code()); }

PositionRow PositionRowOf(const v1::MeasuredPosition& position) {
  return {position.latitude_e6(),
          position.longitude_e6(),
          position.accuracy_metres(),
          position.visits(),
          CodeOrNone(position.measured_by()),
          reference::FromWireTime(position.measured_at())};
}

PickupRow PickupRowOf(const v1::PickupAgreement& pickup) {
  return {pickup.agreement_id(), pickup.latitude_e6(), pickup.longitude_e6(),
          DayNumberOf(pickup.valid_from()).value_or(0), DayNumberOf(pickup.valid_to()).value_or(0)};
}

void FillProfile(const RetailerRow& row, const RetailerPrivateRow* personal, v1::Profile& profile) {
  profile.set_market_type(row.market_type);
  profile.set_format(row.format);
  profile.set_circle(row.circle);
  profile.set_route_id(row.route.str());
  profile.set_stop_number(row.stop_number);
  profile.set_promised_minute_of_day(row.promised_minute);
  profile.set_am_staff_id(row.am.str());
  if (row.position) {
    v1::MeasuredPosition& position = *profile.mutable_position();
    position.set_latitude_e6(row.position->latitude_e6);
    position.set_longitude_e6(row.position->longitude_e6);
    position.set_accuracy_metres(row.position->accuracy_metres);
    position.set_visits(row.position->visits);
    position.set_measured_by(row.position->measured_by.str());
    *position.mutable_measured_at() = reference::ToWireTime(row.position->measured_at);
  }
  profile.set_card_id(row.card_id);
  for (size_t i = 0; i < row.receiver_ids.size(); ++i) {
    v1::AuthorisedReceiver& receiver = *profile.add_authorised_receivers();
    receiver.set_receiver_id(row.receiver_ids[i]);
    if (personal == nullptr || i >= personal->receivers.size()) continue;
    receiver.set_name(personal->receivers[i].name);
    receiver.set_phone(personal->receivers[i].phone);
    receiver.set_phone_hash(personal->receivers[i].phone_hash);
  }
  if (row.pickup) {
    v1::PickupAgreement& pickup = *profile.mutable_pickup_agreement();
    pickup.set_agreement_id(row.pickup->agreement_id);
    pickup.set_latitude_e6(row.pickup->latitude_e6);
    pickup.set_longitude_e6(row.pickup->longitude_e6);
    pickup.set_valid_from(DayNumberText(row.pickup->valid_from));
    pickup.set_valid_to(DayNumberText(row.pickup->valid_to));
  }
  profile.set_seasonal(row.seasonal);
  profile.set_expected_to_order(row.expected_to_order);
  if (personal == nullptr) return;
  profile.set_contact(personal->contact);
  profile.set_phone(personal->phone);
  profile.set_phone_hash(personal->phone_hash);
  profile.set_pin_hash(personal->pin_hash);
}

}  // namespace

RetailerRow RetailerRowOf(const v1::Retailer& retailer) {
  RetailerRow row;
  const v1::LicenceRecord& record = retailer.licence_record();
  row.status = record.status();
  row.valid_from = DayNumberOf(record.valid_from()).value_or(0);
  row.valid_to = DayNumberOf(record.valid_to()).value_or(0);
  row.company = record.company();
  row.business_scope = record.business_scope();
  const v1::Profile& profile = retailer.profile();
  row.market_type = profile.market_type();
  row.format = profile.format();
  row.circle = profile.circle();
  row.route = CodeOrNone(profile.route_id());
  row.stop_number = profile.stop_number();
  row.promised_minute = profile.promised_minute_of_day();
  row.am = CodeOrNone(profile.am_staff_id());
  if (profile.has_position()) row.position = PositionRowOf(profile.position());
  row.card_id = profile.card_id();
  for (const v1::AuthorisedReceiver& receiver : profile.authorised_receivers()) {
    row.receiver_ids.push_back(receiver.receiver_id());
  }
  if (profile.has_pickup_agreement()) row.pickup = PickupRowOf(profile.pickup_agreement());
  row.seasonal = profile.seasonal();
  row.expected_to_order = profile.expected_to_order();
  row.grade = retailer.grading().grade();
  row.class_code = CodeOrNone(retailer.grading().class_code());
  row.scale = retailer.grading().scale();
  row.grading_version = retailer.grading().version();
  row.supervision_mode = retailer.supervision().mode();
  row.large = retailer.supervision().large();
  row.supervision_reason = retailer.supervision().reason();
  if (retailer.has_cannot_order()) {
    row.cannot_order = {retailer.cannot_order().reason(),
                        DayNumberOf(retailer.cannot_order().until()).value_or(0)};
  }
  row.joined_on = DayNumberOf(retailer.joined_on()).value_or(0);
  row.forgotten = retailer.forgotten();
  return row;
}

RetailerPrivateRow RetailerPrivateRowOf(const v1::Retailer& retailer) {
  const v1::Profile& profile = retailer.profile();
  RetailerPrivateRow row{retailer.licence_record().licensee(),
                         retailer.licence_record().shop_name(),
                         retailer.licence_record().address(),
                         profile.contact(),
                         profile.phone(),
                         profile.phone_hash(),
                         profile.pin_hash(),
                         {}};
  for (const v1::AuthorisedReceiver& receiver : profile.authorised_receivers()) {
    row.receivers.push_back({receiver.name(), receiver.phone(), receiver.phone_hash()});
  }
  return row;
}

v1::Retailer RetailerOf(County county, std::string_view licence, const RetailerRow& row,
                        const RetailerPrivateRow* personal) {
  v1::Retailer retailer;
  retailer.set_county_code(CountyText(county));
  retailer.set_licence(std::string(licence));
  v1::LicenceRecord& record = *retailer.mutable_licence_record();
  record.set_status(row.status);
  record.set_valid_from(DayNumberText(row.valid_from));
  record.set_valid_to(DayNumberText(row.valid_to));
  record.set_company(row.company);
  record.set_business_scope(row.business_scope);
  if (personal != nullptr) {
    record.set_licensee(personal->licensee);
    record.set_shop_name(personal->shop_name);
    record.set_address(personal->address);
  }
  FillProfile(row, personal, *retailer.mutable_profile());
  v1::Grading& grading = *retailer.mutable_grading();
  grading.set_grade(row.grade);
  grading.set_class_code(row.class_code.str());
  grading.set_scale(row.scale);
  grading.set_version(row.grading_version);
  v1::Supervision& supervision = *retailer.mutable_supervision();
  supervision.set_mode(row.supervision_mode);
  supervision.set_large(row.large);
  supervision.set_reason(row.supervision_reason);
  if (row.cannot_order) {
    retailer.mutable_cannot_order()->set_reason(row.cannot_order->reason);
    retailer.mutable_cannot_order()->set_until(DayNumberText(row.cannot_order->until));
  }
  retailer.set_joined_on(DayNumberText(row.joined_on));
  retailer.set_forgotten(row.forgotten);
  return retailer;
}

}  // namespace sanyuan::registry
