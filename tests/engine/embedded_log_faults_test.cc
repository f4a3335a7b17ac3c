// What the embedded log does when the disk is full or fails, and when its file is damaged under it.
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/embedded_engine.h"
#include "tests/engine/faulty_disk.h"
#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

const TopicPartition kWhere{"faults.journal", 0};

std::vector<std::string> Numbered(const std::string& name, int count) {
  std::vector<std::string> records;
  for (int n = 0; n < count; ++n) records.push_back(fmt::format("{}-{}", name, n));
  return records;
}

void AppendAll(Producer& producer, const std::vector<std::string>& records) {
  for (const std::string& record : records) ASSERT_TRUE(producer.Append(record).ok());
}

class EmbeddedLogFaults : public ::testing::Test {
 protected:
  EmbeddedLogFaults() : disk_(FaultyDisk::Install()) {
    options_.directory = scratch_.path();
    options_.first_retry = absl::Milliseconds(1);
    options_.last_retry = absl::Milliseconds(5);
  }
  ~EmbeddedLogFaults() override { disk_.Heal(); }

  void BreakWrites(int sqlite_code, int system_error, int skip = 0) {
    disk_.Break({"-wal", FaultyDisk::Operation::kWrite, skip, {sqlite_code, system_error}});
  }
  // Everything in the log, read anew.
  std::vector<std::string> Contents(Log& log) {
    std::vector<std::string> contents;
    while (true) {
      const auto records = log.ReadFrom(kWhere, static_cast<int64_t>(contents.size()), 10'000);
      EXPECT_TRUE(records.ok()) << records.status();
      if (!records.ok() || records->empty()) return contents;
      for (const Record& record : *records) contents.push_back(record.bytes);
    }
  }

  FaultyDisk& disk_;
  ScratchDirectory scratch_;
  EmbeddedLogOptions options_;
  Fate fate_;
};

struct NoRoom {
  const char* name;
  FaultyDisk::Operation operation;
  FaultyDisk::Failure failure;
};

class FullDisk : public EmbeddedLogFaults, public ::testing::WithParamInterface<NoRoom> {};

TEST_P(FullDisk, StallsAndGoesOnByItselfInOrderOnceThereIsRoom) {
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  auto producer = *log->NewProducer(kWhere, &fate_);
  // Several rounds, each hitting another write or sync of the commit.
  std::vector<std::string> written;
  for (int skip = 0; skip < 6; ++skip) {
    Fate fate;
    auto second = *log->NewProducer({"faults.journal", 1}, &fate);
    const bool at_sync = GetParam().operation == FaultyDisk::Operation::kSync;
    disk_.Break({"-wal", GetParam().operation, at_sync ? 0 : skip, GetParam().failure});
    for (const std::string& record : Numbered(fmt::format("round{}", skip), 1'000)) {
      ASSERT_TRUE(producer->Append(record).ok());
      ASSERT_TRUE(second->Append(record).ok());
      written.push_back(record);
    }
    ASSERT_TRUE(fate.WaitForStall());
    EXPECT_TRUE(absl::IsResourceExhausted(fate.stalls().front())) << fate.stalls().front();
    EXPECT_TRUE(log->stats().stalled);
    while (disk_.strikes() < 3) std::this_thread::yield();
    disk_.Heal();
    ASSERT_TRUE(fate.WaitForGoingOn());
    ASSERT_TRUE(collector.WaitForCount(written.size()));
    EXPECT_EQ(fate.stalls().size(), 2u) << "one report of stalling, one of going on";
    EXPECT_TRUE(fate.loss().ok());
  }
  EXPECT_FALSE(log->stats().stalled);
  EXPECT_EQ(FirstDifference(written, collector.bytes()), "");
  EXPECT_EQ(FirstDifference(written, Contents(*log)), "");
  EXPECT_EQ(collector.complaint(), "");
}

INSTANTIATE_TEST_SUITE_P(
    EmbeddedLog, FullDisk,
    ::testing::Values(NoRoom{"WriteFull", FaultyDisk::Operation::kWrite, {SQLITE_FULL, 0}},
                      NoRoom{"WriteNoSpace", FaultyDisk::Operation::kWrite, {SQLITE_IOERR_WRITE, ENOSPC}},
                      NoRoom{"WriteQuota", FaultyDisk::Operation::kWrite, {SQLITE_IOERR_WRITE, EDQUOT}},
                      NoRoom{"SyncNoSpace", FaultyDisk::Operation::kSync, {SQLITE_IOERR_FSYNC, ENOSPC}}),
    [](const auto& param_info) { return param_info.param.name; });

TEST_F(EmbeddedLogFaults, TheKernelsLimitOnTheFilesSizeStallsAndLiftingItGoesOn) {
  signal(SIGXFSZ, SIG_IGN);
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  auto producer = *log->NewProducer(kWhere, &fate_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = 300'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const std::vector<std::string> written = Numbered(std::string(500, 'x'), 2'000);
  AppendAll(*producer, written);
  const bool stalled = fate_.WaitForStall();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_TRUE(stalled);
  ASSERT_TRUE(fate_.WaitForGoingOn());
  ASSERT_TRUE(collector.WaitForCount(written.size()));
  EXPECT_EQ(FirstDifference(written, collector.bytes()), "");
  EXPECT_EQ(collector.complaint(), "");
}

TEST_F(EmbeddedLogFaults, WhileStalledTheQueueIsBoundedAndNothingTakenIsLost) {
  options_.max_queued_records = 100;
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  auto producer = *log->NewProducer(kWhere, &fate_);
  BreakWrites(SQLITE_FULL, 0);
  AppendAll(*producer, Numbered("r", 100));
  ASSERT_TRUE(fate_.WaitForStall());
  EXPECT_TRUE(absl::IsResourceExhausted(producer->Append("too much")));
  disk_.Heal();
  ASSERT_TRUE(collector.WaitForCount(100));
  AppendAll(*producer, {"r-100"});
  ASSERT_TRUE(collector.WaitForCount(101));
  EXPECT_EQ(FirstDifference(Numbered("r", 101), collector.bytes()), "");
}

TEST_F(EmbeddedLogFaults, AStalledLogCanBeClosedAtOnce) {
  options_.first_retry = absl::Hours(1);
  auto log = OpenEmbedded(options_);
  auto producer = *log->NewProducer(kWhere, &fate_);
  BreakWrites(SQLITE_FULL, 0);
  AppendAll(*producer, Numbered("r", 10));
  ASSERT_TRUE(fate_.WaitForStall());
  producer.reset();
  log.reset();
  disk_.Heal();
  log = OpenEmbedded(options_);
  EXPECT_TRUE(Contents(*log).empty());
}

TEST_F(EmbeddedLogFaults, AProducerThatComesDuringAStallIsToldToo) {
  auto log = OpenEmbedded(options_);
  auto producer = *log->NewProducer(kWhere, &fate_);
  BreakWrites(SQLITE_FULL, 0);
  AppendAll(*producer, {"first"});
  ASSERT_TRUE(fate_.WaitForStall());
  Fate late;
  auto newcomer = *log->NewProducer(kWhere, &late);
  EXPECT_TRUE(late.WaitForStall());
  disk_.Heal();
  EXPECT_TRUE(late.WaitForGoingOn());
}

TEST_F(EmbeddedLogFaults, RecordsOfAProducerDestroyedDuringAStallAreGivenUpAndTheOthersLand) {
  auto log = OpenEmbedded(options_);
  auto kept = *log->NewProducer(kWhere, &fate_);
  BreakWrites(SQLITE_FULL, 0);
  Fate short_lived;
  auto given_up = *log->NewProducer(kWhere, &short_lived);
  for (int n = 0; n < 100; ++n) {
    AppendAll(*given_up, {fmt::format("given-up-{}", n)});
    AppendAll(*kept, {fmt::format("kept-{}", n)});
  }
  ASSERT_TRUE(fate_.WaitForStall());
  given_up.reset();
  const size_t calls = short_lived.stalls().size();
  // An attempt that was under way may still hold what was given up. Who comes later is told by the end of an attempt:
  // the second one by an attempt that began afterwards.
  for (int n = 0; n < 2; ++n) {
    Fate late;
    auto newcomer = *log->NewProducer(kWhere, &late);
    ASSERT_TRUE(late.WaitForStall());
  }
  disk_.Heal();
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  ASSERT_TRUE(collector.WaitForCount(100));
  EXPECT_EQ(FirstDifference(Numbered("kept", 100), collector.bytes()), "");
  EXPECT_EQ(short_lived.stalls().size(), calls) << "called after it was destroyed";
  EXPECT_EQ(log->stats().queued_records, 0u);
  EXPECT_EQ(log->stats().queued_bytes, 0u);
}

TEST_F(EmbeddedLogFaults, AnyOtherFailureLosesTheProducersAndNewOnesGoOnWithoutAHole) {
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  size_t landed = 0;
  for (const auto operation : {FaultyDisk::Operation::kWrite, FaultyDisk::Operation::kSync}) {
    Fate fate;
    Fate other_fate;
    auto producer = *log->NewProducer(kWhere, &fate);
    auto other = *log->NewProducer({"faults.journal", 7}, &other_fate);
    AppendAll(*producer, {"before"});
    ASSERT_TRUE(collector.WaitForCount(++landed));
    disk_.Break({"-wal", operation, 0, {SQLITE_IOERR_WRITE, EIO}});
    AppendAll(*producer, {"lost"});
    ASSERT_TRUE(fate.WaitForLoss());
    ASSERT_TRUE(other_fate.WaitForLoss());
    EXPECT_TRUE(absl::IsInternal(fate.loss())) << fate.loss();
    EXPECT_TRUE(absl::IsFailedPrecondition(producer->Append("refused")));
    disk_.Heal();
    EXPECT_EQ(log->stats().queued_records, 0u);
    Fate new_fate;
    auto next = *log->NewProducer(kWhere, &new_fate);
    AppendAll(*next, {"after"});
    ASSERT_TRUE(collector.WaitForCount(++landed));
  }
  const std::vector<std::string> expected = {"before", "after", "before", "after"};
  EXPECT_EQ(FirstDifference(expected, collector.bytes()), "");
  EXPECT_EQ(collector.complaint(), "");
  subscription.reset();
  log.reset();
  log = OpenEmbedded(options_);
  EXPECT_EQ(FirstDifference(expected, Contents(*log)), "");
}

TEST_F(EmbeddedLogFaults, AToolThatHoldsTheWriteLockStallsAndLosesNothing) {
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  auto producer = *log->NewProducer(kWhere, &fate_);
  sqlite3* tool = nullptr;
  ASSERT_EQ(sqlite3_open(JournalPath(scratch_.path()).c_str(), &tool), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(tool, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  AppendAll(*producer, Numbered("r", 10));
  EXPECT_TRUE(fate_.WaitForStall());
  ASSERT_EQ(sqlite3_exec(tool, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(tool);
  ASSERT_TRUE(collector.WaitForCount(10));
  EXPECT_EQ(FirstDifference(Numbered("r", 10), collector.bytes()), "");
}

// Fills the log with records of many pages, closes it, and can spoil the file from the outside.
class DamagedFile : public EmbeddedLogFaults {
 protected:
  static constexpr int kRecords = 5'000;
  static std::string Body(int n) { return fmt::format("record-{:05}-{}", n, std::string(300, 'x')); }

  void SetUp() override {
    auto log = OpenEmbedded(options_);
    Collector collector;
    auto subscription = *log->Subscribe(kWhere, 0, &collector);
    auto producer = *log->NewProducer(kWhere, &fate_);
    for (int n = 0; n < kRecords; ++n) ASSERT_TRUE(producer->Append(Body(n)).ok());
    ASSERT_TRUE(collector.WaitForCount(kRecords));
  }
  std::string ReadFile() const {
    std::ifstream file(JournalPath(scratch_.path()), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // In place, as a disk that rots: the running log keeps its file open.
  void WriteFile(const std::string& content) const {
    std::fstream file(JournalPath(scratch_.path()), std::ios::in | std::ios::out | std::ios::binary);
    file << content;
  }
  // The page that holds this record, made unreadable.
  static std::string SpoilPageOf(std::string content, int record) {
    constexpr size_t kPage = 8192;
    const size_t at = content.find(fmt::format("record-{:05}-", record));
    EXPECT_NE(at, std::string::npos);
    return content.replace(at / kPage * kPage, 16, std::string(16, '\xee'));
  }
};

TEST_F(DamagedFile, ReadingStopsExactlyBeforeWhatCannotBeRead) {
  WriteFile(SpoilPageOf(ReadFile(), 3'000));
  auto file = *JournalFile::OpenReadOnly(scratch_.path());
  int64_t next = 0;
  absl::Status end;
  while (true) {
    const auto records = file->ReadFrom(kWhere, next, 700);
    end = records.status();
    if (!records.ok() || records->empty()) break;
    for (const Record& record : *records) ASSERT_EQ(record.offset, next++);
  }
  EXPECT_TRUE(absl::IsDataLoss(end)) << end;
  EXPECT_GT(next, 2'900);
  EXPECT_LE(next, 3'000);
  EXPECT_NE(std::string(end.message()).find(fmt::format("faults.journal/0 from offset {}", next)),
            std::string::npos)
      << end;
  EXPECT_TRUE(absl::IsDataLoss(file->CheckStructure()));
}

TEST_F(DamagedFile, ASubscriberIsToldOfTroubleAndReadsOnWhenTheFileIsSoundAgain) {
  const std::string sound = ReadFile();
  WriteFile(SpoilPageOf(sound, 3'000));
  auto log = OpenEmbedded(options_);
  Collector collector;
  auto subscription = *log->Subscribe(kWhere, 0, &collector);
  ASSERT_TRUE(collector.WaitForTrouble());
  EXPECT_LE(collector.records().size(), 3'000u);
  // Other partitions are served meanwhile.
  Collector other_collector;
  auto other_subscription = *log->Subscribe({"other.journal", 0}, 0, &other_collector);
  Fate fate;
  auto producer = *log->NewProducer({"other.journal", 0}, &fate);
  AppendAll(*producer, {"lives"});
  ASSERT_TRUE(other_collector.WaitForCount(1));

  WriteFile(sound);
  ASSERT_TRUE(collector.WaitForEnd(kRecords));
  std::vector<std::string> expected;
  for (int n = 0; n < kRecords; ++n) expected.push_back(Body(n));
  EXPECT_EQ(FirstDifference(expected, collector.bytes()), "");
}

TEST_F(DamagedFile, ReadingShowsWhatTheFileHoldsNowAndNotWhatItHeldBefore) {
  auto log = OpenEmbedded(options_);
  ASSERT_EQ(log->ReadAt(kWhere, 4'000)->value().bytes, Body(4'000));
  std::string content = ReadFile();
  content.replace(content.find("record-04000-"), 13, "forged-04000-");
  WriteFile(content);
  EXPECT_EQ(log->ReadAt(kWhere, 4'000)->value().bytes.substr(0, 13), "forged-04000-");
  EXPECT_EQ(log->ReadFrom(kWhere, 4'000, 1)->front().bytes.substr(0, 13), "forged-04000-");
}

TEST_F(DamagedFile, ASoundFilePassesTheCheckOfItsStructure) {
  auto file = *JournalFile::OpenReadOnly(scratch_.path());
  EXPECT_TRUE(file->CheckStructure().ok()) << file->CheckStructure();
}

TEST_F(DamagedFile, AFileWithoutItsHeadIsRefusedAsDamaged) {
  std::string content = ReadFile();
  WriteFile(content.replace(0, 100, std::string(100, 'z')));
  EXPECT_TRUE(absl::IsDataLoss(EmbeddedLog::Open(options_).status()));
  EXPECT_TRUE(absl::IsDataLoss(JournalFile::OpenReadOnly(scratch_.path()).status()));
}

}  // namespace
}  // namespace sanyuan::log
