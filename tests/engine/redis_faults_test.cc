// What becomes of views when Redis vanishes, forgets, comes back with something older, is slow, or refuses: calls
// return in time with the cause, nothing wrong is read, and what was lost is said.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/engine/redis_server.h"
#include "tests/engine/redis_store.h"

namespace sanyuan::view {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const ViewName kView{"order_intake", 3};
constexpr char kPositionKey[] = "{v:order_intake/3}:p";
constexpr char kRowsKey[] = "{v:order_intake/3}:r";
constexpr char kOrderKey[] = "{v:order_intake/3}:k";
// Above the time-outs of the tests, for what a busy machine adds.
constexpr milliseconds kSlack(3'000);

class RedisFaultsTest : public ::testing::Test {
 protected:
  void Build(RedisStore& store, uint64_t height, const std::string& value) const {
    ASSERT_TRUE(store->Clear(kView).ok());
    const std::vector<ViewRow> rows = {{"a", value}, {"b", value}};
    ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(height), rows).ok());
  }
  void Advance(RedisStore& store, uint64_t from, uint64_t to, const std::string& value) const {
    const std::vector<ViewRow> rows = {{"a", value}, {"b", value}};
    ASSERT_TRUE(store->Apply(kView, PositionAt(from), PositionAt(to), rows).ok());
  }
  // Everything is Unavailable, says where and why, and is so in time.
  void ExpectUnavailable(RedisStore& store, milliseconds time_out, const std::string& why) const {
    const std::vector<ViewRow> rows = {{"a", "never"}};
    const std::vector<std::function<absl::Status()>> calls = {
        [&] { return store.Get(kView, "a").status(); },
        [&] { return store.Scan(kView).status(); },
        [&] { return store->Position(kView).status(); },
        [&] { return store->Check(); },
        [&] { return store->Apply(kView, PositionAt(1), PositionAt(2), rows); },
        [&] { return store->Clear(kView); },
    };
    for (const auto& call : calls) {
      const auto begin = steady_clock::now();
      const absl::Status status = call();
      EXPECT_LT(steady_clock::now() - begin, time_out + kSlack);
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr(fmt::format("127.0.0.1:{}", server_.port())), HasSubstr(why)));
    }
  }
  void ExpectLost(RedisStore& store, const std::string& why) const {
    const auto value = store.Get(kView, "a");
    EXPECT_TRUE(absl::IsUnavailable(value.status())) << value.status();
    EXPECT_THAT(std::string(value.status().message()), HasSubstr(why));
    EXPECT_TRUE(absl::IsUnavailable(store.Scan(kView).status()));
    // Said once a second at most, however often it is read.
    ASSERT_FALSE(store.lost().empty());
    EXPECT_EQ(store.lost()[0].first, kView);
    EXPECT_THAT(store.lost()[0].second, HasSubstr(why));
    EXPECT_LT(store.lost().size(), 2 + (steady_clock::now() - begin_) / std::chrono::seconds(1));
  }
  // As a projector does that could not change the view: it asks where it stands, and is content.
  void AwaitAnswer(RedisStore& store, const std::string& value) const {
    const auto deadline = steady_clock::now() + std::chrono::seconds(20);
    while (!store->Position(kView).ok() && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    const auto read = store.Get(kView, "a");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, value);
  }
  std::string RawValue() const { return server_.Command({"HGET", kRowsKey, "a"}); }

  const steady_clock::time_point begin_ = steady_clock::now();
  RedisServer server_;
};

TEST_F(RedisFaultsTest, AFlushedViewIsLostUntilItIsBuiltAnew) {
  RedisStore store(server_);
  Build(store, 7, "seven");
  ASSERT_EQ(server_.Command({"FLUSHALL"}), "OK");
  ExpectLost(store, "it is not there; this process has seen height 7");
  EXPECT_EQ(*store->Position(kView), std::nullopt);
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, PositionAt(7), PositionAt(8), {})));
  ExpectLost(store, "it is not there");
  Build(store, 8, "eight");
  EXPECT_EQ(*store.Get(kView, "a"), "eight");
}

TEST_F(RedisFaultsTest, AViewThatCouldNotBeBuiltAnewIsNotEmptyButLost) {
  RedisStore store(server_);
  Build(store, 7, "seven");
  ASSERT_TRUE(store->Clear(kView).ok());
  ASSERT_EQ(server_.Command({"CONFIG", "SET", "maxmemory", "1"}), "OK");
  const std::vector<ViewRow> rows = {{"a", "eight"}};
  EXPECT_TRUE(absl::IsResourceExhausted(store->Apply(kView, std::nullopt, PositionAt(8), rows)));
  ExpectLost(store, "it is not there; it was to be built anew");
}

TEST_F(RedisFaultsTest, WhatComesLateBehindAClearIsNotRead) {
  RedisStore store(server_);
  Build(store, 7, "seven");
  ASSERT_TRUE(store->Clear(kView).ok());
  // A batch that was given up, or of another process.
  RedisStore other(server_);
  Build(other, 5, "old");
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, std::nullopt, PositionAt(8), {})));
  ExpectLost(store, "it stands at height 5");
  Build(store, 8, "eight");
  EXPECT_EQ(*store.Get(kView, "a"), "eight");
}

TEST_F(RedisFaultsTest, AViewThatCouldNotBeClearedIsNotRead) {
  RedisStore before(server_);
  Build(before, 5, "old");
  ASSERT_EQ(server_.Command({"SAVE"}), "OK");
  server_.Kill();
  // The next process begins while Redis is not there.
  RedisStore store(server_);
  EXPECT_TRUE(absl::IsUnavailable(store->Clear(kView)));
  server_.Start();
  ASSERT_EQ(RawValue(), "old");
  // After the pause that a failure to connect is followed by.
  while (store.lost().empty() && steady_clock::now() < begin_ + std::chrono::seconds(20)) {
    EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  }
  ExpectLost(store, "it was to be built anew");
  // Whoever asks where it stands decides anew, here to keep it.
  EXPECT_EQ(*store->Position(kView), PositionAt(5));
  EXPECT_EQ(*store.Get(kView, "a"), "old");
}

TEST_F(RedisFaultsTest, ARestartWithNothingIsFound) {
  RedisStore store(server_);
  Build(store, 7, "seven");
  server_.Kill();
  server_.Start();
  ExpectLost(store, "it is not there");
  Build(store, 7, "seven");
  EXPECT_EQ(*store.Get(kView, "a"), "seven");
}

TEST_F(RedisFaultsTest, AnOldDumpIsNotReadBeforeItHasCaughtUp) {
  RedisStore store(server_);
  Build(store, 5, "old");
  ASSERT_EQ(server_.Command({"SAVE"}), "OK");
  Advance(store, 5, 6, "six");
  Advance(store, 6, 7, "seven");
  EXPECT_EQ(*store.Get(kView, "a"), "seven");
  server_.Kill();
  server_.Start();
  // It does hold the old dump, whole and plausible, and gives it to whoever knows no better.
  ASSERT_EQ(RawValue(), "old");
  RedisStore stranger(server_);
  EXPECT_EQ(*stranger.Get(kView, "a"), "old");

  ExpectLost(store, "it stands at height 5; this process has seen height 7");
  EXPECT_EQ(*store->Position(kView), PositionAt(5));
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, PositionAt(7), PositionAt(8), {})));
  // Caught up with step by step, it is read from where it was.
  Advance(store, 5, 6, "six");
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  Advance(store, 6, 7, "seven");
  EXPECT_EQ(*store.Get(kView, "a"), "seven");
}

TEST_F(RedisFaultsTest, WhoOnlyReadsNeverGoesBackEither) {
  RedisStore owner(server_);
  RedisStore reader(server_);
  Build(owner, 5, "old");
  ASSERT_EQ(server_.Command({"SAVE"}), "OK");
  Advance(owner, 5, 6, "six");
  EXPECT_EQ(*reader.Get(kView, "a"), "six");
  server_.Kill();
  server_.Start();
  ASSERT_EQ(RawValue(), "old");
  ExpectLost(reader, "this process has seen height 6");
  // Built anew by its owner, lower at first.
  Build(owner, 5, "five");
  EXPECT_TRUE(absl::IsUnavailable(reader.Get(kView, "a").status()));
  EXPECT_EQ(*owner.Get(kView, "a"), "five");
  Advance(owner, 5, 7, "seven");
  EXPECT_EQ(*reader.Get(kView, "a"), "seven");
}

TEST_F(RedisFaultsTest, AnotherHistoryOrJournalIsNotRead) {
  RedisStore store(server_);
  Build(store, 5, "ours");
  RedisStore stranger(server_);
  ViewPosition other = PositionAt(5);
  other.head = Sha256("another history");
  const std::vector<ViewRow> rows = {{"a", "theirs"}};
  ASSERT_TRUE(stranger->Clear(kView).ok());
  ASSERT_TRUE(stranger->Apply(kView, std::nullopt, other, rows).ok());
  ASSERT_EQ(RawValue(), "theirs");
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  other = PositionAt(9);
  other.journal_id = std::string(16, 'k');
  ASSERT_TRUE(stranger->Clear(kView).ok());
  ASSERT_TRUE(stranger->Apply(kView, std::nullopt, other, rows).ok());
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  EXPECT_FALSE(store.lost().empty());
}

TEST_F(RedisFaultsTest, EvictedKeysAreFound) {
  const std::vector<std::vector<std::string>> evictions = {
      {"DEL", kOrderKey}, {"DEL", kRowsKey}, {"HDEL", kRowsKey, "a"}, {"ZREM", kOrderKey, "b"}};
  for (const std::vector<std::string>& eviction : evictions) {
    RedisStore store(server_);
    Build(store, 5, "five");
    ASSERT_EQ(server_.Command(eviction), "1");
    ExpectLost(store, "it has lost rows");
    EXPECT_EQ(*store->Position(kView), std::nullopt);
    EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, PositionAt(5), PositionAt(6), {})));
    Build(store, 6, "six");
    EXPECT_EQ(*store.Get(kView, "b"), "six");
  }
  RedisStore store(server_);
  Build(store, 5, "five");
  ASSERT_EQ(server_.Command({"DEL", kPositionKey}), "1");
  ExpectLost(store, "it is not there");
  // What was left of it doesn't get into the new one.
  const std::vector<ViewRow> rows = {{"c", "6"}};
  ASSERT_TRUE(store->Apply(kView, std::nullopt, PositionAt(6), rows).ok());
  EXPECT_THAT(*store.Scan(kView), ElementsAre(Pair("c", "6")));
}

TEST_F(RedisFaultsTest, AnUnbuiltViewIsRefusedIfThatIsWanted) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.refuse_unbuilt = true;
  RedisStore store(options);
  EXPECT_TRUE(absl::IsUnavailable(store.Get(kView, "a").status()));
  Build(store, 1, "one");
  EXPECT_EQ(*store.Get(kView, "a"), "one");
  EXPECT_EQ(*store.Get(kView, "other"), std::nullopt);
  ASSERT_TRUE(store->Clear(kView).ok());
  EXPECT_TRUE(absl::IsUnavailable(store.Scan(kView).status()));
  EXPECT_THAT(store.lost(), IsEmpty());
}

TEST_F(RedisFaultsTest, FunctionsThatAreGoneAreLoadedAgain) {
  RedisStore store(server_);
  Build(store, 1, "one");
  ASSERT_EQ(server_.Command({"FUNCTION", "FLUSH"}), "OK");
  EXPECT_EQ(*store.Get(kView, "a"), "one");
  ASSERT_EQ(server_.Command({"FUNCTION", "FLUSH"}), "OK");
  Advance(store, 1, 2, "two");
  EXPECT_EQ(*store.Get(kView, "a"), "two");
}

TEST_F(RedisFaultsTest, FunctionsThatGoAmidABatchAreLoadedAgainAndItGoesOn) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.max_piece_bytes = 1;
  RedisStore store(options);
  std::atomic<bool> stop{false};
  std::atomic<int> flushes{0};
  std::thread flushing([&] {
    while (!stop.load()) {
      if (server_.Command({"FUNCTION", "FLUSH"}) == "OK") ++flushes;
      // A batch may take only so many detours.
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  uint64_t height = 0;
  while (flushes.load() < 6) {
    ASSERT_TRUE(store->Clear(kView).ok());
    const auto applied = store->Apply(kView, std::nullopt, PositionAt(++height), ManyRows(500, 10));
    ASSERT_TRUE(applied.ok()) << applied;
    ASSERT_THAT(*store.Scan(kView), SizeIs(500));
  }
  stop.store(true);
  flushing.join();
}

TEST_F(RedisFaultsTest, AServerThatDoesNotAnswerCostsTheTimeOutAndNoMore) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.connect_timeout = milliseconds(100);
  options.command_timeout = milliseconds(200);
  RedisStore store(options);
  RedisStore patient(server_);
  Build(patient, 1, "one");
  AwaitAnswer(store, "one");
  server_.Pause();
  ExpectUnavailable(store, milliseconds(400), "no answer in time");
  server_.Continue();
  // What was sent before it slept it has done meanwhile, or not: the view was to be cleared.
  Build(patient, 2, "two");
  AwaitAnswer(store, "two");
}

TEST_F(RedisFaultsTest, AServerThatIsGoneIsFoundAgainByItself) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.command_timeout = milliseconds(1'000);
  RedisStore store(options);
  Build(store, 1, "one");
  ASSERT_EQ(server_.Command({"SAVE"}), "OK");
  server_.Kill();
  ExpectUnavailable(store, milliseconds(1'000), "Connection refused");
  server_.Start();
  ASSERT_EQ(RawValue(), "one");
  AwaitAnswer(store, "one");
  EXPECT_THAT(store.lost(), IsEmpty());
}

TEST_F(RedisFaultsTest, WhoMayNotComeInIsTold) {
  RedisViewStoreOptions options = OptionsFor(server_);
  options.password = "guessed";
  RedisStore wrong(options);
  ExpectUnavailable(wrong, options.command_timeout, "user or password are wrong: WRONGPASS");
  options.user = options.password = "";
  RedisStore nobody(options);
  ExpectUnavailable(nobody, options.command_timeout, "it wants a user and a password: NOAUTH");
  ASSERT_EQ(server_.Command({"ACL", "SETUSER", "guest", "on", ">guest", "+ping", "~*"}), "OK");
  options.user = options.password = "guest";
  RedisStore guest(options);
  ExpectUnavailable(guest, options.command_timeout, "the user may not do this: NOPERM");
}

TEST_F(RedisFaultsTest, AUserForOtherKeysIsTold) {
  RedisStore owner(server_);
  Build(owner, 1, "one");
  ASSERT_EQ(server_.Command({"ACL", "SETUSER", "guest", "on", ">guest", "+@all", "~other*"}), "OK");
  RedisViewStoreOptions options = OptionsFor(server_);
  options.user = options.password = "guest";
  RedisStore guest(options);
  EXPECT_THAT(std::string(guest.Get(kView, "a").status().message()), HasSubstr("NOPERM"));
}

TEST_F(RedisFaultsTest, AReaderNeedsNoRightToWrite) {
  RedisStore owner(server_);
  Build(owner, 1, "one");
  ASSERT_EQ(server_.Command({"ACL", "SETUSER", "reader", "on", ">reader", "%R~{v:*", "+fcall_ro", "+hget",
                             "+hmget", "+hlen", "+zcard", "+zrangebylex", "+asking"}),
            "OK");
  RedisViewStoreOptions options = OptionsFor(server_);
  options.user = options.password = "reader";
  RedisStore reader(options);
  EXPECT_EQ(*reader.Get(kView, "a"), "one");
  EXPECT_THAT(*reader.Scan(kView), SizeIs(2));
  EXPECT_THAT(std::string(reader->Clear(kView).message()), HasSubstr("NOPERM"));
}

TEST_F(RedisFaultsTest, AFullMemoryIsToldAndReadsGoOn) {
  RedisStore store(server_);
  Build(store, 1, "one");
  ASSERT_EQ(server_.Command({"CONFIG", "SET", "maxmemory", "1"}), "OK");
  const std::vector<ViewRow> rows = {{"a", "two"}};
  const absl::Status status = store->Apply(kView, PositionAt(1), PositionAt(2), rows);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("its memory is full (maxmemory): OOM"));
  EXPECT_EQ(*store.Get(kView, "a"), "one");
  ASSERT_EQ(server_.Command({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  Advance(store, 1, 2, "two");
}

TEST_F(RedisFaultsTest, AReplicaIsTold) {
  RedisStore store(server_);
  Build(store, 1, "one");
  ASSERT_EQ(server_.Command({"REPLICAOF", "127.0.0.1", "1"}), "OK");
  const std::vector<ViewRow> rows = {{"a", "two"}};
  const absl::Status status = store->Apply(kView, PositionAt(1), PositionAt(2), rows);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("it is a replica, which only reads: READONLY"));
  ASSERT_EQ(server_.Command({"REPLICAOF", "NO", "ONE"}), "OK");
  Advance(store, 1, 2, "two");
}

}  // namespace
}  // namespace sanyuan::view
