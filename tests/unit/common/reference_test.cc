#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/reference/calendar_table.h"
#include "common/reference/formats.h"
#include "common/reference/policies.h"
#include "common/reference/policy_table.h"
#include "common/reference/settings.h"
#include "common/reference/skus.h"
#include "common/reference/wire_bytes.h"
#include "common/reference/wire_time.h"

namespace sanyuan::reference {
namespace {

namespace v1 = registry::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr County kYongdeng = 620121;
constexpr County kIowa = 990153;

absl::Time At(const char* date) { return StartOfDay(ParseDate(date).value()); }

v1::PolicyVersion Allocation(const char* version, const char* prefix, const char* from, int32_t reserve_bp) {
  v1::PolicyVersion policy;
  policy.set_version(version);
  policy.set_county_prefix(prefix);
  *policy.mutable_effective_from() = ToWireTime(At(from));
  *policy.mutable_allocation() = StartAllocationPolicy();
  policy.mutable_allocation()->set_reserve_bp(reserve_bp);
  return policy;
}

std::vector<std::string> FieldsOf(const Refusals& refusals) {
  std::vector<std::string> fields;
  for (const auto& refusal : refusals) fields.push_back(refusal.field());
  return fields;
}

class PolicyTableTest : public ::testing::Test {
 protected:
  struct State : state::Store {
    PolicyTable policies{*this, state::Content::kInternal};
  };

  void Add(const v1::PolicyVersion& policy) {
    state_.BeginRecord(++height_);
    const absl::Status added = state_.policies.Add(policy);
    ASSERT_TRUE(added.ok()) << added;
  }

  State state_;
  uint64_t height_ = 0;
};

TEST_F(PolicyTableTest, TheLatestVersionWhoseTimeHasComeIsInForce) {
  Add(Allocation("a1", "", "2019-06-01", 500));
  Add(Allocation("a2", "", "2019-08-01", 600));
  EXPECT_EQ(state_.policies.Allocation(kYongdeng, At("2019-05-31")), nullptr);
  EXPECT_EQ(state_.policies.Allocation(kYongdeng, At("2019-06-01"))->reserve_bp(), 500);
  EXPECT_EQ(state_.policies.Allocation(kYongdeng, At("2019-08-01") - absl::Microseconds(1))->reserve_bp(),
            500);
  EXPECT_EQ(state_.policies.Allocation(kYongdeng, At("2019-08-01"))->reserve_bp(), 600);
}

TEST_F(PolicyTableTest, AVersionOfTheOwnRegionGoesBeforeALaterOneOfTheNation) {
  Add(Allocation("nation", "", "2019-07-01", 500));
  Add(Allocation("gansu", "62", "2019-06-01", 700));
  EXPECT_EQ(state_.policies.Allocation(kYongdeng, At("2019-07-02"))->reserve_bp(), 700);
  EXPECT_EQ(state_.policies.Allocation(110101, At("2019-07-02"))->reserve_bp(), 500);
}

TEST_F(PolicyTableTest, WherePoliciesAreOfOneRegionElsewhereThereIsNone) {
  Add(Allocation("gansu", "62", "2019-06-01", 700));
  EXPECT_EQ(state_.policies.Allocation(kIowa, At("2019-07-02")), nullptr);
  EXPECT_EQ(state_.policies.Allocation(0, At("2019-07-02")), nullptr);
}

TEST_F(PolicyTableTest, AFrozenVersionIsFoundByNameWhateverIsInForce) {
  Add(Allocation("a1", "", "2019-06-01", 500));
  Add(Allocation("a2", "", "2019-08-01", 600));
  EXPECT_EQ(state_.policies.Version("a1")->allocation().reserve_bp(), 500);
  EXPECT_EQ(state_.policies.Version("a3"), nullptr);
  EXPECT_EQ(state_.policies.Last(v1::POLICY_KIND_ALLOCATION, "")->version(), "a2");
  EXPECT_EQ(state_.policies.Last(v1::POLICY_KIND_ALLOCATION, "62"), nullptr);
}

TEST_F(PolicyTableTest, AVersionThatStandsIsNeverReplaced) {
  Add(Allocation("a1", "", "2019-06-01", 500));
  EXPECT_FALSE(state_.policies.Add(Allocation("a1", "", "2019-07-01", 500)).ok());
  EXPECT_FALSE(state_.policies.Add(Allocation("a2", "", "2019-06-01", 500)).ok());
  EXPECT_FALSE(state_.policies.Add(v1::PolicyVersion()).ok());
  EXPECT_TRUE(state_.policies.Holds(Allocation("a1", "", "2019-06-01", 500)));
  EXPECT_FALSE(state_.policies.Holds(Allocation("a1", "", "2019-06-01", 501)));
}

TEST_F(PolicyTableTest, ASnapshotHoldsTheSamePolicies) {
  for (const v1::PolicyVersion& policy : StartPolicies("start", At("2019-06-01"))) Add(policy);
  State copy;
  const absl::Status loaded = copy.Load(state_.Capture().Encode());
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(copy.StateDigest(), state_.StateDigest());
  EXPECT_EQ(copy.policies.Delivery(kYongdeng, At("2019-06-01"))->geofence_metres(), 200);
}

TEST(StartPoliciesTest, EachIsFitToBePublished) {
  const auto policies = StartPolicies("2019", At("2019-06-01"));
  ASSERT_EQ(policies.size(), 6U);
  for (const v1::PolicyVersion& policy : policies) {
    EXPECT_THAT(FieldsOf(CheckPolicy(policy, "policy")), IsEmpty()) << policy.version();
  }
  EXPECT_EQ(policies[1].version(), "allocation-2019");
}

TEST(StartPoliciesTest, CarryTheNumbersOfTheRules) {
  EXPECT_EQ(StartOrderingPolicy().grace_seconds(), 300);
  EXPECT_EQ(StartAllocationPolicy().float_small_bp(), 1500);
  EXPECT_EQ(StartAllocationPolicy().balance_ratios(4).rural_bp(), 9500);
  EXPECT_EQ(StartDeliveryPolicy().min_proofs(), 2);
  EXPECT_EQ(StartInteractionPolicy().clue_accept_working_minutes(), 240);
}

TEST(CheckPolicyTest, EveryValueOutOfRangeIsNamedWithItsLimit) {
  v1::PolicyVersion policy = Allocation("a1", "", "2019-06-01", 500);
  policy.mutable_allocation()->set_reserve_bp(5001);
  policy.mutable_allocation()->mutable_balance_ratios(3)->set_urban_bp(8999);
  const Refusals refusals = CheckPolicy(policy, "policy");
  EXPECT_THAT(FieldsOf(refusals),
              ElementsAre("policy.allocation.reserve_bp", "policy.allocation.balance_ratios[3].urban_bp"));
  EXPECT_EQ(refusals[0].limit(), 5000);
  EXPECT_EQ(refusals[0].value(), 5001);
  EXPECT_EQ(refusals[1].limit(), 9000);
}

TEST(CheckPolicyTest, RuralSupplyIsNeverBelowUrban) {
  v1::PolicyVersion policy = Allocation("a1", "", "2019-06-01", 500);
  policy.mutable_allocation()->mutable_balance_ratios(4)->set_urban_bp(9600);
  EXPECT_THAT(FieldsOf(CheckPolicy(policy, "p")), ElementsAre("p.allocation.balance_ratios[4].rural_bp"));
}

TEST(CheckPolicyTest, WeightsOfGradesNeverFall) {
  v1::PolicyVersion policy = Allocation("a1", "", "2019-06-01", 500);
  for (const int32_t weight : {2, 1}) {
    v1::GradeWeight& band = *policy.mutable_allocation()->add_grade_weights();
    band.set_from_grade(weight == 2 ? 1 : 16);
    band.set_to_grade(weight == 2 ? 15 : 30);
    band.set_weight(weight);
  }
  EXPECT_THAT(FieldsOf(CheckPolicy(policy, "p")), ElementsAre("p.allocation.grade_weights[1].weight"));
}

TEST(CheckPolicyTest, SeasonsDoNotOverlap) {
  v1::PolicyVersion policy = Allocation("a1", "", "2019-06-01", 500);
  for (const char* from : {"2020-01-01", "2020-01-10"}) {
    v1::SeasonWeight& season = *policy.mutable_allocation()->add_season_weights();
    season.set_from_date(from);
    season.set_to_date("2020-01-15");
    season.set_weight_bp(16000);
  }
  EXPECT_THAT(FieldsOf(CheckPolicy(policy, "p")), ElementsAre("p.allocation.season_weights[1].from_date"));
}

TEST(CheckPolicyTest, APolicyWithoutParametersPlaceOrTimeIsRefused) {
  v1::PolicyVersion policy;
  policy.set_version("two words");
  policy.set_county_prefix("62x");
  EXPECT_THAT(FieldsOf(CheckPolicy(policy, "p")),
              ElementsAre("p.version", "p.county_prefix", "p.effective_from", "p.parameters"));
}

TEST(CheckPolicyTest, WorkingHoursThatNeverComeAreRefused) {
  v1::PolicyVersion policy = StartPolicies("x", At("2019-06-01"))[3];
  policy.mutable_interaction()->clear_working_intervals();
  EXPECT_THAT(FieldsOf(CheckPolicy(policy, "p")), ElementsAre("p.interaction.working_intervals"));
}

TEST(Settings, EveryNumberOfEveryPolicyHasARangeThatHoldsItsStartValue) {
  int numbers = 0;
  for (int i = 0; i < v1::PolicyVersion::descriptor()->file()->message_type_count(); ++i) {
    const auto* type = v1::PolicyVersion::descriptor()->file()->message_type(i);
    if (type->name().find("Policy") == std::string::npos ||
        type->name().find("Polic") + 6 != type->name().size()) {
      continue;
    }
    for (int f = 0; f < type->field_count(); ++f) {
      const auto* field = type->field(f);
      if (field->is_repeated() || (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_INT32 &&
                                   field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_INT64)) {
        continue;
      }
      ASSERT_TRUE(field->options().HasExtension(common::v1::setting)) << field->full_name();
      const auto& setting = field->options().GetExtension(common::v1::setting);
      EXPECT_LE(setting.min(), setting.value()) << field->full_name();
      EXPECT_LE(setting.value(), setting.max()) << field->full_name();
      ++numbers;
    }
  }
  EXPECT_GT(numbers, 120);
}

TEST(Formats, ALicenceIsTheCountyTheNatureAndFiveDigits) {
  const v1::FormatPolicy policy = StartFormatPolicy();
  EXPECT_TRUE(FitsLicence("620121100001", policy, kYongdeng));
  EXPECT_TRUE(FitsLicence("620121299999", policy, kYongdeng));
  for (const char* text :
       {"", "620121300001", "62012110000", "6201211000011", "620122100001", "62012110000x"}) {
    EXPECT_FALSE(FitsLicence(text, policy, kYongdeng)) << text;
  }
  EXPECT_TRUE(FitsSku("310181", policy));
  EXPECT_FALSE(FitsSku("31018", policy));
}

TEST(Formats, StoreAndItemNumbersOfAnotherMonopolyAreAnotherFormat) {
  v1::FormatPolicy policy;
  v1::CodeSegment& store = *policy.add_licence_formats()->add_segments();
  store.set_kind(v1::CodeSegment::KIND_DIGITS);
  store.set_min_length(4);
  store.set_max_length(5);
  *policy.add_sku_formats() = policy.licence_formats(0);
  policy.mutable_sku_formats(0)->mutable_segments(0)->set_min_length(3);
  policy.mutable_sku_formats(0)->mutable_segments(0)->set_max_length(6);
  Refusals refusals;
  CheckFormats(policy, "p", refusals);
  EXPECT_THAT(FieldsOf(refusals), IsEmpty());
  EXPECT_TRUE(FitsLicence("2106", policy, kIowa));
  EXPECT_TRUE(FitsLicence("10423", policy, kIowa));
  EXPECT_FALSE(FitsLicence("620121100001", policy, kIowa));
  EXPECT_TRUE(FitsSku("258", policy));
  EXPECT_TRUE(FitsSku("100015", policy));
}

TEST(Formats, FormatsThatCouldBeReadInTwoWaysAreRefused) {
  v1::FormatPolicy policy = StartFormatPolicy();
  v1::CodeSegment& range = *policy.mutable_licence_formats(0)->mutable_segments(1);
  range.set_kind(v1::CodeSegment::KIND_DIGITS);
  range.set_min_length(1);
  range.set_max_length(3);
  policy.mutable_sku_formats(0)->mutable_segments(0)->set_min_length(16);
  policy.mutable_sku_formats(0)->mutable_segments(0)->set_max_length(16);
  Refusals refusals;
  CheckFormats(policy, "p", refusals);
  EXPECT_THAT(FieldsOf(refusals), ElementsAre("p.licence_formats[0].segments[1]", "p.sku_formats[0]"));
}

TEST(SkuDates, PriceAndClassAreThoseOfTheirDay) {
  v1::Sku sku;
  for (const auto& [from, fen] : {std::pair("2019-01-01", 8700), std::pair("2019-07-01", 9000)}) {
    sku.add_prices()->set_valid_from(from);
    sku.mutable_prices(sku.prices_size() - 1)->set_wholesale_fen(fen);
  }
  sku.add_classes()->set_valid_from("2019-03-01");
  EXPECT_EQ(PriceOn(sku, ParseDate("2018-12-31").value()), nullptr);
  EXPECT_EQ(PriceOn(sku, ParseDate("2019-06-30").value())->wholesale_fen(), 8700);
  EXPECT_EQ(PriceOn(sku, ParseDate("2019-07-01").value())->wholesale_fen(), 9000);
  EXPECT_EQ(ClassOn(sku, ParseDate("2019-02-28").value()), nullptr);
}

TEST(CalendarTableTest, ARevisedNoticeReplacesItsYearAndAnOlderOneIsKnown) {
  struct State : state::Store {
    CalendarTable calendars{*this, state::Content::kInternal};
  } state;
  v1::Calendar calendar;
  calendar.set_year(2019);
  calendar.set_revision(1);
  calendar.add_days_off("2019-10-01");
  state.BeginRecord(1);
  ASSERT_TRUE(state.calendars.Add(calendar).ok());
  EXPECT_FALSE(state.calendars.Current().IsWorkingDay(ParseDate("2019-10-01").value()));
  EXPECT_FALSE(state.calendars.Add(calendar).ok());
  calendar.set_revision(2);
  EXPECT_FALSE(state.calendars.Holds(calendar));
  calendar.set_days_off(0, "2019-10-02");
  state.BeginRecord(2);
  ASSERT_TRUE(state.calendars.Add(calendar).ok());
  EXPECT_TRUE(state.calendars.Current().IsWorkingDay(ParseDate("2019-10-01").value()));
  EXPECT_EQ(CanonicalBytes(CalendarOf({2019}, *state.calendars.rows().Find({2019}))),
            CanonicalBytes(calendar));
}

TEST(CalendarTableTest, ACalendarWithAWrongDayNamesIt) {
  v1::Calendar calendar;
  calendar.set_year(2019);
  calendar.set_revision(1);
  calendar.add_days_off("2019-02-30");
  EXPECT_THAT(FieldsOf(CheckCalendar(calendar, "calendar")), ElementsAre("calendar.days_off[0]"));
  calendar.set_days_off(0, "2020-01-01");
  EXPECT_THAT(FieldsOf(CheckCalendar(calendar, "calendar")), ElementsAre("calendar"));
}

TEST(WireTime, OnlyWholeMicrosecondsOfThisEraAreTimes) {
  const absl::Time time = At("2019-07-01") + absl::Microseconds(1);
  EXPECT_EQ(FromWireTime(ToWireTime(time)), time);
  google::protobuf::Timestamp fine = ToWireTime(time);
  fine.set_nanos(fine.nanos() + 1);
  EXPECT_FALSE(IsWireTime(fine));
  fine.set_nanos(-1000);
  EXPECT_FALSE(IsWireTime(fine));
  fine = ToWireTime(time);
  fine.set_seconds(INT64_MAX);
  EXPECT_FALSE(IsWireTime(fine));
}

TEST(ChangedPathsTest, NamesWhatDiffersAndNothingElse) {
  v1::PolicyVersion before = Allocation("a1", "", "2019-06-01", 500);
  v1::PolicyVersion after = before;
  EXPECT_THAT(ChangedPaths(before, after), IsEmpty());
  after.mutable_allocation()->set_reserve_bp(1);
  after.mutable_allocation()->clear_balance_ratios();
  after.set_document("x");
  EXPECT_THAT(ChangedPaths(before, after),
              ElementsAre("document", "allocation.reserve_bp", "allocation.balance_ratios"));
  after.Clear();
  after.mutable_ordering();
  EXPECT_THAT(ChangedPaths(v1::PolicyVersion(), after), ElementsAre("ordering"));
}

}  // namespace
}  // namespace sanyuan::reference
