// What the Redis view store adds to a bare client: the same rows in batches of the same size, once through the store,
// once as HSET and ZADD through hiredis, pipelined; both to a new and empty server of the bench's own. Prints a table of
// medians.
//   redis_view_bench [--rows N] [--bytes N] [--batch N] [--runs N]
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/view/redis/redis_view_store.h"
#include "tests/engine/redis_server.h"

namespace sanyuan::view {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  size_t rows = 200'000;
  size_t bytes = 250;
  size_t batch = 200;
  int runs = 5;
};

struct Result {
  double rows_per_second = 0;
  double longest_wait_ms = 0;  // Of somebody else's command meanwhile.
  double server_seconds = 0;   // CPU.
  double bytes_per_row = 0;    // In Redis's memory, key and value included.
};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

const ViewName kView{"order_intake", 1};

ViewPosition At(uint64_t height) { return {std::string(16, 'j'), height, Sha256(std::to_string(height))}; }

std::vector<ViewRow> Rows(const Settings& settings) {
  std::vector<ViewRow> rows;
  rows.reserve(settings.rows);
  for (size_t n = 0; n < settings.rows; ++n) {
    // In no order of the keys.
    const uint64_t mixed = (n * 0x9e3779b97f4a7c15u) >> 24;
    rows.push_back({fmt::format("order/620121/20190805/{:06}/{:012}", mixed % 1'000'000, n),
                    std::string(settings.bytes, static_cast<char>('a' + n % 26))});
  }
  return rows;
}

class BareClient {
 public:
  explicit BareClient(const RedisServer& server) : context_(redisConnect(RedisServer::kHost, server.port())) {
    if (context_ == nullptr || context_->err != 0) Die("can't connect");
    Append({"AUTH", RedisServer::kUser, RedisServer::kPassword});
    Receive();
  }
  ~BareClient() { redisFree(context_); }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  void Append(const std::vector<std::string_view>& command) {
    texts_.clear();
    sizes_.clear();
    for (const std::string_view argument : command) {
      texts_.push_back(argument.data());
      sizes_.push_back(argument.size());
    }
    redisAppendCommandArgv(context_, static_cast<int>(texts_.size()), texts_.data(), sizes_.data());
  }
  void Receive() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) Die(context_->errstr);
    const auto* const received = static_cast<redisReply*>(reply);
    if (received->type == REDIS_REPLY_ERROR) Die(received->str);
    freeReplyObject(reply);
  }

 private:
  redisContext* const context_;
  std::vector<const char*> texts_;
  std::vector<size_t> sizes_;
};

// A number that the server tells of itself.
double Info(const RedisServer& server, const std::string& name) {
  const std::string info = server.Command({"INFO"});
  const size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) Die("the server doesn't tell its " + name);
  return std::stod(info.substr(at + name.size() + 2));
}
double CpuSeconds(const RedisServer& server) {
  return Info(server, "used_cpu_sys") + Info(server, "used_cpu_user");
}

// Runs `write` while another client asks for a row all the time.
Result Measure(const RedisServer& server, const Settings& settings, const std::function<void()>& write) {
  std::atomic<bool> stop{false};
  Result result;
  std::thread other([&] {
    BareClient client(server);
    while (!stop.load()) {
      const auto begin = Clock::now();
      client.Append({"HGET", "{v:order_intake/2}:r", "a"});
      client.Receive();
      result.longest_wait_ms = std::max(
          result.longest_wait_ms, std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const double cpu = CpuSeconds(server);
  const double memory = Info(server, "used_memory");
  const auto begin = Clock::now();
  write();
  result.rows_per_second =
      static_cast<double>(settings.rows) / std::chrono::duration<double>(Clock::now() - begin).count();
  result.server_seconds = CpuSeconds(server) - cpu;
  stop.store(true);
  other.join();
  result.bytes_per_row = (Info(server, "used_memory") - memory) / static_cast<double>(settings.rows);
  if (server.Command({"HLEN", "{v:order_intake/1}:r"}) != std::to_string(settings.rows))
    Die("rows are missing");
  return result;
}

// `under_way` rows are sent before their replies are waited for.
void WriteBare(const RedisServer& server, const std::vector<ViewRow>& rows, size_t under_way) {
  BareClient client(server);
  for (size_t begin = 0; begin < rows.size(); begin += under_way) {
    const size_t end = std::min(rows.size(), begin + under_way);
    for (size_t n = begin; n < end; ++n) {
      client.Append({"HSET", "{v:order_intake/1}:r", rows[n].key, *rows[n].value});
      client.Append({"ZADD", "{v:order_intake/1}:k", "0", rows[n].key});
    }
    for (size_t n = begin; n < end; ++n) {
      client.Receive();
      client.Receive();
    }
  }
}

// `batch` rows a call.
void WriteStore(const RedisServer& server, const std::vector<ViewRow>& rows, size_t batch) {
  RedisViewStoreOptions options;
  options.port = server.port();
  options.user = RedisServer::kUser;
  options.password = RedisServer::kPassword;
  options.command_timeout = std::chrono::seconds(20);
  auto store = RedisViewStore::Open(options);
  if (!store.ok()) Die(store.status().ToString());
  std::optional<ViewPosition> at;
  for (size_t begin = 0; begin < rows.size(); begin += batch) {
    const size_t end = std::min(rows.size(), begin + batch);
    const ViewPosition to = At(end);
    const absl::Status applied =
        (*store)->Apply(kView, at, to, absl::MakeConstSpan(rows).subspan(begin, end - begin));
    if (!applied.ok()) Die(applied.ToString());
    at = to;
  }
}

double Median(const std::vector<Result>& results, double Result::*value) {
  std::vector<double> values;
  for (const Result& result : results) values.push_back(result.*value);
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void Main(const Settings& settings) {
  const std::vector<ViewRow> rows = Rows(settings);
  using Write = std::function<void(const RedisServer&)>;
  const std::vector<std::pair<std::string, Write>> writers = {
      {fmt::format("bare HSET and ZADD, {} rows under way", settings.batch),
       [&](const RedisServer& server) { WriteBare(server, rows, settings.batch); }},
      {fmt::format("store, batches of {} rows", settings.batch),
       [&](const RedisServer& server) { WriteStore(server, rows, settings.batch); }},
      {"store, one batch of all rows",
       [&](const RedisServer& server) { WriteStore(server, rows, rows.size()); }},
  };
  std::vector<std::vector<Result>> results(writers.size());
  for (int run = 0; run < settings.runs; ++run) {
    for (size_t n = 0; n < writers.size(); ++n) {
      const RedisServer server;
      if (!server.running()) Die("no redis-server");
      server.Command({"ACL", "SETUSER", RedisServer::kUser, "+hset", "+zadd", "+hget"});
      results[n].push_back(Measure(server, settings, [&] { writers[n].second(server); }));
    }
  }
  fmt::print("{} rows, values of {} bytes, medians of {} runs\n", settings.rows, settings.bytes,
             settings.runs);
  fmt::print("{:<44} {:>10} {:>14} {:>22} {:>12}\n", "", "rows/s", "CPU of Redis", "longest wait of others",
             "bytes a row");
  for (size_t n = 0; n < writers.size(); ++n) {
    fmt::print("{:<44} {:>10.0f} {:>12.2f} s {:>19.1f} ms {:>12.0f}\n", writers[n].first,
               Median(results[n], &Result::rows_per_second), Median(results[n], &Result::server_seconds),
               Median(results[n], &Result::longest_wait_ms), Median(results[n], &Result::bytes_per_row));
  }
}

}  // namespace
}  // namespace sanyuan::view

int main(int argc, char** argv) {
  sanyuan::view::Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const int value = std::atoi(argv[i + 1]);
    if (value <= 0) sanyuan::view::Die(fmt::format("{} must be greater than 0", name));
    if (name == "--rows")
      settings.rows = static_cast<size_t>(value);
    else if (name == "--bytes")
      settings.bytes = static_cast<size_t>(value);
    else if (name == "--batch")
      settings.batch = static_cast<size_t>(value);
    else if (name == "--runs")
      settings.runs = value;
    else
      sanyuan::view::Die(fmt::format("unknown argument {}", name));
  }
  sanyuan::view::Main(settings);
}
