// No carton appears or disappears between the pool, the runs and the shops (R79, R80; the delivery part of
// invariants 16 and 24).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "tests/property/delivery_tracking/delivery_plan.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::RunSku;
using delivery_tracking::RunSkuKey;

constexpr const char* kRuns[] = {"620121-20190806-R05-1", "620121-20190806-R06-1"};

int64_t CartonsOf(const std::vector<delivery_tracking::SkuLine>& lines) {
  int64_t sum = 0;
  for (const auto& line : lines) sum += line.cartons;
  return sum;
}

RC_GTEST_PROP(LedgerProperties, ARunIsReconciledExactlyWhenEverySkuBalances, ()) {
  const DayPlan plan = DayPlan::Draw();
  Day day(plan);
  DeliveryCounty& county = *day.county;
  const bool upload_late = *rc::gen::arbitrary<bool>();
  if (!upload_late) day.UploadInOrder();
  for (const char* run : kRuns) {
    Cartons returned;
    std::vector<dt::Loss> losses;
    for (const char* sku : {"620001", "620002"}) {
      const RunSku row = county.sku(run, sku);
      // Around what would balance, so that both ends are met.
      const int64_t expected = upload_late ? row.loaded / 2 : row.carried();
      const int64_t back = std::max<int64_t>(0, expected + *rc::gen::inRange<int64_t>(-1, 2));
      returned.emplace_back(sku, back);
      if (*rc::gen::inRange(0, 3) == 0) {
        dt::Loss loss;
        loss.set_sku(sku);
        loss.set_cartons(*rc::gen::inRange<int64_t>(1, 3));
        loss.set_case_number("YD-7");
        losses.push_back(loss);
      }
    }
    RC_ASSERT(county.Return(run, returned).refusals.empty());
    RC_ASSERT(county.Reconcile(run, losses).refusals.empty());
  }
  if (upload_late) day.UploadInOrder();
  for (const char* run : kRuns) {
    bool balanced = true;
    for (const char* sku : {"620001", "620002"}) {
      const RunSku row = county.sku(run, sku);
      balanced = balanced && row.loaded == row.delivered + row.returned + row.lost;
      // What the ledger says was delivered is what the receipts say.
      int64_t receipted = 0;
      for (const std::string& id : day.stops) {
        if (id.compare(0, std::string(run).size(), run) != 0 || county.receipt(id) == nullptr) continue;
        for (const auto& line : county.stop(id).delivered)
          receipted += line.sku.view() == sku ? line.cartons : 0;
      }
      RC_ASSERT(receipted == row.delivered);
    }
    RC_ASSERT((county.run(run).state == dt::RUN_STATE_RECONCILED) == balanced);
  }
  RC_ASSERT(county.status().ok());
}

RC_GTEST_PROP(LedgerProperties, EveryPaidCartonIsInOnePlace, ()) {
  const DayPlan plan = DayPlan::Draw();
  Day day(plan);
  DeliveryCounty& county = *day.county;
  day.UploadInOrder();
  int64_t paid = 0;
  for (const auto& crew : plan.stops) {
    for (const StopPlan& stop : crew) paid += stop.cartons + 1;
  }
  const auto check = [&] {
    int64_t placed = 0;
    county.state().pool.ForEach(
        [&](const auto&, const delivery_tracking::PoolRow& row) { placed += CartonsOf(row.lines); });
    std::set<delivery_tracking::StopKey> replaced;
    county.state().stops.ForEach([&](const auto&, const delivery_tracking::Stop& stop) {
      if (stop.redelivery_of) replaced.insert(*stop.redelivery_of);
    });
    county.state().stops.ForEach(
        [&](const delivery_tracking::StopKey& key, const delivery_tracking::Stop& stop) {
          if (stop.state == dt::STOP_STATE_REDELIVERY || replaced.contains(key)) return;
          for (const auto& part : stop.orders) placed += CartonsOf(part.lines);
        });
    RC_ASSERT(placed == paid);
  };
  check();
  county.Tick(At("2019-08-06 21:00"));
  check();
  for (const std::string& id : day.stops) {
    if (*rc::gen::arbitrary<bool>()) county.Redeliver(id, "2019-08-08");
    check();
  }
  const int extra = *rc::gen::inRange(0, 3);
  for (int i = 0; i < extra; ++i) {
    county.Pay("620121-x" + std::to_string(i), "620121100001", {{"620001", 2}}, "2019-08-06");
    paid += 2;
  }
  check();
  if (*rc::gen::arbitrary<bool>()) county.Plan("2019-08-08");
  check();
  // A voided part leaves once, whether it is in the pool or on a stop.
  for (int i = 0; i < extra; ++i) {
    if (*rc::gen::arbitrary<bool>()) continue;
    county.Void("620121-x" + std::to_string(i), "620121100001");
    county.Void("620121-x" + std::to_string(i), "620121100001");
    paid -= 2;
    check();
  }
  county.Tick(At("2019-08-31 00:00"));
  check();
  RC_ASSERT(county.status().ok());
}

}  // namespace
}  // namespace sanyuan::testing
