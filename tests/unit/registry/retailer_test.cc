#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/reference/wire_bytes.h"
#include "tests/support/registry_county.h"

namespace sanyuan::registry {
namespace {

using common::v1::ROLE_ACCOUNT_MANAGER;
using common::v1::ROLE_COUNTY_MANAGER;
using common::v1::ROLE_LICENCE_OFFICE;
using common::v1::ROLE_MARKETING_MANAGER;
using common::v1::ROLE_RETAILER;
using common::v1::ROLE_SQUAD_HEAD;
using common::v1::ROLE_SUPPLY_DEPARTMENT;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FieldsOf;
using testing::HashText;
using ::testing::IsEmpty;
using testing::kCounty;
using testing::Licence;
using testing::SealedText;
using ::testing::SizeIs;
using testing::SomeRetailer;

std::string ReceiverId(int retailer, int number) { return fmt::format("{}-{}", Licence(retailer), number); }

class RetailerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(county_.county().status().ok()) << county_.county().status();
    EXPECT_EQ(county_.county().Replayed()->store().StateDigest(),
              county_.county().domain().store().StateDigest());
  }

  template <typename Request>
  partition::Outcome Send(const std::string& actor, common::v1::Role role, Request request) {
    request.set_county_code(kCounty);
    return county_.Send(actor, role, "RetailerService", request);
  }
  partition::Outcome Propose(const std::string& actor, common::v1::Role role, const v1::Profile& profile,
                             const std::vector<std::string>& paths) {
    v1::ProposeProfileChangeRequest request;
    request.set_licence(Licence(1));
    *request.mutable_profile() = profile;
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    return Send(actor, role, request);
  }
  partition::Outcome Decide(const std::string& actor, const std::string& proposal_id, bool approve) {
    v1::DecideProfileChangeRequest request;
    request.set_proposal_id(proposal_id);
    request.set_approve(approve);
    request.set_why("checked on site");
    return Send(actor, ROLE_MARKETING_MANAGER, request);
  }
  static std::string IdOf(const partition::Outcome& outcome) {
    return dynamic_cast<const v1::ProposeProfileChangeResponse&>(*outcome.response).proposal_id();
  }

  testing::RegistryCounty county_;
};

TEST_F(RetailerTest, GoodItemsOfABatchGoInAndBadOnesAreListed) {
  v1::Retailer bad = SomeRetailer(2);
  bad.set_licence("620122100002");
  bad.mutable_profile()->set_route_id("R99");
  bad.mutable_profile()->clear_authorised_receivers();
  const partition::Outcome outcome = county_.Register({SomeRetailer(1), bad, SomeRetailer(3)});
  const v1::BatchResult& result = county_.ResultOf(outcome);
  EXPECT_THAT(outcome.events, SizeIs(2));
  EXPECT_EQ(result.registered(), 2);
  ASSERT_EQ(result.refused_size(), 1);
  EXPECT_EQ(result.refused(0).index(), 1);
  EXPECT_THAT(FieldsOf(result.refused(0)), ElementsAre("LICENCE_FORMAT retailers[1].licence",
                                                       "ROUTE_UNKNOWN retailers[1].profile.route_id"));
}

TEST_F(RetailerTest, RegisteringTheSameAgainChangesNothing) {
  county_.Register({SomeRetailer(1)});
  const partition::Outcome again = county_.Register({SomeRetailer(1), SomeRetailer(1)});
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_EQ(county_.ResultOf(again).unchanged(), 2);
  v1::Retailer other = SomeRetailer(1);
  other.mutable_profile()->set_stop_number(7);
  const partition::Outcome refused = county_.Register({other});
  ASSERT_EQ(county_.ResultOf(refused).refused_size(), 1);
  EXPECT_EQ(county_.ResultOf(refused).refused(0).refusals(0).detail(), "profile.stop_number");
}

TEST_F(RetailerTest, ALicenceThatIsInABatchTwiceIsRegisteredOnce) {
  v1::Retailer other = SomeRetailer(1);
  other.mutable_profile()->set_stop_number(7);
  const partition::Outcome outcome = county_.Register({SomeRetailer(1), SomeRetailer(1), other});
  EXPECT_THAT(outcome.events, SizeIs(1));
  EXPECT_EQ(county_.ResultOf(outcome).unchanged(), 1);
  EXPECT_EQ(county_.ResultOf(outcome).refused_size(), 1);
}

TEST_F(RetailerTest, WhatIsRegisteredComesBackFieldByField) {
  v1::Retailer retailer = SomeRetailer(1);
  v1::PickupAgreement& pickup = *retailer.mutable_profile()->mutable_pickup_agreement();
  pickup.set_agreement_id("PA-7");
  pickup.set_latitude_e6(36'700'000);
  pickup.set_longitude_e6(103'300'000);
  pickup.set_valid_from("2019-01-01");
  retailer.mutable_cannot_order()->set_reason(v1::CANNOT_ORDER_REASON_ILLNESS);
  retailer.mutable_cannot_order()->set_until("2019-07-20");
  retailer.mutable_licence_record()->set_address(SealedText("street"));
  county_.Register({retailer});
  retailer.set_county_code(kCounty);
  retailer.mutable_supervision()->set_mode(v1::SUPERVISION_MODE_AM_CO_MANAGED);
  EXPECT_THAT(reference::ChangedPaths(retailer, county_.Standing(Licence(1)), 4), IsEmpty());
}

TEST_F(RetailerTest, PersonalDataInTheClearNeverReachesTheJournal) {
  v1::Retailer retailer = SomeRetailer(1);
  retailer.mutable_licence_record()->set_licensee("马小梅");
  retailer.mutable_profile()->set_phone("13800000000");
  retailer.mutable_profile()->set_pin_hash("1234");
  retailer.mutable_profile()->mutable_authorised_receivers(0)->set_name("马小龙");
  const partition::Outcome outcome = county_.Register({retailer});
  EXPECT_THAT(outcome.events, IsEmpty());
  EXPECT_THAT(FieldsOf(county_.ResultOf(outcome).refused(0)),
              ElementsAre("NOT_SEALED retailers[0].licence_record.licensee",
                          "NOT_SEALED retailers[0].profile.phone", "NOT_SEALED retailers[0].profile.pin_hash",
                          "NOT_SEALED retailers[0].profile.authorised_receivers[0].name"));
}

TEST_F(RetailerTest, PersonalDataIsNoPartOfTheBusinessDigest) {
  testing::RegistryCounty other;
  county_.Register({SomeRetailer(1)});
  v1::Retailer resealed = SomeRetailer(1);
  resealed.mutable_licence_record()->set_licensee(SealedText("with another key"));
  resealed.mutable_profile()->set_pin_hash(HashText("with another key"));
  other.Register({resealed});
  auto& store = county_.county().domain().store();
  auto& other_store = other.county().domain().store();
  EXPECT_EQ(store.BusinessDigests(), other_store.BusinessDigests());
  EXPECT_NE(store.StateDigest(), other_store.StateDigest());
}

TEST_F(RetailerTest, AShopHasAtMostTwoAuthorisedReceiversOfItsOwnLicence) {
  v1::Retailer crowded = SomeRetailer(1);
  for (const int number : {2, 3}) {
    crowded.mutable_profile()->add_authorised_receivers()->set_receiver_id(ReceiverId(1, number));
  }
  v1::Retailer foreign = SomeRetailer(2);
  foreign.mutable_profile()->mutable_authorised_receivers(0)->set_receiver_id(ReceiverId(1, 1));
  const partition::Outcome outcome = county_.Register({crowded, foreign});
  const v1::BatchResult& result = county_.ResultOf(outcome);
  ASSERT_EQ(result.refused_size(), 2);
  EXPECT_THAT(FieldsOf(result.refused(0)),
              ElementsAre("INVALID_FIELD retailers[0].profile.authorised_receivers"));
  EXPECT_THAT(FieldsOf(result.refused(1)),
              ElementsAre("INVALID_FIELD retailers[1].profile.authorised_receivers[0].receiver_id"));
}

TEST_F(RetailerTest, AnUnknownCountyAndABatchOfNoneAreRefusedAtOnce) {
  v1::RegisterRetailersRequest request;
  request.set_county_code("620199");
  EXPECT_THAT(FieldsOf(county_.Send("LO1", ROLE_LICENCE_OFFICE, "RetailerService", request).refusals),
              ElementsAre("BATCH_SIZE retailers", "COUNTY_UNKNOWN county_code"));
}

TEST_F(RetailerTest, BeforeTheFormatsAreReadNothingIsDecided) {
  testing::Decider<RegistryDomain> fresh;
  v1::CountyAdopted adopted;
  std::vector<partition::EventPtr> events;
  auto event = std::make_unique<v1::Event>();
  event->mutable_county_adopted()->mutable_county()->set_code(kCounty);
  events.push_back(std::move(event));
  fresh.Fold(events, fresh.StampNow());
  v1::RegisterRetailersRequest request;
  request.set_county_code(kCounty);
  *request.add_retailers() = SomeRetailer(1);
  const partition::Outcome outcome = fresh.Send(
      {"LO1", ROLE_LICENCE_OFFICE}, "/sanyuan.registry.v1.RetailerService/RegisterRetailers", request);
  EXPECT_FALSE(outcome.not_ready.empty());
  EXPECT_FALSE(outcome.refused());
}

TEST_F(RetailerTest, LicenceFieldsComeOnlyFromTheLicenceOffice) {
  county_.Register({SomeRetailer(1)});
  v1::ChangeLicenceRequest request;
  request.set_licence(Licence(1));
  *request.mutable_licence_record() = SomeRetailer(1).licence_record();
  request.mutable_licence_record()->set_status(v1::LICENCE_STATUS_SUSPENDED);
  request.set_reason("case 17");
  const partition::Outcome forbidden = Send("AM1", ROLE_ACCOUNT_MANAGER, request);
  EXPECT_THAT(FieldsOf(forbidden.refusals), ElementsAre("FORBIDDEN_ACTION "));
  ASSERT_THAT(forbidden.events, SizeIs(1));
  EXPECT_EQ(county_.EventOf(forbidden).forbidden_action_attempted().licence(), Licence(1));
  EXPECT_EQ(county_.Standing(Licence(1)).licence_record().status(), v1::LICENCE_STATUS_ACTIVE);

  const partition::Outcome done = Send("LO1", ROLE_LICENCE_OFFICE, request);
  ASSERT_THAT(done.events, SizeIs(1));
  EXPECT_THAT(county_.EventOf(done).retailer_changed().changed_fields(),
              ElementsAre("licence_record.status"));
  EXPECT_THAT(Send("LO1", ROLE_LICENCE_OFFICE, request).events, IsEmpty());
}

TEST_F(RetailerTest, ACancelledLicenceStaysCancelled) {
  county_.Register({SomeRetailer(1)});
  v1::ChangeLicenceRequest request;
  request.set_licence(Licence(1));
  *request.mutable_licence_record() = SomeRetailer(1).licence_record();
  request.mutable_licence_record()->set_status(v1::LICENCE_STATUS_CANCELLED);
  Send("LO1", ROLE_LICENCE_OFFICE, request);
  request.mutable_licence_record()->set_status(v1::LICENCE_STATUS_ACTIVE);
  EXPECT_THAT(FieldsOf(Send("LO1", ROLE_LICENCE_OFFICE, request).refusals),
              ElementsAre("WRONG_STATE licence"));
}

TEST_F(RetailerTest, ACorrectionTakesEffectWhenAnotherPersonApprovesIt) {
  county_.Register({SomeRetailer(1)});
  v1::Profile profile;
  profile.set_stop_number(40);
  profile.set_circle(v1::BUSINESS_CIRCLE_TOWNSHIP);
  const partition::Outcome proposed = Propose("AM1", ROLE_ACCOUNT_MANAGER, profile, {"stop_number"});
  ASSERT_THAT(proposed.events, SizeIs(1));
  EXPECT_EQ(county_.Standing(Licence(1)).profile().stop_number(), 1);
  const partition::Outcome approved = Decide("MM1", IdOf(proposed), true);
  ASSERT_THAT(approved.events, SizeIs(2));
  EXPECT_THAT(county_.EventOf(approved, 1).retailer_changed().changed_fields(),
              ElementsAre("profile.stop_number"));
  EXPECT_EQ(county_.EventOf(approved, 1).retailer_changed().proposal_id(), IdOf(proposed));
  EXPECT_EQ(county_.Standing(Licence(1)).profile().stop_number(), 40);
  EXPECT_EQ(county_.Standing(Licence(1)).profile().circle(), v1::BUSINESS_CIRCLE_UNSPECIFIED);
}

TEST_F(RetailerTest, NobodyApprovesTheOwnProposal) {
  county_.Register({SomeRetailer(1)});
  v1::Profile profile;
  profile.set_stop_number(40);
  const std::string id = IdOf(Propose("MM1", ROLE_MARKETING_MANAGER, profile, {"stop_number"}));
  EXPECT_THAT(FieldsOf(Decide("MM1", id, true).refusals), ElementsAre("FOUR_EYES proposal_id"));
  EXPECT_THAT(FieldsOf(Decide("MM1", id, false).refusals), ElementsAre("FOUR_EYES proposal_id"));
}

TEST_F(RetailerTest, ADecidedProposalIsNotDecidedOtherwise) {
  county_.Register({SomeRetailer(1)});
  v1::Profile profile;
  profile.set_stop_number(40);
  const std::string id = IdOf(Propose("AM1", ROLE_ACCOUNT_MANAGER, profile, {"stop_number"}));
  Decide("MM1", id, false);
  EXPECT_EQ(county_.Standing(Licence(1)).profile().stop_number(), 1);
  EXPECT_THAT(Decide("MM1", id, false).events, IsEmpty());
  EXPECT_THAT(FieldsOf(Decide("MM1", id, true).refusals), ElementsAre("WRONG_STATE proposal_id"));
  EXPECT_THAT(FieldsOf(Decide("MM1", "nothing", true).refusals), ElementsAre("PROPOSAL_UNKNOWN proposal_id"));
}

TEST_F(RetailerTest, ARetailerProposesForTheOwnShopAndOnlyOwnThings) {
  county_.Register({SomeRetailer(1), SomeRetailer(2)});
  v1::Profile profile;
  profile.set_phone(SealedText("new"));
  profile.set_phone_hash(HashText("new"));
  profile.set_route_id("R01");
  EXPECT_THAT(FieldsOf(Propose(Licence(2), ROLE_RETAILER, profile, {"phone", "stop_number"}).refusals),
              ElementsAre("NOT_OWN_LICENCE licence", "ROLE_NOT_ALLOWED update_mask.paths[1]"));
  const std::string id = IdOf(Propose(Licence(1), ROLE_RETAILER, profile, {"phone"}));
  Decide("MM1", id, true);
  // The hash goes with the number that it is made of.
  EXPECT_EQ(county_.Standing(Licence(1)).profile().phone(), SealedText("new"));
  EXPECT_EQ(county_.Standing(Licence(1)).profile().phone_hash(), HashText("new"));
}

TEST_F(RetailerTest, AnAccountManagerProposesForTheOwnShopsOnly) {
  county_.Register({SomeRetailer(1)});
  v1::Profile profile;
  profile.set_stop_number(40);
  EXPECT_THAT(FieldsOf(Propose("AM2", ROLE_ACCOUNT_MANAGER, profile, {"stop_number"}).refusals),
              ElementsAre("UNIT_NOT_ALLOWED licence"));
}

TEST_F(RetailerTest, AProposalOfWhatStandsAlreadyIsNothing) {
  county_.Register({SomeRetailer(1)});
  const partition::Outcome outcome =
      Propose("AM1", ROLE_ACCOUNT_MANAGER, SomeRetailer(1).profile(), {"stop_number"});
  EXPECT_THAT(outcome.events, IsEmpty());
  EXPECT_FALSE(outcome.refused());
}

TEST_F(RetailerTest, AMaskNamesFieldsAndNoHashes) {
  county_.Register({SomeRetailer(1)});
  EXPECT_THAT(FieldsOf(Propose("AM1", ROLE_ACCOUNT_MANAGER, {}, {"colour", "phone_hash"}).refusals),
              ElementsAre("INVALID_FIELD update_mask.paths[0]", "INVALID_FIELD update_mask.paths[1]"));
  EXPECT_THAT(FieldsOf(Propose("AM1", ROLE_ACCOUNT_MANAGER, {}, {}).refusals),
              ElementsAre("INVALID_FIELD update_mask"));
}

TEST_F(RetailerTest, AnApprovalIsJudgedAgainstWhatStandsByThen) {
  county_.Register({SomeRetailer(1)});
  v1::RegisterRoutesRequest routes;
  routes.set_county_code(kCounty);
  *routes.add_routes() = testing::SomeRoute("R02");
  county_.Send("CM1", ROLE_COUNTY_MANAGER, "RouteService", routes);
  v1::Profile profile;
  profile.set_route_id("R02");
  const std::string id = IdOf(Propose("AM1", ROLE_ACCOUNT_MANAGER, profile, {"route_id"}));
  v1::ChangeRouteRequest close;
  close.set_county_code(kCounty);
  *close.mutable_route() = testing::SomeRoute("R02");
  close.mutable_route()->set_active(false);
  county_.Send("CM1", ROLE_COUNTY_MANAGER, "RouteService", close);
  EXPECT_THAT(FieldsOf(Decide("MM1", id, true).refusals), ElementsAre("ROUTE_UNKNOWN profile.route_id"));
}

TEST_F(RetailerTest, ManagersHaveNoPowerOverGrades) {
  county_.Register({SomeRetailer(1)});
  v1::GradeRetailersRequest request;
  request.set_version("2019-Q4");
  v1::GradedRetailer& item = *request.add_retailers();
  item.set_licence(Licence(1));
  item.set_grade(3);
  item.set_class_code("RURAL-S");
  item.set_scale(v1::BUSINESS_SCALE_SMALL);
  for (const auto& [actor, role] :
       {std::pair("AM1", ROLE_ACCOUNT_MANAGER), std::pair("MM1", ROLE_MARKETING_MANAGER)}) {
    const partition::Outcome outcome = Send(actor, role, request);
    EXPECT_THAT(FieldsOf(outcome.refusals), ElementsAre("FORBIDDEN_ACTION "));
    EXPECT_EQ(county_.EventOf(outcome).forbidden_action_attempted().actor_id(), actor);
  }
  EXPECT_EQ(county_.Standing(Licence(1)).grading().grade(), 12);
  EXPECT_EQ(county_.ResultOf(Send("SD1", ROLE_SUPPLY_DEPARTMENT, request)).registered(), 1);
  EXPECT_EQ(county_.Standing(Licence(1)).grading().grade(), 3);
  EXPECT_EQ(county_.ResultOf(Send("SD1", ROLE_SUPPLY_DEPARTMENT, request)).unchanged(), 1);
}

TEST_F(RetailerTest, GradesAreJudgedShopByShop) {
  county_.Register({SomeRetailer(1)});
  v1::GradeRetailersRequest request;
  request.set_version("2019-Q4");
  for (const auto& [number, grade] : {std::pair(1, 31), std::pair(2, 0)}) {
    v1::GradedRetailer& item = *request.add_retailers();
    item.set_licence(Licence(number));
    item.set_grade(grade);
    item.set_scale(v1::BUSINESS_SCALE_SMALL);
  }
  const partition::Outcome outcome = Send("SD1", ROLE_SUPPLY_DEPARTMENT, request);
  EXPECT_THAT(FieldsOf(county_.ResultOf(outcome).refused(0)),
              ElementsAre("INVALID_FIELD retailers[0].grade"));
  EXPECT_THAT(FieldsOf(county_.ResultOf(outcome).refused(1)),
              ElementsAre("INVALID_FIELD retailers[1].grade", "LICENCE_UNKNOWN retailers[1].licence"));
}

TEST_F(RetailerTest, ALargeRetailerIsAlwaysUnderInspectors) {
  county_.Register({SomeRetailer(1)});
  v1::AssignSupervisionRequest request;
  v1::SupervisedRetailer& item = *request.add_retailers();
  item.set_licence(Licence(1));
  item.set_mode(v1::SUPERVISION_MODE_AM_CO_MANAGED);
  item.set_large(true);
  const partition::Outcome refused = Send("SH1", ROLE_SQUAD_HEAD, request);
  EXPECT_THAT(FieldsOf(county_.ResultOf(refused).refused(0)), ElementsAre("WRONG_STATE retailers[0].mode"));
  item.set_mode(v1::SUPERVISION_MODE_INSPECTOR_KEY);
  EXPECT_THAT(Send("SH1", ROLE_SQUAD_HEAD, request).events, SizeIs(1));
  EXPECT_TRUE(county_.Standing(Licence(1)).supervision().large());
}

TEST_F(RetailerTest, TheExceptionListIsForAtMostThreeOrderCycles) {
  county_.Register({SomeRetailer(1)});
  v1::MarkCannotOrderRequest request;
  request.set_licence(Licence(1));
  request.mutable_cannot_order()->set_reason(v1::CANNOT_ORDER_REASON_OUTAGE);
  request.mutable_cannot_order()->set_until("2019-07-23");
  const partition::Outcome refused = Send("MM1", ROLE_MARKETING_MANAGER, request);
  ASSERT_THAT(FieldsOf(refused.refusals), ElementsAre("EXCEPTION_TOO_LONG cannot_order.until"));
  EXPECT_EQ(refused.refusals[0].limit(), 21);
  EXPECT_EQ(refused.refusals[0].value(), 22);
  request.mutable_cannot_order()->set_until("2019-07-22");
  EXPECT_THAT(Send("MM1", ROLE_MARKETING_MANAGER, request).events, SizeIs(1));
  EXPECT_TRUE(county_.Standing(Licence(1)).has_cannot_order());
  request.clear_cannot_order();
  EXPECT_THAT(Send("MM1", ROLE_MARKETING_MANAGER, request).events, SizeIs(1));
  EXPECT_FALSE(county_.Standing(Licence(1)).has_cannot_order());
}

TEST_F(RetailerTest, AForgottenRetailerLeavesNoPersonalDataAndNeverComesBack) {
  county_.Register({SomeRetailer(1)});
  v1::ForgetPersonRequest forget;
  forget.set_county_code(kCounty);
  forget.set_person(Licence(1));
  EXPECT_THAT(FieldsOf(county_.Send("LO1", ROLE_LICENCE_OFFICE, "OrganisationService", forget).refusals),
              ElementsAre("WRONG_STATE person"));
  v1::ChangeLicenceRequest cancel;
  cancel.set_licence(Licence(1));
  *cancel.mutable_licence_record() = SomeRetailer(1).licence_record();
  cancel.mutable_licence_record()->set_status(v1::LICENCE_STATUS_CANCELLED);
  Send("LO1", ROLE_LICENCE_OFFICE, cancel);
  const partition::Outcome forgotten =
      county_.Send("LO1", ROLE_LICENCE_OFFICE, "OrganisationService", forget);
  ASSERT_THAT(forgotten.events, SizeIs(1));
  EXPECT_THAT(county_.EventOf(forgotten).person_forgotten().keys(),
              ElementsAre(Licence(1), ReceiverId(1, 1)));
  EXPECT_THAT(county_.Send("LO1", ROLE_LICENCE_OFFICE, "OrganisationService", forget).events, IsEmpty());
  const v1::Retailer standing = county_.Standing(Licence(1));
  EXPECT_TRUE(standing.forgotten());
  EXPECT_EQ(standing.licence_record().licensee(), "");
  EXPECT_EQ(standing.profile().card_id(), "CARD000001");
  const partition::Outcome again = county_.Register({SomeRetailer(1)});
  EXPECT_THAT(FieldsOf(county_.ResultOf(again).refused(0)), Contains("ALREADY_EXISTS retailers[0]"));
}

TEST_F(RetailerTest, AStaffIdIsNoLicenceAndALicenceNoStaffId) {
  county_.Register({SomeRetailer(1)});
  v1::RegisterStaffRequest staff;
  staff.set_county_code(kCounty);
  *staff.add_staff() = testing::SomeStaff(Licence(1), ROLE_ACCOUNT_MANAGER);
  *staff.add_staff() = testing::SomeStaff(Licence(2), ROLE_ACCOUNT_MANAGER);
  const partition::Outcome outcome = county_.Send("CM1", ROLE_COUNTY_MANAGER, "OrganisationService", staff);
  EXPECT_THAT(FieldsOf(county_.ResultOf(outcome).refused(0)),
              ElementsAre("ALREADY_EXISTS staff[0].staff_id"));
  EXPECT_EQ(county_.ResultOf(outcome).registered(), 1);
  const partition::Outcome retailers = county_.Register({SomeRetailer(2)});
  EXPECT_THAT(FieldsOf(county_.ResultOf(retailers).refused(0)),
              ElementsAre("ALREADY_EXISTS retailers[0].licence"));
}

TEST_F(RetailerTest, ABatchThatWouldNotFitADecisionIsRefusedWhole) {
  std::vector<v1::Retailer> retailers;
  for (int i = 1; i <= 500; ++i) {
    retailers.push_back(SomeRetailer(i));
    retailers.back().mutable_licence_record()->set_address(SealedText("x") + std::string(1000, 'A'));
  }
  const partition::Outcome outcome = county_.Register(retailers);
  EXPECT_THAT(FieldsOf(outcome.refusals), ElementsAre("TOO_LARGE retailers"));
  EXPECT_THAT(outcome.events, IsEmpty());
}

TEST_F(RetailerTest, ACountyOfTwentyTwoHundredShopsIsLoadedInFiveCalls) {
  int registered = 0;
  for (int first = 1; first <= 2200; first += 440) {
    std::vector<v1::Retailer> retailers;
    for (int i = first; i < first + 440; ++i) retailers.push_back(SomeRetailer(i));
    registered += county_.ResultOf(county_.Register(retailers)).registered();
  }
  EXPECT_EQ(registered, 2200);
}

}  // namespace
}  // namespace sanyuan::registry
