// The Redis view store on a cluster of three: it is told one node and finds the others by their redirections.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/redis_server.h"
#include "tests/engine/redis_store.h"

namespace sanyuan::view {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kViews = 24;

ViewName View(int partition) { return {"order_intake", partition}; }

class RedisClusterTest : public ::testing::Test {
 protected:
  RedisClusterTest() {
    for (auto& node : nodes_) node = std::make_unique<RedisServer>(RedisServer::Options{true});
    for (int n = 0; n < 3; ++n) {
      const int first = n * 5'461;
      const int last = n == 2 ? 16'383 : first + 5'460;
      EXPECT_EQ(
          nodes_[n]->Command({"CLUSTER", "ADDSLOTSRANGE", fmt::format("{}", first), fmt::format("{}", last)}),
          "OK");
      EXPECT_EQ(nodes_[n]->Command({"CLUSTER", "SET-CONFIG-EPOCH", fmt::format("{}", n + 1)}), "OK");
      if (n == 0) continue;
      EXPECT_EQ(
          nodes_[n]->Command({"CLUSTER", "MEET", RedisServer::kHost, fmt::format("{}", nodes_[0]->port()),
                              fmt::format("{}", nodes_[0]->cluster_port())}),
          "OK");
    }
    for (const auto& node : nodes_) {
      node->AwaitReply({"CLUSTER", "INFO"}, "cluster_state:ok");
      node->AwaitReply({"CLUSTER", "INFO"}, "cluster_known_nodes:3");
    }
  }
  // Which node serves the view's slot, and that slot.
  int NodeOf(int partition, std::string* slot = nullptr) const {
    const std::string number = nodes_[0]->Command({"CLUSTER", "KEYSLOT", Keys(partition)[0]});
    if (slot != nullptr) *slot = number;
    return std::min(std::stoi(number) / 5'461, 2);
  }
  static std::vector<std::string> Keys(int partition) {
    const std::string tag = fmt::format("{{v:order_intake/{}}}", partition);
    return {tag + ":p", tag + ":r", tag + ":k"};
  }
  // A partition of another node than the one that the store knows.
  int Elsewhere() const {
    int partition = 0;
    while (NodeOf(partition) == 0) ++partition;
    return partition;
  }
  int Moved() const {
    int moved = 0;
    for (const auto& node : nodes_) {
      const std::string stats = node->Command({"INFO", "errorstats"});
      const std::string begin = "errorstat_MOVED:count=";
      if (const size_t at = stats.find(begin); at != std::string::npos)
        moved += std::stoi(stats.substr(at + begin.size()));
    }
    return moved;
  }
  void Migrate(const std::string& key, int from, int to) const {
    EXPECT_EQ(nodes_[from]->Command({"MIGRATE", RedisServer::kHost, fmt::format("{}", nodes_[to]->port()),
                                     key, "0", "5000", "AUTH2", RedisServer::kAdministrator,
                                     RedisServer::kAdministratorPassword}),
              "OK");
  }
  std::string Id(int node) const { return nodes_[node]->Command({"CLUSTER", "MYID"}); }

  std::unique_ptr<RedisServer> nodes_[3];
};

TEST_F(RedisClusterTest, ViewsLieOnAllNodesAndAreFoundByRedirections) {
  RedisStore store(*nodes_[0]);
  for (int n = 0; n < kViews; ++n) {
    const auto applied =
        store->Apply(View(n), std::nullopt, PositionAt(1), ManyRows(3, 5, fmt::format("{}/", n)));
    ASSERT_TRUE(applied.ok()) << applied;
  }
  for (const auto& node : nodes_) EXPECT_NE(node->Command({"DBSIZE"}), "0");
  const int moved = Moved();
  EXPECT_GT(moved, 0);
  for (int n = 0; n < kViews; ++n) {
    const auto rows = store.Scan(View(n));
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_THAT(*rows, SizeIs(3));
    EXPECT_EQ((*rows)[0].second, fmt::format("{}/xxxxx", n));
    EXPECT_EQ(*store->Position(View(n)), PositionAt(1));
    EXPECT_TRUE(store->Apply(View(n), PositionAt(1), PositionAt(2), {}).ok());
  }
  // Where a view lies was learnt.
  EXPECT_EQ(Moved(), moved);
  EXPECT_TRUE(store->Check().ok());
}

TEST_F(RedisClusterTest, AViewThatMovesIsFollowed) {
  RedisStore store(*nodes_[0]);
  const int partition = Elsewhere();
  std::string slot;
  const int from = NodeOf(partition, &slot);
  const int to = 3 - from;  // The third one.
  const ViewName view = View(partition);
  ASSERT_TRUE(store->Apply(view, std::nullopt, PositionAt(1), ManyRows(50, 5)).ok());

  EXPECT_EQ(nodes_[to]->Command({"CLUSTER", "SETSLOT", slot, "IMPORTING", Id(from)}), "OK");
  EXPECT_EQ(nodes_[from]->Command({"CLUSTER", "SETSLOT", slot, "MIGRATING", Id(to)}), "OK");
  EXPECT_THAT(*store.Scan(view), SizeIs(50));
  // A part of its keys is here, a part there.
  Migrate(Keys(partition)[0], from, to);
  const auto torn = store.Scan(view);
  EXPECT_TRUE(absl::IsUnavailable(torn.status())) << torn.status();
  EXPECT_THAT(std::string(torn.status().message()), HasSubstr("TRYAGAIN"));
  EXPECT_TRUE(absl::IsUnavailable(store->Apply(view, PositionAt(1), PositionAt(2), {})));
  // All of them there, but the slot not yet: ASK.
  Migrate(Keys(partition)[1], from, to);
  Migrate(Keys(partition)[2], from, to);
  EXPECT_THAT(*store.Scan(view), SizeIs(50));
  RedisViewStoreOptions in_pieces = OptionsFor(*nodes_[0]);
  in_pieces.max_piece_bytes = 1;
  RedisStore other(in_pieces);
  ASSERT_TRUE(other->Apply(view, PositionAt(1), PositionAt(2), ManyRows(50, 5, "new")).ok());
  EXPECT_EQ((*store.Scan(view))[0].second, "newxxxxx");
  const int moved = Moved();
  for (const int node : {to, from, 0}) {
    EXPECT_EQ(nodes_[node]->Command({"CLUSTER", "SETSLOT", slot, "NODE", Id(to)}), "OK");
  }
  EXPECT_THAT(*store.Scan(view), SizeIs(50));
  EXPECT_GT(Moved(), moved);
  EXPECT_EQ(*store->Position(view), PositionAt(2));
  EXPECT_TRUE(store.lost().empty());
}

TEST_F(RedisClusterTest, AViewOfANodeThatIsGoneIsUnavailableAndComesBackWithIt) {
  RedisViewStoreOptions options = OptionsFor(*nodes_[0]);
  options.command_timeout = std::chrono::milliseconds(1'000);
  RedisStore store(options);
  const int partition = Elsewhere();
  const int node = NodeOf(partition);
  const ViewName view = View(partition);
  ASSERT_TRUE(store->Apply(view, std::nullopt, PositionAt(1), ManyRows(50, 5)).ok());
  ASSERT_EQ(nodes_[node]->Command({"SAVE"}), "OK");
  nodes_[node]->Kill();
  EXPECT_TRUE(absl::IsUnavailable(store.Scan(view).status()));
  // Before the others agree that it is gone, they send everybody to it; then they say that the cluster is down.
  nodes_[0]->AwaitReply({"CLUSTER", "INFO"}, "cluster_state:fail");
  const auto down = store.Scan(view);
  EXPECT_TRUE(absl::IsUnavailable(down.status())) << down.status();
  nodes_[node]->Start();
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  auto rows = store.Scan(view);
  while (!rows.ok() && steady_clock::now() < deadline) {
    EXPECT_TRUE(absl::IsUnavailable(rows.status())) << rows.status();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    rows = store.Scan(view);
  }
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, SizeIs(50));
}

}  // namespace
}  // namespace sanyuan::view
