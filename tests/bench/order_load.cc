// A client that sends one order of 13 lines for each of a range of retailers (those of order_day_bench) and
// measures how long each answer takes. The same calls to Sanyuan and to bare_server.
//
//   order_load --server HOST:PORT --counties N [--first N] [--orders N] [--in-flight N] [--rate N] [--channels N]
//              [--deadline SECONDS]
//
// --rate 0: a new order for each answer, --in-flight of them at a time. Else orders are sent at this rate, whatever
// comes back, and a latency counts from the moment at which the order was due. Prints one JSON object, with the longest
// time between two answers of one county; exits with 1 when a call was refused.
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/bench/order_day.h"

namespace sanyuan::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kSubmitOrder[] = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";

struct Settings {
  std::string server;
  int counties = 0;
  int first = 0;
  int orders = 20'000;
  int in_flight = 256;
  int rate = 0;
  int channels = 2;
  int deadline = 60;
};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "order_load: {}\n", why);
  std::exit(1);
}

class Load {
 public:
  explicit Load(const Settings& settings)
      : settings_(settings), day_{settings.counties, settings.first + settings.orders} {
    for (int i = 0; i < settings.channels; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt("sanyuan.bench.channel", i);  // Else they would share one connection.
      stubs_.push_back(std::make_unique<grpc::GenericStub>(
          grpc::CreateCustomChannel(settings.server, grpc::InsecureChannelCredentials(), arguments)));
    }
    micros_.reserve(static_cast<size_t>(settings.orders));
  }

  void Run() {
    const auto begun = Clock::now();
    const auto period = std::chrono::nanoseconds(settings_.rate > 0 ? 1'000'000'000 / settings_.rate : 0);
    for (int i = 0; i < settings_.orders; ++i) {
      auto due = begun + period * i;
      if (settings_.rate > 0) {
        std::this_thread::sleep_until(due);
      } else {
        Wait(settings_.in_flight);
        due = Clock::now();
      }
      Send(settings_.first + i, due);
    }
    Wait(1);
    seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
  }

  int Print() {
    std::sort(micros_.begin(), micros_.end());
    const auto at = [this](size_t percent) {
      return static_cast<double>(micros_[(micros_.size() - 1) * percent / 100]) / 1000;
    };
    fmt::print(
        "{{\"orders\":{},\"failed\":{},\"seconds\":{:.2f},\"rate\":{:.0f},\"p50_ms\":{:.2f},\"p99_ms\":{:.2f}"
        ","
        "\"longest_gap_ms\":{:.0f}}}\n",
        settings_.orders, failed_, seconds_, settings_.orders / seconds_, at(50), at(99), longest_gap_ms_);
    if (failed_ == 0) return 0;
    fmt::print(stderr, "order_load: {} calls failed, one because of {}\n", failed_, why_);
    return 1;
  }

 private:
  struct Sent {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    Clock::time_point due;
    int county = 0;
  };

  void Send(int retailer, Clock::time_point due) {
    day_.FillOrder(retailer, request_);
    request_.mutable_header()->set_request_id(
        fmt::format("{:08x}-{:04x}-7000-8000-{:012x}", absl::ToUnixMillis(day_.open_at()) >> 16,
                    absl::ToUnixMillis(day_.open_at()) & 0xffff, retailer));
    auto* sent = new Sent;  // Until its answer.
    const grpc::Slice bytes(request_.SerializeAsString());
    sent->request = grpc::ByteBuffer(&bytes, 1);
    sent->due = due;
    sent->county = retailer % settings_.counties;
    sent->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(settings_.deadline));
    sent->context.AddMetadata("sanyuan-actor", request_.licence());
    sent->context.AddMetadata("sanyuan-role", "RETAILER");
    sent->context.AddMetadata("sanyuan-unit", request_.county_code());
    {
      const std::lock_guard lock(mutex_);
      ++in_flight_;
    }
    stubs_[static_cast<size_t>(retailer) % stubs_.size()]->UnaryCall(
        &sent->context, kSubmitOrder, grpc::StubOptions(), &sent->request, &sent->response,
        [this, sent](const grpc::Status& status) {
          const std::unique_ptr<Sent> owned(sent);
          Answered(status, *owned);
        });
  }

  void Answered(const grpc::Status& status, const Sent& sent) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    micros_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - sent.due).count());
    if (status.ok()) {
      const auto [last, first] = answered_.try_emplace(sent.county, now);
      const std::chrono::duration<double, std::milli> gap = now - std::exchange(last->second, now);
      longest_gap_ms_ = std::max(longest_gap_ms_, gap.count());
    }
    if (!status.ok()) {
      ++failed_;
      why_ = status.error_message();
    }
    --in_flight_;
    fewer_.notify_one();
  }
  void Wait(int below) {
    std::unique_lock lock(mutex_);
    fewer_.wait(lock, [&] { return in_flight_ < below; });
  }

  const Settings settings_;
  const OrderDay day_;
  order_intake::v1::SubmitOrderRequest request_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  double seconds_ = 0;

  std::mutex mutex_;
  std::condition_variable fewer_;
  int in_flight_ = 0;
  int failed_ = 0;
  std::string why_;
  std::vector<int64_t> micros_;
  std::map<int, Clock::time_point> answered_;  // The last one of each county.
  double longest_gap_ms_ = 0;
};

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As services/sanyuan/serve.cc.
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--server") {
      settings.server = argv[i + 1];
      continue;
    }
    int* number = name == "--counties"    ? &settings.counties
                  : name == "--first"     ? &settings.first
                  : name == "--orders"    ? &settings.orders
                  : name == "--in-flight" ? &settings.in_flight
                  : name == "--rate"      ? &settings.rate
                  : name == "--channels"  ? &settings.channels
                  : name == "--deadline"  ? &settings.deadline
                                          : nullptr;
    if (number == nullptr || (*number = std::atoi(argv[i + 1])) < 0) Die("unknown or impossible: " + name);
  }
  if (settings.server.empty() || settings.counties < 1 || settings.orders < 1 || settings.channels < 1) {
    Die("--server HOST:PORT and --counties N are wanted");
  }
  Load load(settings);
  load.Run();
  return load.Print();
}

}  // namespace
}  // namespace sanyuan::bench

int main(int argc, char** argv) { return sanyuan::bench::Main(argc, argv); }
