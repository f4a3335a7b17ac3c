#include "services/allocation/domain/policy.h"

#include <algorithm>

#include "services/allocation/domain/maths/pacing.h"

namespace sanyuan::allocation {
namespace {

constexpr int64_t kOrdinaryDay = 10'000;

template <typename Visit>
void ForEachOfPrefix(const State& state, const std::string& prefix, Visit visit) {
  state.policies.ForEachFrom({prefix, INT64_MIN, ""}, [&](const PolicyKey& key, const Policy& policy) {
    if (key.prefix != prefix) return false;
    visit(key, policy);
    return true;
  });
}

int64_t WeightOfDay(const Policy& policy, DayNumber day) {
  for (const Policy::Season& season : policy.seasons) {
    if (season.from <= day && day <= season.to) return season.weight;
  }
  return kOrdinaryDay;
}

}  // namespace

const Policy* PolicyAt(const State& state, County county, absl::Time time) {
  const int64_t now_us = absl::ToUnixMicros(time);
  const std::string code = CountyText(county);
  for (size_t length = code.size() + 1; length-- > 0;) {
    const Policy* found = nullptr;
    ForEachOfPrefix(state, code.substr(0, length), [&](const PolicyKey& key, const Policy& policy) {
      if (key.effective_from_us <= now_us) found = &policy;
    });
    if (found != nullptr) return found;
  }
  return nullptr;
}

const Policy* PolicyOfMonth(const State& state, County county, MonthIndex month, absl::Time now) {
  return PolicyAt(state, county, std::max(now, MonthStart(month)));
}

const Policy* PolicyNamed(const State& state, County county, const std::string& version) {
  const std::string code = CountyText(county);
  const Policy* found = nullptr;
  for (size_t length = code.size() + 1; length-- > 0 && found == nullptr;) {
    ForEachOfPrefix(state, code.substr(0, length), [&](const PolicyKey& key, const Policy& policy) {
      if (key.version == version) found = &policy;
    });
  }
  return found;
}

Scale ScaleOf(v1::BusinessScale scale) {
  switch (scale) {
    case v1::BUSINESS_SCALE_LARGE:
      return Scale::kLarge;
    case v1::BUSINESS_SCALE_MEDIUM:
      return Scale::kMedium;
    default:
      return Scale::kSmall;
  }
}

int64_t FloatOf(const Policy& policy, v1::BusinessScale scale) {
  switch (ScaleOf(scale)) {
    case Scale::kLarge:
      return policy.floats.large_basis_points;
    case Scale::kMedium:
      return policy.floats.medium_basis_points;
    case Scale::kSmall:
      break;
  }
  return policy.floats.small_basis_points;
}

int64_t CeilingOf(const Policy& policy, int64_t agreed, v1::BusinessScale scale) {
  const int64_t ceiling = MonthlyCeiling(agreed, ScaleOf(scale), policy.floats).value_or(agreed);
  // The mathematics know the usual least addition of one carton; a policy may set another one.
  if (ScaleOf(scale) != Scale::kSmall || agreed == 0 || policy.floats.small_basis_points == 0) return ceiling;
  const int64_t exact = agreed * policy.floats.small_basis_points / kBasisPoints;
  return agreed + std::max(exact, policy.small_least);
}

std::vector<int64_t> PacingOf(const Policy& policy, MonthIndex month, int32_t occurrences, int64_t ceiling) {
  const int days = DaysIn(month);
  std::vector<int64_t> weights(static_cast<size_t>(occurrences), 0);
  for (int day = 1; day <= days; ++day) {
    const int64_t weight = WeightOfDay(policy, DayOf(month, day));
    // In thousandths of a day, so that each occurrence has the same part of an ordinary month.
    for (int32_t i = 0; i < occurrences; ++i) {
      const int64_t from = std::max<int64_t>(int64_t{day - 1} * occurrences, int64_t{i} * days);
      const int64_t to = std::min<int64_t>(int64_t{day} * occurrences, int64_t{i + 1} * days);
      if (to > from) weights[static_cast<size_t>(i)] += weight * (to - from);
    }
  }
  std::vector<int64_t> ceilings(weights.size(), ceiling);
  if (!PacingCeilings(ceiling, weights, policy.pacing_slack_bp, absl::MakeSpan(ceilings)).ok()) {
    // Out of the ranges of the mathematics, which no checked policy is: no pacing.
    std::fill(ceilings.begin(), ceilings.end(), ceiling);
  }
  return ceilings;
}

std::string PriceClassOf(const State& state, Code sku, DayNumber day) {
  const SkuInfo* info = state.skus.Find({sku});
  std::string found;
  if (info == nullptr) return found;
  for (const auto& [from, price_class] : info->classes) {
    if (from <= day) found = price_class;
  }
  return found;
}

int32_t WeightOf(const Policy& policy, int32_t grade) {
  for (const Policy::Weight& weight : policy.weights) {
    if (weight.from_grade <= grade && grade <= weight.to_grade) return weight.weight;
  }
  return 1;
}

absl::Status Evolve(State& state, const v1::PolicyNoted& event, const Stamp& /*stamp*/) {
  const absl::Time from = TimeOf(event.effective_from());
  Policy policy;
  policy.version = event.version();
  policy.floats = {event.float_large_bp(), event.float_medium_bp(), event.float_small_bp()};
  policy.small_least = event.float_small_least_cartons();
  policy.agreement_max_months = event.agreement_max_months();
  policy.proposal_lapse_days = event.proposal_lapse_days();
  policy.provisional_months = event.provisional_months();
  policy.evidence_months = event.evidence_months();
  policy.step_above = event.agreement_step_above_cartons();
  policy.step = event.agreement_step_cartons();
  policy.agreement_max = event.agreement_max_cartons();
  policy.pacing_slack_bp = event.pacing_slack_bp();
  for (const v1::NotedSeason& season : event.season_weights()) {
    const auto first = ParseDay(season.from_date());
    const auto last = ParseDay(season.to_date());
    if (!first || !last) return Misfit("season of a policy");
    policy.seasons.push_back({*first, *last, season.weight_bp()});
  }
  policy.reserve_bp = event.reserve_bp();
  for (const v1::NotedRatio& ratio : event.balance_ratios()) {
    policy.ratios.push_back({ratio.class_code(), ratio.min_bp(), ratio.max_bp()});
  }
  policy.ratio_least_demand = event.balance_least_demand_cartons();
  if (event.fill_delta() < 0 || event.fill_delta() > 2) return Misfit("fill_delta of a policy");
  policy.fill = {static_cast<Divisor>(event.fill_delta()), event.fill_min_one()};
  for (const v1::NotedWeight& weight : event.grade_weights()) {
    if (weight.weight() < 1 || weight.weight() > kMaxWeight) return Misfit("weight of a policy");
    policy.weights.push_back({weight.from_grade(), weight.to_grade(), weight.weight()});
  }
  policy.publish_lead_minutes = event.publish_lead_minutes();
  state.policies.Put({event.county_prefix(), absl::ToUnixMicros(from), event.version()}, std::move(policy));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::SkusNoted& event, const Stamp& /*stamp*/) {
  for (const v1::NotedSku& sku : event.skus()) {
    const auto code = Code::Parse(sku.sku());
    if (!code) return Misfit("SKU code");
    SkuInfo info;
    for (const v1::NotedClass& price_class : sku.classes()) {
      const auto from = ParseDay(price_class.valid_from());
      if (!from) return Misfit("class of a SKU");
      info.classes.emplace_back(*from, price_class.price_class());
    }
    state.skus.Put({*code}, std::move(info));
  }
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::RetailersNoted& event, const Stamp& /*stamp*/) {
  for (const v1::NotedRetailer& retailer : event.retailers()) {
    const auto county = CountyOfId(retailer.county_code());
    const auto licence = Code::Parse(retailer.licence());
    if (!county || !licence) return Misfit("retailer");
    state.retailers.Put({*county, *licence}, {retailer.active(), retailer.scale(), retailer.grade(),
                                              retailer.ration_class(), retailer.large()});
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
