#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/clock/business_time.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"
#include "tests/support/registry_county.h"

namespace sanyuan::registry {
namespace {

using common::v1::ROLE_ACCOUNT_MANAGER;
using common::v1::ROLE_OPERATOR;
using common::v1::ROLE_SUPPLY_DEPARTMENT;
using ::testing::ElementsAre;
using testing::FieldsOf;
using ::testing::IsEmpty;
using testing::RegistryNow;
using ::testing::SizeIs;

v1::Sku SomeSku(const std::string& code) {
  v1::Sku sku;
  sku.set_sku_code(code);
  sku.set_name("兰州(硬珍品)");
  sku.set_status(v1::SKU_STATUS_LISTED);
  sku.add_prices()->set_valid_from("2019-01-01");
  sku.mutable_prices(0)->set_wholesale_fen(12170);
  sku.add_classes()->set_valid_from("2019-01-01");
  sku.mutable_classes(0)->set_class_code("2");
  return sku;
}

class ReferenceTest : public ::testing::Test {
 protected:
  partition::Outcome Publish(const v1::PolicyVersion& policy) {
    v1::PublishPolicyRequest request;
    *request.mutable_policy() = policy;
    return county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "PolicyService", request);
  }
  v1::PolicyVersion Ordering(const std::string& version, absl::Time from) {
    v1::PolicyVersion policy;
    policy.set_version(version);
    *policy.mutable_effective_from() = reference::ToWireTime(from);
    *policy.mutable_ordering() = reference::StartOrderingPolicy();
    return policy;
  }
  partition::Outcome List(const std::vector<v1::Sku>& skus) {
    v1::RegisterSkusRequest request;
    for (const v1::Sku& sku : skus) *request.add_skus() = sku;
    return county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "ReferenceService", request);
  }
  void DefineClasses() {
    v1::DefinePriceClassesRequest request;
    for (const std::string code : {"1", "2"}) request.add_price_classes()->set_code(code);
    county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "ReferenceService", request);
  }
  const ReferenceState& state() { return county_.reference().domain().state(); }

  testing::RegistryCounty county_;
};

TEST_F(ReferenceTest, APolicyBeginsAfterEveryOneOfItsKind) {
  EXPECT_THAT(FieldsOf(Publish(Ordering("o2", RegistryNow() + absl::Hours(24))).refusals), IsEmpty());
  EXPECT_THAT(FieldsOf(Publish(Ordering("o3", RegistryNow() + absl::Hours(24))).refusals),
              ElementsAre("VERSION_NOT_NEXT policy.effective_from"));
  EXPECT_THAT(FieldsOf(Publish(Ordering("o3", RegistryNow() + absl::Hours(25))).refusals), IsEmpty());
}

TEST_F(ReferenceTest, APolicyIsNeverBroughtInBehindOneThatDecisionsWereJudgedBy) {
  EXPECT_THAT(FieldsOf(Publish(Ordering("o2", RegistryNow() - absl::Microseconds(1))).refusals),
              ElementsAre("NOT_EFFECTIVE policy.effective_from"));
}

TEST_F(ReferenceTest, TheFirstPolicyOfARegionMayBeginInThePast) {
  v1::PolicyVersion policy = Ordering("gansu-1", RegistryNow() - absl::Hours(24 * 365));
  policy.set_county_prefix("62");
  EXPECT_THAT(FieldsOf(Publish(policy).refusals), IsEmpty());
}

TEST_F(ReferenceTest, AVersionThatStandsCanBePublishedAgainButSaysTheSame) {
  const v1::PolicyVersion policy = Ordering("o2", RegistryNow() + absl::Hours(24));
  ASSERT_THAT(Publish(policy).events, SizeIs(1));
  const partition::Outcome again = Publish(policy);
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_FALSE(again.refused());
  v1::PolicyVersion other = policy;
  other.mutable_ordering()->set_grace_seconds(10);
  EXPECT_THAT(FieldsOf(Publish(other).refusals),
              ElementsAre("ALREADY_EXISTS policy.version", "VERSION_NOT_NEXT policy.effective_from"));
}

TEST_F(ReferenceTest, AValueOutOfItsRangeIsRefusedWithItsLimit) {
  v1::PolicyVersion policy = Ordering("o2", RegistryNow() + absl::Hours(24));
  policy.mutable_ordering()->set_max_lines(1001);
  const partition::Outcome outcome = Publish(policy);
  ASSERT_THAT(FieldsOf(outcome.refusals), ElementsAre("INVALID_FIELD policy.ordering.max_lines"));
  EXPECT_EQ(outcome.refusals[0].limit(), 1000);
  EXPECT_EQ(outcome.refusals[0].value(), 1001);
}

TEST_F(ReferenceTest, AnAccountManagerWhoTriesToSetPolicyIsRecorded) {
  v1::PublishPolicyRequest request;
  *request.mutable_policy() = Ordering("o2", RegistryNow() + absl::Hours(24));
  const partition::Outcome outcome = county_.Send("AM1", ROLE_ACCOUNT_MANAGER, "PolicyService", request);
  EXPECT_THAT(FieldsOf(outcome.refusals), ElementsAre("FORBIDDEN_ACTION "));
  ASSERT_THAT(outcome.events, SizeIs(1));
  const auto& event = dynamic_cast<const v1::ReferenceEvent&>(*outcome.events[0]);
  EXPECT_EQ(event.forbidden_action_attempted().actor_id(), "AM1");
  EXPECT_EQ(state().policies.Version("o2"), nullptr);
}

TEST_F(ReferenceTest, ASkuNeedsItsFormatAClassThatIsDefinedAndAPrice) {
  DefineClasses();
  v1::Sku unpriced = SomeSku("620104");
  unpriced.clear_prices();
  v1::Sku unknown_class = SomeSku("620105");
  unknown_class.mutable_classes(0)->set_class_code("9");
  const partition::Outcome outcome = List({SomeSku("620103"), unpriced, unknown_class, SomeSku("62010")});
  const v1::BatchResult& result = county_.ResultOf(outcome);
  EXPECT_EQ(result.registered(), 1);
  ASSERT_EQ(result.refused_size(), 3);
  EXPECT_THAT(FieldsOf(result.refused(0)), ElementsAre("INVALID_FIELD skus[1].prices"));
  EXPECT_THAT(FieldsOf(result.refused(1)), ElementsAre("PRICE_CLASS_UNKNOWN skus[2].classes[0].class_code"));
  EXPECT_THAT(FieldsOf(result.refused(2)), ElementsAre("SKU_FORMAT skus[3].sku_code"));
}

TEST_F(ReferenceTest, ASkuListedTwiceIsOneSkuAndWithOtherContentIsRefused) {
  DefineClasses();
  List({SomeSku("620103")});
  v1::Sku other = SomeSku("620103");
  other.set_key_brand(true);
  const partition::Outcome outcome = List({SomeSku("620103"), other});
  EXPECT_THAT(outcome.events, IsEmpty());
  const v1::BatchResult& result = county_.ResultOf(outcome);
  EXPECT_EQ(result.unchanged(), 1);
  ASSERT_EQ(result.refused_size(), 1);
  EXPECT_EQ(result.refused(0).refusals(0).reason(), common::v1::REASON_ALREADY_EXISTS);
  EXPECT_EQ(result.refused(0).refusals(0).detail(), "key_brand");
}

TEST_F(ReferenceTest, APriceWhoseDayHasComeIsNeverChanged) {
  DefineClasses();
  List({SomeSku("620103")});
  v1::ChangeSkuRequest change;
  *change.mutable_sku() = SomeSku("620103");
  change.mutable_sku()->mutable_prices(0)->set_wholesale_fen(1);
  EXPECT_THAT(FieldsOf(county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "ReferenceService", change).refusals),
              ElementsAre("NOT_EFFECTIVE sku.prices"));
  change.mutable_sku()->mutable_prices(0)->set_wholesale_fen(12170);
  v1::SkuPrice& next = *change.mutable_sku()->add_prices();
  next.set_valid_from("2019-07-01");
  next.set_wholesale_fen(12500);
  EXPECT_THAT(FieldsOf(county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "ReferenceService", change).refusals),
              ElementsAre("NOT_EFFECTIVE sku.prices"));
  next.set_valid_from("2019-07-02");
  EXPECT_THAT(county_.Send("SD1", ROLE_SUPPLY_DEPARTMENT, "ReferenceService", change).events, SizeIs(1));
}

TEST_F(ReferenceTest, ACalendarRevisionLeavesDaysThatAreOverAlone) {
  v1::PublishCalendarRequest publish;
  publish.mutable_calendar()->set_year(2019);
  publish.mutable_calendar()->set_revision(1);
  publish.mutable_calendar()->add_days_off("2019-05-01");
  publish.mutable_calendar()->add_days_off("2019-10-01");
  EXPECT_THAT(county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", publish).events, SizeIs(1));
  EXPECT_THAT(county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", publish).events, IsEmpty());
  publish.mutable_calendar()->set_revision(2);
  publish.mutable_calendar()->set_days_off(0, "2019-05-02");
  EXPECT_THAT(FieldsOf(county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", publish).refusals),
              ElementsAre("NOT_EFFECTIVE calendar"));
  publish.mutable_calendar()->set_days_off(0, "2019-05-01");
  publish.mutable_calendar()->add_days_off("2019-10-02");
  EXPECT_THAT(county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", publish).events, SizeIs(1));
  publish.mutable_calendar()->set_revision(4);
  publish.mutable_calendar()->add_days_off("2019-10-03");
  EXPECT_THAT(FieldsOf(county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", publish).refusals),
              ElementsAre("VERSION_NOT_NEXT calendar.revision"));
}

TEST_F(ReferenceTest, UnitsAboveTheCountyStandInTheirOrder) {
  v1::RegisterReferenceUnitsRequest request;
  const auto add = [&request](const char* id, v1::UnitLevel level, const char* parent) {
    v1::OrgUnit& unit = *request.add_units();
    unit.set_unit_id(id);
    unit.set_level(level);
    unit.set_parent_id(parent);
    unit.set_name("unit");
    unit.set_valid_from("2019-01-01");
  };
  add("CN", v1::UNIT_LEVEL_NATION, "");
  add("62", v1::UNIT_LEVEL_PROVINCE, "CN");
  add("6201", v1::UNIT_LEVEL_CITY, "CN");
  add("X", v1::UNIT_LEVEL_DEPT, "62");
  add("6202", v1::UNIT_LEVEL_CITY, "63");
  const partition::Outcome outcome = county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", request);
  const v1::BatchResult& result = county_.ResultOf(outcome);
  EXPECT_EQ(result.registered(), 2);
  ASSERT_EQ(result.refused_size(), 3);
  EXPECT_THAT(FieldsOf(result.refused(0)), ElementsAre("UNIT_LEVEL units[2].parent_id"));
  EXPECT_THAT(FieldsOf(result.refused(1)),
              ElementsAre("UNIT_LEVEL units[3].level", "UNIT_LEVEL units[3].parent_id"));
  EXPECT_THAT(FieldsOf(result.refused(2)), ElementsAre("ORG_UNKNOWN units[4].parent_id"));
}

TEST_F(ReferenceTest, ACountyCodeHasSixDigits) {
  v1::RegisterCountiesRequest request;
  for (const char* code : {"000000", "62012", "6201211", "62012x", "620123"}) {
    request.add_counties()->set_code(code);
    request.mutable_counties(request.counties_size() - 1)->set_name_zh("x");
  }
  const partition::Outcome outcome = county_.Send("OP1", ROLE_OPERATOR, "ReferenceService", request);
  EXPECT_EQ(county_.ResultOf(outcome).registered(), 1);
  EXPECT_EQ(county_.ResultOf(outcome).refused_size(), 4);
}

TEST_F(ReferenceTest, ReplayAndSnapshotGiveTheSameState) {
  DefineClasses();
  List({SomeSku("620103"), SomeSku("620104")});
  ASSERT_TRUE(county_.reference().status().ok()) << county_.reference().status();
  const Digest digest = county_.reference().domain().store().StateDigest();
  EXPECT_EQ(county_.reference().Replayed()->store().StateDigest(), digest);
  ReferenceDomain loaded;
  ASSERT_TRUE(loaded.store().Load(county_.reference().domain().store().Capture().Encode()).ok());
  EXPECT_EQ(loaded.store().StateDigest(), digest);
  EXPECT_EQ(loaded.store().BusinessDigests(), county_.reference().domain().store().BusinessDigests());
}

}  // namespace
}  // namespace sanyuan::registry
