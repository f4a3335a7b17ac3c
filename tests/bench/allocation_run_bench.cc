// How long one county's allocation takes, and how long another command of its partition would have to wait for a
// single step of it: deciding, serializing, parsing and folding, as a partition does.
//
//   allocation_run_bench [retailers] [skus]        30,000 and 200 unless said otherwise
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/support/allocation_county.h"

namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

}  // namespace

int main(int argc, char** argv) {
  using sanyuan::testing::AllocationCounty;
  const int retailers = argc > 1 ? std::atoi(argv[1]) : 30'000;
  const int skus = argc > 2 ? std::atoi(argv[2]) : 200;
  AllocationCounty county;
  county.KeepRecords(false);
  county.PublishPolicy();
  county.ListSkus(skus);
  std::vector<AllocationCounty::Shop> shops;
  std::vector<AllocationCounty::Order> orders;
  for (int i = 1; i <= retailers; ++i) {
    shops.push_back({.number = i, .grade = i % 30 + 1});
    AllocationCounty::Order order;
    order.shop = i;
    for (int sku = 1; sku <= skus; ++sku) order.lines.emplace_back(sku, (i * 7 + sku * 13) % 9 + 1);
    orders.push_back(std::move(order));
  }
  county.Register(shops);
  county.Schedule();
  std::map<int, int64_t> supply;
  // Every second SKU is scarce.
  for (int sku = 1; sku <= skus; ++sku) supply[sku] = int64_t{retailers} * (sku % 2 == 0 ? 3 : 20);
  county.Supply(supply);
  county.Tick(sanyuan::testing::Shanghai(2019, 8, 3, 12));
  county.Open();
  auto from = Clock::now();
  county.Close(orders, sanyuan::testing::kWindow, 100);
  const double copied = Seconds(from);
  from = Clock::now();
  double longest = 0;
  int steps = 0;
  for (;;) {
    const auto step = Clock::now();
    if (county.Work(1) == 0) break;
    ++steps;
    longest = std::max(longest, Seconds(step));
  }
  const double run = Seconds(from);
  const auto* result = county.state().runs.Find(*sanyuan::allocation::ParseRun(sanyuan::testing::kRun));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "retailers %d, SKUs %d, lines %lld: input copied in %.1f s, run %.1f s in %d steps, longest step %.1f "
      "ms, "
      "%ld MiB, %s\n",
      retailers, skus, static_cast<long long>(result->lines), copied, run, steps, longest * 1e3,
      usage.ru_maxrss / 1024, county.status().ok() ? "ok" : "FAILED");
  return county.status().ok() && result->state == sanyuan::allocation::v1::RUN_STATE_PUBLISHED ? 0 : 1;
}
