#include "services/sanyuanctl/demo/load_county.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"
#include "sanyuan/allocation/v1/agreement.pb.h"
#include "sanyuan/registry/v1/organisation.pb.h"
#include "sanyuan/registry/v1/policy.pb.h"
#include "sanyuan/registry/v1/reference.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "sanyuan/registry/v1/route.pb.h"
#include "services/sanyuanctl/demo/catalogue.h"
#include "services/sanyuanctl/demo/people.h"

namespace sanyuan::ctl::demo {
namespace {

namespace reg = registry::v1;
namespace alloc = allocation::v1;

constexpr int kLoadBatch = 200;
constexpr char kFromMonth[] = "2019-08";
constexpr char kPolicyLabel[] = "2019";

void CheckLoadBatch(const reg::BatchResult& result) {
  if (result.refused().empty()) return;
  throw Unexpected(fmt::format("{} items refused, first {}: {}", result.refused_size(),
                               result.refused(0).id(), result.refused(0).ShortDebugString()));
}

void CheckResults(const google::protobuf::RepeatedPtrField<alloc::AgreementResult>& results) {
  for (const alloc::AgreementResult& result : results) {
    if (!result.refusals().empty()) throw Unexpected("agreement refused: " + result.ShortDebugString());
  }
}

void AddUnit(reg::RegisterOrgUnitsRequest& request, const std::string& id, reg::UnitLevel level,
             const std::string& parent, const std::string& name) {
  reg::OrgUnit& unit = *request.add_units();
  unit.set_unit_id(id);
  unit.set_parent_id(parent);
  unit.set_level(level);
  unit.set_name(name);
  unit.set_valid_from("2019-01-01");
}

reg::Staff& AddStaff(reg::RegisterStaffRequest& request, uint64_t seed, const std::string& id,
                     common::v1::Role role, const std::string& unit, absl::Time signed_at) {
  reg::Staff& staff = *request.add_staff();
  staff.set_staff_id(id);
  staff.set_unit_id(unit);
  staff.set_role(role);
  staff.set_active(true);
  staff.set_name(NameOf(seed, id));
  staff.set_phone(PhoneOf(seed, id));
  staff.add_device_ids("device-" + id);
  staff.set_valid_from("2019-01-01");
  staff.mutable_commitment()->set_version("letter-1");
  *staff.mutable_commitment()->mutable_signed_at() = reference::ToWireTime(signed_at);
  return staff;
}

reg::Retailer RetailerOfShop(const Plan& plan, const Shop& shop, absl::Time measured_at) {
  reg::Retailer retailer;
  retailer.set_licence(shop.licence);
  retailer.set_joined_on("2018-03-01");
  retailer.mutable_licence_record()->set_status(reg::LICENCE_STATUS_ACTIVE);
  retailer.mutable_licence_record()->set_valid_from("2018-03-01");
  const bool urban = plan.Urban(shop.route);
  retailer.mutable_licence_record()->set_licensee(NameOf(plan.seed, shop.licence));
  retailer.mutable_licence_record()->set_shop_name(ShopNameOf(plan.seed, shop.licence));
  retailer.mutable_licence_record()->set_address(AddressOf(plan.seed, shop.licence, urban));
  reg::Profile& profile = *retailer.mutable_profile();
  profile.set_contact(NameOf(plan.seed, shop.licence));
  profile.set_phone(PhoneOf(plan.seed, shop.licence));
  profile.set_pin_hash(PinOf(plan.seed, shop.licence));
  profile.set_market_type(urban ? reg::MARKET_TYPE_URBAN : reg::MARKET_TYPE_RURAL);
  profile.set_format(reg::BUSINESS_FORMAT_GROCERY);
  profile.set_circle(urban ? reg::BUSINESS_CIRCLE_RESIDENTIAL : reg::BUSINESS_CIRCLE_VILLAGE);
  profile.set_route_id(RouteId(shop.route));
  profile.set_stop_number(shop.stop);
  profile.set_am_staff_id(AccountManager(shop.account_manager));
  profile.mutable_position()->set_latitude_e6(shop.latitude_e6);
  profile.mutable_position()->set_longitude_e6(shop.longitude_e6);
  profile.mutable_position()->set_accuracy_metres(8);
  profile.mutable_position()->set_visits(3);
  profile.mutable_position()->set_measured_by(AccountManager(shop.account_manager));
  *profile.mutable_position()->mutable_measured_at() = reference::ToWireTime(measured_at);
  profile.set_card_id(shop.card);
  profile.set_expected_to_order(true);
  reg::Grading& grading = *retailer.mutable_grading();
  grading.set_grade(shop.grade);
  grading.set_class_code(shop.ration_class);
  grading.set_scale(shop.scale == Scale::kLarge    ? reg::BUSINESS_SCALE_LARGE
                    : shop.scale == Scale::kMedium ? reg::BUSINESS_SCALE_MEDIUM
                                                   : reg::BUSINESS_SCALE_SMALL);
  grading.set_version("2019-Q3");
  retailer.mutable_supervision()->set_large(shop.large);
  retailer.mutable_supervision()->set_mode(shop.large || shop.number % 5 == 0
                                               ? reg::SUPERVISION_MODE_INSPECTOR_KEY
                                               : reg::SUPERVISION_MODE_AM_CO_MANAGED);
  return retailer;
}

void Approve(Client& client, const Caller& caller, const std::vector<std::string>& ids) {
  client.Each((ids.size() + kLoadBatch - 1) / kLoadBatch, [&](size_t batch) {
    alloc::ApproveAgreementsRequest request;
    request.set_county_code(kCounty);
    for (size_t i = batch * kLoadBatch; i < std::min(ids.size(), (batch + 1) * kLoadBatch); ++i) {
      request.add_agreement_ids(ids[i]);
    }
    CheckResults(
        client.Call<alloc::ApproveAgreementsResponse>(caller, fmt::format("approve {}", batch), request)
            .results());
  });
}

}  // namespace

Caller RetailerOf(const Shop& shop) { return {shop.licence, "RETAILER"}; }

void LoadReference(Client& client) {
  const absl::Time from = StartOfDay(ParseDate("2019-06-01").value());
  for (const reg::PolicyVersion& policy : reference::StartPolicies(kPolicyLabel, from)) {
    reg::PublishPolicyRequest request;
    *request.mutable_policy() = policy;
    client.Call<reg::PublishPolicyResponse>(kOperator, policy.version(), request);
  }
  reg::RegisterCountiesRequest counties;
  *counties.add_counties() = ShippedCounty(kCounty);
  CheckLoadBatch(client.Call<reg::RegisterCountiesResponse>(kOperator, "counties", counties).result());
  reg::DefinePriceClassesRequest classes;
  for (const reg::PriceClass& price_class : ShippedClasses()) *classes.add_price_classes() = price_class;
  CheckLoadBatch(client.Call<reg::DefinePriceClassesResponse>(kOperator, "classes", classes).result());
  reg::RegisterSkusRequest skus;
  for (const CatalogueSku& item : Catalogue()) *skus.add_skus() = item.sku;
  CheckLoadBatch(client.Call<reg::RegisterSkusResponse>(kOperator, "skus", skus).result());
  reg::PublishCalendarRequest calendar;
  *calendar.mutable_calendar() = ShippedYear(2019);
  client.Call<reg::PublishCalendarResponse>(kOperator, "2019", calendar);
}

void LoadOrganisation(Client& client, const Plan& plan) {
  reg::RegisterOrgUnitsRequest units;
  units.set_county_code(kCounty);
  AddUnit(units, "D1", reg::UNIT_LEVEL_DEPT, "", "营销部");
  AddUnit(units, "T1", reg::UNIT_LEVEL_TERRITORY, "D1", "城区市场");
  AddUnit(units, "T2", reg::UNIT_LEVEL_TERRITORY, "D1", "农村市场");
  for (int i = 1; i <= kSquads; ++i) {
    AddUnit(units, fmt::format("S{}", i), reg::UNIT_LEVEL_SQUAD, "", fmt::format("稽查{}中队", i));
  }
  AddUnit(units, "P1", reg::UNIT_LEVEL_DEPOT, "", "永登中转站");
  CheckLoadBatch(client.Call<reg::RegisterOrgUnitsResponse>(kCountyManager, "units", units).result());

  reg::RegisterStaffRequest staff;
  staff.set_county_code(kCounty);
  const absl::Time now = client.now();
  const auto add = [&](const std::string& id, common::v1::Role role, const std::string& unit) {
    AddStaff(staff, plan.seed, id, role, unit, now);
  };
  for (int i = 0; i < kAccountManagers; ++i) {
    add(AccountManager(i), common::v1::ROLE_ACCOUNT_MANAGER, i < 3 ? "T1" : "T2");
  }
  for (int i = 1; i <= 2; ++i) add(fmt::format("MM{}", i), common::v1::ROLE_MARKETING_MANAGER, "D1");
  for (int i = 1; i <= 2 * kCrews; ++i) {
    add(fmt::format("DS{:02}", i), common::v1::ROLE_DELIVERY_STAFF, "P1");
  }
  for (int i = 0; i < kSquads; ++i) {
    add(fmt::format("SH{}", i + 1), common::v1::ROLE_SQUAD_HEAD, fmt::format("S{}", i + 1));
    for (int k = 1; k <= 3; ++k) {
      add(fmt::format("IN{:02}", 3 * i + k), common::v1::ROLE_INSPECTOR, fmt::format("S{}", i + 1));
    }
  }
  add("OD1", common::v1::ROLE_ORDER_DESK, "D1");
  add("SP1", common::v1::ROLE_SUPPLY_DEPARTMENT, "D1");
  add("SP2", common::v1::ROLE_SUPPLY_DEPARTMENT, "D1");
  add("SD1", common::v1::ROLE_SERVICE_DESK, "D1");
  add("DP1", common::v1::ROLE_DEPOT, "P1");
  add("LO1", common::v1::ROLE_LICENCE_OFFICE, "D1");
  CheckLoadBatch(client.Call<reg::RegisterStaffResponse>(kCountyManager, "staff", staff).result());

  reg::RegisterRoutesRequest routes;
  routes.set_county_code(kCounty);
  for (int i = 0; i < kRoutes; ++i) {
    reg::Route& route = *routes.add_routes();
    route.set_route_id(RouteId(i));
    route.set_name(fmt::format("线路{}", i + 1));
    route.set_market_type(plan.Urban(i) ? reg::MARKET_TYPE_URBAN : reg::MARKET_TYPE_RURAL);
    route.set_depot_unit_id("P1");
    route.set_first_order_day("2019-08-06");
    route.set_cycle_weeks(1);
    route.set_order_weekday(2);
    route.set_departure_minute_of_day(8 * 60);
    const int crew = i % kCrews;
    route.set_crew_id(fmt::format("C{}", crew + 1));
    route.add_crew_staff_ids(CrewMember(crew));
    route.add_crew_staff_ids(fmt::format("DS{:02}", 2 * crew + 2));
    route.set_active(true);
  }
  CheckLoadBatch(client.Call<reg::RegisterRoutesResponse>(kCountyManager, "routes", routes).result());
}

void LoadRetailers(Client& client, const Plan& plan) {
  const absl::Time measured_at = client.now() - absl::Hours(720);
  client.Each((plan.shops.size() + kLoadBatch - 1) / kLoadBatch, [&](size_t batch) {
    reg::RegisterRetailersRequest request;
    request.set_county_code(kCounty);
    for (size_t i = batch * kLoadBatch; i < std::min(plan.shops.size(), (batch + 1) * kLoadBatch); ++i) {
      *request.add_retailers() = RetailerOfShop(plan, plan.shops[i], measured_at);
    }
    CheckLoadBatch(
        client
            .Call<reg::RegisterRetailersResponse>(kLicenceOffice, fmt::format("retailers {}", batch), request)
            .result());
  });
}

void LoadAgreements(Client& client, const Plan& plan) {
  std::vector<std::vector<const Shop*>> of_manager(kAccountManagers);
  for (const Shop& shop : plan.shops) of_manager[static_cast<size_t>(shop.account_manager)].push_back(&shop);
  std::vector<std::string> agreements(plan.shops.size());
  client.Each(of_manager.size(), [&](size_t manager) {
    const auto& shops = of_manager[manager];
    for (size_t first = 0; first < shops.size(); first += kLoadBatch) {
      alloc::ProposeAgreementsRequest request;
      request.set_county_code(kCounty);
      const size_t last = std::min(shops.size(), first + kLoadBatch);
      for (size_t i = first; i < last; ++i) {
        alloc::AgreementProposal& proposal = *request.add_proposals();
        proposal.set_licence(shops[i]->licence);
        proposal.set_agreed_total_cartons(shops[i]->agreed);
        proposal.set_from_month(kFromMonth);
        proposal.set_term_months(6);
        alloc::EvidencePack& evidence = *proposal.mutable_evidence();
        for (int month = 0; month < 6; ++month)
          evidence.add_ordered_cartons(shops[i]->agreed * (90 + month) / 100);
        evidence.set_same_month_last_year_cartons(shops[i]->agreed * 9 / 10);
        evidence.set_reported_demand_cartons(shops[i]->agreed);
        evidence.set_capacity_estimate_cartons(shops[i]->agreed * 11 / 10);
        evidence.set_policy_version(fmt::format("allocation-{}", kPolicyLabel));
      }
      const auto response = client.Call<alloc::ProposeAgreementsResponse>(
          {AccountManager(static_cast<int>(manager)), "ACCOUNT_MANAGER"}, fmt::format("propose {}", first),
          request);
      CheckResults(response.results());
      for (size_t i = first; i < last; ++i) {
        agreements[static_cast<size_t>(shops[i]->number - 1)] =
            response.results(static_cast<int>(i - first)).agreement_id();
      }
    }
  });

  // One in ten consents on the phone, the others on paper, which the order desk records.
  std::vector<size_t> paper;
  std::vector<size_t> phone;
  for (size_t i = 0; i < plan.shops.size(); ++i) (i % 10 == 0 ? phone : paper).push_back(i);
  client.Each(phone.size(), [&](size_t k) {
    alloc::AcceptAgreementRequest request;
    request.set_county_code(kCounty);
    request.set_agreement_id(agreements[phone[k]]);
    request.set_agreed_total_cartons(plan.shops[phone[k]].agreed);
    client.Call<alloc::AcceptAgreementResponse>(RetailerOf(plan.shops[phone[k]]), "accept", request);
  });
  client.Each((paper.size() + kLoadBatch - 1) / kLoadBatch, [&](size_t batch) {
    alloc::RecordConsentsRequest request;
    request.set_county_code(kCounty);
    for (size_t k = batch * kLoadBatch; k < std::min(paper.size(), (batch + 1) * kLoadBatch); ++k) {
      alloc::ConsentRecord& consent = *request.add_consents();
      consent.set_agreement_id(agreements[paper[k]]);
      consent.set_method(alloc::CONSENT_METHOD_SIGNATURE);
      consent.set_proof_digest(std::string(Sha256("signature of " + plan.shops[paper[k]].licence).view()));
      consent.set_agreed_total_cartons(plan.shops[paper[k]].agreed);
    }
    CheckResults(
        client.Call<alloc::RecordConsentsResponse>(kOrderDesk, fmt::format("consents {}", batch), request)
            .results());
  });
  std::vector<std::string> large;
  for (size_t i = 0; i < plan.shops.size(); ++i) {
    if (plan.shops[i].large) large.push_back(agreements[i]);
  }
  Approve(client, kMarketingManager, agreements);
  Approve(client, kInspector, large);
  Approve(client, kCountyManager, large);
}

}  // namespace sanyuan::ctl::demo
