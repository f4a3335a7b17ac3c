// The order day of the benchmarks: counties with their retailers, and one order of 13 lines for each. Every tenth
// order asks for a tight SKU under a ration.
// Pure functions of the shape, any thread.
#ifndef SANYUAN_TESTS_BENCH_ORDER_DAY_H_
#define SANYUAN_TESTS_BENCH_ORDER_DAY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/partition/domain.h"
#include "common/state/code.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"

namespace sanyuan::bench {

inline constexpr int kOrderLines = 13;

struct OrderDay {
  int counties = 1;
  int retailers = 1;  // Of all counties; retailer i is of county i % counties.

  County CountyOf(int retailer) const;
  std::string CountyCode(int retailer) const { return CountyText(CountyOf(retailer)); }
  std::string Licence(int retailer) const;

  absl::Time loaded_at() const;
  absl::Time open_at() const;  // Before the windows' cut-off.

  // What order intake would have noted of policies and SKUs, of one county, and of one retailer: to be folded at
  // loaded_at, in this order. At open_at the timers open the windows.
  std::vector<order_intake::v1::Event> ReferenceEvents() const;
  std::vector<order_intake::v1::Event> CountyEvents(int county) const;
  std::vector<order_intake::v1::Event> RetailerEvents(int retailer) const;

  // The order of one retailer; its request id is to be set by who sends it.
  void FillOrder(int retailer, order_intake::v1::SubmitOrderRequest& request) const;
};

}  // namespace sanyuan::bench

#endif  // SANYUAN_TESTS_BENCH_ORDER_DAY_H_
