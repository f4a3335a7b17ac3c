#include "tests/support/registry_county.h"

#include <fmt/format.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"
#include "services/registry/domain/retailer.h"

namespace sanyuan::testing {
namespace {

namespace v1 = registry::v1;

std::string Base64(std::string_view bytes) {
  std::string text;
  absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()), &text);
  return text;
}

v1::OrgUnit Unit(const std::string& unit_id, v1::UnitLevel level, const std::string& parent) {
  v1::OrgUnit unit;
  unit.set_unit_id(unit_id);
  unit.set_level(level);
  unit.set_parent_id(parent);
  unit.set_name("unit " + unit_id);
  unit.set_valid_from("2019-01-01");
  return unit;
}

}  // namespace

absl::Time RegistryNow() { return AtMinute(ParseDate("2019-07-01").value(), 9 * 60); }

std::string SealedText(std::string_view text) { return "s1." + Base64(Sha256(text).view()); }
std::string HashText(std::string_view text) { return "h1." + Base64(Sha256(text).view()); }

std::string Licence(int number) { return fmt::format("6201211{:05}", number); }

v1::Staff SomeStaff(const std::string& staff_id, common::v1::Role role) {
  v1::Staff staff;
  staff.set_staff_id(staff_id);
  staff.set_unit_id("D1");
  staff.set_role(role);
  staff.set_active(true);
  staff.set_name(SealedText("name of " + staff_id));
  staff.set_phone(SealedText("phone of " + staff_id));
  staff.set_phone_hash(HashText("phone of " + staff_id));
  staff.add_device_ids("device-" + staff_id);
  staff.set_valid_from("2019-01-01");
  return staff;
}

v1::Route SomeRoute(const std::string& route_id) {
  v1::Route route;
  route.set_route_id(route_id);
  route.set_name("route " + route_id);
  route.set_market_type(v1::MARKET_TYPE_RURAL);
  route.set_depot_unit_id("P1");
  route.set_first_order_day("2019-07-02");
  route.set_cycle_weeks(1);
  route.set_order_weekday(2);
  route.set_departure_minute_of_day(450);
  route.set_crew_id("C1");
  route.add_crew_staff_ids("DS1");
  route.set_active(true);
  return route;
}

v1::Retailer SomeRetailer(int number) {
  v1::Retailer retailer;
  retailer.set_licence(Licence(number));
  v1::LicenceRecord& record = *retailer.mutable_licence_record();
  record.set_status(v1::LICENCE_STATUS_ACTIVE);
  record.set_valid_from("2018-03-01");
  record.set_licensee(SealedText(fmt::format("licensee {}", number)));
  record.set_shop_name(SealedText(fmt::format("shop {}", number)));
  v1::Profile& profile = *retailer.mutable_profile();
  profile.set_market_type(v1::MARKET_TYPE_RURAL);
  profile.set_format(v1::BUSINESS_FORMAT_GROCERY);
  profile.set_route_id("R01");
  profile.set_stop_number(number);
  profile.set_am_staff_id("AM1");
  v1::MeasuredPosition& position = *profile.mutable_position();
  position.set_latitude_e6(36'736'000 + number);
  position.set_longitude_e6(103'260'000);
  position.set_accuracy_metres(8);
  position.set_measured_by("AM1");
  *position.mutable_measured_at() = reference::ToWireTime(RegistryNow() - absl::Hours(720));
  position.set_visits(3);
  profile.set_phone(SealedText(fmt::format("phone {}", number)));
  profile.set_phone_hash(HashText(fmt::format("phone {}", number)));
  profile.set_card_id(fmt::format("CARD{:06}", number));
  profile.set_pin_hash(HashText(fmt::format("pin {}", number)));
  v1::AuthorisedReceiver& receiver = *profile.add_authorised_receivers();
  receiver.set_receiver_id(Licence(number) + "-1");
  receiver.set_name(SealedText(fmt::format("receiver {}", number)));
  profile.set_expected_to_order(true);
  v1::Grading& grading = *retailer.mutable_grading();
  grading.set_grade(12);
  grading.set_class_code("RURAL-M");
  grading.set_scale(v1::BUSINESS_SCALE_MEDIUM);
  grading.set_version("2019-Q3");
  retailer.set_joined_on("2018-03-01");
  return retailer;
}

std::vector<std::string> FieldsOf(const std::vector<common::v1::Refusal>& refusals) {
  std::vector<std::string> fields;
  for (const common::v1::Refusal& refusal : refusals) {
    fields.push_back(common::v1::Reason_Name(refusal.reason()).substr(7) + " " + refusal.field());
  }
  return fields;
}

std::vector<std::string> FieldsOf(const v1::RefusedItem& item) {
  return FieldsOf(std::vector<common::v1::Refusal>(item.refusals().begin(), item.refusals().end()));
}

RegistryCounty::RegistryCounty() {
  reference_.Tick(RegistryNow());
  county_.Tick(RegistryNow());
  for (v1::PolicyVersion& policy :
       reference::StartPolicies("2019", StartOfDay(ParseDate("2019-06-01").value()))) {
    v1::PublishPolicyRequest publish;
    *publish.mutable_policy() = policy;
    Send("OP1", common::v1::ROLE_OPERATOR, "PolicyService", publish);
  }
  v1::RegisterCountiesRequest counties;
  for (const char* code : {kCounty, "620122"}) {
    v1::County& county = *counties.add_counties();
    county.set_code(code);
    county.set_name_zh("county");
  }
  Send("OP1", common::v1::ROLE_OPERATOR, "ReferenceService", counties);
  v1::RegisterOrgUnitsRequest units;
  units.set_county_code(kCounty);
  *units.add_units() = Unit("D1", v1::UNIT_LEVEL_DEPT, "");
  *units.add_units() = Unit("T1", v1::UNIT_LEVEL_TERRITORY, "D1");
  *units.add_units() = Unit("S1", v1::UNIT_LEVEL_SQUAD, "");
  *units.add_units() = Unit("P1", v1::UNIT_LEVEL_DEPOT, "");
  Send("CM1", common::v1::ROLE_COUNTY_MANAGER, "OrganisationService", units);
  v1::RegisterStaffRequest staff;
  staff.set_county_code(kCounty);
  *staff.add_staff() = SomeStaff("AM1", common::v1::ROLE_ACCOUNT_MANAGER);
  *staff.add_staff() = SomeStaff("AM2", common::v1::ROLE_ACCOUNT_MANAGER);
  *staff.add_staff() = SomeStaff("MM1", common::v1::ROLE_MARKETING_MANAGER);
  *staff.add_staff() = SomeStaff("CM1", common::v1::ROLE_COUNTY_MANAGER);
  *staff.add_staff() = SomeStaff("DS1", common::v1::ROLE_DELIVERY_STAFF);
  Send("CM1", common::v1::ROLE_COUNTY_MANAGER, "OrganisationService", staff);
  v1::RegisterRoutesRequest routes;
  routes.set_county_code(kCounty);
  *routes.add_routes() = SomeRoute("R01");
  Send("CM1", common::v1::ROLE_COUNTY_MANAGER, "RouteService", routes);
}

partition::Outcome RegistryCounty::Register(const std::vector<v1::Retailer>& retailers) {
  v1::RegisterRetailersRequest request;
  request.set_county_code(kCounty);
  for (const v1::Retailer& retailer : retailers) *request.add_retailers() = retailer;
  return Send("LO1", common::v1::ROLE_LICENCE_OFFICE, "RetailerService", request);
}

const v1::BatchResult& RegistryCounty::ResultOf(const partition::Outcome& outcome) const {
  static const v1::BatchResult none;
  if (outcome.response == nullptr) return none;
  const auto* field = outcome.response->GetDescriptor()->FindFieldByName("result");
  if (field == nullptr) return none;
  return dynamic_cast<const v1::BatchResult&>(
      outcome.response->GetReflection()->GetMessage(*outcome.response, field));
}

v1::Retailer RegistryCounty::Standing(const std::string& licence) {
  return registry::StandingRetailer(county_.domain().state(), kCountyNumber, licence)
      .value_or(v1::Retailer());
}

}  // namespace sanyuan::testing
