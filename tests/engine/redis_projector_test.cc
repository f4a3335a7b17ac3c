// A projector on Redis while Redis is flushed, killed, brought back with old dumps and stopped: nobody ever reads less
// than what the projector had reached before, and in the end everything is there.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "common/host/projector.h"
#include "tests/engine/redis_server.h"
#include "tests/engine/redis_store.h"

namespace sanyuan::host {
namespace {

using view::RedisViewStore;
using view::RedisViewStoreOptions;
using view::ViewRow;

const view::ViewName kView{"order_intake", 3};
constexpr char kLatest[] = "latest";  // The row that holds the height.

struct Row : state::Version {
  Row(std::string row_key, std::string row_value) : key(std::move(row_key)), value(std::move(row_value)) {}
  std::string key, value;
};

class AsItIs : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<ViewRow>& rows) const override {
    const Row& row = static_cast<const Row&>(*change.version);
    rows.push_back({row.key, row.value});
  }
};

// What a partition and its host do: it accepts records, and lets the projector begin anew when the view is lost.
class Owner {
 public:
  explicit Owner(RedisViewStoreOptions options) {
    options.on_lost = [this](const view::ViewName&, const absl::Status&) { Begin(); };
    store_ = *RedisViewStore::Open(std::move(options));
    projector_ =
        std::make_unique<Projector>(kView, *store_, projection_, executor_.NewStrand(), [this] { Begin(); });
    place_.journal_id.fill('j');
    Begin();
  }
  ~Owner() { executor_.Stop(); }

  void Accept() {
    const std::lock_guard lock(mutex_);
    ++place_.height;
    place_.head = Sha256(std::to_string(place_.height));
    partition::AcceptedRecord record;
    record.place = place_;
    const std::string value = std::to_string(place_.height);
    for (const std::string& key : {std::string(kLatest), fmt::format("row/{:03}", place_.height * 7 % 500)}) {
      state_[key] = value;
      record.changes.push_back(ChangeOf(key, value));
    }
    projector_->Accepted(std::move(record));
  }
  std::map<std::string, std::string> state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  const Projector& projector() const { return *projector_; }
  RedisViewStore& store() { return *store_; }
  int begins() const { return begins_.load(); }

 private:
  static state::Change ChangeOf(std::string key, std::string value) {
    state::Change change;
    change.version = std::make_shared<const Row>(std::move(key), std::move(value));
    return change;
  }
  void Begin() {
    ++begins_;
    const std::lock_guard lock(mutex_);
    std::vector<state::Change> rows;
    for (const auto& [key, value] : state_) rows.push_back(ChangeOf(key, value));
    projector_->Begin(place_, std::move(rows));
  }

  const AsItIs projection_;
  Executor executor_{2};
  std::unique_ptr<RedisViewStore> store_;
  std::unique_ptr<Projector> projector_;
  std::atomic<int> begins_{0};
  mutable std::mutex mutex_;
  partition::Place place_;
  std::map<std::string, std::string> state_;
};

class RedisProjectorTest : public ::testing::Test {
 protected:
  void Fault(std::mt19937& random) {
    switch (random() % 6) {
      case 0:
        server_.Command({"FLUSHALL"});
        break;
      case 1:
        server_.Command({"FUNCTION", "FLUSH"});
        break;
      case 2:
        server_.Command({"SAVE"});
        break;
      case 3:  // Back with what was saved last, or with nothing.
        server_.Kill();
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 50));
        server_.Start();
        break;
      case 4:
        server_.Pause();
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
        server_.Continue();
        break;
      default:
        server_.Command({"DEL", fmt::format("{{v:order_intake/3}}:{}", "prk"[random() % 3])});
    }
  }

  RedisServer server_;
};

TEST_F(RedisProjectorTest, WhateverHappensToRedisNothingOlderIsReadAndAllComesBack) {
  RedisViewStoreOptions options = view::OptionsFor(server_);
  options.connect_timeout = std::chrono::milliseconds(50);
  options.command_timeout = std::chrono::milliseconds(100);
  options.max_piece_bytes = 500;
  options.refuse_unbuilt = true;
  Owner owner(options);
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0};
  std::atomic<int> refusals{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!stop.load()) {
      owner.Accept();
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&] {
      const auto reader = owner.store().Reader(kView);
      while (!stop.load()) {
        const uint64_t reached = owner.projector().height();
        if (reached == 0) continue;
        const auto latest = reader->Get(kLatest);
        if (!latest.ok()) {
          EXPECT_TRUE(absl::IsUnavailable(latest.status())) << latest.status();
          ++refusals;
          continue;
        }
        ++answers;
        ASSERT_TRUE(latest->has_value()) << "nothing, although " << reached << " was reached";
        ASSERT_GE(std::stoull(**latest), reached);
      }
    });
  }
  std::mt19937 random(6);
  for (int fault = 0; fault < 40; ++fault) {
    // The next one comes when reads are answered again: what was lost came back by itself.
    const int before = answers.load();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (answers.load() < before + 20 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_GE(answers.load(), before + 20) << "no more answers after fault " << fault;
    Fault(random);
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(refusals.load(), 0);
  EXPECT_GT(owner.begins(), 5);

  const auto state = owner.state();
  const std::vector<std::pair<std::string, std::string>> expected(state.begin(), state.end());
  const auto reader = owner.store().Reader(kView);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  auto rows = reader->Scan("", "", 10'000);
  while ((!rows.ok() || *rows != expected) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    rows = reader->Scan("", "", 10'000);
  }
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, expected);
}

}  // namespace
}  // namespace sanyuan::host
