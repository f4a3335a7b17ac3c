#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/registry_county.h"

namespace sanyuan::registry {
namespace {

using common::v1::ROLE_ACCOUNT_MANAGER;
using common::v1::ROLE_COUNTY_MANAGER;
using ::testing::ElementsAre;
using testing::FieldsOf;
using ::testing::IsEmpty;
using testing::kCounty;
using testing::kCountyNumber;
using testing::SealedText;
using ::testing::SizeIs;
using testing::SomeRoute;
using testing::SomeStaff;

class OrganisationTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(county_.county().status().ok()) << county_.county().status();
    const Digest digest = county_.county().domain().store().StateDigest();
    EXPECT_EQ(county_.county().Replayed()->store().StateDigest(), digest);
    RegistryDomain loaded;
    EXPECT_TRUE(loaded.store().Load(county_.county().domain().store().Capture().Encode()).ok());
    EXPECT_EQ(loaded.store().StateDigest(), digest);
  }

  template <typename Request>
  partition::Outcome Send(const std::string& service, Request request, const std::string& actor = "CM1") {
    request.set_county_code(kCounty);
    return county_.Send(actor, ROLE_COUNTY_MANAGER, service, request);
  }
  partition::Outcome Register(const v1::Staff& staff) {
    v1::RegisterStaffRequest request;
    *request.add_staff() = staff;
    return Send("OrganisationService", request);
  }
  partition::Outcome Change(const v1::Staff& staff, const std::string& actor = "CM1") {
    v1::ChangeStaffRequest request;
    *request.mutable_staff() = staff;
    return Send("OrganisationService", request, actor);
  }
  partition::Outcome Register(const v1::Route& route) {
    v1::RegisterRoutesRequest request;
    *request.add_routes() = route;
    return Send("RouteService", request);
  }
  partition::Outcome Sign(const std::string& actor, const std::string& staff_id, const std::string& version) {
    v1::SignCommitmentRequest request;
    request.set_staff_id(staff_id);
    request.set_version(version);
    request.set_document_sha256(std::string(32, 'x'));
    request.set_county_code(kCounty);
    return county_.Send(actor, ROLE_ACCOUNT_MANAGER, "OrganisationService", request);
  }
  const StaffRow& Row(const std::string& staff_id) {
    return *county_.county().domain().state().staff.Find({kCountyNumber, Code(staff_id)});
  }

  testing::RegistryCounty county_;
};

TEST_F(OrganisationTest, ATerritoryBelongsToADepartment) {
  v1::RegisterOrgUnitsRequest request;
  const auto add = [&request](const char* id, v1::UnitLevel level, const char* parent) {
    v1::OrgUnit& unit = *request.add_units();
    unit.set_unit_id(id);
    unit.set_level(level);
    unit.set_parent_id(parent);
    unit.set_name("unit");
    unit.set_valid_from("2019-01-01");
  };
  add("T2", v1::UNIT_LEVEL_TERRITORY, "D1");
  add("T3", v1::UNIT_LEVEL_TERRITORY, "S1");
  add("T4", v1::UNIT_LEVEL_TERRITORY, "");
  add("X1", v1::UNIT_LEVEL_CITY, "");
  add("S2", v1::UNIT_LEVEL_SQUAD, "D9");
  const partition::Outcome outcome = Send("OrganisationService", request);
  const v1::BatchResult& result = county_.ResultOf(outcome);
  EXPECT_EQ(result.registered(), 1);
  ASSERT_EQ(result.refused_size(), 4);
  EXPECT_THAT(FieldsOf(result.refused(0)), ElementsAre("UNIT_LEVEL units[1].parent_id"));
  EXPECT_THAT(FieldsOf(result.refused(1)), ElementsAre("UNIT_LEVEL units[2].parent_id"));
  EXPECT_THAT(FieldsOf(result.refused(2)), ElementsAre("UNIT_LEVEL units[3].level"));
  EXPECT_THAT(FieldsOf(result.refused(3)), ElementsAre("ORG_UNKNOWN units[4].parent_id"));
}

TEST_F(OrganisationTest, AUnitIsNeverBelowItselfAndKeepsItsLevel) {
  v1::ChangeOrgUnitRequest request;
  v1::OrgUnit& unit = *request.mutable_unit();
  unit.set_unit_id("D1");
  unit.set_level(v1::UNIT_LEVEL_SQUAD);
  unit.set_parent_id("T1");
  unit.set_name("unit");
  unit.set_valid_from("2019-01-01");
  EXPECT_THAT(FieldsOf(Send("OrganisationService", request).refusals),
              ElementsAre("WRONG_STATE unit.level", "WRONG_STATE unit.parent_id"));
  unit.set_level(v1::UNIT_LEVEL_DEPT);
  unit.set_parent_id("");
  unit.set_name("renamed");
  EXPECT_THAT(Send("OrganisationService", request).events, SizeIs(1));
  EXPECT_THAT(Send("OrganisationService", request).events, IsEmpty());
}

TEST_F(OrganisationTest, StaffNeedAUnitAndAStaffRole) {
  v1::Staff staff = SomeStaff("X1", common::v1::ROLE_RETAILER);
  staff.set_unit_id("D9");
  staff.set_valid_to("2018-12-31");
  EXPECT_THAT(FieldsOf(county_.ResultOf(Register(staff)).refused(0)),
              ElementsAre("INVALID_FIELD staff[0].role", "ORG_UNKNOWN staff[0].unit_id",
                          "INVALID_FIELD staff[0].valid_to"));
}

TEST_F(OrganisationTest, ANameInTheClearIsRefused) {
  v1::Staff staff = SomeStaff("X1", ROLE_ACCOUNT_MANAGER);
  staff.set_name("马建国");
  EXPECT_THAT(FieldsOf(county_.ResultOf(Register(staff)).refused(0)),
              ElementsAre("NOT_SEALED staff[0].name"));
}

TEST_F(OrganisationTest, NobodyChangesTheOwnRecord) {
  v1::Staff staff = SomeStaff("CM1", ROLE_COUNTY_MANAGER);
  staff.set_unit_id("S1");
  EXPECT_THAT(FieldsOf(Change(staff).refusals), ElementsAre("FOUR_EYES staff.staff_id"));
  EXPECT_THAT(Change(staff, "CM2").events, SizeIs(1));
}

TEST_F(OrganisationTest, AChangeOfTheRecordLeavesTheCommitment) {
  Sign("AM1", "AM1", "letter-1");
  v1::Staff staff = SomeStaff("AM1", ROLE_ACCOUNT_MANAGER);
  staff.add_relatives_licences("620121100009");
  staff.mutable_commitment()->set_version("letter-9");
  const partition::Outcome changed = Change(staff);
  ASSERT_THAT(changed.events, SizeIs(1));
  EXPECT_THAT(county_.EventOf(changed).staff_changed().changed_fields(), ElementsAre("relatives_licences"));
  EXPECT_EQ(Row("AM1").commitment_version, "letter-1");
}

TEST_F(OrganisationTest, TheLetterIsSignedByThePersonAndInItsCurrentVersion) {
  EXPECT_THAT(FieldsOf(Sign("AM2", "AM1", "letter-0").refusals),
              ElementsAre("NOT_ASSIGNED_TO_CALLER staff_id", "COMMITMENT_NOT_SIGNED version"));
  EXPECT_EQ(Row("AM1").commitment_version, "");
  EXPECT_THAT(Sign("AM1", "AM1", "letter-1").events, SizeIs(1));
  EXPECT_EQ(Row("AM1").commitment_version, "letter-1");
  EXPECT_EQ(Row("AM1").commitment_signed_at, testing::RegistryNow());
  EXPECT_THAT(Sign("AM1", "AM1", "letter-1").events, IsEmpty());
}

TEST_F(OrganisationTest, SomebodyWhoWorksHereIsNotForgotten) {
  v1::ForgetPersonRequest forget;
  forget.set_person("AM2");
  EXPECT_THAT(FieldsOf(Send("OrganisationService", forget).refusals), ElementsAre("WRONG_STATE person"));
  v1::Staff staff = SomeStaff("AM2", ROLE_ACCOUNT_MANAGER);
  staff.set_active(false);
  Change(staff);
  EXPECT_THAT(Send("OrganisationService", forget).events, SizeIs(1));
  EXPECT_TRUE(Row("AM2").forgotten);
  EXPECT_EQ(county_.county().domain().state().staff_private.Find({kCountyNumber, Code("AM2")}), nullptr);
  staff.set_active(true);
  EXPECT_THAT(FieldsOf(Change(staff).refusals), ElementsAre("PERSON_FORGOTTEN staff.staff_id"));
  forget.set_person("NOBODY");
  EXPECT_THAT(FieldsOf(Send("OrganisationService", forget).refusals), ElementsAre("NOT_FOUND person"));
}

TEST_F(OrganisationTest, ARouteHasADepotACrewOfDeliveryStaffAndTheWeekdayOfItsFirstDay) {
  v1::Route route = SomeRoute("R02");
  route.set_depot_unit_id("S1");
  route.set_crew_staff_ids(0, "AM1");
  route.add_crew_staff_ids("DS9");
  route.set_order_weekday(3);
  route.set_cycle_weeks(3);
  EXPECT_THAT(FieldsOf(county_.ResultOf(Register(route)).refused(0)),
              ElementsAre("UNIT_LEVEL routes[0].depot_unit_id", "INVALID_FIELD routes[0].cycle_weeks",
                          "INVALID_FIELD routes[0].order_weekday", "ROLE_WRONG routes[0].crew_staff_ids[0]",
                          "STAFF_UNKNOWN routes[0].crew_staff_ids[1]"));
}

TEST_F(OrganisationTest, ARouteThatShopsNameIsNotClosed) {
  county_.Register({testing::SomeRetailer(1), testing::SomeRetailer(2)});
  v1::ChangeRouteRequest request;
  *request.mutable_route() = SomeRoute("R01");
  request.mutable_route()->set_active(false);
  const partition::Outcome outcome = Send("RouteService", request);
  ASSERT_THAT(FieldsOf(outcome.refusals), ElementsAre("WRONG_STATE route.active"));
  EXPECT_EQ(outcome.refusals[0].value(), 2);
  *request.mutable_route() = SomeRoute("R01");
  request.mutable_route()->set_cycle_weeks(2);
  EXPECT_THAT(Send("RouteService", request).events, SizeIs(1));
}

TEST_F(OrganisationTest, CountiesAndPoliciesAreCopiedOnceAndOnlyThoseThatAreJudgedBy) {
  const State& state = county_.county().domain().state();
  EXPECT_TRUE(state.counties.Contains({Code("620122")}));
  EXPECT_NE(state.policies.Version("format-2019"), nullptr);
  EXPECT_EQ(state.policies.Version("allocation-2019"), nullptr);
  std::vector<partition::EventPtr> events;
  auto known = std::make_unique<v1::ReferenceEvent>();
  known->mutable_county_registered()->mutable_county()->set_code(kCounty);
  known->mutable_county_registered()->mutable_county()->set_name_zh("county");
  events.push_back(std::move(known));
  for (const char* code : {"620123", "620124", "620125"}) {
    auto fresh = std::make_unique<v1::ReferenceEvent>();
    fresh->mutable_county_registered()->mutable_county()->set_code(code);
    events.push_back(std::move(fresh));
  }
  EXPECT_THAT(county_.county().Receive("registry.reference.journal", events, {}, 1), SizeIs(3));
  EXPECT_THAT(county_.county().Receive("registry.reference.journal", events, {}, 1), IsEmpty());
}

TEST_F(OrganisationTest, CopiesOfTheReferenceAreNoPartOfAnyCountysDigest) {
  county_.Register({testing::SomeRetailer(1)});
  const auto digests = county_.county().domain().store().BusinessDigests();
  ASSERT_THAT(digests, SizeIs(1));
  EXPECT_EQ(digests.begin()->first, kCountyNumber);
}

TEST_F(OrganisationTest, AMethodOrARequestThatIsNotOursIsRefused) {
  partition::Command command;
  command.method = "/sanyuan.registry.v1.RetailerService/GetRetailer";
  command.request = std::make_shared<v1::GetRetailerRequest>();
  EXPECT_THAT(FieldsOf(county_.county().domain().Decide(command, {}).refusals),
              ElementsAre("INVALID_FIELD "));
  command.method = "/sanyuan.registry.v1.RetailerService/RegisterRetailers";
  EXPECT_THAT(FieldsOf(county_.county().domain().Decide(command, {}).refusals),
              ElementsAre("INVALID_FIELD "));
}

}  // namespace
}  // namespace sanyuan::registry
