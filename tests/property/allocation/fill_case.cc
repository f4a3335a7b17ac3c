#include "tests/property/allocation/fill_case.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <ostream>

#include "gtest/gtest.h"

namespace sanyuan::allocation {

int64_t Sum(const std::vector<int64_t>& cartons) {
  return std::accumulate(cartons.begin(), cartons.end(), int64_t{0});
}

namespace {

template <typename T>
std::vector<T> Without(std::vector<T> items, size_t index) {
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  return items;
}

// Priority of carton number x+1, as the definition says it and not as the code under test computes it.
struct Fraction {
  int64_t numerator;
  int64_t denominator;
};

Fraction PriorityOfCarton(const FillRule& rule, int64_t x, int32_t weight) {
  if (rule.min_one && x == 0) return {0, 1};
  return {2 * x + static_cast<int>(rule.divisor), 2 * weight};
}

bool Less(const Fraction& a, const Fraction& b) {
  return static_cast<__int128>(a.numerator) * b.denominator <
         static_cast<__int128>(b.numerator) * a.denominator;
}

Level Fill(const FillCase& fill, std::vector<int64_t>& cartons) {
  std::vector<int64_t> requests;
  std::vector<int32_t> weights;
  std::vector<TieKey> keys;
  for (const FillLine& line : fill.lines) {
    requests.push_back(line.request);
    weights.push_back(line.weight);
    keys.push_back(KeyOf(line.key));
  }
  cartons.assign(fill.lines.size(), -1);
  const absl::StatusOr<Level> level =
      WaterFill(fill.rule, fill.supply, requests, weights, keys, absl::MakeSpan(cartons));
  EXPECT_TRUE(level.ok()) << level.status();
  return level.ok() ? *level : Level();
}

}  // namespace

int64_t FillCase::demand() const {
  int64_t sum = 0;
  for (const FillLine& line : lines) sum += line.request;
  return sum;
}

std::ostream& operator<<(std::ostream& out, const FillCase& fill) {
  out << "supply " << fill.supply << ", delta " << static_cast<int>(fill.rule.divisor)
      << (fill.rule.min_one ? ", min-one" : "") << ", pick " << fill.pick << ", lie " << fill.lie
      << ", order " << fill.order << ", level " << fill.whole_level << "; (request, weight, key):";
  for (const FillLine& line : fill.lines) {
    out << " (" << line.request << ", " << line.weight << ", " << line.key << ")";
  }
  return out;
}

TieKey KeyOf(uint32_t number) {
  TieKey key;
  for (size_t i = 0; i < 4; ++i) key.bytes[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return key;
}

std::vector<int64_t> RealRule(const FillCase& fill) {
  std::vector<int64_t> cartons;
  Fill(fill, cartons);
  return cartons;
}

Level LevelOf(const FillCase& fill) {
  std::vector<int64_t> cartons;
  return Fill(fill, cartons);
}

FillCase RandomCase(std::mt19937_64& random, const CaseBounds& bounds) {
  const auto up_to = [&random](int64_t most) {
    return static_cast<int64_t>(random() % (static_cast<uint64_t>(most) + 1));
  };
  FillCase fill;
  fill.rule = {static_cast<Divisor>(up_to(2)), up_to(1) == 1};
  const bool equal_weights = up_to(9) < 3;
  const int64_t lines = 1 + up_to(static_cast<int64_t>(bounds.lines) - 1);
  for (int64_t i = 0; i < lines; ++i) {
    const auto weight = equal_weights ? 1 : static_cast<int32_t>(1 + up_to(bounds.weight - 1));
    fill.lines.push_back({up_to(bounds.request), weight, static_cast<uint32_t>(i)});
  }
  for (size_t i = fill.lines.size(); i > 1; --i)
    std::swap(fill.lines[i - 1].key, fill.lines[random() % i].key);
  fill.supply = up_to(fill.demand() + 5);
  fill.pick = static_cast<uint32_t>(random());
  fill.lie = up_to(2 * bounds.request);
  fill.order = static_cast<uint32_t>(random());
  fill.whole_level = up_to(5);
  return fill;
}

bool IsFeasibleAndWastesNothing(const SharingRule& rule, const FillCase& fill) {
  const std::vector<int64_t> got = rule(fill);
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] < 0 || got[i] > fill.lines[i].request) return false;
  }
  return Sum(got) == std::min(fill.supply, fill.demand());
}

bool HandsOutLowestPrioritiesFirst(const SharingRule& rule, const FillCase& fill) {
  const std::vector<int64_t> got = rule(fill);
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] >= fill.lines[i].request) continue;
    const Fraction next = PriorityOfCarton(fill.rule, got[i], fill.lines[i].weight);
    for (size_t j = 0; j < got.size(); ++j) {
      if (got[j] > 0 && Less(next, PriorityOfCarton(fill.rule, got[j] - 1, fill.lines[j].weight)))
        return false;
    }
  }
  return true;
}

bool TreatsEqualShopsEqually(const SharingRule& rule, const FillCase& fill) {
  const std::vector<int64_t> got = rule(fill);
  for (size_t i = 0; i < got.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const FillLine& a = fill.lines[i];
      const FillLine& b = fill.lines[j];
      if (a.weight == b.weight && a.request == b.request && std::abs(got[i] - got[j]) > 1) return false;
    }
  }
  return true;
}

bool LowersNobodyWithOneCartonMore(const SharingRule& rule, const FillCase& fill) {
  FillCase more = fill;
  ++more.supply;
  const std::vector<int64_t> before = rule(fill);
  const std::vector<int64_t> after = rule(more);
  for (size_t i = 0; i < before.size(); ++i) {
    if (after[i] < before[i]) return false;
  }
  return true;
}

bool RaisesNobodyWithAFurtherShop(const SharingRule& rule, const FillCase& fill) {
  FillCase fewer = fill;
  fewer.lines = Without(fill.lines, fill.picked());
  const std::vector<int64_t> with = Without(rule(fill), fill.picked());
  const std::vector<int64_t> without = rule(fewer);
  for (size_t i = 0; i < with.size(); ++i) {
    if (with[i] > without[i]) return false;
  }
  return true;
}

bool KeepsTheOthersWhenAServedShopLeaves(const SharingRule& rule, const FillCase& fill) {
  const std::vector<int64_t> got = rule(fill);
  FillCase rest = fill;
  rest.lines = Without(fill.lines, fill.picked());
  rest.supply = Sum(got) - got[fill.picked()];
  return rule(rest) == Without(got, fill.picked());
}

bool IgnoresTheOrderOfLines(const SharingRule& rule, const FillCase& fill) {
  std::vector<size_t> places(fill.lines.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::minstd_rand shuffle(fill.order);
  for (size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[shuffle() % i]);
  FillCase shuffled = fill;
  for (size_t i = 0; i < places.size(); ++i) shuffled.lines[i] = fill.lines[places[i]];
  const std::vector<int64_t> got = rule(fill);
  const std::vector<int64_t> got_shuffled = rule(shuffled);
  for (size_t i = 0; i < places.size(); ++i) {
    if (got_shuffled[i] != got[places[i]]) return false;
  }
  return true;
}

bool RewardsNoMisreport(const SharingRule& rule, const FillCase& fill) {
  const size_t liar = fill.picked();
  FillCase misreported = fill;
  misreported.lines[liar].request = fill.lie;
  const int64_t usable = std::min(rule(misreported)[liar], fill.lines[liar].request);
  return usable <= rule(fill)[liar];
}

bool GivesEveryDemanderOne(const SharingRule& rule, const FillCase& fill) {
  int64_t demanders = 0;
  bool equal_weights = true;
  for (const FillLine& line : fill.lines) {
    demanders += line.request > 0 ? 1 : 0;
    equal_weights = equal_weights && line.weight == fill.lines.front().weight;
  }
  if ((!fill.rule.min_one && !equal_weights) || fill.supply < demanders) return true;
  const std::vector<int64_t> got = rule(fill);
  for (size_t i = 0; i < got.size(); ++i) {
    if (fill.lines[i].request > 0 && got[i] < 1) return false;
  }
  return true;
}

bool MeetsWholeContinuousShares(const SharingRule& rule, const FillCase& fill) {
  // With min-one the rule is another one as long as not everybody has his first carton.
  if (fill.rule.min_one && fill.whole_level == 0) return true;
  FillCase exact = fill;
  exact.supply = 0;
  std::vector<int64_t> shares;
  for (const FillLine& line : fill.lines) {
    shares.push_back(std::min(line.request, fill.whole_level * line.weight));
    exact.supply += shares.back();
  }
  return rule(exact) == shares;
}

bool GivesHigherWeightsNoLess(const SharingRule& rule, const FillCase& fill) {
  const std::vector<int64_t> got = rule(fill);
  for (size_t i = 0; i < got.size(); ++i) {
    for (size_t j = 0; j < got.size(); ++j) {
      const FillLine& a = fill.lines[i];
      const FillLine& b = fill.lines[j];
      if (a.request == b.request && a.weight > b.weight && got[i] < got[j] - 1) return false;
    }
  }
  return true;
}

}  // namespace sanyuan::allocation
