// What the embedded log adds to bare SQLite: the same records in the same batches, once through a loop of
// INSERT and COMMIT, once through producers with every record read back by a subscriber. Prints a table of
// medians.  embedded_log_bench [--records N] [--bytes N] [--partitions N] [--runs N] [--dir DIR]
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/embedded/embedded_log.h"

namespace sanyuan::log {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  int records = 500'000;
  int bytes = 500;
  int partitions = 64;
  int runs = 5;
  int in_flight = 16'384;
  std::string directory = std::filesystem::temp_directory_path();
};

struct Result {
  double records_per_second = 0;
  double batch = 0;
};

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

void CheckSql(sqlite3* db, int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE) Die(sqlite3_errmsg(db));
}

std::string Payload(int bytes, int number) {
  std::string payload(static_cast<size_t>(bytes), '\0');
  uint64_t x = static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15u + 1;
  for (char& c : payload) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    c = static_cast<char>(x);
  }
  return payload;
}

// Removes the directory when it goes.
class Scratch {
 public:
  explicit Scratch(const std::string& parent) {
    path_ = parent + "/embedded_log_bench.XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) Die("no scratch directory in " + parent);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

// INSERT and COMMIT in batches of `batch`, SQLite's own checkpoints, nothing read back.
Result PlainLoop(const Settings& settings, int batch, const std::vector<std::string>& payloads) {
  const Scratch scratch(settings.directory);
  sqlite3* db = nullptr;
  CheckSql(db, sqlite3_open((scratch.path() + "/plain.db").c_str(), &db));
  CheckSql(db, sqlite3_exec(db,
                            "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "CREATE TABLE journal(topic TEXT, partition INTEGER, offset INTEGER, record BLOB,"
                            " PRIMARY KEY(topic, partition, offset)) WITHOUT ROWID",
                            nullptr, nullptr, nullptr));
  sqlite3_stmt* insert = nullptr;
  CheckSql(db, sqlite3_prepare_v2(db, "INSERT INTO journal VALUES(?,?,?,?)", -1, &insert, nullptr));
  std::vector<int64_t> next(static_cast<size_t>(settings.partitions));
  const auto begin = Clock::now();
  for (int done = 0; done < settings.records;) {
    CheckSql(db, sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr));
    const int end = std::min(settings.records, done + batch);
    // One partition after the other, as the log does.
    for (int partition = 0; partition < settings.partitions; ++partition) {
      for (int n = done + partition; n < end; n += settings.partitions) {
        const std::string& payload = payloads[static_cast<size_t>(n) % payloads.size()];
        sqlite3_bind_text(insert, 1, "bench.journal", -1, SQLITE_STATIC);
        sqlite3_bind_int(insert, 2, partition);
        sqlite3_bind_int64(insert, 3, next[static_cast<size_t>(partition)]++);
        sqlite3_bind_blob(insert, 4, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
        CheckSql(db, sqlite3_step(insert));
        sqlite3_reset(insert);
      }
    }
    CheckSql(db, sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr));
    done = end;
  }
  const double seconds = Seconds(begin);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return {settings.records / seconds, static_cast<double>(batch)};
}

class Counter : public RecordListener {
 public:
  explicit Counter(int target) : target_(target) {}
  void OnRecords(absl::Span<const Record> records) override {
    std::lock_guard lock(mutex_);
    count_ += static_cast<int>(records.size());
    changed_.notify_all();
  }
  void OnEnd(int64_t) override {}
  void OnTrouble(const absl::Status& why) override { Check(why); }

  void WaitForAll() { WaitFor(target_); }
  void WaitFor(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }

 private:
  const int target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class DiesWhenLost : public ProducerListener {
 public:
  void OnStalled(const absl::Status& why) override { Check(why); }
  void OnLost(const absl::Status& why) override { Check(why); }
};

// All records through the log, never more than `in_flight` of them not yet read back.
Result ThroughLog(const Settings& settings, const std::vector<std::string>& payloads) {
  const Scratch scratch(settings.directory);
  EmbeddedLogOptions options;
  options.directory = scratch.path();
  absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = EmbeddedLog::Open(options);
  Check(log.status());
  DiesWhenLost fate;
  Counter counter(settings.records);
  std::vector<std::unique_ptr<Producer>> producers;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int partition = 0; partition < settings.partitions; ++partition) {
    const TopicPartition where{"bench.journal", partition};
    producers.push_back(*(*log)->NewProducer(where, &fate));
    subscriptions.push_back(*(*log)->Subscribe(where, 0, &counter));
  }
  const auto begin = Clock::now();
  for (int n = 0; n < settings.records; ++n) {
    if (n % 256 == 0) counter.WaitFor(n - settings.in_flight);
    Check(producers[static_cast<size_t>(n % settings.partitions)]->Append(
        payloads[static_cast<size_t>(n) % payloads.size()]));
  }
  counter.WaitForAll();
  const double seconds = Seconds(begin);
  const EmbeddedLogStats stats = (*log)->stats();
  subscriptions.clear();
  producers.clear();
  return {settings.records / seconds,
          static_cast<double>(stats.records) / static_cast<double>(stats.commits)};
}

Result Median(std::vector<Result> results) {
  std::sort(results.begin(), results.end(),
            [](const Result& a, const Result& b) { return a.records_per_second < b.records_per_second; });
  return results[results.size() / 2];
}

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") {
      settings.directory = argv[i + 1];
      continue;
    }
    int* number = name == "--records"      ? &settings.records
                  : name == "--bytes"      ? &settings.bytes
                  : name == "--partitions" ? &settings.partitions
                  : name == "--in-flight"  ? &settings.in_flight
                  : name == "--runs"       ? &settings.runs
                                           : nullptr;
    if (number == nullptr || std::atoi(argv[i + 1]) < 1) Die("unknown or impossible: " + name);
    *number = std::atoi(argv[i + 1]);
  }
  return settings;
}

void Print(const char* what, const Settings& settings, const Result& result) {
  fmt::print("{:<34} {:>9.0f} {:>12.0f} {:>8.1f}\n", what, result.batch, result.records_per_second,
             result.records_per_second * settings.bytes / 1e6);
}

int Main(int argc, char** argv) {
  const Settings settings = Parse(argc, argv);
  std::vector<std::string> payloads;
  for (int n = 0; n < 1024; ++n) payloads.push_back(Payload(settings.bytes, n));
  std::vector<Result> plain;
  std::vector<Result> engine;
  // Interleaved, so that a slow moment of the disk meets both; the plain loop gets the batches that the
  // engine made for itself.
  for (int run = 0; run < settings.runs; ++run) {
    engine.push_back(ThroughLog(settings, payloads));
    plain.push_back(PlainLoop(settings, std::max(1, static_cast<int>(engine.back().batch)), payloads));
  }
  fmt::print("{} records of {} bytes, {} partitions, {} in flight, median of {} runs\n", settings.records,
             settings.bytes, settings.partitions, settings.in_flight, settings.runs);
  fmt::print("{:<34} {:>9} {:>12} {:>8}\n", "", "batch", "records/s", "MB/s");
  Print("plain SQLite loop", settings, Median(plain));
  Print("embedded log, all read back", settings, Median(engine));
  return 0;
}

}  // namespace
}  // namespace sanyuan::log

int main(int argc, char** argv) { return sanyuan::log::Main(argc, argv); }
