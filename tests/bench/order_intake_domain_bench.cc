// How fast orders of 13 lines are decided, folded and serialized, below every other layer, and what they cost in
// bytes of events and in memory. Retailers, allowances and SKUs of the day are noted before, in a national
// spread over counties; every tenth order has a tight SKU with a ration.
//
//   order_intake_domain_bench [--orders N] [--counties N] [--digest]
//
// Prints one row: orders per second, microseconds for deciding, folding and serializing, bytes of event for an
// order, resident bytes for an order with its retailer and allowance.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "services/order_intake/domain/business_date.h"
#include "services/order_intake/domain/order.h"
#include "services/order_intake/domain/order_intake_domain.h"

namespace sanyuan::order_intake {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLines = 13;
constexpr int kSkus = 58;
constexpr int kTight = 6;
constexpr uint64_t kAcceptEvery = 64;
constexpr County kFirstCounty = 110101;

int64_t ResidentBytes() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::string SkuCode(int n) { return std::to_string(620001 + n); }

class Bench {
 public:
  explicit Bench(int counties) : counties_(counties) {}

  void Load(int orders) {
    stamp_.decided_at = stamp_.received_at = StartOfDay(20190801);
    Note([](v1::Event& event) {
      auto& policy = *event.mutable_ordering_policy_noted();
      policy.set_version("ordering-2019");
      policy.set_grace_seconds(300);
      policy.set_max_lines(1000);
      policy.set_max_line_cartons(100000);
      policy.set_max_orders_per_window(100);
      policy.set_payment_tries(4);
      policy.set_payment_deadline_minute(720);
    });
    Note([](v1::Event& event) { event.mutable_allocation_policy_noted()->set_version("floating-2019"); });
    for (int i = 0; i < kSkus; ++i) {
      Note([i](v1::Event& event) {
        event.mutable_sku_noted()->set_sku(SkuCode(i));
        event.mutable_sku_noted()->set_orderable(true);
      });
    }
    for (int i = 0; i < counties_; ++i) LoadCounty(kFirstCounty + static_cast<County>(i));
    for (int i = 0; i < orders; ++i) LoadRetailer(i);
    stamp_.decided_at = stamp_.received_at = StartOfDay(20190804);
    for (int i = 0; i < counties_; ++i) {
      stamp_.height = ++height_;
      domain_.store().BeginRecord(height_);
      const auto outcome = domain_.Fire(stamp_);
      if (outcome.events.empty() || !domain_.Evolve(*outcome.events[0], stamp_).ok()) std::abort();
      Settle();
    }
  }

  void Run(int orders) {
    std::mt19937_64 random(7);
    v1::SubmitOrderRequest request;
    std::string bytes;
    for (int i = 0; i < orders; ++i) {
      Fill(i, random, request);
      partition::Stamp stamp = stamp_;
      std::memcpy(stamp.request_id.data(), &i, sizeof(i));
      stamp.actor = {request.licence(), common::v1::ROLE_RETAILER};
      stamp.method = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
      const auto start = Clock::now();
      const Outcome outcome = DecideSubmitOrder(domain_.state(), request, stamp);
      const auto decided = Clock::now();
      if (outcome.events.size() != 1) std::abort();
      outcome.events[0]->SerializeToString(&bytes);
      const auto written = Clock::now();
      stamp.height = ++height_;
      domain_.store().BeginRecord(height_);
      if (!domain_.Evolve(*outcome.events[0], stamp).ok()) std::abort();
      Settle();
      const auto folded = Clock::now();
      deciding_ += decided - start;
      serializing_ += written - decided;
      folding_ += folded - written;
      event_bytes_ += static_cast<int64_t>(bytes.size());
    }
  }

  void Print(int orders, int64_t bytes) {
    const auto micros = [orders](Clock::duration sum) {
      return std::chrono::duration<double, std::micro>(sum).count() / orders;
    };
    const double all = micros(deciding_ + serializing_ + folding_);
    fmt::print(
        "orders {}  counties {}  {:.0f} orders/s  decide {:.2f} us  serialize {:.2f} us  fold {:.2f} us  "
        "all {:.2f} us  {} bytes/event  {} resident bytes/order\n",
        orders, counties_, 1e6 / all, micros(deciding_), micros(serializing_), micros(folding_), all,
        event_bytes_ / orders, bytes / orders);
  }

  void PrintDigest(int orders) {
    const auto start = Clock::now();
    const Digest digest = domain_.store().StateDigest();
    fmt::print("state digest {}: {:.2f} us/order\n", digest.Hex().substr(0, 16),
               std::chrono::duration<double, std::micro>(Clock::now() - start).count() / orders);
  }

 private:
  template <typename FillEvent>
  void Note(FillEvent fill) {
    v1::Event event;
    fill(event);
    stamp_.height = ++height_;
    domain_.store().BeginRecord(height_);
    if (absl::Status folded = domain_.Evolve(event, stamp_); !folded.ok()) {
      fmt::print(stderr, "{}\n", std::string(folded.message()));
      std::abort();
    }
    Settle();
  }

  // What a partition does between decisions.
  void Settle() {
    if (height_ % kAcceptEvery != 0) return;
    domain_.store().TakeChanges();
    domain_.store().Accept(height_);
  }

  std::string CountyOf(int i) const { return CountyText(kFirstCounty + static_cast<County>(i % counties_)); }
  std::string LicenceOf(int i) const { return CountyOf(i) + std::to_string(100000 + i / counties_); }

  void LoadCounty(County county) {
    const std::string code = CountyText(county);
    Note([&](v1::Event& event) { event.mutable_county_noted()->set_county_code(code); });
    Note([&](v1::Event& event) {
      auto& list = *event.mutable_tight_list_noted();
      list.set_county_code(code);
      list.set_version(code + "-tight-1");
      for (int i = 0; i < kTight; ++i) list.add_skus(SkuCode(i));
    });
    Note([&](v1::Event& event) {
      auto& table = *event.mutable_ration_noted();
      table.set_county_code(code);
      table.set_version(code + "-ration-1");
      for (int i = 0; i < kTight; ++i) {
        for (int grade = 1; grade <= 30; ++grade) {
          auto& cap = *table.add_caps();
          cap.set_sku(SkuCode(i));
          cap.set_ration_class("G" + std::to_string(grade));
          cap.set_cap_cartons(5);
        }
      }
    });
    Note([&](v1::Event& event) {
      auto& window = *event.mutable_order_window_scheduled();
      window.set_window_id(code + "-20190805-1");
      window.set_occurrence(1);
      window.set_occurrences(4);
      *window.mutable_opens_at() = ToTimestamp(StartOfDay(20190803));
      *window.mutable_cut_off() = ToTimestamp(StartOfDay(20190805));
    });
    Note([&](v1::Event& event) {
      event.mutable_allowances_complete_noted()->set_county_code(code);
      event.mutable_allowances_complete_noted()->set_month("2019-08");
    });
  }

  void LoadRetailer(int i) {
    const std::string code = CountyOf(i), licence = LicenceOf(i);
    Note([&](v1::Event& event) {
      auto& retailer = *event.mutable_retailer_noted();
      retailer.set_county_code(code);
      retailer.set_licence(licence);
      retailer.set_active(true);
      retailer.set_ration_class("G" + std::to_string(1 + i % 30));
      retailer.set_route_id("R" + std::to_string(1 + i % 25));
      retailer.set_expected_to_order(true);
    });
    Note([&](v1::Event& event) {
      auto& allowance = *event.mutable_allowance_noted();
      allowance.set_county_code(code);
      allowance.set_licence(licence);
      allowance.set_month("2019-08");
      allowance.set_ceiling_cartons(400);
      for (int64_t step : {140, 240, 340, 400}) allowance.add_pacing_ceilings_cartons(step);
      allowance.set_policy_version("floating-2019");
    });
  }

  void Fill(int i, std::mt19937_64& random, v1::SubmitOrderRequest& request) {
    request.Clear();
    request.set_county_code(CountyOf(i));
    request.set_licence(LicenceOf(i));
    request.set_window_id(CountyOf(i) + "-20190805-1");
    request.set_channel(v1::ORDER_CHANNEL_APP);
    const int first = kTight + static_cast<int>(random() % (kSkus - kTight - kLines));
    for (int line = 0; line < kLines; ++line) {
      auto& out = *request.add_lines();
      out.set_sku(SkuCode(i % 10 == 0 && line == 0 ? static_cast<int>(random() % kTight) : first + line));
      out.set_requested_cartons(1 + static_cast<int64_t>(random() % 5));
      if (line % 4 == 0) out.set_demand_cartons(1 + static_cast<int64_t>(random() % 20));
    }
  }

  OrderIntakeDomain domain_;
  const int counties_;
  partition::Stamp stamp_;
  uint64_t height_ = 0;
  Clock::duration deciding_{}, serializing_{}, folding_{};
  int64_t event_bytes_ = 0;
};

int Main(int argc, char** argv) {
  int orders = 100000, counties = 10;
  bool digest = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--digest") {
      digest = true;
    } else if (flag == "--orders" && i + 1 < argc) {
      orders = std::atoi(argv[++i]);
    } else if (flag == "--counties" && i + 1 < argc) {
      counties = std::atoi(argv[++i]);
    } else {
      fmt::print(stderr, "usage: order_intake_domain_bench [--orders N] [--counties N] [--digest]\n");
      return 2;
    }
  }
  if (orders < 1 || counties < 1) return 2;
  const int64_t before = ResidentBytes();
  Bench bench(counties);
  bench.Load(orders);
  bench.Run(orders);
  bench.Print(orders, ResidentBytes() - before);
  if (digest) bench.PrintDigest(orders);
  return 0;
}

}  // namespace
}  // namespace sanyuan::order_intake

int main(int argc, char** argv) { return sanyuan::order_intake::Main(argc, argv); }
