// Who sees what of inspections: what is unannounced is not there for the shop and its managers until it has begun.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/three_member_interaction/queries.h"
#include "tests/support/inspection_county.h"
#include "tests/support/three_member_view.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using three_member_interaction::GetInspection;
using three_member_interaction::GetInspectionPlan;
using three_member_interaction::ListInspectionPlans;
using three_member_interaction::ListInspections;

const partition::Actor kShop{ThreeMemberCounty::Shop(1), common::v1::ROLE_RETAILER};
const partition::Actor kMarketingManager{"MM1", common::v1::ROLE_MARKETING_MANAGER};
const partition::Actor kAuditor{"U1", common::v1::ROLE_AUDITOR};

class InspectionQueries : public ::testing::Test {
 protected:
  absl::StatusOr<tmi::GetInspectionResponse> Get(const partition::Actor& caller, const std::string& id) {
    Project(county_, view_);
    return GetInspection(view_, caller, InspectionCounty::Of<tmi::GetInspectionRequest>(id));
  }
  tmi::ListInspectionsResponse Page(const partition::Actor& caller,
                                    tmi::ListInspectionsRequest request = {}) {
    Project(county_, view_);
    request.set_county_code(ThreeMemberCounty::kCode);
    const auto response = ListInspections(view_, caller, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(tmi::ListInspectionsResponse());
  }
  std::vector<std::string> List(const partition::Actor& caller,
                                const tmi::ListInspectionsRequest& request = {}) {
    const tmi::ListInspectionsResponse page = Page(caller, request);
    std::vector<std::string> ids;
    for (const tmi::Inspection& inspection : page.inspections()) ids.push_back(inspection.inspection_id());
    return ids;
  }
  static tmi::PlanInspectionRequest Unannounced() {
    auto request = InspectionCounty::PlanRequest();
    request.set_unannounced(true);
    return request;
  }

  InspectionCounty county_;
  MemoryView view_;
};

TEST_F(InspectionQueries, AnUnannouncedPlanIsHiddenFromTheShopAndItsManagersUntilItHasBegun) {
  const std::string id = county_.Dispatched(Unannounced());
  for (const partition::Actor& outside : {kShop, kAccountManager, kMarketingManager}) {
    EXPECT_TRUE(absl::IsNotFound(Get(outside, id).status())) << outside.id;
    tmi::ListInspectionsRequest of_shop;
    of_shop.set_licence(kShop.id);
    EXPECT_THAT(List(outside, of_shop), IsEmpty()) << outside.id;
  }
  for (const partition::Actor& knows :
       {ThreeMemberCounty::Inspector("I1"), ThreeMemberCounty::Inspector("I3"), ThreeMemberCounty::Head("H1"),
        kCountyManager, kAuditor}) {
    EXPECT_TRUE(Get(knows, id).ok()) << knows.id;
  }
  county_.CheckIn(id, "I1");
  county_.CheckIn(id, "I2");
  EXPECT_FALSE(Get(kShop, id).ok());
  county_.Begin(id);
  for (const partition::Actor& outside : {kShop, kAccountManager, kMarketingManager}) {
    EXPECT_TRUE(Get(outside, id).ok()) << outside.id;
  }
}

TEST_F(InspectionQueries, NotEvenThePageTokenTellsTheShopOfAnUnannouncedPlan) {
  const std::string announced = county_.Planned(InspectionCounty::PlanRequest(kShop.id, "2019-08-06"));
  for (const char* day : {"2019-08-07", "2019-08-08"}) {
    auto hidden = InspectionCounty::PlanRequest(kShop.id, day);
    hidden.set_unannounced(true);
    ASSERT_THAT(county_.Plan(hidden).refusals, IsEmpty());
  }
  tmi::ListInspectionsRequest request;
  request.set_page_size(1);
  request.set_licence(kShop.id);
  for (const partition::Actor& outside : {kShop, kAccountManager}) {
    const tmi::ListInspectionsResponse page = Page(outside, request);
    ASSERT_THAT(page.inspections(), SizeIs(1)) << outside.id;
    EXPECT_EQ(page.inspections(0).inspection_id(), announced);
    EXPECT_EQ(page.next_page_token(), "") << outside.id;
  }
}

TEST_F(InspectionQueries, AMissedUnannouncedOneStaysHidden) {
  const std::string id = county_.Dispatched(Unannounced());
  county_.Tick(AtTime("2019-08-05 20:00"));
  EXPECT_TRUE(absl::IsNotFound(Get(kShop, id).status()));
  EXPECT_EQ(Get(kCountyManager, id)->inspection().state(), tmi::INSPECTION_STATE_MISSED);
}

TEST_F(InspectionQueries, TheShopSeesTheResultButNotWhoWhyOrThatAClueCameOfIt) {
  const std::string id = county_.Recorded();
  auto deal = InspectionCounty::Educate();
  deal.mutable_clue()->set_type(tmi::CLUE_TYPE_OFF_CHANNEL);
  deal.mutable_clue()->set_grade(tmi::CLUE_GRADE_B);
  county_.Deal(id, ThreeMemberCounty::Inspector("I1"), deal);
  for (const partition::Actor& outside : {kShop, kAccountManager}) {
    const auto response = Get(outside, id);
    ASSERT_TRUE(response.ok()) << outside.id;
    const tmi::Inspection& seen = response->inspection();
    EXPECT_EQ(seen.result(), tmi::INSPECTION_RESULT_ABNORMAL);
    EXPECT_THAT(seen.measures(), ElementsAre(tmi::INSPECTION_MEASURE_EDUCATION));
    EXPECT_THAT(seen.clue_ids(), IsEmpty());
    EXPECT_EQ(seen.reason(), tmi::ANALYSIS_REASON_UNSPECIFIED);
    EXPECT_FALSE(seen.has_analysis());
    EXPECT_FALSE(seen.has_finding());
    EXPECT_THAT(seen.officer_ids(), IsEmpty());
    EXPECT_THAT(seen.check_ins(), IsEmpty());
    EXPECT_EQ(seen.SerializeAsString().find("I1"), std::string::npos);
  }
  const auto officer = Get(ThreeMemberCounty::Inspector("I1"), id);
  ASSERT_TRUE(officer.ok());
  EXPECT_TRUE(officer->inspection().has_finding());
  EXPECT_THAT(officer->inspection().clue_ids(), SizeIs(1));
}

TEST_F(InspectionQueries, OtherShopsOtherManagersOtherSquadsAndKinSeeNothing) {
  county_.AddStaff("A2", common::v1::ROLE_ACCOUNT_MANAGER, "DEPT1");
  const std::string id = county_.Recorded();
  county_.AddStaff("I3", common::v1::ROLE_INSPECTOR, "SQ1", {kShop.id});
  for (const partition::Actor& none :
       {partition::Actor{ThreeMemberCounty::Shop(2), common::v1::ROLE_RETAILER},
        partition::Actor{"A2", common::v1::ROLE_ACCOUNT_MANAGER}, ThreeMemberCounty::Inspector("I4"),
        ThreeMemberCounty::Head("H2"), ThreeMemberCounty::Inspector("I3"), kDeliverer}) {
    EXPECT_TRUE(absl::IsNotFound(Get(none, id).status())) << none.id;
    EXPECT_THAT(List(none), ::testing::Not(::testing::Contains(id))) << none.id;
  }
}

TEST_F(InspectionQueries, ListsAreFilteredAndPaged) {
  const std::string one = county_.Recorded();
  county_.Drawn(4, "2019-08-12", "2019-08-12");
  tmi::ListInspectionsRequest request;
  request.set_result(tmi::INSPECTION_RESULT_ABNORMAL);
  EXPECT_THAT(List(kCountyManager, request), ElementsAre(one));
  request.Clear();
  request.set_state(tmi::INSPECTION_STATE_RECORDED);
  request.set_squad_id("SQ1");
  request.set_licence(kShop.id);
  request.set_plan_id(county_.plan().plan_id());
  EXPECT_THAT(List(kCountyManager, request), ElementsAre(one));
  request.set_squad_id("SQ2");
  EXPECT_THAT(List(kCountyManager, request), IsEmpty());
  request.Clear();
  request.set_from_date("2019-08-05");
  request.set_to_date("2019-08-05");
  EXPECT_THAT(List(kCountyManager, request), ElementsAre(one));
  request.Clear();
  request.set_overdue_only(true);
  EXPECT_THAT(List(kCountyManager, request), IsEmpty());
  const size_t all = List(kCountyManager).size();
  request.Clear();
  request.set_page_size(2);
  size_t seen = 0;
  do {
    const tmi::ListInspectionsResponse page = Page(kCountyManager, request);
    EXPECT_LE(page.inspections_size(), 2);
    seen += static_cast<size_t>(page.inspections_size());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, all);
}

TEST_F(InspectionQueries, ListsShowNoTexts) {
  county_.Recorded();
  const tmi::ListInspectionsResponse page = Page(kCountyManager);
  ASSERT_FALSE(page.inspections().empty());
  for (const tmi::Inspection& inspection : page.inspections()) {
    EXPECT_EQ(inspection.analysis().text(), "");
    EXPECT_EQ(inspection.finding().text(), "");
  }
}

TEST_F(InspectionQueries, APlanIsItsSquadsAndTheCountys) {
  county_.Planned();
  county_.Draw(1, "2019-08-29", "2019-08-29", "H2");
  Project(county_, view_);
  tmi::GetInspectionPlanRequest get;
  get.set_county_code(ThreeMemberCounty::kCode);
  get.set_plan_id(county_.plan().plan_id());
  EXPECT_EQ(GetInspectionPlan(view_, ThreeMemberCounty::Inspector("I1"), get)->plan().changes_size(), 2);
  EXPECT_TRUE(absl::IsNotFound(GetInspectionPlan(view_, ThreeMemberCounty::Head("H2"), get).status()));
  tmi::ListInspectionPlansRequest list;
  list.set_county_code(ThreeMemberCounty::kCode);
  list.set_month("2019-08");
  EXPECT_EQ(ListInspectionPlans(view_, kCountyManager, list)->plans_size(), 2);
  EXPECT_EQ(ListInspectionPlans(view_, ThreeMemberCounty::Head("H2"), list)->plans_size(), 1);
  list.set_squad_id("SQ1");
  EXPECT_EQ(ListInspectionPlans(view_, kCountyManager, list)->plans_size(), 1);
  list.set_month("2019-09");
  EXPECT_EQ(ListInspectionPlans(view_, kCountyManager, list)->plans_size(), 0);
}

}  // namespace
}  // namespace sanyuan::testing
