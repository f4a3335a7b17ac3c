// The embedded view store under the conformance suite, and what is special about it: a file that can't be
// trusted is dropped and says so.
#include "common/view/embedded/embedded_view_store.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/engine/scratch_directory.h"
#include "tests/engine/view_conformance.h"

namespace sanyuan::view {
namespace {

const ViewName kView{"order_intake", 0};

// A store in a directory, with what it said about discarding.
class EmbeddedStore {
 public:
  explicit EmbeddedStore(std::string directory) : directory_(std::move(directory)) { Open(); }
  void Open() {
    auto store = EmbeddedViewStore::Open(
        directory_, [this](const absl::Status& why) { discarded_.emplace_back(why.message()); });
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Close() { store_.reset(); }
  ViewStore* operator->() { return store_.get(); }
  const std::vector<std::string>& discarded() const { return discarded_; }

 private:
  const std::string directory_;
  std::vector<std::string> discarded_;
  std::unique_ptr<EmbeddedViewStore> store_;
};

class Conforming : public StoreUnderTest {
 public:
  std::unique_ptr<ViewStore> Open() override {
    auto store = EmbeddedViewStore::Open(
        scratch_.path(), [](const absl::Status& why) { ADD_FAILURE() << "discarded: " << why; });
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

 private:
  ScratchDirectory scratch_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, ViewConformance,
                         ::testing::Values(Store{[] { return std::make_unique<Conforming>(); }}));

ViewPosition At(uint64_t height) { return {std::string(16, 'j'), height, Sha256(std::to_string(height))}; }

// Enough rows for many pages.
std::vector<ViewRow> ManyRows() {
  std::vector<ViewRow> rows;
  for (int n = 0; n < 5'000; ++n) rows.push_back({fmt::format("order/{:06}", n), std::string(100, 'x')});
  return rows;
}

class EmbeddedViewStoreTest : public ::testing::Test {
 protected:
  void WriteAndClose() {
    EmbeddedStore store(scratch_.path());
    ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), ManyRows()).ok());
  }
  std::string file() const { return scratch_.path() + "/views.db"; }

  void Sql(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void ExpectEmptyAndUsable(EmbeddedStore& store) const {
    EXPECT_EQ(*store->Position(kView), std::nullopt);
    EXPECT_TRUE(store->Reader(kView)->Scan("", "", 10)->empty());
    EXPECT_TRUE(store->Apply(kView, std::nullopt, At(1), ManyRows()).ok());
    EXPECT_EQ(store->Reader(kView)->Scan("order/", "", 10'000)->size(), 5'000u);
  }

  ScratchDirectory scratch_;
};

TEST_F(EmbeddedViewStoreTest, GarbageInTheFilesPlaceIsDroppedAndSaid) {
  std::ofstream(file()) << std::string(100'000, 'g');
  EmbeddedStore store(scratch_.path());
  EXPECT_EQ(store.discarded().size(), 1u);
  ExpectEmptyAndUsable(store);
}

TEST_F(EmbeddedViewStoreTest, AFileInUseWhenTheMachineStoppedIsDroppedAndSaid) {
  WriteAndClose();
  Sql("UPDATE opened SET boot='another boot', clean=0");
  EmbeddedStore store(scratch_.path());
  EXPECT_EQ(store.discarded().size(), 1u);
  ExpectEmptyAndUsable(store);
}

TEST_F(EmbeddedViewStoreTest, AFileClosedInOrderBeforeTheMachineStoppedIsKept) {
  WriteAndClose();
  Sql("UPDATE opened SET boot='another boot'");
  EmbeddedStore store(scratch_.path());
  EXPECT_TRUE(store.discarded().empty());
  EXPECT_EQ(*store->Position(kView), At(1));
}

TEST_F(EmbeddedViewStoreTest, AFileOfAnotherLayoutIsDroppedAndSaid) {
  WriteAndClose();
  Sql("PRAGMA user_version=2");
  EmbeddedStore store(scratch_.path());
  EXPECT_EQ(store.discarded().size(), 1u);
  ExpectEmptyAndUsable(store);
}

TEST_F(EmbeddedViewStoreTest, DamageFoundWhileReadingDropsTheFileAndTheCallIsToBeRepeated) {
  WriteAndClose();
  {
    // All pages but the first few: the file opens, its rows can't be read.
    const auto size = std::filesystem::file_size(file());
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(5 * 8192);
    stream << std::string(size - 5 * 8192, '\x5a');
  }
  EmbeddedStore store(scratch_.path());
  const auto rows = store->Reader(kView)->Scan("order/", "", 10'000);
  EXPECT_TRUE(absl::IsUnavailable(rows.status())) << rows.status();
  EXPECT_EQ(store.discarded().size(), 1u);
  ExpectEmptyAndUsable(store);
}

TEST_F(EmbeddedViewStoreTest, DamageFoundWhileWritingDropsTheFileAndTheBatchIsToBeRepeated) {
  WriteAndClose();
  {
    const auto size = std::filesystem::file_size(file());
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(5 * 8192);
    stream << std::string(size - 5 * 8192, '\x5a');
  }
  EmbeddedStore store(scratch_.path());
  const absl::Status status = store->Apply(kView, At(1), At(2), ManyRows());
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  ExpectEmptyAndUsable(store);
}

TEST_F(EmbeddedViewStoreTest, AKilledProcessCostsNothing) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    EmbeddedStore store(scratch_.path());
    const bool applied = store->Apply(kView, std::nullopt, At(1), ManyRows()).ok();
    if (!applied) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int how = 0;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how)) << how;
  EmbeddedStore store(scratch_.path());
  EXPECT_TRUE(store.discarded().empty());
  EXPECT_EQ(*store->Position(kView), At(1));
  EXPECT_EQ(store->Reader(kView)->Scan("order/", "", 10'000)->size(), 5'000u);
}

}  // namespace
}  // namespace sanyuan::view
