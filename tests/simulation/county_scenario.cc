#include "tests/simulation/county_scenario.h"

#include <fmt/format.h>

#include <utility>

#include "sanyuan/registry/v1/event.pb.h"
#include "services/allocation/domain/allocation_domain.h"
#include "services/order_intake/domain/inputs.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "tests/simulation/county_script.h"
#include "tests/support/goods_checks.h"

namespace sanyuan::simulation {
namespace {

namespace registry = registry::v1;
using partition::EventPtr;

constexpr int kGrades = 30;

absl::Time Begin() {
  static const absl::Time begin =
      absl::FromCivil(absl::CivilSecond(2019, 8, 4, 23, 59, 50), absl::FixedTimeZone(8 * 3600));
  return begin;
}

// All clocks jump: over the wait for a compensating run, the deadline of payments, the wait for the run that
// shares out what they freed, and the closing of the window's books.
struct Jump {
  Micros at;
  absl::Duration by;
};
const Jump kJumps[] = {{14 * kSecond, absl::Minutes(2)},
                       {16'500 * kMillisecond, absl::Hours(12)},
                       {18 * kSecond, absl::Minutes(2)},
                       {20 * kSecond, absl::Hours(60)}};

template <typename Policy>
EventPtr NewPolicy(const std::string& version, const std::string& prefix, Policy fill) {
  auto event = std::make_unique<registry::ReferenceEvent>();
  registry::PolicyVersion& policy = *event->mutable_policy_published()->mutable_policy();
  policy.set_version(version);
  policy.set_county_prefix(prefix);
  policy.mutable_effective_from()->set_seconds(absl::ToUnixSeconds(Begin() - absl::Hours(24 * 30)));
  fill(policy);
  return event;
}

void FillOrdering(registry::PolicyVersion& policy) {
  registry::OrderingPolicy& ordering = *policy.mutable_ordering();
  ordering.set_grace_seconds(1);
  ordering.set_max_lines(10);
  ordering.set_max_line_cartons(100);
  ordering.set_max_orders_per_window(3);
  ordering.set_payment_retries(1);
  ordering.set_payment_deadline_minute_of_day(720);
}

void FillAllocation(registry::PolicyVersion& policy) {
  registry::AllocationPolicy& numbers = *policy.mutable_allocation();
  numbers.set_float_large_bp(500);
  numbers.set_float_medium_bp(1'000);
  numbers.set_float_small_bp(1'500);
  numbers.set_float_small_least_cartons(1);
  numbers.set_agreement_max_months(6);
  numbers.set_proposal_lapse_days(10);
  numbers.set_provisional_months(1);
  numbers.set_evidence_months(6);
  numbers.set_agreement_step_above_cartons(50);
  numbers.set_agreement_step_cartons(5);
  numbers.set_agreement_max_cartons(100'000);
  numbers.set_pacing_slack_bp(1'000);
  numbers.set_reserve_bp(500);
  numbers.set_balance_least_demand_cartons(50);
  numbers.set_fill_delta(1);
  for (int from = 1; from <= kGrades; from += 10) {
    registry::GradeWeight& weight = *numbers.add_grade_weights();
    weight.set_from_grade(from);
    weight.set_to_grade(from + 9);
    weight.set_weight(1 + from / 10);
  }
}

EventPtr NewSku(int sku) {
  auto event = std::make_unique<registry::ReferenceEvent>();
  registry::Sku& listed = *event->mutable_sku_listed()->mutable_sku();
  listed.set_sku_code(SkuOf(sku));
  listed.set_status(registry::SKU_STATUS_LISTED);
  registry::SkuClass& price_class = *listed.add_classes();
  price_class.set_valid_from("2019-01-01");
  price_class.set_class_code("3");
  registry::SkuPrice& price = *listed.add_prices();
  price.set_valid_from("2019-01-01");
  price.set_wholesale_fen(kWholesaleFen * sku);
  return event;
}

std::vector<EventPtr> NewReference() {
  std::vector<EventPtr> events;
  for (const County county : {kFloatingCounty, kRecordedCounty}) {
    auto event = std::make_unique<registry::ReferenceEvent>();
    event->mutable_county_registered()->mutable_county()->set_code(CountyText(county));
    events.push_back(std::move(event));
  }
  events.push_back(NewPolicy("ordering", "", FillOrdering));
  events.push_back(NewPolicy("allocation", "62", FillAllocation));
  for (int sku = 1; sku <= kSkus; ++sku) events.push_back(NewSku(sku));
  return events;
}

EventPtr NewRetailer(County county, int shop, int grade, bool active) {
  auto event = std::make_unique<registry::Event>();
  registry::Retailer& retailer = *event->mutable_retailer_changed()->mutable_retailer();
  retailer.set_county_code(CountyText(county));
  retailer.set_licence(LicenceOf(county, shop));
  retailer.mutable_licence_record()->set_status(active ? registry::LICENCE_STATUS_ACTIVE
                                                       : registry::LICENCE_STATUS_SUSPENDED);
  retailer.mutable_grading()->set_grade(grade);
  retailer.mutable_grading()->set_class_code("M");
  retailer.mutable_grading()->set_scale(registry::BUSINESS_SCALE_MEDIUM);
  retailer.mutable_profile()->set_route_id("R01");
  retailer.mutable_profile()->set_expected_to_order(true);
  return event;
}

}  // namespace

std::string LicenceOf(County county, int shop) { return fmt::format("{}1{:05}", CountyText(county), shop); }
std::string SkuOf(int sku) { return fmt::format("62{:04}", sku); }
std::string SecretOf(const std::string& window) { return "a secret of the test, " + window; }

const std::vector<Context>& CountyScenario::contexts() const {
  static const auto* const contexts = [] {
    auto* made = new std::vector<Context>{{"order_intake", {}}, {"allocation", {}}};
    for (std::string_view topic : order_intake::OrderIntakeDomain::Inputs()) {
      (*made)[kOrderIntake].inputs.emplace_back(topic);
    }
    (*made)[kAllocation].inputs = allocation::AllocationDomain::InputTopics();
    return made;
  }();
  return *contexts;
}

std::vector<ScriptedJournal> CountyScenario::NewScriptedJournals(Random& random) {
  std::vector<ScriptedJournal> journals(2);
  journals[0].name = "registry.reference";
  journals[0].decisions.push_back({0, NewReference()});
  journals[1].name = "registry";
  std::vector<EventPtr> shops;
  for (int shop = 1; shop <= kFloatingShops; ++shop) {
    shops.push_back(NewRetailer(kFloatingCounty, shop, static_cast<int>(random.Between(1, kGrades)), true));
  }
  for (int shop = 1; shop <= kRecordedShops; ++shop) {
    shops.push_back(NewRetailer(kRecordedCounty, shop, static_cast<int>(random.Between(1, kGrades)), true));
  }
  journals[1].decisions.push_back({0, std::move(shops)});
  // Grades change while orders are allocated by them, and a licence is suspended.
  Micros at = kCutOff;
  for (int change = 0; change < 4; ++change) {
    at += random.Between(200 * kMillisecond, 1200 * kMillisecond);
    std::vector<EventPtr> changed;
    changed.push_back(NewRetailer(kFloatingCounty, static_cast<int>(random.Between(1, kFloatingShops)),
                                  static_cast<int>(random.Between(1, kGrades)), !random.Percent(20)));
    journals[1].decisions.push_back({at, std::move(changed)});
  }
  return journals;
}

std::unique_ptr<partition::Domain> CountyScenario::NewDomain(size_t context) const {
  if (context == kOrderIntake) return std::make_unique<order_intake::OrderIntakeDomain>();
  return std::make_unique<allocation::AllocationDomain>(SecretOf);
}

absl::Time CountyScenario::TimeAt(Micros now) const {
  absl::Time time = Begin() + absl::Microseconds(now);
  for (const Jump& jump : kJumps) {
    if (jump.at <= now) time += jump.by;
  }
  return time;
}

std::vector<Ask> CountyScenario::NewScript(Random& random) { return NewCountyScript(random); }

std::string CountyScenario::Check(const Outcomes& outcomes) const {
  return testing::CheckGoods(
      static_cast<const order_intake::OrderIntakeDomain&>(*outcomes.domains[kOrderIntake]).state(),
      outcomes.decisions[kOrderIntake],
      static_cast<const allocation::AllocationDomain&>(*outcomes.domains[kAllocation]).state(),
      outcomes.decisions[kAllocation]);
}

}  // namespace sanyuan::simulation
