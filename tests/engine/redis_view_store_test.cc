// The Redis view store under the conformance suite, and what it does with batches and scans of all sizes. What
// becomes of it when Redis fails is in redis_faults_test.cc, a cluster in redis_cluster_test.cc.
#include "common/view/redis/redis_view_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <thread>
#include <vector>

#include "tests/engine/redis_server.h"
#include "tests/engine/redis_store.h"
#include "tests/engine/view_conformance.h"

namespace sanyuan::view {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const ViewName kView{"order_intake", 3};
constexpr char kPositionKey[] = "{v:order_intake/3}:p";
constexpr char kRowsKey[] = "{v:order_intake/3}:r";
constexpr char kOrderKey[] = "{v:order_intake/3}:k";

class Conforming : public StoreUnderTest {
 public:
  std::unique_ptr<ViewStore> Open() override {
    RedisViewStoreOptions options = OptionsFor(server_);
    options.on_lost = [](const ViewName&, const absl::Status& why) { ADD_FAILURE() << "lost: " << why; };
    auto store = RedisViewStore::Open(std::move(options));
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

 private:
  RedisServer server_;
};

INSTANTIATE_TEST_SUITE_P(Redis, ViewConformance,
                         ::testing::Values(Store{[] { return std::make_unique<Conforming>(); }}));

class RedisViewStoreTest : public ::testing::Test {
 protected:
  // How often the functions that change something were called.
  int Calls() const {
    const std::string stats = server_.Command({"INFO", "commandstats"});
    const std::string begin = "cmdstat_fcall:calls=";
    const size_t at = stats.find(begin);
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + begin.size()));
  }
  std::string At() const { return server_.Command({"HGET", kPositionKey, "at"}); }

  // A process applies this batch and is killed when part of it is there.
  void KillAmid(const std::optional<ViewPosition>& from, const ViewPosition& to,
                const std::vector<ViewRow>& rows) {
    const std::string before = At();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      RedisViewStoreOptions options = OptionsFor(server_);
      options.max_piece_bytes = 1;  // Each row is a piece of its own: it takes a while.
      auto store = RedisViewStore::Open(std::move(options));
      _exit(store.ok() && (*store)->Apply(kView, from, to, rows).ok() ? 0 : 1);
    }
    while (At() == before) {
    }
    kill(child, SIGKILL);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how)) << "it was faster: " << how;
    ASSERT_THAT(At(), StartsWith("B"));
    const int there = std::stoi(server_.Command({"HLEN", kRowsKey}));
    ASSERT_GT(there, 0);
    ASSERT_LT(there, static_cast<int>(rows.size()));
  }

  RedisServer server_;
};

TEST_F(RedisViewStoreTest, AViewHasThreeKeysInOneSlot) {
  RedisStore store(server_);
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(10, 5)).ok());
  EXPECT_EQ(server_.Command({"DBSIZE"}), "3");
  EXPECT_EQ(server_.Command({"HLEN", kRowsKey}), "10");
  EXPECT_EQ(server_.Command({"ZCARD", kOrderKey}), "10");
  EXPECT_EQ(server_.Command({"HGET", kPositionKey, "rows"}), "10");
  ASSERT_TRUE(store->Clear(kView).ok());
  EXPECT_EQ(server_.Command({"DBSIZE"}), "0");
}

TEST_F(RedisViewStoreTest, ALargeBatchIsCutIntoPiecesAndIsWhole) {
  RedisStore store(server_);
  RedisStore other_process(server_);
  constexpr size_t kRows = 100'000;
  const std::vector<ViewRow> rows = ManyRows(kRows, 270);
  ASSERT_TRUE(store->Position(kView).ok());
  const int calls = Calls();
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> unavailable{0};
  std::thread reader([&] {
    while (!stop.load()) {
      const auto some = other_process.Scan(kView, 10);
      if (some.ok() ? !some->empty() && some->size() != 10 : !absl::IsUnavailable(some.status())) ++torn;
      if (!some.ok()) ++unavailable;
    }
  });
  const absl::Status applied = store->Apply(kView, std::nullopt, PositionAt(9), rows);
  stop.store(true);
  reader.join();
  ASSERT_TRUE(applied.ok()) << applied;
  EXPECT_EQ(torn.load(), 0);
  EXPECT_GT(unavailable.load(), 0) << "nobody read while it was being built";
  EXPECT_GT(Calls() - calls, 100);
  EXPECT_EQ(*store->Position(kView), PositionAt(9));

  const auto all = store.Scan(kView);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), kRows);
  EXPECT_TRUE(std::is_sorted(all->begin(), all->end()));
  std::map<std::string, std::string> expected;
  for (const ViewRow& row : rows) expected[row.key] = *row.value;
  EXPECT_TRUE(
      std::equal(all->begin(), all->end(), expected.begin(), expected.end(),
                 [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
  EXPECT_THAT(store.lost(), IsEmpty());
}

TEST_F(RedisViewStoreTest, ManyDeletesAndWritesInOnePiece) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.max_piece_bytes = 100'000'000;
  RedisStore store(options);
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(1'999, 1)).ok());
  std::vector<ViewRow> rows = ManyRows(1'501, 1, "new");
  for (size_t n = 0; n < 499; ++n)
    rows.push_back({fmt::format("order/620121/20190805/{:012}", n + 1'500), std::nullopt});
  // The last change of a key holds: this row is both written and deleted.
  ASSERT_TRUE(store->Apply(kView, PositionAt(1), PositionAt(2), rows).ok());
  const auto all = store.Scan(kView);
  ASSERT_TRUE(all.ok());
  ASSERT_THAT(*all, SizeIs(1'500));
  for (const auto& [key, value] : *all) EXPECT_EQ(value, "newx") << key;
}

TEST_F(RedisViewStoreTest, NobodySeesPartOfABatchOfSeveralPieces) {
  // Each row is a piece of its own.
  RedisViewStoreOptions options = OptionsFor(server_);
  options.max_piece_bytes = 1;
  RedisStore store(options);
  RedisStore other_process(server_);
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(0, 0)).ok());
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> answers{0};
  std::vector<std::thread> readers;
  for (RedisStore* from : {&store, &other_process}) {
    readers.emplace_back([&, from] {
      const auto reader = (*from)->Reader(kView);
      while (!stop.load()) {
        const auto rows = reader->Scan("", "", 10);
        if (!rows.ok()) {
          if (!absl::IsUnavailable(rows.status())) ++torn;
          continue;
        }
        ++answers;
        if (!rows->empty() && (rows->size() != 3 || (*rows)[0].second != (*rows)[2].second)) ++torn;
      }
    });
  }
  for (uint64_t n = 2; n <= 200 || answers.load() < 200; ++n) {
    const std::string value = fmt::format("{}", n);
    const std::vector<ViewRow> rows = {{"a", value}, {"m", value}, {"z", value}};
    ASSERT_TRUE(store->Apply(kView, PositionAt(n - 1), PositionAt(n), rows).ok());
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  // It was never lost, only being changed.
  EXPECT_THAT(store.lost(), IsEmpty());
}

TEST_F(RedisViewStoreTest, AViewWhoseBuilderWasKilledIsNotThereAndIsBuiltAgain) {
  const std::vector<ViewRow> rows = ManyRows(20'000, 100);
  KillAmid(std::nullopt, PositionAt(1), rows);
  RedisStore store(server_);
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, rows[0].key).status()));
  EXPECT_TRUE(absl::IsUnavailable(store.Scan(kView).status()));
  EXPECT_EQ(*store->Position(kView), std::nullopt);
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, PositionAt(1), PositionAt(2), {})));
  // Nothing of the other batch is left, cleared or not.
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(3, 1)).ok());
  EXPECT_THAT(*store.Scan(kView), SizeIs(3));
}

TEST_F(RedisViewStoreTest, AViewWhoseProjectorWasKilledAmidABatchIsNotThereAndIsBuiltAgain) {
  RedisStore store(server_);
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(20'000, 10, "old")).ok());
  KillAmid(PositionAt(1), PositionAt(2), ManyRows(20'001, 100, "new"));
  EXPECT_TRUE(absl::IsUnavailable(store.Scan(kView, 10).status()));
  EXPECT_FALSE(store.lost().empty());
  EXPECT_EQ(*store->Position(kView), std::nullopt);
  ASSERT_TRUE(store->Clear(kView).ok());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(2), ManyRows(3, 1)).ok());
  EXPECT_THAT(*store.Scan(kView), SizeIs(3));
}

TEST_F(RedisViewStoreTest, AServerThatStopsAmidABatchLeavesNoPartOfIt) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.max_piece_bytes = 1;
  options.command_timeout = std::chrono::milliseconds(300);
  RedisStore hasty(options);
  RedisStore store(server_);
  absl::Status applied;
  std::thread projector(
      [&] { applied = hasty->Apply(kView, std::nullopt, PositionAt(1), ManyRows(20'000, 10)); });
  while (At().empty()) {
  }
  server_.Pause();
  projector.join();
  server_.Continue();
  EXPECT_TRUE(absl::IsUnavailable(applied)) << applied;
  ASSERT_THAT(At(), StartsWith("B"));
  EXPECT_EQ(*store->Position(kView), std::nullopt);
  EXPECT_TRUE(absl::IsUnavailable(store.Scan(kView).status()));
  ASSERT_TRUE(store->Clear(kView).ok());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(3, 1)).ok());
  EXPECT_THAT(*store.Scan(kView), SizeIs(3));
  // For its own projector it is lost until that one has looked again.
  EXPECT_TRUE(absl::IsUnavailable(hasty.Scan(kView).status()));
  EXPECT_EQ(*hasty->Position(kView), PositionAt(1));
  EXPECT_THAT(*hasty.Scan(kView), SizeIs(3));
}

TEST_F(RedisViewStoreTest, TwoThatBuildOneViewNeverMixItsRows) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.max_piece_bytes = 500;
  int met = 0;
  for (int round = 0; met < 10; ++round) {
    ASSERT_LT(round, 1'000) << "they don't meet";
    RedisStore stores[2] = {RedisStore(options), RedisStore(options)};
    absl::Status statuses[2];
    std::vector<std::thread> projectors;
    for (int n = 0; n < 2; ++n) {
      projectors.emplace_back([&, n] {
        const std::vector<ViewRow> rows = ManyRows(200 + n, 20, fmt::format("{}", n));
        absl::Status& status = statuses[n];
        status = stores[n]->Clear(kView);
        if (status.ok()) status = stores[n]->Apply(kView, std::nullopt, PositionAt(10 + n), rows);
      });
    }
    for (std::thread& projector : projectors) projector.join();
    for (const absl::Status& status : statuses) {
      EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
    }
    if (!statuses[0].ok() || !statuses[1].ok()) ++met;
    RedisStore reader(server_);
    const auto position = reader->Position(kView);
    ASSERT_TRUE(position.ok()) << position.status();
    if (!*position) continue;  // The second clear came behind the first batch's last piece.
    const auto rows = reader.Scan(kView);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_THAT(rows->size(), AnyOf(Eq(200u), Eq(201u)));
    const std::string whose = rows->size() == 200 ? "0" : "1";
    EXPECT_EQ(**position, PositionAt(rows->size() == 200 ? 10 : 11));
    for (const auto& [key, value] : *rows) ASSERT_EQ(value.substr(0, 1), whose) << key;
  }
}

TEST_F(RedisViewStoreTest, ALargeScanAmidBatchesIsOfOneMoment) {
  RedisStore store(server_);
  RedisStore writer(server_);
  // More than one part.
  constexpr size_t kRows = 4'000;
  ASSERT_TRUE(writer->Apply(kView, std::nullopt, PositionAt(1), ManyRows(kRows, 100, "0/")).ok());
  std::atomic<bool> stop{false};
  std::thread writing([&] {
    // The first and the last row change together.
    for (uint64_t n = 2; !stop.load(); ++n) {
      const std::string value = fmt::format("{}/", n);
      const std::vector<ViewRow> rows = {{fmt::format("order/620121/20190805/{:012}", 0), value},
                                         {fmt::format("order/620121/20190805/{:012}", kRows - 1), value}};
      ASSERT_TRUE(writer->Apply(kView, PositionAt(n - 1), PositionAt(n), rows).ok());
    }
  });
  std::string last;
  int moved = 0;
  for (int n = 0; n < 50 || moved < 5; ++n) {
    const auto rows = store.Scan(kView);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_THAT(*rows, SizeIs(kRows));
    if (rows->front().second != last) ++moved;
    last = rows->front().second;
    if (last[0] != '0') {
      EXPECT_EQ(rows->back().second, last);
    }
  }
  stop.store(true);
  writing.join();
}

TEST_F(RedisViewStoreTest, ManyThreadsShareFewConnections) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.read_connections = 2;
  RedisStore store(options);
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(1), ManyRows(100, 10)).ok());
  std::vector<std::thread> readers;
  for (int n = 0; n < 8; ++n) {
    readers.emplace_back([&] {
      for (int read = 0; read < 200; ++read) {
        const auto rows = store.Scan(kView);
        ASSERT_TRUE(rows.ok()) << rows.status();
        ASSERT_EQ(rows->size(), 100u);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  // Ours, the writer's, and that which asks.
  const std::string clients = server_.Command({"INFO", "clients"});
  EXPECT_THAT(clients, HasSubstr("connected_clients:4"));
}

TEST_F(RedisViewStoreTest, OptionsThatMakeNoSenseAreRefused) {
  const auto refused = [&](const std::function<void(RedisViewStoreOptions&)>& spoil) {
    RedisViewStoreOptions options = OptionsFor(server_);
    spoil(options);
    return absl::IsInvalidArgument(RedisViewStore::Open(options).status());
  };
  EXPECT_FALSE(refused([](RedisViewStoreOptions&) {}));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.host = ""; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.port = 65'536; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.command_timeout = {}; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.connect_timeout = {}; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.read_connections = 0; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.write_connections = 0; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.max_piece_bytes = 0; }));
  EXPECT_TRUE(refused([](RedisViewStoreOptions& options) { options.password = ""; }));
}

}  // namespace
}  // namespace sanyuan::view
