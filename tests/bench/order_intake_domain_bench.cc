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
#include <string>
#include <vector>

#include "services/order_intake/domain/order.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "tests/bench/order_day.h"

namespace sanyuan::order_intake {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kAcceptEvery = 64;

int64_t ResidentBytes() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

class Bench {
 public:
  explicit Bench(const bench::OrderDay& day) : day_(day) {}

  void Load() {
    stamp_.decided_at = stamp_.received_at = day_.loaded_at();
    Note(day_.ReferenceEvents());
    for (int i = 0; i < day_.counties; ++i) Note(day_.CountyEvents(i));
    for (int i = 0; i < day_.retailers; ++i) Note(day_.RetailerEvents(i));
    stamp_.decided_at = stamp_.received_at = day_.open_at();
    for (int i = 0; i < day_.counties; ++i) {
      stamp_.height = ++height_;
      domain_.store().BeginRecord(height_);
      const auto outcome = domain_.Fire(stamp_);
      if (outcome.events.empty() || !domain_.Evolve(*outcome.events[0], stamp_).ok()) std::abort();
      Settle();
    }
  }

  void Run() {
    v1::SubmitOrderRequest request;
    std::string bytes;
    for (int i = 0; i < day_.retailers; ++i) {
      day_.FillOrder(i, request);
      partition::Stamp stamp = stamp_;
      std::memcpy(stamp.request_id.data(), &i, sizeof(i));
      stamp.actor = {request.licence(), common::v1::ROLE_RETAILER};
      stamp.method = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
      const auto start = Clock::now();
      const Outcome outcome = DecideSubmitOrder(domain_.state(), request, stamp);
      const auto decided = Clock::now();
      if (outcome.events.size() != 1) std::abort();
      if (!outcome.events[0]->SerializeToString(&bytes)) std::abort();
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

  void Print(int64_t bytes) {
    const int orders = day_.retailers;
    const auto micros = [orders](Clock::duration sum) {
      return std::chrono::duration<double, std::micro>(sum).count() / orders;
    };
    const double all = micros(deciding_ + serializing_ + folding_);
    fmt::print(
        "orders {}  counties {}  {:.0f} orders/s  decide {:.2f} us  serialize {:.2f} us  fold {:.2f} us  "
        "all {:.2f} us  {} bytes/event  {} resident bytes/order\n",
        orders, day_.counties, 1e6 / all, micros(deciding_), micros(serializing_), micros(folding_), all,
        event_bytes_ / orders, bytes / orders);
  }

  void PrintDigest() {
    const int orders = day_.retailers;
    const auto start = Clock::now();
    const Digest digest = domain_.store().StateDigest();
    fmt::print("state digest {}: {:.2f} us/order\n", digest.Hex().substr(0, 16),
               std::chrono::duration<double, std::micro>(Clock::now() - start).count() / orders);
  }

 private:
  void Note(const std::vector<v1::Event>& events) {
    for (const v1::Event& event : events) {
      stamp_.height = ++height_;
      domain_.store().BeginRecord(height_);
      if (absl::Status folded = domain_.Evolve(event, stamp_); !folded.ok()) {
        fmt::print(stderr, "{}\n", std::string(folded.message()));
        std::abort();
      }
      Settle();
    }
  }

  // What a partition does between decisions.
  void Settle() {
    if (height_ % kAcceptEvery != 0) return;
    domain_.store().TakeChanges();
    domain_.store().Accept(height_);
  }

  OrderIntakeDomain domain_;
  const bench::OrderDay day_;
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
  Bench bench({.counties = counties, .retailers = orders});
  bench.Load();
  bench.Run();
  bench.Print(ResidentBytes() - before);
  if (digest) bench.PrintDigest();
  return 0;
}

}  // namespace
}  // namespace sanyuan::order_intake

int main(int argc, char** argv) { return sanyuan::order_intake::Main(argc, argv); }
