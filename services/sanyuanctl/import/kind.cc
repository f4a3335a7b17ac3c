#include "services/sanyuanctl/import/kind.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/clock/business_time.h"
#include "common/reference/wire_bytes.h"
#include "sanyuan/registry/v1/organisation.grpc.pb.h"
#include "sanyuan/registry/v1/reference.grpc.pb.h"
#include "sanyuan/registry/v1/retailer.grpc.pb.h"
#include "sanyuan/registry/v1/route.grpc.pb.h"

namespace sanyuan::ctl::import {
namespace {

namespace v1 = registry::v1;
using google::protobuf::Message;
using google::protobuf::RepeatedPtrField;

// A command that takes items of one type in a repeated field and answers with a BatchResult.
template <typename Service, typename Request, typename Response, typename Item>
Kind::Send InBatches(grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     RepeatedPtrField<Item>* (Request::*items_of)()) {
  return [method, items_of](const Session& session, const common::v1::CommandHeader& header,
                            const std::string& county, const Kind::Items& items, v1::BatchResult& result) {
    Request request;
    *request.mutable_header() = header;
    if constexpr (requires { request.set_county_code(county); }) request.set_county_code(county);
    for (const Message* item : items) (request.*items_of)()->Add()->CopyFrom(*item);
    Response response;
    const auto stub = Service::NewStub(session.channel());
    grpc::Status status = session.Call(
        [&](grpc::ClientContext& context) { return (stub.get()->*method)(&context, request, &response); });
    result = response.result();
    return status;
  };
}

template <typename Service, typename Request, typename Response>
std::unique_ptr<Message> Ask(const Session& session,
                             grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                   Response*),
                             const Request& request, Message* (*standing)(Response&)) {
  Response response;
  const auto stub = Service::NewStub(session.channel());
  const grpc::Status status = session.Call(
      [&](grpc::ClientContext& context) { return (stub.get()->*method)(&context, request, &response); });
  if (!status.ok()) return nullptr;
  const Message* found = standing(response);
  std::unique_ptr<Message> copy(found->New());
  copy->CopyFrom(*found);
  return copy;
}

std::unique_ptr<Message> StandingStaff(const Session& session, const std::string& county,
                                       const Message& item) {
  v1::GetStaffRequest request;
  request.set_county_code(county);
  request.set_staff_id(dynamic_cast<const v1::Staff&>(item).staff_id());
  return Ask<v1::OrganisationService, v1::GetStaffRequest, v1::GetStaffResponse>(
      session, &v1::OrganisationService::Stub::GetStaff, request,
      [](v1::GetStaffResponse& response) -> Message* { return response.mutable_staff(); });
}

std::unique_ptr<Message> StandingRetailer(const Session& session, const std::string& county,
                                          const Message& item) {
  v1::GetRetailerRequest request;
  request.set_county_code(county);
  request.set_licence(dynamic_cast<const v1::Retailer&>(item).licence());
  return Ask<v1::RetailerService, v1::GetRetailerRequest, v1::GetRetailerResponse>(
      session, &v1::RetailerService::Stub::GetRetailer, request,
      [](v1::GetRetailerResponse& response) -> Message* { return response.mutable_retailer(); });
}

Kind Counties() {
  Kind kind;
  kind.name = "counties";
  kind.about = "Counties: the cells that everything is keyed by";
  kind.role = "OPERATOR";
  kind.item = &v1::County::default_instance();
  kind.columns = {{"county_code", "code", Form::kOfField, true},
                  {"county_zh", "name_zh"},
                  {"county_en", "name_en"},
                  {"prefecture_code", "prefecture_code"},
                  {"prefecture_zh", "prefecture_zh"},
                  {"prefecture_en", "prefecture_en"},
                  {"synthetic", "", Form::kNote}};
  kind.send =
      InBatches<v1::ReferenceService, v1::RegisterCountiesRequest, v1::RegisterCountiesResponse, v1::County>(
          &v1::ReferenceService::Stub::RegisterCounties, &v1::RegisterCountiesRequest::mutable_counties);
  return kind;
}

Kind PriceClasses() {
  Kind kind;
  kind.name = "price-classes";
  kind.about = "Price classes; a code that is known gets the new names and bounds";
  kind.role = "OPERATOR";
  kind.item = &v1::PriceClass::default_instance();
  kind.columns = {{"code", "code", Form::kOfField, true},
                  {"name_zh", "name_zh"},
                  {"name_en", "name_en"},
                  {"from_allocation_cny", "from_allocation_fen", Form::kYuan},
                  {"below_allocation_cny", "below_allocation_fen", Form::kYuan},
                  {"synthetic", "", Form::kNote}};
  kind.send = InBatches<v1::ReferenceService, v1::DefinePriceClassesRequest, v1::DefinePriceClassesResponse,
                        v1::PriceClass>(&v1::ReferenceService::Stub::DefinePriceClasses,
                                        &v1::DefinePriceClassesRequest::mutable_price_classes);
  return kind;
}

Kind Skus() {
  Kind kind;
  kind.name = "skus";
  kind.about = "SKUs with their first price and class; needs a format policy and the price classes";
  kind.role = "OPERATOR";
  kind.item = &v1::Sku::default_instance();
  kind.columns = {{"sku_code", "sku_code", Form::kOfField, true},
                  {"name", "name", Form::kOfField, true},
                  {"family", "family"},
                  {"maker", "maker"},
                  {"status", "status", Form::kOfField, false, "LISTED"},
                  {"class_code", "classes[0].class_code", Form::kOfField, true},
                  {"valid_from", "prices[0].valid_from", Form::kOfField, true},
                  {"allocation_cny_per_carton", "prices[0].allocation_fen", Form::kYuan},
                  {"wholesale_cny_per_carton", "prices[0].wholesale_fen", Form::kYuan, true},
                  {"guide_cny_per_carton", "prices[0].guide_carton_fen", Form::kYuan},
                  {"guide_cny_per_pack", "prices[0].guide_pack_fen", Form::kYuan},
                  {"key_brand", "key_brand"},
                  {"treated_as_key", "treated_as_key"},
                  {"usually_tight", "usually_tight"},
                  {"new_product", "new_product"},
                  {"rural_staple", "rural_staple"},
                  {"launch_date", "launch_date"},
                  {"carton_barcode", "carton_barcode"},
                  {"pack_barcode", "pack_barcode"},
                  {"synthetic", "synthetic"},
                  {"synthetic_prices", "", Form::kNote}};
  kind.finish = [](Message& item) {
    auto& sku = dynamic_cast<v1::Sku&>(item);
    sku.mutable_classes(0)->set_valid_from(sku.prices(0).valid_from());
    return std::string();
  };
  kind.send = InBatches<v1::ReferenceService, v1::RegisterSkusRequest, v1::RegisterSkusResponse, v1::Sku>(
      &v1::ReferenceService::Stub::RegisterSkus, &v1::RegisterSkusRequest::mutable_skus);
  return kind;
}

grpc::Status SendCalendar(const Session& session, const common::v1::CommandHeader& header,
                          const std::string& /*county*/, const Kind::Items& items, v1::BatchResult& result) {
  const auto stub = v1::ReferenceService::NewStub(session.channel());
  v1::PublishCalendarRequest request;
  *request.mutable_header() = header;
  request.mutable_calendar()->CopyFrom(*items.front());
  // The command does not tell a calendar that is new from one that stands already.
  v1::GetCalendarRequest get;
  get.set_year(request.calendar().year());
  v1::GetCalendarResponse standing;
  grpc::Status asked =
      session.Call([&](grpc::ClientContext& context) { return stub->GetCalendar(&context, get, &standing); });
  if (!asked.ok() && asked.error_code() != grpc::StatusCode::NOT_FOUND) return asked;
  if (reference::ChangedPaths(standing.calendar(), request.calendar()).empty()) {
    result.set_unchanged(1);
    return grpc::Status::OK;
  }
  v1::PublishCalendarResponse response;
  grpc::Status status = session.Call(
      [&](grpc::ClientContext& context) { return stub->PublishCalendar(&context, request, &response); });
  if (status.ok()) result.set_registered(1);
  return status;
}

Kind Calendar() {
  Kind kind;
  kind.name = "calendar";
  kind.about =
      "Adjusted holidays: days off and worked weekends, one row a day; the rows of a year are published "
      "together";
  kind.role = "OPERATOR";
  kind.item = &v1::Calendar::default_instance();
  kind.batch = 1;
  // OFF or WORKED: a row of a day off fills days_off, one of a worked day is moved by finish.
  kind.columns = {{"date", "days_off", Form::kOfField, true},
                  {"kind", "days_worked", Form::kOfField, true},
                  {"revision", "revision", Form::kOfField, true},
                  {"document", "document"},
                  {"synthetic", "", Form::kNote}};
  kind.finish = [](Message& item) {
    auto& row = dynamic_cast<v1::Calendar&>(item);
    const std::string date = row.days_off_size() == 1 ? row.days_off(0) : "";
    const std::string word = row.days_worked_size() == 1 ? row.days_worked(0) : "";
    const auto day = ParseDate(date);
    row.clear_days_off();
    row.clear_days_worked();
    if (!day) return std::string("date");
    row.set_year(std::stoi(date.substr(0, 4)));
    if (word != "OFF" && word != "WORKED") return std::string("kind");
    (word == "OFF" ? row.add_days_off() : row.add_days_worked())->assign(date);
    return std::string();
  };
  kind.group_of = [](const Message& item) {
    return std::to_string(dynamic_cast<const v1::Calendar&>(item).year());
  };
  kind.absorb = [](Message& thing, const Message& row) {
    auto& calendar = dynamic_cast<v1::Calendar&>(thing);
    const auto& day = dynamic_cast<const v1::Calendar&>(row);
    if (calendar.revision() != day.revision()) return std::string("revision");
    if (calendar.document() != day.document()) return std::string("document");
    calendar.MergeFrom(day);
    std::sort(calendar.mutable_days_off()->begin(), calendar.mutable_days_off()->end());
    std::sort(calendar.mutable_days_worked()->begin(), calendar.mutable_days_worked()->end());
    return std::string();
  };
  kind.send = SendCalendar;
  return kind;
}

Kind Organisation() {
  Kind kind;
  kind.name = "organisation";
  kind.about =
      "Units: nation to county without a county_code, the county's own with one; parents before their "
      "children";
  kind.role = "OPERATOR";
  kind.item = &v1::OrgUnit::default_instance();
  kind.columns = {{"county_code", "", Form::kCounty},
                  {"unit_id", "unit_id", Form::kOfField, true},
                  {"parent_id", "parent_id"},
                  {"level", "level", Form::kOfField, true},
                  {"name", "name", Form::kOfField, true},
                  {"region_code", "region_code"},
                  {"valid_from", "valid_from", Form::kOfField, true},
                  {"valid_to", "valid_to"}};
  const Kind::Send above = InBatches<v1::ReferenceService, v1::RegisterReferenceUnitsRequest,
                                     v1::RegisterReferenceUnitsResponse, v1::OrgUnit>(
      &v1::ReferenceService::Stub::RegisterReferenceUnits, &v1::RegisterReferenceUnitsRequest::mutable_units);
  const Kind::Send inside = InBatches<v1::OrganisationService, v1::RegisterOrgUnitsRequest,
                                      v1::RegisterOrgUnitsResponse, v1::OrgUnit>(
      &v1::OrganisationService::Stub::RegisterOrgUnits, &v1::RegisterOrgUnitsRequest::mutable_units);
  kind.send = [above, inside](const Session& session, const common::v1::CommandHeader& header,
                              const std::string& county, const Kind::Items& items, v1::BatchResult& result) {
    return (county.empty() ? above : inside)(session, header, county, items, result);
  };
  return kind;
}

Kind StaffKind() {
  Kind kind;
  kind.name = "staff";
  kind.about = "Staff; one person has one role, whoever needs two has two ids";
  kind.role = "COUNTY_MANAGER";  // Sees names.
  kind.standing = StandingStaff;
  kind.item = &v1::Staff::default_instance();
  kind.columns = {{"county_code", "", Form::kCounty, true},
                  {"staff_id", "staff_id", Form::kOfField, true},
                  {"unit_id", "unit_id", Form::kOfField, true},
                  {"role", "role", Form::kOfField, true},
                  {"active", "active", Form::kOfField, false, "Y"},
                  {"name", "name"},
                  {"phone", "phone"},
                  {"device_ids", "device_ids"},
                  {"relatives_licences", "relatives_licences"},
                  {"qualifications", "qualifications"},
                  {"valid_from", "valid_from", Form::kOfField, true},
                  {"valid_to", "valid_to"},
                  {"commitment_version", "commitment.version"},
                  {"commitment_signed_at", "commitment.signed_at"}};
  kind.send =
      InBatches<v1::OrganisationService, v1::RegisterStaffRequest, v1::RegisterStaffResponse, v1::Staff>(
          &v1::OrganisationService::Stub::RegisterStaff, &v1::RegisterStaffRequest::mutable_staff);
  return kind;
}

Kind Routes() {
  Kind kind;
  kind.name = "routes";
  kind.about = "Routes with their order days and crews";
  kind.role = "OPERATOR";
  kind.item = &v1::Route::default_instance();
  kind.columns = {{"county_code", "", Form::kCounty, true},
                  {"route_id", "route_id", Form::kOfField, true},
                  {"name", "name"},
                  {"market_type", "market_type", Form::kOfField, true},
                  {"depot_unit_id", "depot_unit_id"},
                  {"transit_unit_id", "transit_unit_id"},
                  {"first_order_day", "first_order_day", Form::kOfField, true},
                  {"cycle_weeks", "cycle_weeks", Form::kOfField, false, "1"},
                  {"delivery_offset_wd", "delivery_offset_wd"},
                  {"departure_time", "departure_minute_of_day", Form::kTime},
                  {"crew_id", "crew_id"},
                  {"crew_staff_ids", "crew_staff_ids"},
                  {"vehicle", "vehicle"},
                  {"active", "active", Form::kOfField, false, "Y"}};
  kind.finish = [](Message& item) {
    auto& route = dynamic_cast<v1::Route&>(item);
    if (const auto day = ParseDate(route.first_order_day())) route.set_order_weekday(IsoWeekday(*day));
    return std::string();
  };
  kind.send = InBatches<v1::RouteService, v1::RegisterRoutesRequest, v1::RegisterRoutesResponse, v1::Route>(
      &v1::RouteService::Stub::RegisterRoutes, &v1::RegisterRoutesRequest::mutable_routes);
  return kind;
}

Kind Retailers() {
  Kind kind;
  kind.name = "retailers";
  kind.about = "Retailers: licence and profile, grading and supervision";
  kind.role = "LICENCE_OFFICE";
  kind.standing = StandingRetailer;
  kind.item = &v1::Retailer::default_instance();
  kind.columns = {{"county_code", "", Form::kCounty, true},
                  {"licence", "licence", Form::kOfField, true},
                  {"status", "licence_record.status", Form::kOfField, false, "ACTIVE"},
                  {"valid_from", "licence_record.valid_from", Form::kOfField, true},
                  {"valid_to", "licence_record.valid_to"},
                  {"licensee", "licence_record.licensee"},
                  {"shop_name", "licence_record.shop_name"},
                  {"address", "licence_record.address"},
                  {"company", "licence_record.company"},
                  {"business_scope", "licence_record.business_scope"},
                  {"market_type", "profile.market_type"},
                  {"format", "profile.format"},
                  {"circle", "profile.circle"},
                  {"route_id", "profile.route_id"},
                  {"stop_number", "profile.stop_number"},
                  {"promised_time", "profile.promised_minute_of_day", Form::kTime},
                  {"am_staff_id", "profile.am_staff_id"},
                  {"latitude", "profile.position.latitude_e6", Form::kDegrees},
                  {"longitude", "profile.position.longitude_e6", Form::kDegrees},
                  {"accuracy_metres", "profile.position.accuracy_metres"},
                  {"measured_by", "profile.position.measured_by"},
                  {"measured_at", "profile.position.measured_at"},
                  {"visits", "profile.position.visits"},
                  {"contact", "profile.contact"},
                  {"phone", "profile.phone"},
                  {"card_id", "profile.card_id"},
                  {"pin", "profile.pin_hash"},
                  {"receiver_1_name", "profile.authorised_receivers[0].name"},
                  {"receiver_1_phone", "profile.authorised_receivers[0].phone"},
                  {"receiver_2_name", "profile.authorised_receivers[1].name"},
                  {"receiver_2_phone", "profile.authorised_receivers[1].phone"},
                  {"seasonal", "profile.seasonal"},
                  {"expected_to_order", "profile.expected_to_order", Form::kOfField, false, "Y"},
                  {"grade", "grading.grade"},
                  {"class_code", "grading.class_code"},
                  {"scale", "grading.scale"},
                  {"grading_version", "grading.version"},
                  {"supervision_mode", "supervision.mode"},
                  {"large", "supervision.large"},
                  {"supervision_reason", "supervision.reason"},
                  {"joined_on", "joined_on"}};
  kind.finish = [](Message& item) {
    auto& retailer = dynamic_cast<v1::Retailer&>(item);
    v1::Profile& profile = *retailer.mutable_profile();
    for (int i = 0; i < profile.authorised_receivers_size(); ++i) {
      profile.mutable_authorised_receivers(i)->set_receiver_id(
          fmt::format("{}-{}", retailer.licence(), i + 1));
    }
    return std::string();
  };
  kind.send = InBatches<v1::RetailerService, v1::RegisterRetailersRequest, v1::RegisterRetailersResponse,
                        v1::Retailer>(&v1::RetailerService::Stub::RegisterRetailers,
                                      &v1::RegisterRetailersRequest::mutable_retailers);
  return kind;
}

}  // namespace

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {Counties(),     PriceClasses(), Skus(),   Calendar(),
                                          Organisation(), StaffKind(),    Routes(), Retailers()};
  return kinds;
}

const Kind& KindNamed(const std::string& name) {
  return *std::find_if(Kinds().begin(), Kinds().end(), [&](const Kind& kind) { return kind.name == name; });
}

}  // namespace sanyuan::ctl::import
