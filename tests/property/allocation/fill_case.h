// One question to a rule that shares cartons out, and the invariants that its answers must keep, each a
// predicate over (rule, case): the same predicates judge the real rule and, as controls, wrong ones.
#ifndef SANYUAN_TESTS_PROPERTY_ALLOCATION_FILL_CASE_H_
#define SANYUAN_TESTS_PROPERTY_ALLOCATION_FILL_CASE_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <random>
#include <vector>

#include "services/allocation/domain/maths/water_filling.h"

namespace sanyuan::allocation {

int64_t Sum(const std::vector<int64_t>& cartons);

struct FillLine {
  int64_t request = 0;
  int32_t weight = 1;
  uint32_t key = 0;  // Compares as the tie key does; no two lines of a case have the same.
};

struct FillCase {
  FillRule rule;
  int64_t supply = 0;
  std::vector<FillLine> lines;
  // What single invariants vary: one of the lines, what it asks for instead, an order, a continuous level.
  uint32_t pick = 0;
  int64_t lie = 0;
  uint32_t order = 0;
  int64_t whole_level = 0;

  size_t picked() const { return pick % lines.size(); }
  int64_t demand() const;
};

std::ostream& operator<<(std::ostream& out, const FillCase& fill);

TieKey KeyOf(uint32_t number);

// Answers with the cartons of each line, in the order of the lines.
using SharingRule = std::function<std::vector<int64_t>(const FillCase&)>;

// The real rule; fails the test if it refuses the case.
std::vector<int64_t> RealRule(const FillCase& fill);
Level LevelOf(const FillCase& fill);

// Bounds of a random case. Small ones meet ties and edges often.
struct CaseBounds {
  size_t lines = 9;
  int64_t request = 12;
  int32_t weight = 4;
};
// At least one line.
FillCase RandomCase(std::mt19937_64& random, const CaseBounds& bounds);

// Invariants 5 to 14, by number. REQUIRES: at least one line.
bool IsFeasibleAndWastesNothing(const SharingRule& rule, const FillCase& fill);           // 5
bool HandsOutLowestPrioritiesFirst(const SharingRule& rule, const FillCase& fill);        // 6
bool TreatsEqualShopsEqually(const SharingRule& rule, const FillCase& fill);              // 6
bool LowersNobodyWithOneCartonMore(const SharingRule& rule, const FillCase& fill);        // 7
bool RaisesNobodyWithAFurtherShop(const SharingRule& rule, const FillCase& fill);         // 8
bool KeepsTheOthersWhenAServedShopLeaves(const SharingRule& rule, const FillCase& fill);  // 9
bool IgnoresTheOrderOfLines(const SharingRule& rule, const FillCase& fill);               // 10
bool RewardsNoMisreport(const SharingRule& rule, const FillCase& fill);                   // 11
bool GivesEveryDemanderOne(const SharingRule& rule, const FillCase& fill);                // 12
bool MeetsWholeContinuousShares(const SharingRule& rule, const FillCase& fill);           // 13
bool GivesHigherWeightsNoLess(const SharingRule& rule, const FillCase& fill);             // 14

}  // namespace sanyuan::allocation

#endif  // SANYUAN_TESTS_PROPERTY_ALLOCATION_FILL_CASE_H_
