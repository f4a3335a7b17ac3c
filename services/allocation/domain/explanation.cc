#include "services/allocation/domain/explanation.h"

#include <algorithm>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

constexpr size_t kKeyBytes = 32;

absl::Status Incomplete(const std::string& what) {
  return absl::InvalidArgumentError("explanation: " + what);
}

}  // namespace

int64_t Wanted(int64_t held, int64_t asked, std::optional<int64_t> cap) {
  const int64_t wanted = std::min(held + asked, kMaxRequestCartons);
  return cap ? std::min(wanted, std::max(*cap, held)) : wanted;
}

int64_t ShareOf(v1::LineRule rule, const Level& level, int64_t wanted, int64_t held, int64_t weight,
                const TieKey& tie_key) {
  switch (rule) {
    case v1::LINE_RULE_FULL:
      return wanted;
    case v1::LINE_RULE_WATER_FILLING:
      return std::max(held, CartonsAt(level, wanted, weight, tie_key));
    default:
      return held;
  }
}

int64_t LineOf(int64_t shop_gets, int64_t before, int64_t requested) {
  return std::clamp<int64_t>(shop_gets - before, 0, requested);
}

absl::StatusOr<int64_t> Recompute(const v1::Explanation& explanation) {
  const int64_t requested = explanation.requested_cartons();
  const int64_t asked = explanation.shop_requested_cartons();
  const int64_t before = explanation.shop_before_cartons();
  const int64_t held = explanation.held_cartons();
  if (requested < 0 || asked < requested || before < 0 || held < 0) return Incomplete("quantities");
  if (explanation.weight() < 1 || explanation.weight() > kMaxWeight) return Incomplete("weight");
  absl::StatusOr<Level> level = FromMessage(explanation.level());
  if (!level.ok()) return level.status();
  TieKey key;
  if (!explanation.tie_key().empty()) {
    if (explanation.tie_key().size() != kKeyBytes) return Incomplete("tie_key");
    key = DigestFromBytes(explanation.tie_key());
  }
  std::optional<int64_t> cap;
  if (explanation.has_cap_cartons()) cap = explanation.cap_cartons();
  const int64_t wanted = Wanted(held, asked, cap);
  const v1::LineRule rule = explanation.level().rule();
  if (rule == v1::LINE_RULE_UNSPECIFIED) return Incomplete("rule");
  if (rule == v1::LINE_RULE_WATER_FILLING && explanation.tie_key().empty() &&
      IsTied(*level, wanted, explanation.weight())) {
    return Incomplete("tie_key");
  }
  return LineOf(ShareOf(rule, *level, wanted, held, explanation.weight(), key) - held, before, requested);
}

v1::Explanation ExplanationOf(const RunKey& key, const Run& run, const RunResult& result,
                              const RunResult::Order& order, const RunResult::Line& line, Code sku) {
  v1::Explanation out;
  out.set_run_id(RunText(key));
  out.set_input_digest(std::string(run.input_digest.view()));
  out.set_algorithm(run.algorithm);
  out.set_policy_version(run.policy_version);
  out.set_tight_list_version(run.tight_list_version);
  out.set_ration_version(run.ration_version);
  const auto level = std::lower_bound(run.levels.begin(), run.levels.end(), sku,
                                      [](const SkuLevel& a, Code b) { return a.sku < b; });
  const auto sum = std::lower_bound(run.sums.begin(), run.sums.end(), sku,
                                    [](const SkuSum& a, Code b) { return a.sku < b; });
  const int64_t supply = sum != run.sums.end() && sum->sku == sku ? sum->supply : 0;
  if (level != run.levels.end() && level->sku == sku) {
    ToMessage(*level, supply, out.mutable_level());
  } else {
    SkuLevel full;
    full.sku = sku;
    full.rule = v1::LINE_RULE_FULL;
    full.level.rule = run.fill;
    ToMessage(full, supply, out.mutable_level());
  }
  out.set_requested_cartons(line.requested);
  out.set_shop_requested_cartons(line.requested);
  if (line.cap != RunResult::kNoCap) out.set_cap_cartons(line.cap);
  out.set_ration_class(result.ration_class);
  out.set_grade(result.grade);
  out.set_weight(result.weight);
  const auto detail = std::lower_bound(order.details.begin(), order.details.end(), line.line,
                                       [](const RunResult::Detail& a, uint16_t b) { return a.line < b; });
  if (detail != order.details.end() && detail->line == line.line) {
    if (detail->shop_requested != 0) out.set_shop_requested_cartons(detail->shop_requested);
    out.set_shop_before_cartons(detail->shop_before);
    out.set_held_cartons(detail->shop_held);
    if (detail->tied) out.set_tie_key(std::string(detail->tie_key.view()));
  }
  return out;
}

void ToMessage(const SkuLevel& level, int64_t supply, v1::SkuLevel* out) {
  out->set_sku(level.sku.str());
  out->set_supply_cartons(supply);
  out->set_rule(level.rule);
  out->set_divisor(static_cast<int32_t>(level.level.rule.divisor));
  out->set_min_one(level.level.rule.min_one);
  if (level.rule != v1::LINE_RULE_WATER_FILLING) return;
  out->set_level_numerator(level.level.numerator);
  out->set_level_denominator(level.level.denominator);
  out->set_cut_off_key(std::string(level.level.cut_off.view()));
}

absl::StatusOr<Level> FromMessage(const v1::SkuLevel& message) {
  Level level;
  if (message.divisor() < 0 || message.divisor() > 2) return Incomplete("divisor");
  level.rule = {static_cast<Divisor>(message.divisor()), message.min_one()};
  if (message.rule() != v1::LINE_RULE_WATER_FILLING) return level;
  level.limited = true;
  level.numerator = message.level_numerator();
  level.denominator = message.level_denominator();
  if (level.numerator < 0 || level.numerator > 2 * kMaxRequestCartons + 2 || level.denominator < 1 ||
      level.denominator > kMaxWeight || message.cut_off_key().size() != kKeyBytes) {
    return Incomplete("level");
  }
  level.cut_off = DigestFromBytes(message.cut_off_key());
  return level;
}

}  // namespace sanyuan::allocation
