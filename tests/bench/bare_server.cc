// The floor under Sanyuan's order rate: a gRPC callback server that takes any unary call, appends bytes through
// the embedded log's writer, and answers when they are durable. It parses, decides, folds and reads back nothing.
//
//   bare_server --data DIR [--record BYTES] [--response BYTES] [--partitions N]
//
// A record is the request's bytes, filled up to the length of the record that Sanyuan writes for it; calls go
// round the partitions. Prints {"grpc":"HOST:PORT"} when it is ready, and ends with its standard input.
#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/log/embedded/writer.h"

namespace sanyuan::bench {
namespace {

struct Settings {
  std::string data;
  int record = 1'000;
  int response = 60;
  int partitions = 8;
};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "bare_server: {}\n", why);
  std::exit(1);
}

class DiesWhenLost final : public log::ProducerListener {
  void OnStalled(const absl::Status& why) override {
    if (!why.ok()) Die(why.ToString());
  }
  void OnLost(const absl::Status& why) override { Die(why.ToString()); }
};

class Call;

// The calls that wait for one partition's records, in the order of these.
struct Waiting {
  std::unique_ptr<log::Producer> producer;
  std::mutex mutex;
  std::deque<Call*> calls;
  int64_t landed = 0;
};

struct Journal {
  explicit Journal(const Settings& with) : settings(with), response(static_cast<size_t>(with.response), 'r') {
    log::EmbeddedLogOptions options;
    options.directory = settings.data;
    auto opened = log::Writer::Open(options, [this](const auto& landed) { Landed(landed); });
    if (!opened.ok()) Die(opened.status().ToString());
    writer = *std::move(opened);
    for (int i = 0; i < settings.partitions; ++i) {
      partitions.push_back(std::make_unique<Waiting>());
      partitions.back()->producer = writer->NewProducer({"bare.journal", i}, &fate);
    }
  }
  ~Journal() {
    writer->Stop();
    partitions.clear();
  }

  void Append(Call* call, std::string record) {
    Waiting& to = *partitions[next++ % partitions.size()];
    const std::lock_guard lock(to.mutex);
    to.calls.push_back(call);
    if (const absl::Status taken = to.producer->Append(std::move(record)); !taken.ok()) Die(taken.ToString());
  }
  void Landed(const std::vector<log::Landed>& landed);

  const Settings settings;
  const std::string response;
  DiesWhenLost fate;
  std::vector<std::unique_ptr<Waiting>> partitions;
  std::unique_ptr<log::Writer> writer;
  std::atomic<size_t> next = 0;
};

class Call final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(Journal& journal) : journal_(journal) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    grpc::Slice bytes;
    if (!ok || !request_.DumpToSingleSlice(&bytes).ok()) return Finish(grpc::Status::CANCELLED);
    std::string record(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
    record.resize(std::max(record.size(), static_cast<size_t>(journal_.settings.record)), '.');
    journal_.Append(this, std::move(record));
  }
  void Durable() {
    const grpc::Slice bytes(journal_.response);
    response_ = grpc::ByteBuffer(&bytes, 1);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  Journal& journal_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

void Journal::Landed(const std::vector<log::Landed>& landed) {
  for (const log::Landed& each : landed) {
    Waiting& of = *partitions[static_cast<size_t>(each.where->partition)];
    std::vector<Call*> durable;
    {
      const std::lock_guard lock(of.mutex);
      for (; of.landed < each.end_offset; ++of.landed) {
        durable.push_back(of.calls.front());
        of.calls.pop_front();
      }
    }
    for (Call* call : durable) call->Durable();
  }
}

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(Journal& journal) : journal_(journal) {}

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Call(journal_);  // Owns itself.
  }
  Journal& journal_;
};

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As services/sanyuan/serve.cc.
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--data") {
      settings.data = argv[i + 1];
      continue;
    }
    int* number = name == "--record"       ? &settings.record
                  : name == "--response"   ? &settings.response
                  : name == "--partitions" ? &settings.partitions
                                           : nullptr;
    if (number == nullptr || (*number = std::atoi(argv[i + 1])) < 1) Die("unknown or impossible: " + name);
  }
  if (settings.data.empty()) Die("--data DIR is wanted");
  std::filesystem::create_directories(settings.data);
  Journal journal(settings);
  Service service(journal);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("can't listen");
  fmt::print("{{\"grpc\":\"127.0.0.1:{}\"}}\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->Shutdown();
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace sanyuan::bench

int main(int argc, char** argv) { return sanyuan::bench::Main(argc, argv); }
