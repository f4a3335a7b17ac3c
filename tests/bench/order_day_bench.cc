// The order day of many counties through their partitions, below gRPC: decided, folded, sealed, committed, read
// back, projected into views and answered, on the threads and in the files of a real server. The day's retailers
// are loaded before and not counted.
//
//   order_day_bench --data DIR [--kafka BROKERS] [--orders N] [--counties N] [--partitions N] [--loaded N] [--all]
//                   [--in-flight N]
//
// DIR must be empty; afterwards `sanyuan serve --dev --data DIR` can go on with it. --kafka: the journals are made there,
// one copy of each record. --loaded: retailers, as many
// as orders unless said otherwise. --all: the other contexts run and read along; else order intake alone.
// Prints one JSON object.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "common/host/genesis.h"
#include "common/host/host_group.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/identity_file.h"
#include "common/log/kafka/kafka_log.h"
#include "common/partition/partitioner.h"
#include "common/view/embedded/embedded_view_store.h"
#include "sanyuan/journal/v1/journal.pb.h"
#include "services/sanyuan/contexts.h"
#include "services/sanyuan/journal_topics.h"
#include "tests/bench/order_day.h"

namespace sanyuan::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kOrderIntake[] = "order_intake";
constexpr char kSubmitOrder[] = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
constexpr char kLoad[] = "/sanyuan.bench/Load";
constexpr int kEventsAtOnce = 200;

struct Settings {
  std::string data;
  std::string kafka;
  int orders = 1'080'000;
  int counties = 2'800;
  int partitions = 8;
  int loaded = 0;
  int in_flight = 8'192;
  bool all = false;
};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "order_day_bench: {}\n", why);
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

template <typename T>
T Check(absl::StatusOr<T> result) {
  Check(result.status());
  return *std::move(result);
}

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

// Order intake that also takes the events that the day's registry and allocation would have caused.
class Loading final : public partition::Domain {
 public:
  explicit Loading(std::unique_ptr<partition::Domain> domain) : domain_(std::move(domain)) {}

  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override {
    if (command.method != kLoad) return domain_->Decide(command, stamp);
    partition::Outcome outcome;
    for (const std::string& bytes : static_cast<const journal::v1::Decision&>(*command.request).events()) {
      outcome.events.push_back(NewEvent());
      if (!outcome.events.back()->ParseFromString(bytes)) Die("an event can't be parsed");
    }
    return outcome;
  }

  state::Store& store() override { return domain_->store(); }
  partition::EventPtr NewEvent() const override { return domain_->NewEvent(); }
  partition::EventPtr NewInputEvent(std::string_view topic) const override {
    return domain_->NewInputEvent(topic);
  }
  absl::Time NextDue() const override { return domain_->NextDue(); }
  partition::Outcome Fire(const partition::Stamp& stamp) const override { return domain_->Fire(stamp); }
  std::vector<uint64_t> PagesOf(const partition::Input& input) const override {
    return domain_->PagesOf(input);
  }
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override {
    return domain_->React(input, index, budget, stamp);
  }
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override {
    return domain_->Evolve(event, stamp);
  }

 private:
  const std::unique_ptr<partition::Domain> domain_;
};

class Day {
 public:
  explicit Day(const Settings& settings)
      : settings_(settings), day_{settings.counties, settings.loaded}, snapshots_(Snapshots(settings.data)) {
    views_ = Check(view::EmbeddedViewStore::Open(settings.data, [](const absl::Status& why) { Check(why); }));
    ServeOptions serve;
    serve.dev = true;
    std::vector<host::ContextSpec> specs = Contexts(serve);
    OpenLog();
    host::HostGroupOptions group;
    group.partitions = settings.partitions;
    group.simulated_clock = true;
    CreateJournals(specs);
    if (!settings.all) std::erase_if(specs, [](const auto& spec) { return spec.context != kOrderIntake; });
    for (host::ContextSpec& spec : specs) {
      if (spec.context != kOrderIntake) continue;
      spec.new_domain = [make = spec.new_domain] { return std::make_unique<Loading>(make()); };
    }
    hosts_ = std::make_unique<host::HostGroup>(group, specs, *log_, *views_, *snapshots_);
    Check(hosts_->Start());
  }
  ~Day() { hosts_->Stop(); }

  void Load() {
    Check(hosts_->SetClock(day_.loaded_at()));
    std::vector<journal::v1::Decision> loads(static_cast<size_t>(settings_.partitions));
    const auto add = [&](int32_t to, const std::vector<order_intake::v1::Event>& events) {
      journal::v1::Decision& load = loads[static_cast<size_t>(to)];
      for (const order_intake::v1::Event& event : events) load.add_events(event.SerializeAsString());
      if (load.events_size() >= kEventsAtOnce) SubmitLoad(to, std::exchange(load, {}));
    };
    for (int32_t to = 0; to < settings_.partitions; ++to) add(to, day_.ReferenceEvents());
    for (int i = 0; i < day_.counties; ++i) add(PartitionOf(i), day_.CountyEvents(i));
    for (int i = 0; i < day_.retailers; ++i) add(PartitionOf(i), day_.RetailerEvents(i));
    for (int32_t to = 0; to < settings_.partitions; ++to)
      SubmitLoad(to, std::move(loads[static_cast<size_t>(to)]));
    WaitForAll();
    Check(hosts_->SetClock(day_.open_at()));
  }

  // Returns when every order is answered.
  void Order() {
    for (int i = 0; i < settings_.orders; ++i) SubmitOrder(i);
    WaitForAll();
  }
  void Settle() { Check(hosts_->Settle()); }

  // Nothing of what a broker did.
  log::EmbeddedLogStats stats() const {
    return embedded_ != nullptr ? embedded_->stats() : log::EmbeddedLogStats{};
  }

 private:
  static std::unique_ptr<host::SnapshotStore> Snapshots(const std::string& data) {
    return std::make_unique<host::FileSnapshotStore>(std::filesystem::path(data) / "snapshots");
  }

  void OpenLog() {
    if (settings_.kafka.empty()) {
      log::EmbeddedLogOptions options;
      options.directory = settings_.data;
      auto embedded = Check(log::EmbeddedLog::Open(options));
      embedded_ = embedded.get();
      log_ = std::move(embedded);
      return;
    }
    const log::KafkaLogOptions options = Check(KafkaOptions({settings_.kafka, "", ""}));
    const auto topics = Check(log::KafkaTopics::Open(options));
    for (const log::TopicSpec& spec : AllTopics(settings_.partitions, 1)) Check(topics->Create(spec, 1));
    log_ = Check(log::KafkaLog::Open(options));
  }

  void CreateJournals(const std::vector<host::ContextSpec>& specs) {
    log::Identity identity;
    identity.created_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
    identity.partition_count = settings_.partitions;
    for (const auto& [journal, id] : Check(host::CreateJournals(specs, settings_.partitions, *log_)))
      identity.journal_ids[journal] = id;
    Check(log::IdentityFile(settings_.data).Write(identity));
  }

  int32_t PartitionOf(int retailer) const {
    return partition::PartitionOf(day_.CountyOf(retailer), settings_.partitions);
  }

  void SubmitLoad(int32_t to, journal::v1::Decision events) {
    partition::Command command;
    command.method = kLoad;
    command.request = std::make_shared<journal::v1::Decision>(std::move(events));
    Submit(to, std::move(command), day_.loaded_at());
  }

  void SubmitOrder(int i) {
    auto request = std::make_shared<order_intake::v1::SubmitOrderRequest>();
    day_.FillOrder(i, *request);
    partition::Command command;
    command.county = day_.CountyOf(i);
    command.actor = {request->licence(), common::v1::ROLE_RETAILER};
    command.method = kSubmitOrder;
    command.request = std::move(request);
    Submit(PartitionOf(i), std::move(command), day_.open_at());
  }

  void Submit(int32_t to, partition::Command command, absl::Time now) {
    const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
    for (size_t byte = 0; byte < 6; ++byte) {
      command.request_id[byte] = static_cast<uint8_t>(millis >> (40 - 8 * byte));
    }
    command.request_id[6] = 0x70;
    command.request_id[8] = 0x80;
    ++submitted_;
    std::memcpy(&command.request_id[10], &submitted_, sizeof(submitted_));
    command.received_at = now;
    std::string content(reinterpret_cast<const char*>(command.request_id.data()), command.request_id.size());
    {
      std::unique_lock lock(mutex_);
      fewer_.wait(lock, [this] { return in_flight_ < settings_.in_flight; });
      ++in_flight_;
    }
    hosts_->FindPartition(kOrderIntake, to)
        ->Submit(std::move(command), std::move(content), {},
                 [this](const partition::Answer& answer) { Answered(answer); });
  }

  void Answered(const partition::Answer& answer) {
    const std::lock_guard lock(mutex_);
    if (answer.kind != partition::Answer::Kind::kDecided || !answer.refusals.empty()) {
      ++refused_;
      why_ = answer.refusals.empty() ? answer.text : answer.refusals[0].ShortDebugString();
    }
    --in_flight_;
    fewer_.notify_one();
  }
  void WaitForAll() {
    std::unique_lock lock(mutex_);
    fewer_.wait(lock, [this] { return in_flight_ == 0; });
    if (refused_ > 0) Die(fmt::format("{} commands were refused, one because of {}", refused_, why_));
  }

  const Settings settings_;
  const OrderDay day_;
  std::unique_ptr<log::Log> log_;
  log::EmbeddedLog* embedded_ = nullptr;  // `log_` when it is one.
  std::unique_ptr<view::EmbeddedViewStore> views_;
  std::unique_ptr<host::SnapshotStore> snapshots_;
  std::unique_ptr<host::HostGroup> hosts_;

  std::mutex mutex_;
  std::condition_variable fewer_;
  uint32_t submitted_ = 0;
  int in_flight_ = 0;
  int refused_ = 0;
  std::string why_;
};

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--all") {
      settings.all = true;
      continue;
    }
    if (i + 1 == argc) Die("no value for " + name);
    const char* value = argv[++i];
    if (name == "--data" || name == "--kafka") {
      (name == "--data" ? settings.data : settings.kafka) = value;
      continue;
    }
    int* number = name == "--orders"       ? &settings.orders
                  : name == "--counties"   ? &settings.counties
                  : name == "--partitions" ? &settings.partitions
                  : name == "--loaded"     ? &settings.loaded
                  : name == "--in-flight"  ? &settings.in_flight
                                           : nullptr;
    if (number == nullptr || (*number = std::atoi(value)) < 0) Die("unknown or impossible: " + name);
  }
  if (settings.data.empty() || settings.counties < 1 || settings.partitions < 1) Die("--data DIR is wanted");
  settings.loaded = std::max(settings.loaded, settings.orders);
  std::filesystem::create_directories(settings.data);
  return settings;
}

int Main(int argc, char** argv) {
  spdlog::set_default_logger(
      spdlog::stderr_logger_mt("order_day_bench"));  // The figures go to standard output.
  const Settings settings = Parse(argc, argv);
  auto begun = Clock::now();
  Day day(settings);
  day.Load();
  const double loading = Seconds(begun);
  const log::EmbeddedLogStats before = day.stats();
  begun = Clock::now();
  day.Order();
  const double ordering = Seconds(begun);
  const log::EmbeddedLogStats after = day.stats();
  day.Settle();
  const double settled = Seconds(begun);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double orders = std::max(1, settings.orders);
  fmt::print(
      "{{\"orders\":{},\"lines\":{},\"counties\":{},\"load_seconds\":{:.1f},\"seconds\":{:.2f},"
      "\"settled_seconds\":{:.2f},\"orders_per_second\":{:.0f},\"peak_mib\":{},\"journal_bytes_per_order\":{:"
      ".0f},"
      "\"orders_per_commit\":{:.0f}}}\n",
      settings.orders, int64_t{settings.orders} * kOrderLines, settings.counties, loading, ordering, settled,
      settings.orders / ordering, usage.ru_maxrss / 1024,
      static_cast<double>(after.bytes - before.bytes) / orders,
      orders / static_cast<double>(std::max<uint64_t>(1, after.commits - before.commits)));
  return 0;
}

}  // namespace
}  // namespace sanyuan::bench

int main(int argc, char** argv) { return sanyuan::bench::Main(argc, argv); }
