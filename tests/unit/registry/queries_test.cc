// What the registry answers, and to whom it shows whose personal data.
#include "services/registry/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/clock/business_time.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"
#include "services/registry/view.h"
#include "tests/support/memory_view.h"
#include "tests/support/registry_county.h"

namespace sanyuan::testing {
namespace {

namespace v1 = registry::v1;
using namespace common::v1;  // NOLINT: roles.
using namespace registry;    // NOLINT: queries.
using partition::Actor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Actor kManager{"CM1", ROLE_COUNTY_MANAGER};
const Actor kInspector{"IN1", ROLE_INSPECTOR};
const Actor kOperator{"OP1", ROLE_OPERATOR};

// What a host does with accepted decisions: fold, then project what changed.
template <typename D, typename P>
void ProjectAll(Decider<D>& decider, MemoryView& view) {
  ASSERT_TRUE(decider.status().ok()) << decider.status();
  D domain;
  const P projection;
  for (size_t i = 0; i < decider.records().size(); ++i) {
    domain.store().BeginRecord(i + 1);
    for (const std::string& bytes : decider.records()[i].events) {
      const partition::EventPtr event = domain.NewEvent();
      ASSERT_TRUE(event->ParseFromString(bytes));
      ASSERT_TRUE(domain.Evolve(*event, decider.records()[i].stamp).ok());
    }
    std::vector<view::ViewRow> rows;
    for (const state::Change& change : domain.store().TakeChanges()) projection.Project(change, rows);
    view.Apply(rows);
  }
}

class RegistryQueriesTest : public ::testing::Test {
 protected:
  void Project() {
    ProjectAll<registry::ReferenceDomain, registry::ReferenceProjection>(county_.reference(), reference_);
    ProjectAll<registry::RegistryDomain, registry::RegistryProjection>(county_.county(), view_);
  }
  absl::StatusOr<v1::GetRetailerResponse> Get(const Actor& caller, int number) {
    v1::GetRetailerRequest request;
    request.set_county_code(kCounty);
    request.set_licence(Licence(number));
    return GetRetailer(view_, caller, request);
  }
  std::vector<std::string> List(const Actor& caller, v1::ListRetailersRequest request) {
    request.set_county_code(kCounty);
    std::vector<std::string> licences;
    do {
      const auto page = ListRetailers(view_, caller, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Retailer& retailer : page->retailers()) licences.push_back(retailer.licence());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return licences;
  }
  v1::GetPolicyRequest PolicyAt(v1::PolicyKind kind, const std::string& county, const std::string& date) {
    v1::GetPolicyRequest request;
    request.set_kind(kind);
    request.set_county_code(county);
    *request.mutable_at() = reference::ToWireTime(StartOfDay(ParseDate(date).value()));
    return request;
  }

  RegistryCounty county_;
  MemoryView reference_, view_;
};

TEST_F(RegistryQueriesTest, ARetailerSeesTheOwnShopWithItsTextsAndNoOther) {
  county_.Register({SomeRetailer(1), SomeRetailer(2)});
  Project();
  const Actor own{Licence(1), ROLE_RETAILER};
  const auto shop = Get(own, 1);
  ASSERT_TRUE(shop.ok()) << shop.status();
  EXPECT_EQ(shop->retailer().licence_record().licensee(), SealedText("licensee 1"));
  EXPECT_EQ(shop->retailer().profile().route_id(), "R01");
  EXPECT_TRUE(absl::IsNotFound(Get(own, 2).status()));
}

TEST_F(RegistryQueriesTest, TextsAreShownToThoseWhoNeedThemAndHashesToNobody) {
  county_.Register({SomeRetailer(1)});
  Project();
  for (const Actor& caller :
       {Actor{"AM1", ROLE_ACCOUNT_MANAGER}, Actor{"DS1", ROLE_DELIVERY_STAFF}, kManager,
        Actor{"SD1", ROLE_SERVICE_DESK}, Actor{"LO1", ROLE_LICENCE_OFFICE}, Actor{"AU1", ROLE_AUDITOR},
        Actor{"AM2", ROLE_ACCOUNT_MANAGER}, kInspector, Actor{"BK1", ROLE_BANK}, kOperator}) {
    const auto shop = Get(caller, 1);
    ASSERT_TRUE(shop.ok()) << caller.id;
    const v1::Profile& profile = shop->retailer().profile();
    const bool shown = caller.id != "AM2" && caller.id != "IN1" && caller.id != "BK1" && caller.id != "OP1";
    EXPECT_EQ(!profile.phone().empty(), shown) << caller.id;
    EXPECT_EQ(!profile.authorised_receivers(0).name().empty(), shown) << caller.id;
    EXPECT_EQ(!shop->retailer().licence_record().shop_name().empty(), shown) << caller.id;
    EXPECT_THAT(profile.phone_hash(), IsEmpty()) << caller.id;
    EXPECT_THAT(profile.pin_hash(), IsEmpty()) << caller.id;
    EXPECT_EQ(profile.card_id(), "CARD000001") << caller.id;
  }
}

TEST_F(RegistryQueriesTest, AShopThatChangedItsRouteIsListedOnTheNewOneAlone) {
  v1::RegisterRoutesRequest routes;
  routes.set_county_code(kCounty);
  *routes.add_routes() = SomeRoute("R02");
  county_.Send("CM1", ROLE_COUNTY_MANAGER, "RouteService", routes);
  county_.Register({SomeRetailer(1), SomeRetailer(2), SomeRetailer(3)});
  v1::ProposeProfileChangeRequest propose;
  propose.set_county_code(kCounty);
  propose.set_licence(Licence(2));
  propose.mutable_profile()->set_route_id("R02");
  propose.mutable_update_mask()->add_paths("route_id");
  county_.Send("AM1", ROLE_ACCOUNT_MANAGER, "RetailerService", propose);
  Project();
  v1::ListProfileProposalsRequest waiting;
  waiting.set_county_code(kCounty);
  waiting.set_state(v1::PROPOSAL_STATE_PROPOSED);
  const auto proposals = ListProfileProposals(view_, kManager, waiting);
  ASSERT_TRUE(proposals.ok());
  ASSERT_THAT(proposals->proposals(), SizeIs(1));

  v1::DecideProfileChangeRequest decide;
  decide.set_county_code(kCounty);
  decide.set_proposal_id(proposals->proposals(0).proposal_id());
  decide.set_approve(true);
  county_.Send("MM1", ROLE_MARKETING_MANAGER, "RetailerService", decide);
  Project();
  v1::ListRetailersRequest on;
  on.set_route_id("R01");
  EXPECT_THAT(List(kManager, on), ElementsAre(Licence(1), Licence(3)));
  on.set_route_id("R02");
  EXPECT_THAT(List(kManager, on), ElementsAre(Licence(2)));
}

TEST_F(RegistryQueriesTest, FiltersAndPagesGiveEveryRetailerOnce) {
  std::vector<v1::Retailer> shops;
  for (int i = 1; i <= 7; ++i) {
    shops.push_back(SomeRetailer(i));
    if (i % 2 == 0) shops.back().mutable_profile()->set_am_staff_id("AM2");
    if (i == 5) shops.back().mutable_licence_record()->set_status(v1::LICENCE_STATUS_SUSPENDED);
    if (i == 6) shops.back().mutable_supervision()->set_large(true);
  }
  county_.Register(shops);
  Project();
  v1::ListRetailersRequest all;
  all.set_page_size(3);
  EXPECT_THAT(List(kManager, all), SizeIs(7));
  v1::ListRetailersRequest of_second = all;
  of_second.set_am_staff_id("AM2");
  of_second.set_page_size(1);
  EXPECT_THAT(List(kManager, of_second), ElementsAre(Licence(2), Licence(4), Licence(6)));
  v1::ListRetailersRequest suspended = all;
  suspended.set_status(v1::LICENCE_STATUS_SUSPENDED);
  EXPECT_THAT(List(kManager, suspended), ElementsAre(Licence(5)));
  v1::ListRetailersRequest large = all;
  large.set_large_only(true);
  EXPECT_THAT(List(kManager, large), ElementsAre(Licence(6)));
}

TEST_F(RegistryQueriesTest, AProposalIsSeenByTheShopItsAccountManagerAndManagers) {
  county_.Register({SomeRetailer(1)});
  v1::ProposeProfileChangeRequest propose;
  propose.set_county_code(kCounty);
  propose.set_licence(Licence(1));
  propose.mutable_profile()->set_contact(SealedText("new contact"));
  propose.mutable_update_mask()->add_paths("contact");
  county_.Send(Licence(1), ROLE_RETAILER, "RetailerService", propose);
  Project();
  v1::ListProfileProposalsRequest request;
  request.set_county_code(kCounty);
  for (const Actor& caller :
       {Actor{Licence(1), ROLE_RETAILER}, Actor{"AM1", ROLE_ACCOUNT_MANAGER}, kManager}) {
    const auto listed = ListProfileProposals(view_, caller, request);
    ASSERT_TRUE(listed.ok());
    ASSERT_THAT(listed->proposals(), SizeIs(1)) << caller.id;
    EXPECT_EQ(listed->proposals(0).profile().contact(), SealedText("new contact")) << caller.id;
  }
  for (const Actor& caller : {Actor{Licence(2), ROLE_RETAILER}, Actor{"AM2", ROLE_ACCOUNT_MANAGER}}) {
    const auto listed = ListProfileProposals(view_, caller, request);
    ASSERT_TRUE(listed.ok());
    EXPECT_THAT(listed->proposals(), SizeIs(0)) << caller.id;
  }
  request.set_licence(Licence(1));
  const auto other = ListProfileProposals(view_, {Licence(2), ROLE_RETAILER}, request);
  ASSERT_TRUE(other.ok());
  EXPECT_THAT(other->proposals(), SizeIs(0));
}

TEST_F(RegistryQueriesTest, NamesOfStaffAreShownToThePersonAndToManagers) {
  Project();
  v1::GetStaffRequest request;
  request.set_county_code(kCounty);
  request.set_staff_id("AM1");
  for (const Actor& knows : {Actor{"AM1", ROLE_ACCOUNT_MANAGER}, kManager, Actor{"AU1", ROLE_AUDITOR}}) {
    const auto staff = GetStaff(view_, knows, request);
    ASSERT_TRUE(staff.ok());
    EXPECT_EQ(staff->staff().name(), SealedText("name of AM1")) << knows.id;
    EXPECT_THAT(staff->staff().phone_hash(), IsEmpty());
  }
  for (const Actor& none : {Actor{"AM2", ROLE_ACCOUNT_MANAGER}, kInspector, kOperator}) {
    const auto staff = GetStaff(view_, none, request);
    ASSERT_TRUE(staff.ok());
    EXPECT_THAT(staff->staff().name(), IsEmpty()) << none.id;
    EXPECT_EQ(staff->staff().role(), ROLE_ACCOUNT_MANAGER);
  }
  v1::ListStaffRequest managers;
  managers.set_county_code(kCounty);
  managers.set_role(ROLE_ACCOUNT_MANAGER);
  const auto listed = ListStaff(view_, kManager, managers);
  ASSERT_TRUE(listed.ok());
  EXPECT_THAT(listed->staff(), SizeIs(2));
}

TEST_F(RegistryQueriesTest, ARetailerSeesTheRouteOfTheOwnShopAlone) {
  v1::RegisterRoutesRequest routes;
  routes.set_county_code(kCounty);
  *routes.add_routes() = SomeRoute("R02");
  county_.Send("CM1", ROLE_COUNTY_MANAGER, "RouteService", routes);
  county_.Register({SomeRetailer(1)});
  Project();
  v1::GetRouteRequest request;
  request.set_county_code(kCounty);
  request.set_route_id("R01");
  const Actor own{Licence(1), ROLE_RETAILER};
  EXPECT_TRUE(GetRoute(view_, own, request).ok());
  request.set_route_id("R02");
  EXPECT_TRUE(absl::IsNotFound(GetRoute(view_, own, request).status()));
  EXPECT_TRUE(GetRoute(view_, kManager, request).ok());
  v1::ListRoutesRequest tuesdays;
  tuesdays.set_county_code(kCounty);
  tuesdays.set_order_weekday(2);
  EXPECT_THAT(ListRoutes(view_, kManager, tuesdays)->routes(), SizeIs(2));
  tuesdays.set_order_weekday(3);
  EXPECT_THAT(ListRoutes(view_, kManager, tuesdays)->routes(), SizeIs(0));
  v1::ListOrgUnitsRequest depots;
  depots.set_county_code(kCounty);
  depots.set_level(v1::UNIT_LEVEL_DEPOT);
  const auto units = ListOrgUnits(view_, kManager, depots);
  ASSERT_TRUE(units.ok());
  ASSERT_THAT(units->units(), SizeIs(1));
  EXPECT_EQ(units->units(0).unit_id(), "P1");
}

TEST_F(RegistryQueriesTest, ThePolicyInForceIsTheLatestOfTheSmallestRegionThatHasOne) {
  const auto publish = [&](const std::string& version, const std::string& prefix, const std::string& date) {
    v1::PublishPolicyRequest request;
    for (v1::PolicyVersion& policy : reference::StartPolicies("x", StartOfDay(ParseDate(date).value()))) {
      if (policy.has_delivery()) *request.mutable_policy() = policy;
    }
    request.mutable_policy()->set_version(version);
    request.mutable_policy()->set_county_prefix(prefix);
    county_.Send("OP1", ROLE_OPERATOR, "PolicyService", request);
  };
  publish("nation-later", "", "2019-09-01");
  publish("city", "6201", "2019-08-01");
  Project();
  const auto version_at = [&](const std::string& county, const std::string& date) -> std::string {
    const auto found = GetPolicy(reference_, kOperator, PolicyAt(v1::POLICY_KIND_DELIVERY, county, date));
    return found.ok() ? found->policy().version()
                      : std::string(absl::StatusCodeToString(found.status().code()));
  };
  EXPECT_EQ(version_at(kCounty, "2019-05-31"), "NOT_FOUND");
  const std::string start = version_at(kCounty, "2019-06-01");
  EXPECT_EQ(version_at(kCounty, "2019-07-31"), start);
  EXPECT_EQ(version_at(kCounty, "2019-08-01"), "city");
  EXPECT_EQ(version_at(kCounty, "2019-12-01"), "city");
  EXPECT_EQ(version_at("620921", "2019-08-31"), start);
  EXPECT_EQ(version_at("620921", "2019-09-01"), "nation-later");
  EXPECT_EQ(version_at("", "2019-09-01"), "nation-later");

  v1::GetPolicyRequest by_name;
  by_name.set_version("city");
  EXPECT_EQ(GetPolicy(reference_, kOperator, by_name)->policy().county_prefix(), "6201");
  EXPECT_TRUE(absl::IsInvalidArgument(GetPolicy(reference_, kOperator, {}).status()));

  v1::ListPoliciesRequest list;
  list.set_kind(v1::POLICY_KIND_DELIVERY);
  EXPECT_THAT(ListPolicies(reference_, kOperator, list)->policies(), SizeIs(3));
  list.set_kind(v1::POLICY_KIND_UNSPECIFIED);
  EXPECT_THAT(ListPolicies(reference_, kOperator, list)->policies(), SizeIs(8));
}

TEST_F(RegistryQueriesTest, SkusAreFilteredByTheirClassOnADay) {
  v1::DefinePriceClassesRequest classes;
  for (const char* code : {"1", "2"}) classes.add_price_classes()->set_code(code);
  county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", classes);
  v1::RegisterSkusRequest skus;
  v1::Sku& sku = *skus.add_skus();
  sku.set_sku_code("620103");
  sku.set_name("兰州(硬珍品)");
  sku.set_status(v1::SKU_STATUS_LISTED);
  sku.add_prices()->set_valid_from("2019-01-01");
  sku.mutable_prices(0)->set_wholesale_fen(12170);
  for (const auto& [date, code] : {std::pair("2019-01-01", "2"), std::pair("2020-01-01", "1")}) {
    v1::SkuClass& entry = *sku.add_classes();
    entry.set_valid_from(date);
    entry.set_class_code(code);
  }
  county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", skus);
  Project();
  const auto count = [&](const std::string& class_code, const std::string& date) {
    v1::ListSkusRequest request;
    request.set_class_code(class_code);
    request.set_on_date(date);
    return ListSkus(reference_, kOperator, request)->skus_size();
  };
  EXPECT_EQ(count("2", "2019-08-06"), 1);
  EXPECT_EQ(count("1", "2019-08-06"), 0);
  EXPECT_EQ(count("1", "2020-01-01"), 1);
  EXPECT_EQ(count("1", ""), 1);
  EXPECT_EQ(count("2", "2018-12-31"), 0);
  v1::GetSkuRequest get;
  get.set_sku_code("620103");
  EXPECT_EQ(GetSku(reference_, kOperator, get)->sku().name(), "兰州(硬珍品)");
  get.set_sku_code("999999");
  EXPECT_TRUE(absl::IsNotFound(GetSku(reference_, kOperator, get).status()));
  EXPECT_THAT(ListPriceClasses(reference_, kOperator, {})->price_classes(), SizeIs(2));
}

TEST_F(RegistryQueriesTest, CountiesAreListedByTheBeginningOfTheirCode) {
  Project();
  v1::ListCountiesRequest request;
  request.set_prefix("62012");
  request.set_page_size(1);
  const auto first = ListCounties(reference_, kOperator, request);
  ASSERT_TRUE(first.ok());
  ASSERT_THAT(first->counties(), SizeIs(1));
  EXPECT_EQ(first->counties(0).code(), kCounty);
  request.set_page_token(first->next_page_token());
  const auto second = ListCounties(reference_, kOperator, request);
  ASSERT_THAT(second->counties(), SizeIs(1));
  EXPECT_EQ(second->counties(0).code(), "620122");
  EXPECT_THAT(second->next_page_token(), IsEmpty());
  request = {};
  request.set_prefix("99");
  EXPECT_THAT(ListCounties(reference_, kOperator, request)->counties(), SizeIs(0));
  v1::GetCalendarRequest calendar;
  calendar.set_year(2019);
  EXPECT_TRUE(absl::IsNotFound(GetCalendar(reference_, kOperator, calendar).status()));
}

}  // namespace
}  // namespace sanyuan::testing
