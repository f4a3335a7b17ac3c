#include "services/allocation/domain/maths/water_filling.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

// Thresholds are searched on a grid so fine that at most one priority lies between two neighbours: two
// different fractions with denominators up to kMaxWeight differ by at least 1 / kMaxWeight^2.
constexpr int kGridBits = 20;
static_assert((int64_t{1} << kGridBits) > kMaxWeight * kMaxWeight);
static_assert(((2 * kMaxRequestCartons + 3) << kGridBits) < INT64_MAX / kMaxWeight);

int64_t DeltaOf(const FillRule& rule) { return static_cast<int>(rule.divisor); }

struct Priority {
  int64_t numerator;
  int64_t denominator;
};

// Of carton number `before` + 1.
Priority PriorityOf(const FillRule& rule, int64_t before, int64_t weight) {
  if (rule.min_one && before == 0) return {0, 1};
  return {2 * before + DeltaOf(rule), weight};
}

// How many cartons of one shop have 2x + delta <= bound, before min-one has its say.
int64_t CartonsWithin(int64_t bound, int64_t delta) { return bound < delta ? 0 : (bound - delta) / 2 + 1; }

// How many cartons of one shop, if it wants that many, have a lower priority than the Level.
int64_t CartonsBelow(const Level& level, int64_t weight) {
  const int64_t product = level.numerator * weight;
  if (product == 0) return 0;
  const int64_t within = CartonsWithin((product - 1) / level.denominator, DeltaOf(level.rule));
  return level.rule.min_one ? std::max<int64_t>(within, 1) : within;
}

bool IsAtLevel(const Level& level, int64_t before, int64_t weight) {
  const Priority next = PriorityOf(level.rule, before, weight);
  return next.numerator * level.denominator == level.numerator * next.denominator;
}

// What a shop of each occurring weight gets up to a point of the grid, if it wants that much.
class GridCounts {
 public:
  GridCounts(const FillRule& rule, absl::Span<const int32_t> weights) : rule_(rule) {
    std::array<bool, kMaxWeight + 1> seen{};
    for (const int32_t weight : weights) {
      if (seen[static_cast<size_t>(weight)]) continue;
      seen[static_cast<size_t>(weight)] = true;
      occurring_[number_++] = weight;
    }
  }

  // Cartons with a priority up to `point` / 2^kGridBits. The point before zero, -1, has none.
  void MoveTo(int64_t point) {
    for (size_t i = 0; i < number_; ++i) {
      const int32_t weight = occurring_[i];
      int64_t count = 0;
      if (point >= 0) {
        count = CartonsWithin((point * weight) >> kGridBits, DeltaOf(rule_));
        if (rule_.min_one) count = std::max<int64_t>(count, 1);
      }
      counts_[static_cast<size_t>(weight)] = count;
    }
  }

  int64_t Of(int32_t weight) const { return counts_[static_cast<size_t>(weight)]; }

  int64_t Total(absl::Span<const int64_t> requests, absl::Span<const int32_t> weights) const {
    int64_t total = 0;
    for (size_t i = 0; i < requests.size(); ++i) total += std::min(requests[i], Of(weights[i]));
    return total;
  }

 private:
  FillRule rule_;
  size_t number_ = 0;
  std::array<int32_t, kMaxWeight> occurring_{};
  std::array<int64_t, kMaxWeight + 1> counts_{};
};

// A line that wants one more carton with just the priority at which the supply ends.
struct TiedLine {
  TieKey key;
  uint32_t line;
};

struct Demand {
  int64_t total = 0;
  int64_t largest = 0;
  int64_t smallest_weight = kMaxWeight;
};

absl::StatusOr<Demand> CheckLines(const FillRule& rule, int64_t supply, absl::Span<const int64_t> requests,
                                  absl::Span<const int32_t> weights, size_t results) {
  absl::Status status = CheckRange("supply_cartons", supply, 0, INT64_MAX);
  status.Update(CheckRange("divisor", DeltaOf(rule), 0, 2));
  status.Update(CheckRange("number of lines", static_cast<int64_t>(requests.size()), 0, kMaxLines));
  if (weights.size() != requests.size() || results != requests.size()) {
    status.Update(absl::InvalidArgumentError("requests, weights and cartons differ in length"));
  }
  if (!status.ok()) return status;
  Demand demand;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i] < 0 || requests[i] > kMaxRequestCartons || weights[i] < 1 || weights[i] > kMaxWeight) {
      status.Update(CheckRange(absl::StrCat("request of line ", i), requests[i], 0, kMaxRequestCartons));
      status.Update(CheckRange(absl::StrCat("weight of line ", i), weights[i], 1, kMaxWeight));
      return status;
    }
    demand.total += requests[i];
    demand.largest = std::max(demand.largest, requests[i]);
    demand.smallest_weight = std::min<int64_t>(demand.smallest_weight, weights[i]);
  }
  return demand;
}

}  // namespace

int64_t CartonsAt(const Level& level, int64_t request_cartons, int64_t weight, const TieKey& tie_key) {
  if (!level.limited) return request_cartons;
  const int64_t below = CartonsBelow(level, weight);
  if (below >= request_cartons) return request_cartons;
  return below + (IsAtLevel(level, below, weight) && tie_key < level.cut_off ? 1 : 0);
}

bool IsTied(const Level& level, int64_t request_cartons, int64_t weight) {
  if (!level.limited) return false;
  const int64_t below = CartonsBelow(level, weight);
  return below < request_cartons && IsAtLevel(level, below, weight);
}

absl::StatusOr<Level> WaterFill(const FillRule& rule, int64_t supply_cartons,
                                absl::Span<const int64_t> request_cartons, absl::Span<const int32_t> weights,
                                TieKeyOf tie_key_of, absl::Span<int64_t> cartons) {
  const absl::StatusOr<Demand> demand =
      CheckLines(rule, supply_cartons, request_cartons, weights, cartons.size());
  if (!demand.ok()) return demand.status();
  Level level;
  level.rule = rule;
  if (supply_cartons >= demand->total) {
    std::copy(request_cartons.begin(), request_cartons.end(), cartons.begin());
    return level;
  }

  // The last point up to which the supply suffices; the priority where it ends is the only one between
  // that point and the next.
  GridCounts counts(rule, weights);
  int64_t suffices = -1;
  int64_t too_much = ((2 * demand->largest + DeltaOf(rule)) << kGridBits) / demand->smallest_weight + 1;
  while (too_much - suffices > 1) {
    const int64_t middle = suffices + (too_much - suffices) / 2;
    counts.MoveTo(middle);
    (counts.Total(request_cartons, weights) <= supply_cartons ? suffices : too_much) = middle;
  }
  GridCounts beyond = counts;
  counts.MoveTo(suffices);
  beyond.MoveTo(too_much);

  int64_t left = supply_cartons;
  std::vector<TiedLine> tied;
  for (size_t i = 0; i < request_cartons.size(); ++i) {
    const int64_t below = counts.Of(weights[i]);
    cartons[i] = std::min(request_cartons[i], below);
    left -= cartons[i];
    if (request_cartons[i] > below && beyond.Of(weights[i]) > below) {
      tied.push_back({tie_key_of(i), static_cast<uint32_t>(i)});
    }
  }

  const auto lower_key = [](const TiedLine& a, const TiedLine& b) { return a.key < b.key; };
  const auto cut = tied.begin() + left;
  std::nth_element(tied.begin(), cut, tied.end(), lower_key);
  for (auto winner = tied.begin(); winner != cut; ++winner) {
    if (winner->key == cut->key) {
      return absl::InvalidArgumentError(
          absl::StrCat("lines ", winner->line, " and ", cut->line, " have the same tie key"));
    }
    ++cartons[winner->line];
  }

  const Priority end = PriorityOf(rule, counts.Of(weights[cut->line]), weights[cut->line]);
  const int64_t divisor = std::gcd(end.numerator, end.denominator);
  level.limited = true;
  level.numerator = end.numerator / divisor;
  level.denominator = end.denominator / divisor;
  level.cut_off = cut->key;
  return level;
}

absl::StatusOr<Level> WaterFill(const FillRule& rule, int64_t supply_cartons,
                                absl::Span<const int64_t> request_cartons, absl::Span<const int32_t> weights,
                                absl::Span<const TieKey> tie_keys, absl::Span<int64_t> cartons) {
  if (tie_keys.size() != request_cartons.size()) {
    return absl::InvalidArgumentError("request_cartons and tie_keys differ in length");
  }
  const auto tie_key_of = [tie_keys](size_t line) { return tie_keys[line]; };
  return WaterFill(rule, supply_cartons, request_cartons, weights, tie_key_of, cartons);
}

}  // namespace sanyuan::allocation
