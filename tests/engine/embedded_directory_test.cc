// A data directory of the embedded log: one process at a time writes, others read beside it or after a kill,
// copies are made while it runs.
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/embedded_engine.h"
#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

const TopicPartition kWhere{"directory.journal", 0};

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(EmbeddedLog& log, int count) {
  const int64_t begin = *log.EndOffset(kWhere);
  Collector collector(begin);
  Fate fate;
  auto subscription = *log.Subscribe(kWhere, begin, &collector);
  auto producer = *log.NewProducer(kWhere, &fate);
  for (int n = 0; n < count; ++n) ASSERT_TRUE(producer->Append(fmt::format("r-{}", begin + n)).ok());
  ASSERT_TRUE(collector.WaitForCount(static_cast<size_t>(count)));
}

// All records by a reader, which must be r-0, r-1, ... without a hole.
int64_t CountDense(LogReader& reader) {
  int64_t next = 0;
  while (true) {
    const auto records = reader.ReadFrom(kWhere, next, 1'000);
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok() || records->empty()) return next;
    for (const Record& record : *records) {
      EXPECT_EQ(record.offset, next);
      EXPECT_EQ(record.bytes, fmt::format("r-{}", next));
      ++next;
    }
  }
}

// A process of its own writes `count` records and is killed by -9 with its log open.
void WriteAndBeKilled(const std::string& directory, int count) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto log = OpenEmbedded(directory);
    Write(*log, count);
    kill(getpid(), SIGKILL);
  }
  int how = 0;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << how;
  ASSERT_GT(std::filesystem::file_size(directory + "/journal.db-wal"), 0u);
}

class EmbeddedDirectory : public ::testing::Test {
 protected:
  std::string File(const std::string& name) const { return scratch_.path() + "/" + name; }

  ScratchDirectory scratch_;
};

TEST_F(EmbeddedDirectory, ASecondLogOnADirectoryIsRefusedAndToldWhoHasIt) {
  auto log = OpenEmbedded(scratch_.path());
  const absl::Status refused = EmbeddedLog::Open({.directory = scratch_.path()}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(std::string(refused.message()).find(fmt::format("process {}", getpid())), std::string::npos)
      << refused;
  EXPECT_NE(std::string(refused.message()).find(scratch_.path()), std::string::npos) << refused;
  log.reset();
  EXPECT_NE(OpenEmbedded(scratch_.path()), nullptr);
}

TEST_F(EmbeddedDirectory, ADirectoryWhoseProcessWasKilledIsFree) {
  WriteAndBeKilled(scratch_.path(), 10);
  auto log = OpenEmbedded(scratch_.path());
  EXPECT_EQ(CountDense(*log), 10);
}

TEST_F(EmbeddedDirectory, AMissingDirectoryIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(EmbeddedLog::Open({.directory = File("none")}).status()));
  EXPECT_TRUE(absl::IsNotFound(JournalFile::OpenReadOnly(File("none")).status()));
}

TEST_F(EmbeddedDirectory, ReadingAnEmptyDirectoryIsNotFoundAndCreatesNothing) {
  EXPECT_TRUE(absl::IsNotFound(JournalFile::OpenReadOnly(scratch_.path()).status()));
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path()));
}

TEST_F(EmbeddedDirectory, AnotherProgramsDatabaseIsRefusedAndLeftAsItIs) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(File("journal.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "CREATE TABLE songs(name)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const std::string before = Contents(File("journal.db"));
  EXPECT_TRUE(absl::IsFailedPrecondition(EmbeddedLog::Open({.directory = scratch_.path()}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(JournalFile::OpenReadOnly(scratch_.path()).status()));
  EXPECT_EQ(Contents(File("journal.db")), before);
}

TEST_F(EmbeddedDirectory, AJournalOfALaterLayoutIsRefused) {
  Write(*OpenEmbedded(scratch_.path()), 3);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(File("journal.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version=2", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  EXPECT_TRUE(absl::IsFailedPrecondition(EmbeddedLog::Open({.directory = scratch_.path()}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(JournalFile::OpenReadOnly(scratch_.path()).status()));
}

TEST_F(EmbeddedDirectory, TheTableIsAsDocumented) {
  Write(*OpenEmbedded(scratch_.path()), 3);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(File("journal.db").c_str(), &db), SQLITE_OK);
  std::string found;
  ASSERT_EQ(
      sqlite3_exec(
          db, "SELECT topic || ' ' || partition || ' ' || offset || ' ' || CAST(record AS TEXT) FROM journal",
          [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) += std::string(values[0]) + "\n";
            return 0;
          },
          &found, nullptr),
      SQLITE_OK);
  sqlite3_close(db);
  EXPECT_EQ(found, "directory.journal 0 0 r-0\ndirectory.journal 0 1 r-1\ndirectory.journal 0 2 r-2\n");
}

TEST_F(EmbeddedDirectory, ACleanStopLeavesOneFile) {
  Write(*OpenEmbedded(scratch_.path()), 1'000);
  EXPECT_FALSE(std::filesystem::exists(File("journal.db-wal")));
  EXPECT_FALSE(std::filesystem::exists(File("journal.db-shm")));
  auto file = *JournalFile::OpenReadOnly(scratch_.path());
  EXPECT_EQ(CountDense(*file), 1'000);
}

TEST_F(EmbeddedDirectory, AReaderBesideTheWriterSeesWhatHasLandedAsItLands) {
  auto log = OpenEmbedded(scratch_.path());
  Write(*log, 100);
  auto file = *JournalFile::OpenReadOnly(scratch_.path());
  EXPECT_EQ(CountDense(*file), 100);
  Write(*log, 100);
  EXPECT_EQ(CountDense(*file), 200);
  EXPECT_EQ(*file->EndOffset(kWhere), 200);
  EXPECT_EQ(*file->Partitions(), std::vector<TopicPartition>({kWhere}));
}

TEST_F(EmbeddedDirectory, AReaderAfterAKillSeesAllThatWasReadBackAndChangesNothing) {
  for (const bool index_lost : {false, true}) {
    ScratchDirectory scratch;
    const std::string journal = scratch.path() + "/journal.db";
    WriteAndBeKilled(scratch.path(), 1'000);
    if (index_lost) std::filesystem::remove(journal + "-shm");
    const std::string database_before = Contents(journal);
    const std::string log_before = Contents(journal + "-wal");
    {
      auto file = JournalFile::OpenReadOnly(scratch.path());
      ASSERT_TRUE(file.ok()) << file.status();
      EXPECT_EQ(CountDense(**file), 1'000);
      EXPECT_TRUE((*file)->CheckStructure().ok());
    }
    EXPECT_EQ(Contents(journal), database_before);
    EXPECT_EQ(Contents(journal + "-wal"), log_before);
  }
}

TEST_F(EmbeddedDirectory, ABackupOfARunningLogIsACompleteBeginningOfIt) {
  auto log = OpenEmbedded(scratch_.path());
  Write(*log, 2'000);
  std::atomic<bool> stop{false};
  std::thread burst([&] {
    while (!stop.load()) Write(*log, 50);
  });
  const ScratchDirectory target;
  const int64_t end_before = *log->EndOffset(kWhere);
  int64_t pages_done = 0;
  int64_t pages_total = -1;
  const absl::Status copied =
      log->file().BackupTo(target.path() + "/journal.db", [&](int64_t done, int64_t total) {
        pages_done = done;
        pages_total = total;
      });
  stop.store(true);
  burst.join();
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(pages_done, pages_total);
  {
    auto copy = *JournalFile::OpenReadOnly(target.path());
    EXPECT_GE(CountDense(*copy), end_before);
    EXPECT_TRUE(copy->CheckStructure().ok());
  }
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(target.path())) ++files;
  EXPECT_EQ(files, 1) << "a backup is one file";
  EXPECT_TRUE(absl::IsAlreadyExists(log->file().BackupTo(target.path() + "/journal.db")));
  // A server goes on from it.
  auto restored = OpenEmbedded(target.path());
  Write(*restored, 10);
  CountDense(*restored);
}

TEST_F(EmbeddedDirectory, ABackupByAToolLeavesTheLogOfAKilledServerAlone) {
  WriteAndBeKilled(scratch_.path(), 500);
  const std::string log_before = Contents(File("journal.db-wal"));
  const ScratchDirectory target;
  auto file = *JournalFile::OpenReadOnly(scratch_.path());
  ASSERT_TRUE(file->BackupTo(target.path() + "/journal.db").ok());
  EXPECT_EQ(Contents(File("journal.db-wal")), log_before);
  EXPECT_EQ(CountDense(**JournalFile::OpenReadOnly(target.path())), 500);
}

TEST_F(EmbeddedDirectory, AnUnfinishedBackupOfBeforeIsReplaced) {
  auto log = OpenEmbedded(scratch_.path());
  Write(*log, 10);
  const ScratchDirectory target;
  std::ofstream(target.path() + "/journal.db.unfinished") << "half of a backup";
  ASSERT_TRUE(log->file().BackupTo(target.path() + "/journal.db").ok());
  EXPECT_EQ(CountDense(**JournalFile::OpenReadOnly(target.path())), 10);
  EXPECT_FALSE(std::filesystem::exists(target.path() + "/journal.db.unfinished"));
}

TEST_F(EmbeddedDirectory, TheWriteAheadLogStaysShortUnderAnUnendingLoad) {
  EmbeddedLogOptions options;
  options.directory = scratch_.path();
  options.checkpoint_from_bytes = 256 << 10;
  options.restart_from_bytes = 1 << 20;
  auto log = OpenEmbedded(options);
  Collector collector;
  Fate fate;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  auto producer = *log->NewProducer(kWhere, &fate);
  // 40 MB through a log of 1 MiB; the reader is at work all the time.
  constexpr size_t kRecords = 20'000;
  for (size_t n = 0; n < kRecords;) {
    if (producer->Append(std::string(2'000, 'x')).ok()) ++n;
    ASSERT_TRUE(collector.WaitForCount(n > 500 ? n - 500 : 0));
  }
  ASSERT_TRUE(collector.WaitForCount(kRecords));
  EXPECT_LT(std::filesystem::file_size(File("journal.db-wal")), uint64_t{8} << 20);
  EXPECT_GT(std::filesystem::file_size(File("journal.db")), uint64_t{30} << 20);
}

}  // namespace
}  // namespace sanyuan::log
