// Properties of whole runs, through the real deciders: requests go in as a closed window, what comes out are
// published pages. Invariants 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 22, 25, 26 and 30; and that neither interruptions nor a
// replay change a carton.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/window.h"
#include "services/allocation/view.h"
#include "tests/property/read_models.h"
#include "tests/support/allocation_county.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using Order = AllocationCounty::Order;

constexpr int kSkus = 3;

// A county's window: shops with grades and classes, orders with any lines, supply, caps and a policy.
struct Case {
  std::vector<AllocationCounty::Shop> shops;
  std::vector<Order> orders;
  std::map<int, int64_t> supply;
  std::map<int, int64_t> caps;
  int delta = 1;
  bool min_one = false;
  bool weighted = false;
};

Case AnyCase() {
  Case any;
  const int shops = *rc::gen::inRange(1, 8);
  for (int i = 1; i <= shops; ++i) {
    AllocationCounty::Shop shop;
    shop.number = i;
    shop.grade = *rc::gen::inRange(1, 31);
    shop.ration_class = *rc::gen::element<std::string>("L", "M");
    any.shops.push_back(shop);
  }
  const int orders = *rc::gen::inRange(0, 10);
  for (int i = 0; i < orders; ++i) {
    Order order;
    order.shop = *rc::gen::inRange(1, shops + 1);
    const int lines = *rc::gen::inRange(1, 5);
    for (int line = 0; line < lines; ++line) {
      order.lines.emplace_back(*rc::gen::inRange(1, kSkus + 1), *rc::gen::inRange<int64_t>(0, 15));
    }
    any.orders.push_back(order);
  }
  for (int sku = 1; sku <= kSkus; ++sku) {
    if (*rc::gen::inRange(0, 6) > 0) any.supply[sku] = *rc::gen::inRange<int64_t>(1, 60);
    if (*rc::gen::inRange(0, 3) == 0) any.caps[sku] = *rc::gen::inRange<int64_t>(0, 12);
  }
  if (any.supply.empty()) any.supply[1] = 10;
  any.delta = *rc::gen::inRange(0, 3);
  any.min_one = *rc::gen::arbitrary<bool>();
  any.weighted = *rc::gen::arbitrary<bool>();
  return any;
}

void Prepare(AllocationCounty& county, const Case& any) {
  county.PublishPolicy([&](registry::v1::AllocationPolicy& policy) {
    policy.set_fill_delta(any.delta);
    policy.set_fill_min_one(any.min_one);
    if (!any.weighted) return;
    for (int band = 0; band < 3; ++band) {
      auto* weight = policy.add_grade_weights();
      weight->set_from_grade(band * 10 + 1);
      weight->set_to_grade(band * 10 + 10);
      weight->set_weight(band + 1);
    }
  });
  county.ListSkus(kSkus);
  county.Register(any.shops);
  std::vector<int> tight;
  for (const auto& [sku, cap] : any.caps) tight.push_back(sku);
  if (!tight.empty()) {
    county.PublishTight(tight);
    county.PublishCaps(any.caps);
  }
}

void Finish(AllocationCounty& county, Case& any, size_t per_page = 1'000) {
  Prepare(county, any);
  county.Allocate(any.orders, any.supply, per_page);
  RC_ASSERT(county.status().ok());
  RC_ASSERT(county.state().runs.Find(*ParseRun(kRun))->state == v1::RUN_STATE_PUBLISHED);
}

// Cartons of each shop and SKU.
using Shares = std::map<std::pair<int, int>, int64_t>;

Shares Offered(const AllocationCounty& county, const Case& any) {
  Shares shares;
  for (const Order& order : any.orders) {
    for (size_t i = 0; i < order.lines.size(); ++i) {
      shares[{order.shop, order.lines[i].first}] += county.Offered(order, static_cast<uint32_t>(i) + 1);
    }
  }
  return shares;
}

Shares Requested(const Case& any) {
  Shares shares;
  for (const Order& order : any.orders) {
    for (const auto& [sku, cartons] : order.lines) shares[{order.shop, sku}] += cartons;
  }
  return shares;
}

int64_t CapOf(const Case& any, int shop, int sku) {
  const auto cap = any.caps.find(sku);
  const bool counts = cap != any.caps.end() && any.shops[static_cast<size_t>(shop) - 1].ration_class == "M";
  return counts ? cap->second : kMaxRequestCartons;
}

int64_t WeightOfShop(const Case& any, int shop) {
  return any.weighted ? (any.shops[static_cast<size_t>(shop) - 1].grade - 1) / 10 + 1 : 1;
}

int64_t SupplyOf(const Case& any, int sku) {
  const auto supply = any.supply.find(sku);
  return supply == any.supply.end() ? 0 : supply->second;
}

// Every event of a journal, for checks of what was recorded.
std::vector<v1::AllocationPage> PagesIn(const AllocationCounty& county) {
  std::vector<v1::AllocationPage> pages;
  for (const v1::Event& event : county.All()) {
    if (event.has_allocation_page()) pages.push_back(event.allocation_page());
  }
  return pages;
}

RC_GTEST_PROP(AllocationRun, Invariant5NoNeedlessCutAndNoWaste, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any);
  const Shares offered = Offered(county, any);
  std::map<int, int64_t> wanted;
  std::map<int, int64_t> given;
  for (const auto& [place, requested] : Requested(any)) {
    const int64_t limit = std::min(requested, CapOf(any, place.first, place.second));
    const int64_t share = offered.at(place);
    RC_ASSERT(share >= 0 && share <= limit);
    wanted[place.second] += limit;
    given[place.second] += share;
  }
  for (const auto& [sku, cartons] : wanted) {
    RC_ASSERT(given[sku] == std::min(cartons, SupplyOf(any, sku)));
  }
}

RC_GTEST_PROP(AllocationRun, Invariant6NobodyUnsatisfiedStandsBehindALaterCarton, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any);
  const Shares offered = Offered(county, any);
  // Priority of carton number x+1, as a fraction over the weight.
  const auto priority = [&](int shop, int64_t x) {
    const int64_t top = any.min_one && x == 0 ? 0 : 2 * x + any.delta;
    return std::pair(top, WeightOfShop(any, shop));
  };
  for (const auto& [i, requested] : Requested(any)) {
    if (offered.at(i) >= std::min(requested, CapOf(any, i.first, i.second))) continue;
    for (const auto& [j, other] : offered) {
      if (j.second != i.second || j.first == i.first || other == 0) continue;
      const auto next = priority(i.first, offered.at(i));
      const auto last = priority(j.first, other - 1);
      RC_ASSERT(next.first * last.second >= last.first * next.second);
    }
  }
}

RC_GTEST_PROP(AllocationRun, Invariant7OneCartonMoreLowersNobody, ()) {
  Case any = AnyCase();
  AllocationCounty less;
  Finish(less, any);
  const Shares before = Offered(less, any);
  for (auto& [sku, cartons] : any.supply) ++cartons;
  AllocationCounty more;
  Finish(more, any);
  for (const auto& [place, cartons] : Offered(more, any)) RC_ASSERT(cartons >= before.at(place));
}

RC_GTEST_PROP(AllocationRun, Invariant8FurtherShopNeverRaisesAnother, ()) {
  Case any = AnyCase();
  AllocationCounty without;
  Finish(without, any);
  const Shares before = Offered(without, any);
  Case larger = any;
  larger.shops.push_back({.number = static_cast<int>(any.shops.size()) + 1, .grade = 20});
  larger.orders.push_back({larger.shops.back().number, {{1, 9}, {2, 4}}, "620121-order-further"});
  AllocationCounty with;
  Finish(with, larger);
  const Shares after = Offered(with, larger);
  for (const auto& [place, cartons] : before) RC_ASSERT(after.at(place) <= cartons);
}

RC_GTEST_PROP(AllocationRun, Invariant10PagesAndTheirSizesDoNotMatter, ()) {
  Case any = AnyCase();
  AllocationCounty one;
  Finish(one, any);
  AllocationCounty other;
  Finish(other, any, static_cast<size_t>(*rc::gen::inRange(1, 3)));
  RC_ASSERT(Offered(one, any) == Offered(other, any));
}

RC_GTEST_PROP(AllocationRun, Invariant10TheOrderInWhichOrdersArriveDoesNotMatter, ()) {
  Case any = AnyCase();
  AllocationCounty one;
  Finish(one, any);
  Case mixed = any;
  for (size_t i = mixed.orders.size(); i > 1; --i)
    std::swap(mixed.orders[i - 1], mixed.orders[*rc::gen::inRange<size_t>(0, i)]);
  AllocationCounty other;
  Finish(other, mixed);
  RC_ASSERT(Offered(one, any) == Offered(other, mixed));
}

// Whatever a shop asks for instead, it gets no carton more of what it can use.
RC_GTEST_PROP(AllocationRun, Invariant11AMisreportGainsNothingUsable, ()) {
  Case any = AnyCase();
  AllocationCounty honest;
  Finish(honest, any);
  const Shares before = Offered(honest, any);
  const Shares wanted = Requested(any);
  if (any.orders.empty()) return;
  Case lying = any;
  const int liar = any.orders[*rc::gen::inRange<size_t>(0, any.orders.size())].shop;
  for (Order& order : lying.orders) {
    if (order.shop != liar) continue;
    for (auto& [sku, cartons] : order.lines) cartons = *rc::gen::inRange<int64_t>(0, 40);
  }
  AllocationCounty other;
  Finish(other, lying);
  for (const auto& [place, cartons] : Offered(other, lying)) {
    if (place.first == liar) RC_ASSERT(std::min(cartons, wanted.at(place)) <= before.at(place));
  }
}

// Where the continuous shares are whole, the run gives exactly those: the level times the weight, up to what was
// asked for and the cap.
RC_GTEST_PROP(AllocationRun, Invariant13WholeContinuousSharesAreMetExactly, ()) {
  Case any = AnyCase();
  const auto level = *rc::gen::inRange<int64_t>(1, 6);
  Shares exact;
  std::map<int, int64_t> supply;
  for (const auto& [place, requested] : Requested(any)) {
    exact[place] =
        std::min({requested, CapOf(any, place.first, place.second), level * WeightOfShop(any, place.first)});
    supply[place.second] += exact[place];
  }
  std::erase_if(supply, [](const auto& of_sku) { return of_sku.second == 0; });
  if (supply.empty()) return;
  any.supply = supply;
  AllocationCounty county;
  Finish(county, any);
  RC_ASSERT(Offered(county, any) == exact);
}

RC_GTEST_PROP(AllocationRun, Invariant30ReadModelsAgreeAfterAnyRedelivery, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any, static_cast<size_t>(*rc::gen::inRange(1, 4)));
  county.TakeAll(kRun);
  AllocationDomain fresh(nullptr);
  CheckReadModels(county.records(), fresh, AllocationView(fresh.state()));
}

RC_GTEST_PROP(AllocationRun, Invariant12EveryDemanderHasOneBeforeAnybodyHasTwo, ()) {
  Case any = AnyCase();
  any.min_one = true;
  AllocationCounty county;
  Finish(county, any);
  const Shares offered = Offered(county, any);
  std::map<int, int64_t> demanders;
  for (const auto& [place, requested] : Requested(any)) {
    demanders[place.second] += std::min(requested, CapOf(any, place.first, place.second)) > 0 ? 1 : 0;
  }
  for (const auto& [place, requested] : Requested(any)) {
    const bool demands = std::min(requested, CapOf(any, place.first, place.second)) > 0;
    if (demands && SupplyOf(any, place.second) >= demanders[place.second]) RC_ASSERT(offered.at(place) >= 1);
    if (offered.at(place) >= 2) {
      for (const auto& [other, share] : offered) {
        const bool wants = Requested(any).at(other) > 0 && CapOf(any, other.first, other.second) > 0;
        if (other.second == place.second && wants) RC_ASSERT(share >= 1);
      }
    }
  }
}

RC_GTEST_PROP(AllocationRun, Invariant15SameInputSamePagesToTheByte, ()) {
  Case any = AnyCase();
  AllocationCounty one;
  Finish(one, any);
  AllocationCounty two;
  Finish(two, any);
  const auto first = PagesIn(one);
  const auto second = PagesIn(two);
  RC_ASSERT(first.size() == second.size());
  for (size_t i = 0; i < first.size(); ++i)
    RC_ASSERT(first[i].SerializeAsString() == second[i].SerializeAsString());
  RC_ASSERT(one.Work() == 0);
}

RC_GTEST_PROP(AllocationRun, Invariant16And24CartonsAreConservedThroughOffersVoidsAndFurtherRuns, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any);
  RC_ASSERT(county.Imbalances().empty());
  std::map<std::string, bool> void_already;
  for (int round = 0; round < 4 && !any.orders.empty(); ++round) {
    const std::string run = RunText(*LastRun(county.state(), *ParseWindow(kWindow)));
    const RunKey key = *ParseRun(run);
    // Some lines come back, with any room left; the rest is taken.
    for (const Order& order : any.orders) {
      if (void_already[order.id]) continue;
      for (uint32_t line = 1; line <= order.lines.size(); ++line) {
        const int64_t offered = county.Offered(order, line, run);
        if (offered <= 0 || *rc::gen::inRange(0, 3) > 0) continue;
        county.Return(run, order, line, offered, *rc::gen::inRange<int64_t>(0, offered + 1));
        RC_ASSERT(county.Imbalances().empty());
      }
    }
    county.TakeAll(run);
    RC_ASSERT(county.Imbalances().empty());
    // One order is void as a whole.
    const Order& order =
        any.orders[static_cast<size_t>(*rc::gen::inRange<int>(0, static_cast<int>(any.orders.size())))];
    if (!void_already[order.id]) {
      std::map<uint32_t, int64_t> freed;
      for (int32_t sequence = 0; sequence <= key.sequence; ++sequence) {
        const auto* row =
            county.state().results.Find({RunKey(key.window(), sequence), Code(Licence(order.shop))});
        if (row == nullptr) continue;
        for (const auto& of_row : row->orders) {
          if (of_row.id != order.id) continue;
          for (const auto& line : of_row.lines) freed[line.line] += std::max(0, line.taken);
        }
      }
      county.Void(order, freed);
      void_already[order.id] = true;
      RC_ASSERT(county.Imbalances().empty());
    }
    county.Tick(county.now() + absl::Minutes(1));
    county.Work();
    RC_ASSERT(county.status().ok());
    RC_ASSERT(county.Imbalances().empty());
  }
  // Whoever could still take something has it: free and waiting never stand side by side for long.
  const std::string last = RunText(*LastRun(county.state(), *ParseWindow(kWindow)));
  county.TakeAll(last);
  county.Tick(county.now() + absl::Minutes(2));
  county.Work();
  county.state().window_supplies.ForEach(
      [&](const WindowSkuKey&, const WindowSupply& row) { RC_ASSERT(row.free == 0 || row.waiting == 0); });
  county.Tick(Shanghai(2019, 8, 7));
  RC_ASSERT(county.Imbalances().empty());
  RC_ASSERT(county.state().runs.Find(*ParseRun(kRun))->state == v1::RUN_STATE_CLOSED);
  const auto replayed = county.Replayed();
  RC_ASSERT(replayed != nullptr);
  RC_ASSERT(replayed->store().StateDigest() == county.domain().store().StateDigest());
}

RC_GTEST_PROP(AllocationRun, Invariant22ShopsOfAClassHaveTheSameCapAndOnlyTightSkusHaveOne, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any);
  for (const v1::AllocationPage& page : PagesIn(county)) {
    std::map<std::pair<std::string, std::string>, std::optional<int64_t>> caps;
    for (const v1::RetailerAllocation& retailer : page.retailers()) {
      for (const v1::OrderAllocation& order : retailer.orders()) {
        for (const v1::OfferedLine& line : order.lines()) {
          const std::string& sku = page.levels(static_cast<int>(line.level_index())).sku();
          std::optional<int64_t> cap;
          if (line.has_cap_cartons()) cap = line.cap_cartons();
          const auto [it, first] = caps.try_emplace({retailer.ration_class(), sku}, cap);
          RC_ASSERT(it->second == cap);
          const int number = std::stoi(sku.substr(2));
          if (cap) RC_ASSERT(any.caps.contains(number) && any.caps.at(number) == *cap);
        }
      }
    }
  }
}

// From the page and the run's start alone, as an outsider would.
RC_GTEST_PROP(AllocationRun, Invariant25EveryLineIsRecomputedFromItsRecordAlone, ()) {
  Case any = AnyCase();
  AllocationCounty county;
  Finish(county, any);
  int64_t lines = 0;
  for (const v1::AllocationPage& page : PagesIn(county)) {
    for (const v1::RetailerAllocation& retailer : page.retailers()) {
      for (const v1::OrderAllocation& order : retailer.orders()) {
        for (const v1::OfferedLine& line : order.lines()) {
          v1::Explanation record;
          *record.mutable_level() = page.levels(static_cast<int>(line.level_index()));
          record.set_requested_cartons(line.requested_cartons());
          record.set_shop_requested_cartons(
              line.shop_requested_cartons() == 0 ? line.requested_cartons() : line.shop_requested_cartons());
          record.set_shop_before_cartons(line.shop_before_cartons());
          if (line.has_cap_cartons()) record.set_cap_cartons(line.cap_cartons());
          record.set_weight(retailer.weight());
          record.set_held_cartons(line.held_cartons());
          record.set_tie_key(line.tie_key());
          const auto cartons = Recompute(record);
          RC_ASSERT(cartons.ok());
          RC_ASSERT(*cartons == line.offered_cartons());
          ++lines;
        }
      }
    }
  }
  RC_ASSERT(lines == county.state().runs.Find(*ParseRun(kRun))->lines);
}

RC_GTEST_PROP(AllocationRun, InterruptedAtAnyStepAndResumedByAnotherGivesTheSame, ()) {
  Case any = AnyCase();
  AllocationCounty undisturbed;
  Finish(undisturbed, any, 2);
  AllocationCounty disturbed;
  Prepare(disturbed, any);
  disturbed.Schedule();
  disturbed.Supply(any.supply);
  disturbed.Tick(Shanghai(2019, 8, 3, 12));
  disturbed.Open();
  disturbed.Tick(Shanghai(2019, 8, 5, 0, 5));
  disturbed.Close(any.orders, kWindow, 2);
  for (int interruption = 1; interruption <= 40; ++interruption) {
    disturbed.Work(*rc::gen::inRange(0, 12));
    disturbed.TakeOver();
    RC_ASSERT(disturbed.status().ok());
  }
  disturbed.Work();
  RC_ASSERT(disturbed.status().ok());
  RC_ASSERT(Offered(disturbed, any) == Offered(undisturbed, any));
  RC_ASSERT(disturbed.domain().store().BusinessDigests() == undisturbed.domain().store().BusinessDigests());
}

}  // namespace
}  // namespace sanyuan::testing
