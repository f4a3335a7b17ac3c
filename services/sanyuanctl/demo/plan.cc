#include "services/sanyuanctl/demo/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "common/digest/digest.h"
#include "services/sanyuanctl/demo/catalogue.h"

namespace sanyuan::ctl::demo {
namespace {

// Agreed totals of a month by scale: least, median and most cartons.
struct Spread {
  int64_t least, median, most;
};
Spread SpreadOf(Scale scale) {
  switch (scale) {
    case Scale::kLarge:
      return {320, 430, 1500};
    case Scale::kMedium:
      return {110, 180, 320};
    case Scale::kSmall:
      break;
  }
  return {10, 45, 110};
}

int64_t Between(Draw& draw, const Spread& spread) {
  if (draw.Chance(500)) return spread.least + draw.Below(spread.median - spread.least);
  // Rare far above the median: the smaller of two draws.
  const int64_t room = spread.most - spread.median;
  return spread.median + std::min(draw.Below(room), draw.Below(room));
}

Habit HabitOf(Draw& draw, bool urban) {
  const int64_t at = draw.Below(1000);
  if (at < (urban ? 40 : 80)) return Habit::kSilent;
  if (at < 120) return Habit::kAmends;
  if (at < 130) return Habit::kCancels;
  if (at < 160) return Habit::kRepeats;
  if (at < 165) return Habit::kReusesId;
  if (at < 195) return Habit::kOverreaches;
  return Habit::kOrders;
}

// A quarter of the month's total, spread over 4 to 30 SKUs; popular ones and, in villages, the staples first.
std::vector<Wish> Wishes(Draw& draw, const Shop& shop, bool urban) {
  const auto& catalogue = Catalogue();
  std::vector<int64_t> weights(catalogue.size());
  for (size_t i = 0; i < catalogue.size(); ++i) {
    weights[i] = 2 + (catalogue[i].key_brand ? 4 : 0) + (catalogue[i].tight ? 6 : 0) +
                 (!urban && catalogue[i].rural_staple ? 10 : 0);
  }
  const int64_t total = std::max<int64_t>(1, shop.agreed * (170 + draw.Below(90)) / 1000);
  const int64_t kinds = std::min({total, 4 + draw.Below(17) + draw.Below(10), int64_t{30}});
  std::vector<Wish> wishes;
  int64_t left = total;
  int64_t weight_left = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  for (int64_t k = 0; k < kinds; ++k) {
    int64_t at = draw.Below(weight_left);
    size_t sku = 0;
    while (at >= weights[sku]) at -= weights[sku++];
    weight_left -= weights[sku];
    weights[sku] = 0;
    const int64_t others = kinds - k - 1;
    int64_t cartons =
        others == 0 ? left : 1 + draw.Below(std::max<int64_t>(1, 2 * (left - others) / (others + 1)));
    cartons = std::min(cartons, left - others);
    if (catalogue[sku].tight) cartons = std::min(cartons, CapOf(shop.ration_class));
    left -= cartons;
    wishes.push_back({sku, cartons});
  }
  std::sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) { return a.sku < b.sku; });
  return wishes;
}

}  // namespace

Draw::Draw(uint64_t seed, std::string_view what) : state_(0) {
  const Digest digest = Sha256(fmt::format("{} {}", seed, what));
  for (int i = 0; i < 8; ++i) state_ = state_ << 8 | static_cast<uint8_t>(digest.view()[i]);
}

int64_t Draw::Below(int64_t n) {
  // SplitMix64 (Steele, Lea, Flood 2014).
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<int64_t>((z ^ (z >> 31)) % static_cast<uint64_t>(n));
}

std::string RouteId(int route) { return fmt::format("R{:02}", route + 1); }
std::string CrewMember(int crew) { return fmt::format("DS{:02}", 2 * crew + 1); }
std::string AccountManager(int index) { return fmt::format("AM{:02}", index + 1); }

const std::vector<std::string>& RationClasses() {
  static const std::vector<std::string> classes = {"URBAN-L", "URBAN-M", "URBAN-S",
                                                   "RURAL-L", "RURAL-M", "RURAL-S"};
  return classes;
}

int64_t CapOf(const std::string& ration_class) {
  switch (ration_class.back()) {
    case 'L':
      return 15;
    case 'M':
      return 8;
    default:
      return 4;
  }
}

Plan MakePlan(uint64_t seed, int retailers) {
  Plan plan;
  plan.seed = seed;
  plan.demand.assign(Catalogue().size(), 0);
  std::vector<int> stops(kRoutes, 0);
  for (int i = 0; i < retailers; ++i) {
    Draw draw(seed, fmt::format("shop {}", i));
    Shop shop;
    shop.number = i + 1;
    shop.licence = fmt::format("{}1{:05}", kCounty, i + 1);
    shop.card = fmt::format("CARD{:06}", i + 1);
    shop.route = i % kRoutes;
    shop.stop = ++stops[shop.route];
    shop.account_manager = i % kRoutes * kAccountManagers / kRoutes;
    const bool urban = plan.Urban(shop.route);
    const int64_t rank = draw.Below(100);
    shop.scale = rank < 10 ? Scale::kLarge : rank < 40 ? Scale::kMedium : Scale::kSmall;
    shop.large = rank < 2;
    shop.ration_class = RationClasses()[static_cast<size_t>(shop.scale) + (urban ? 0 : 3)];
    shop.grade = static_cast<int>((shop.scale == Scale::kLarge    ? 21
                                   : shop.scale == Scale::kMedium ? 11
                                                                  : 1) +
                                  draw.Below(10));
    shop.agreed = Between(draw, SpreadOf(shop.scale));
    if (shop.agreed > 50) shop.agreed -= shop.agreed % 5;
    // Routes fan out from the county town; a stop lies 500 m behind the one before.
    shop.latitude_e6 = 36'736'000 + shop.stop * 4'500;
    shop.longitude_e6 = 103'260'000 + (shop.route - kRoutes / 2) * 20'000;
    shop.habit = HabitOf(draw, urban);
    shop.wishes = Wishes(draw, shop, urban);
    shop.pays = !draw.Chance(20);
    if (shop.habit != Habit::kSilent && shop.habit != Habit::kCancels) {
      for (const Wish& wish : shop.wishes) plan.demand[wish.sku] += wish.cartons;
    }
    plan.shops.push_back(std::move(shop));
  }
  return plan;
}

}  // namespace sanyuan::ctl::demo
