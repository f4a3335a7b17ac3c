// Invariant 17 against the real decider of orders: what a shop has ordered up to an occurrence of the month stays
// under that occurrence's ceiling, nothing is lost by ordering less early, and a new month begins anew.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/support/order_intake_county.h"

namespace sanyuan::testing {
namespace {

using order_intake::Order;
using order_intake::OrderId;
using order_intake::OrderState;

constexpr int kOccurrences = 3;

class PacedMonth {
 public:
  PacedMonth() {
    ceiling = *rc::gen::inRange<int64_t>(1, 60);
    for (int i = 1; i < kOccurrences; ++i) pacing.push_back(*rc::gen::inRange<int64_t>(0, ceiling + 1));
    pacing.push_back(ceiling);
    std::sort(pacing.begin(), pacing.end());
    for (const std::string& shop : shops) {
      county.AddRetailer(shop);
      county.OpenAllowance(shop, "2019-08", ceiling, pacing);
    }
    county.CompleteMonth("2019-08");
    // All three are open together in the end, so that orders go to and fro between occurrences.
    windows.push_back(county.OpenWindow("2019-08-05", {.occurrence = 1, .occurrences = kOccurrences}));
    county.Schedule("2019-08-06", {.occurrence = 2, .occurrences = kOccurrences});
    county.Schedule("2019-08-07", {.occurrence = 3, .occurrences = kOccurrences});
    windows.insert(windows.end(), {"620121-20190806-1", "620121-20190807-1"});
  }

  void Step() {
    const std::string& shop = shops[*rc::gen::inRange<size_t>(0, 2)];
    const std::vector<Asked> lines = {{"620001", *rc::gen::inRange<int64_t>(0, 25)},
                                      {"620002", *rc::gen::inRange<int64_t>(0, 25)}};
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        county.Tick(county.now() + absl::Hours(*rc::gen::inRange(1, 16)));
        return;
      case 1:
        if (!orders.empty()) {
          const auto& [id, owner] = orders[*rc::gen::inRange<size_t>(0, orders.size())];
          county.Amend(owner, id, lines);
        }
        return;
      case 2:
        if (!orders.empty()) {
          const auto& [id, owner] = orders[*rc::gen::inRange<size_t>(0, orders.size())];
          county.Cancel(owner, id);
        }
        return;
      default: {
        const std::string& window = windows[*rc::gen::inRange<size_t>(0, windows.size())];
        const std::string id = OrderIdOf(county.Submit(shop, window, lines));
        if (!id.empty()) orders.emplace_back(id, shop);
      }
    }
  }

  void Check() const {
    // By shop: cartons of all orders up to each occurrence.
    std::map<std::string, std::vector<int64_t>> sums;
    county.state().orders.ForEach([&](const OrderId& id, const Order& order) {
      if (order.state == OrderState::kCancelled) return;
      auto& of_shop = sums[order.licence.str()];
      of_shop.resize(kOccurrences);
      const auto occurrence =
          static_cast<size_t>(county.state().windows.Find(order_intake::WindowOf(id, order))->occurrence);
      for (size_t t = occurrence; t <= kOccurrences; ++t) {
        for (const auto& line : order.lines) of_shop[t - 1] += line.requested;
      }
    });
    for (const auto& [shop, of_shop] : sums) {
      for (size_t t = 0; t < kOccurrences; ++t) RC_ASSERT(of_shop[t] <= pacing[t]);
    }
    RC_ASSERT(county.status().ok());
  }

  OrderIntakeCounty county;
  int64_t ceiling = 0;
  std::vector<int64_t> pacing;
  const std::vector<std::string> shops = {"620121100001", "620121100002", "620121100003"};
  std::vector<std::string> windows;
  std::vector<std::pair<std::string, std::string>> orders;  // Id and licence.
};

RC_GTEST_PROP(OrderIntakePacing, Invariant17OrdersUpToAnOccurrenceStayUnderItsCeiling, ()) {
  PacedMonth month;
  const int steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    month.Step();
    month.Check();
  }
}

RC_GTEST_PROP(OrderIntakePacing, Invariant17WhoOrderedNothingEarlierReachesTheWholeCeilingAtTheLastOccurrence,
              ()) {
  PacedMonth month;
  const int steps = *rc::gen::inRange(0, 10);
  for (int i = 0; i < steps; ++i) month.Step();
  // The third shop never ordered.
  OrderIntakeCounty& county = month.county;
  county.Tick(std::max(county.now(), At("2019-08-06", 0, 0)));
  const std::string& shop = month.shops[2];
  RC_ASSERT(county.Submit(shop, month.windows[2], {{"620001", month.ceiling + 1}}).refused());
  RC_ASSERT(!OrderIdOf(county.Submit(shop, month.windows[2], {{"620001", month.ceiling}})).empty());
  month.Check();

  // The next month knows nothing of this one, neither what was used nor what was left.
  const int64_t next = *rc::gen::inRange<int64_t>(1, 60);
  for (const std::string& each : month.shops) county.OpenAllowance(each, "2019-09", next, {next});
  county.CompleteMonth("2019-09");
  const std::string window = county.OpenWindow("2019-09-03", {.occurrence = 1, .occurrences = 1});
  for (const std::string& each : month.shops) {
    RC_ASSERT(county.Submit(each, window, {{"620001", next + 1}}).refused());
    RC_ASSERT(!OrderIdOf(county.Submit(each, window, {{"620001", next}})).empty());
  }
  RC_ASSERT(county.status().ok());
}

}  // namespace
}  // namespace sanyuan::testing
