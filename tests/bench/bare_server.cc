// The floor under Sanyuan's order rate: a gRPC callback server that takes any unary call, appends bytes through
// the embedded log's writer, and answers when they are durable. It parses, decides, folds and reads back nothing.
//
//   bare_server --data DIR | --kafka BROKERS [--record BYTES] [--response BYTES] [--partitions N]
//
// With --kafka it produces to topic bare.journal, which must be there, with the settings of common/log/kafka, and
// answers on the delivery report.
//
// A record is the request's bytes, filled up to the length of the record that Sanyuan writes for it; calls go
// round the partitions. Prints {"grpc":"HOST:PORT"} when it is ready, and ends with its standard input.
#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/log/embedded/writer.h"

namespace sanyuan::bench {
namespace {

struct Settings {
  std::string data;
  std::string kafka;
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

// Where records go; each call is told when its record is durable.
class Journal {
 public:
  explicit Journal(const Settings& settings)
      : record_(static_cast<size_t>(settings.record)),
        response_(static_cast<size_t>(settings.response), 'r') {}
  virtual ~Journal() = default;
  virtual void Append(Call* call, std::string record) = 0;

  size_t record() const { return record_; }
  const std::string& response() const { return response_; }

 private:
  const size_t record_;
  const std::string response_;
};

class EmbeddedJournal final : public Journal {
 public:
  explicit EmbeddedJournal(const Settings& settings) : Journal(settings) {
    std::filesystem::create_directories(settings.data);
    log::EmbeddedLogOptions options;
    options.directory = settings.data;
    auto opened = log::Writer::Open(options, [this](const auto& landed) { Landed(landed); });
    if (!opened.ok()) Die(opened.status().ToString());
    writer_ = *std::move(opened);
    for (int i = 0; i < settings.partitions; ++i) {
      partitions_.push_back(std::make_unique<Waiting>());
      partitions_.back()->producer = writer_->NewProducer({"bare.journal", i}, &fate_);
    }
  }
  ~EmbeddedJournal() override {
    writer_->Stop();
    partitions_.clear();
  }

  void Append(Call* call, std::string record) override {
    Waiting& to = *partitions_[next_++ % partitions_.size()];
    const std::lock_guard lock(to.mutex);
    to.calls.push_back(call);
    if (const absl::Status taken = to.producer->Append(std::move(record)); !taken.ok()) Die(taken.ToString());
  }

 private:
  void Landed(const std::vector<log::Landed>& landed);

  DiesWhenLost fate_;
  std::vector<std::unique_ptr<Waiting>> partitions_;
  std::unique_ptr<log::Writer> writer_;
  std::atomic<size_t> next_ = 0;
};

class KafkaJournal final : public Journal {
 public:
  explicit KafkaJournal(const Settings& settings);
  ~KafkaJournal() override {
    stopped_ = true;
    poller_.join();
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(client_);
  }
  void Append(Call* call, std::string record) override {
    if (rd_kafka_produce(topic_, static_cast<int32_t>(next_++ % partitions_), RD_KAFKA_MSG_F_COPY,
                         record.data(), record.size(), nullptr, 0, call) != 0) {
      Die(rd_kafka_err2str(rd_kafka_last_error()));
    }
  }

 private:
  const size_t partitions_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread poller_;
};

class Call final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(Journal& journal) : journal_(journal) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    grpc::Slice bytes;
    if (!ok || !request_.DumpToSingleSlice(&bytes).ok()) return Finish(grpc::Status::CANCELLED);
    std::string record(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
    record.resize(std::max(record.size(), journal_.record()), '.');
    journal_.Append(this, std::move(record));
  }
  void Durable() {
    const grpc::Slice bytes(journal_.response());
    response_ = grpc::ByteBuffer(&bytes, 1);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  Journal& journal_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

void EmbeddedJournal::Landed(const std::vector<log::Landed>& landed) {
  for (const log::Landed& each : landed) {
    Waiting& of = *partitions_[static_cast<size_t>(each.where->partition)];
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

KafkaJournal::KafkaJournal(const Settings& settings)
    : Journal(settings), partitions_(static_cast<size_t>(settings.partitions)) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[512];
  // As in common/log/kafka/client.cc and writer.cc.
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"bootstrap.servers", settings.kafka.c_str()},
           {"socket.nagle.disable", "true"},
           {"acks", "all"},
           {"enable.idempotence", "true"},
           {"max.in.flight.requests.per.connection", "1"},
           {"enable.gapless.guarantee", "true"},
           {"message.timeout.ms", "0"},
           {"linger.ms", "0"},
           {"log_level", "3"}}) {
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) Die(why);
  }
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) Die(rd_kafka_err2str(message->err));
    static_cast<Call*>(message->_private)->Durable();
  });
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client_ == nullptr) Die(why);
  topic_ = rd_kafka_topic_new(client_, "bare.journal", nullptr);
  poller_ = std::thread([this] {
    while (!stopped_) rd_kafka_poll(client_, 100);
  });
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
    if (name == "--data" || name == "--kafka") {
      (name == "--data" ? settings.data : settings.kafka) = argv[i + 1];
      continue;
    }
    int* number = name == "--record"       ? &settings.record
                  : name == "--response"   ? &settings.response
                  : name == "--partitions" ? &settings.partitions
                                           : nullptr;
    if (number == nullptr || (*number = std::atoi(argv[i + 1])) < 1) Die("unknown or impossible: " + name);
  }
  if (settings.data.empty() == settings.kafka.empty()) Die("--data DIR or --kafka BROKERS is wanted");
  std::unique_ptr<Journal> journal;
  if (settings.kafka.empty()) {
    journal = std::make_unique<EmbeddedJournal>(settings);
  } else {
    journal = std::make_unique<KafkaJournal>(settings);
  }
  Service service(*journal);
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
