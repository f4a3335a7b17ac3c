#include "tests/engine/log_conformance.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/log_listeners.h"

namespace sanyuan::log {
namespace {

const char* const kTopic = "conformance.journal";
const TopicPartition kWhere{kTopic, 0};
constexpr const char* kCrashLocation = "SANYUAN_CRASH_LOCATION";
constexpr const char* kCrashPipe = "SANYUAN_CRASH_PIPE";

std::vector<std::string> Numbered(const std::string& name, int count) {
  std::vector<std::string> records;
  for (int n = 0; n < count; ++n) records.push_back(fmt::format("{}-{}", name, n));
  return records;
}

// An engine with one topic of `partitions`, opened.
class Opened {
 public:
  explicit Opened(const Engine& engine, int partitions = 1, bool small_queue = false)
      : engine_(engine.at("")) {
    engine_->CreateTopic(kTopic, partitions);
    log_ = small_queue ? engine_->OpenWithSmallQueue() : engine_->Open();
  }
  void Reopen() {
    log_.reset();
    log_ = engine_->Open();
  }
  Log* operator->() { return log_.get(); }

  std::unique_ptr<Producer> NewProducer(const TopicPartition& where = kWhere) {
    absl::StatusOr<std::unique_ptr<Producer>> producer = log_->NewProducer(where, &fate_);
    EXPECT_TRUE(producer.ok()) << producer.status();
    return producer.ok() ? *std::move(producer) : nullptr;
  }
  std::unique_ptr<Subscription> Subscribe(RecordListener& listener, int64_t from = 0,
                                          const TopicPartition& where = kWhere) {
    absl::StatusOr<std::unique_ptr<Subscription>> subscription = log_->Subscribe(where, from, &listener);
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? *std::move(subscription) : nullptr;
  }
  // Appends all and waits until they were read back.
  void Write(const std::vector<std::string>& records, const TopicPartition& where = kWhere) {
    const int64_t begin = *log_->EndOffset(where);
    Collector collector(begin);
    auto subscription = Subscribe(collector, begin, where);
    auto producer = NewProducer(where);
    for (const std::string& record : records) ASSERT_TRUE(producer->Append(record).ok());
    ASSERT_TRUE(collector.WaitForCount(records.size()));
    ASSERT_EQ(collector.complaint(), "");
  }

 private:
  Fate fate_;
  std::unique_ptr<EngineUnderTest> engine_;
  std::unique_ptr<Log> log_;
};

TEST_P(LogConformance, RecordsLandInTheOrderOfAppendEachOnce) {
  Opened log(GetParam());
  const std::vector<std::string> written = Numbered("r", 20'000);
  Collector collector;
  auto subscription = log.Subscribe(collector);
  auto producer = log.NewProducer();
  for (const std::string& record : written) ASSERT_TRUE(producer->Append(record).ok());
  ASSERT_TRUE(collector.WaitForEnd(static_cast<int64_t>(written.size())));
  EXPECT_EQ(FirstDifference(written, collector.bytes()), "");
  EXPECT_EQ(collector.complaint(), "");
  EXPECT_EQ(*log->EndOffset(kWhere), static_cast<int64_t>(written.size()));
}

TEST_P(LogConformance, WhatIsReadBackIsWhatWasWritten) {
  Opened log(GetParam());
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte.push_back(static_cast<char>(c));
  std::string large;
  while (large.size() < (1 << 20) - 1) large.push_back(static_cast<char>(large.size() * 7919 >> 5));
  const std::vector<std::string> written = {"", every_byte, std::string(1, '\0'), large, "兰州", "", large};
  log.Write(written);
  Collector collector;
  auto subscription = log.Subscribe(collector);
  ASSERT_TRUE(collector.WaitForEnd(static_cast<int64_t>(written.size())));
  EXPECT_EQ(FirstDifference(written, collector.bytes()), "");
  for (size_t offset = 0; offset < written.size(); ++offset) {
    const auto record = log->ReadAt(kWhere, static_cast<int64_t>(offset));
    ASSERT_TRUE(record.ok() && record->has_value());
    EXPECT_TRUE((*record)->bytes == written[offset]) << offset;
  }
}

TEST_P(LogConformance, AnEmptyPartitionIsCaughtUpAtOnce) {
  Opened log(GetParam());
  EXPECT_EQ(*log->EndOffset(kWhere), 0);
  Collector collector;
  auto subscription = log.Subscribe(collector);
  ASSERT_TRUE(collector.WaitForEnd(0));
  EXPECT_TRUE(collector.records().empty());
  EXPECT_EQ(collector.complaint(), "");
}

TEST_P(LogConformance, TheEndIsToldOnceAfterCatchingUpAndOnceAfterEachLaterBatch) {
  Opened log(GetParam());
  log.Write(Numbered("old", 5'000));
  Collector collector;
  auto subscription = log.Subscribe(collector);
  ASSERT_TRUE(collector.WaitForEnd(5'000));
  EXPECT_EQ(collector.ends(), std::vector<int64_t>({5'000}));
  for (int64_t n = 1; n <= 3; ++n) {
    log.Write({"new"});
    ASSERT_TRUE(collector.WaitForEnd(5'000 + n));
  }
  EXPECT_EQ(collector.ends(), std::vector<int64_t>({5'000, 5'001, 5'002, 5'003}));
  EXPECT_EQ(collector.complaint(), "");
}

TEST_P(LogConformance, CatchingUpTellsTheEndForAnyNumberOfRecords) {
  // A log that reads in pieces must not forget the end when a piece ends exactly there.
  Opened log(GetParam());
  int64_t end = 0;
  for (const int more : {1, 499, 500, 1'000, 500, 1'500, 6'000}) {
    log.Write(Numbered("r", more));
    end += more;
    Collector collector;
    auto subscription = log.Subscribe(collector);
    ASSERT_TRUE(collector.WaitForEnd(end));
    EXPECT_EQ(collector.ends(), std::vector<int64_t>({end}));
    EXPECT_EQ(collector.complaint(), "");
  }
}

TEST_P(LogConformance, SubscriptionFromTheMiddleGetsTheRestAlone) {
  Opened log(GetParam());
  const std::vector<std::string> written = Numbered("r", 3'000);
  log.Write(written);
  Collector collector(1'234);
  auto subscription = log.Subscribe(collector, 1'234);
  ASSERT_TRUE(collector.WaitForEnd(3'000));
  EXPECT_EQ(FirstDifference({written.begin() + 1'234, written.end()}, collector.bytes()), "");
  EXPECT_EQ(collector.complaint(), "");
}

TEST_P(LogConformance, SubscriptionFromTheEndGetsOnlyWhatLandsLater) {
  Opened log(GetParam());
  log.Write(Numbered("old", 10));
  Collector collector(10);
  auto subscription = log.Subscribe(collector, 10);
  ASSERT_TRUE(collector.WaitForEnd(10));
  log.Write(Numbered("new", 5));
  ASSERT_TRUE(collector.WaitForEnd(15));
  EXPECT_EQ(FirstDifference(Numbered("new", 5), collector.bytes()), "");
  EXPECT_EQ(collector.complaint(), "");
}

TEST_P(LogConformance, SubscriptionBeyondTheEndIsOutOfRange) {
  Opened log(GetParam());
  log.Write(Numbered("r", 3));
  Collector collector;
  EXPECT_TRUE(absl::IsOutOfRange(log->Subscribe(kWhere, 4, &collector).status()));
  EXPECT_TRUE(absl::IsOutOfRange(log->Subscribe(kWhere, 1'000'000, &collector).status()));
  EXPECT_TRUE(log->Subscribe(kWhere, 3, &collector).ok());
}

TEST_P(LogConformance, PartitionsKeepTheirRecordsApart) {
  constexpr int kPartitions = 16;
  constexpr int kThreads = 4;
  Opened log(GetParam(), kPartitions);
  std::vector<std::unique_ptr<Collector>> collectors;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  std::vector<std::unique_ptr<Producer>> producers;
  for (int p = 0; p < kPartitions; ++p) {
    collectors.push_back(std::make_unique<Collector>());
    subscriptions.push_back(log.Subscribe(*collectors.back(), 0, {kTopic, p}));
    producers.push_back(log.NewProducer({kTopic, p}));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 500; ++n) {
        for (int p = t; p < kPartitions; p += kThreads) {
          EXPECT_TRUE(producers[static_cast<size_t>(p)]->Append(fmt::format("p{}-{}", p, n)).ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int p = 0; p < kPartitions; ++p) {
    Collector& collector = *collectors[static_cast<size_t>(p)];
    ASSERT_TRUE(collector.WaitForEnd(500));
    EXPECT_EQ(FirstDifference(Numbered(fmt::format("p{}", p), 500), collector.bytes()), "");
    EXPECT_EQ(collector.complaint(), "");
  }
}

TEST_P(LogConformance, AllPartitionsWithRecordsAreListedAndNoOthers) {
  Opened log(GetParam(), 11);
  EXPECT_TRUE(log->Partitions()->empty());
  log.Write({"a"}, {kTopic, 10});
  log.Write({"b"}, {kTopic, 2});
  EXPECT_EQ(*log->Partitions(), (std::vector<TopicPartition>{{kTopic, 2}, {kTopic, 10}}));
}

TEST_P(LogConformance, SubscribersThatComeAtDifferentTimesAgree) {
  Opened log(GetParam());
  Collector early;
  auto first = log.Subscribe(early);
  std::vector<std::unique_ptr<Collector>> late;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  auto producer = log.NewProducer();
  for (int n = 0; n < 10'000; ++n) {
    ASSERT_TRUE(producer->Append(fmt::format("r-{}", n)).ok());
    if (n % 2'000 == 1'000) {
      late.push_back(std::make_unique<Collector>());
      subscriptions.push_back(log.Subscribe(*late.back()));
    }
  }
  ASSERT_TRUE(early.WaitForEnd(10'000));
  EXPECT_EQ(FirstDifference(Numbered("r", 10'000), early.bytes()), "");
  for (const auto& collector : late) {
    ASSERT_TRUE(collector->WaitForEnd(10'000));
    EXPECT_EQ(FirstDifference(early.bytes(), collector->bytes()), "");
    EXPECT_EQ(collector->complaint(), "");
  }
}

TEST_P(LogConformance, TwoProducersOfOnePartitionKeepEachItsOrder) {
  Opened log(GetParam());
  Collector collector;
  auto subscription = log.Subscribe(collector);
  std::vector<std::thread> threads;
  for (const char* name : {"a", "b"}) {
    threads.emplace_back([&log, name] {
      auto producer = log.NewProducer();
      for (const std::string& record : Numbered(name, 2'000)) EXPECT_TRUE(producer->Append(record).ok());
      Collector all;
      auto until_landed = log.Subscribe(all);
      EXPECT_TRUE(all.WaitForCount(4'000));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(collector.WaitForCount(4'000));
  std::map<char, std::vector<std::string>> by_producer;
  for (const std::string& bytes : collector.bytes()) by_producer[bytes[0]].push_back(bytes);
  EXPECT_EQ(FirstDifference(Numbered("a", 2'000), by_producer['a']), "");
  EXPECT_EQ(FirstDifference(Numbered("b", 2'000), by_producer['b']), "");
  EXPECT_EQ(collector.complaint(), "");
}

TEST_P(LogConformance, ReadingAtAnOffsetGivesThatRecordOrNothing) {
  Opened log(GetParam());
  log.Write(Numbered("r", 100));
  for (const int64_t offset : {0, 57, 99}) {
    const auto record = log->ReadAt(kWhere, offset);
    ASSERT_TRUE(record.ok() && record->has_value());
    EXPECT_EQ((*record)->offset, offset);
    EXPECT_EQ((*record)->bytes, fmt::format("r-{}", offset));
  }
  for (const int64_t offset : {100, 5'000}) {
    const auto record = log->ReadAt(kWhere, offset);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_FALSE(record->has_value());
  }
}

TEST_P(LogConformance, ReadingFromAnOffsetGivesAtMostTheLimitInOrder) {
  Opened log(GetParam());
  const std::vector<std::string> written = Numbered("r", 1'000);
  log.Write(written);
  EXPECT_EQ(log->ReadFrom(kWhere, 0, 10)->size(), 10u);
  EXPECT_TRUE(log->ReadFrom(kWhere, 1'000, 10)->empty());
  EXPECT_TRUE(log->ReadFrom(kWhere, 7'000, 10)->empty());
  std::vector<std::string> read;
  while (true) {
    const auto records = log->ReadFrom(kWhere, static_cast<int64_t>(read.size()), 37);
    ASSERT_TRUE(records.ok()) << records.status();
    if (records->empty()) break;
    ASSERT_LE(records->size(), 37u);
    for (const Record& record : *records) {
      ASSERT_EQ(record.offset, static_cast<int64_t>(read.size()));
      read.push_back(record.bytes);
    }
  }
  EXPECT_EQ(FirstDifference(written, read), "");
}

TEST_P(LogConformance, WhatLandedOfADestroyedProducerHasNoHole) {
  Opened log(GetParam());
  for (int round = 0; round < 10; ++round) {
    const int64_t begin = *log->EndOffset(kWhere);
    {
      auto producer = log.NewProducer();
      for (const std::string& record : Numbered("gone", 3'000)) ASSERT_TRUE(producer->Append(record).ok());
    }
    Collector collector(begin);
    auto subscription = log.Subscribe(collector, begin);
    auto producer = log.NewProducer();
    ASSERT_TRUE(producer->Append("next").ok());
    // Late records of the destroyed one may land after the next one's; nothing else may.
    std::vector<std::string> gone;
    for (size_t seen = 0; true; ++seen) {
      ASSERT_TRUE(collector.WaitForCount(seen + 1));
      const std::string bytes = collector.bytes()[seen];
      if (bytes == "next") break;
      gone.push_back(bytes);
    }
    std::vector<std::string> prefix = Numbered("gone", 3'000);
    ASSERT_LE(gone.size(), prefix.size());
    prefix.resize(gone.size());
    EXPECT_EQ(FirstDifference(prefix, gone), "");
    EXPECT_EQ(collector.complaint(), "");
  }
}

// Fails when called after it was told that its subscription is gone.
class Mortal : public RecordListener {
 public:
  void OnRecords(absl::Span<const Record>) override { Called(); }
  void OnEnd(int64_t) override { Called(); }
  void OnTrouble(const absl::Status&) override { Called(); }

  std::atomic<bool> gone{false};
  std::atomic<int> calls{0};
  std::atomic<int> late_calls{0};

 private:
  void Called() {
    calls.fetch_add(1);
    if (gone.load()) late_calls.fetch_add(1);
    // Long enough for a destructor that doesn't wait to overtake the callback.
    for (int i = 0; i < 50; ++i) std::this_thread::yield();
    if (gone.load()) late_calls.fetch_add(1);
  }
};

TEST_P(LogConformance, NoCallbackIsAtWorkOrComesAfterASubscriptionIsDestroyed) {
  Opened log(GetParam());
  auto producer = log.NewProducer();
  std::atomic<bool> stop{false};
  std::thread burst([&] {
    while (!stop.load()) {
      if (!producer->Append("r").ok()) std::this_thread::yield();
    }
  });
  int called = 0;
  for (int round = 0; round < 200; ++round) {
    Mortal listener;
    auto subscription = log.Subscribe(listener);
    while (listener.calls.load() == 0) std::this_thread::yield();
    subscription.reset();
    listener.gone.store(true);
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    EXPECT_EQ(listener.late_calls.load(), 0);
    called += listener.calls.load();
  }
  stop.store(true);
  burst.join();
  EXPECT_GE(called, 200);
}

TEST_P(LogConformance, TooMuchQueuedIsRefusedAndNothingTakenIsLost) {
  Opened log(GetParam(), 1, /*small_queue=*/true);
  Collector collector;
  auto subscription = log.Subscribe(collector);
  auto producer = log.NewProducer();
  std::vector<std::string> taken;
  int refused = 0;
  for (int n = 0; refused < 100 && n < 1'000'000; ++n) {
    std::string record = fmt::format("r-{}", n);
    const absl::Status status = producer->Append(record);
    if (status.ok()) {
      taken.push_back(std::move(record));
    } else {
      ASSERT_TRUE(absl::IsResourceExhausted(status)) << status;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 100) << "a queue without bound";
  ASSERT_TRUE(collector.WaitForCount(taken.size()));
  ASSERT_TRUE(AppendWhenThereIsRoom(*producer, "after").ok());
  taken.emplace_back("after");
  ASSERT_TRUE(collector.WaitForCount(taken.size()));
  EXPECT_EQ(FirstDifference(taken, collector.bytes()), "");
}

TEST_P(LogConformance, WhatWasReadBackIsThereAfterACleanStop) {
  Opened log(GetParam(), 3);
  const std::vector<std::string> written = Numbered("r", 2'000);
  for (int p = 0; p < 3; ++p) log.Write(written, {kTopic, p});
  log.Reopen();
  for (int p = 0; p < 3; ++p) {
    Collector collector;
    auto subscription = log.Subscribe(collector, 0, {kTopic, p});
    ASSERT_TRUE(collector.WaitForEnd(2'000));
    EXPECT_EQ(FirstDifference(written, collector.bytes()), "");
  }
  log.Write({"more"});
  EXPECT_EQ(log->ReadAt(kWhere, 2'000)->value().bytes, "more");
}

// Writes each record's number to a pipe as it is read back.
class PipeReporter : public RecordListener {
 public:
  explicit PipeReporter(int pipe) : pipe_(pipe) {}
  void OnRecords(absl::Span<const Record> records) override {
    for (const Record& record : records) {
      if (write(pipe_, &record.offset, sizeof(record.offset)) != sizeof(record.offset)) _exit(3);
    }
    read_back_.fetch_add(static_cast<int64_t>(records.size()));
  }
  void OnEnd(int64_t) override {}
  void OnTrouble(const absl::Status&) override { _exit(4); }
  int64_t read_back() const { return read_back_.load(); }

 private:
  const int pipe_;
  std::atomic<int64_t> read_back_{0};
};

// The process that is killed: appends without end and reports what it reads back.
[[noreturn]] void BurstUntilKilled(const Engine& engine, const std::string& location, int pipe) {
  std::unique_ptr<Log> log = engine.at(location)->Open();
  Fate fate;
  const int64_t begin = *log->EndOffset(kWhere);
  PipeReporter reporter(pipe);
  auto subscription = *log->Subscribe(kWhere, begin, &reporter);
  auto producer = *log->NewProducer(kWhere, &fate);
  for (int64_t n = begin; true; ++n) {
    while (n - begin > reporter.read_back() + 500) std::this_thread::yield();
    if (!producer->Append(fmt::format("r-{}", n)).ok()) _exit(5);
  }
}

TEST_P(LogConformance, WhatWasReadBackIsThereAfterAKillInABurst) {
  if (const char* location = std::getenv(kCrashLocation)) {
    BurstUntilKilled(GetParam(), location, std::atoi(std::getenv(kCrashPipe)));
  }
  const std::unique_ptr<EngineUnderTest> engine = GetParam().at("");
  engine->CreateTopic(kTopic, 1);
  const std::string filter = fmt::format(
      "--gtest_filter={}.{}", ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(),
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
  int64_t end_before = 0;
  for (const int kill_after : {1, 400, 3'000, 7'777}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const std::string pipe_name = fmt::format("{}", ends[1]);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      setenv(kCrashLocation, engine->location().c_str(), 1);
      setenv(kCrashPipe, pipe_name.c_str(), 1);
      execl("/proc/self/exe", "crash_child", filter.c_str(), nullptr);
      _exit(6);
    }
    close(ends[1]);
    int64_t last = -1;
    int64_t offset = 0;
    int reported = 0;
    while (read(ends[0], &offset, sizeof(offset)) == static_cast<ssize_t>(sizeof(offset))) {
      last = offset;
      if (++reported == kill_after) kill(child, SIGKILL);
    }
    close(ends[0]);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << how;
    ASSERT_GE(reported, kill_after);

    std::unique_ptr<Log> log = engine->Open();
    const int64_t end = *log->EndOffset(kWhere);
    EXPECT_GT(end, last) << "a record that had been read back is gone";
    EXPECT_GE(end, end_before);
    end_before = end;
    Collector collector;
    auto subscription = *log->Subscribe(kWhere, 0, &collector);
    ASSERT_TRUE(collector.WaitForEnd(end));
    EXPECT_EQ(FirstDifference(Numbered("r", static_cast<int>(end)), collector.bytes()), "");
  }
}

}  // namespace
}  // namespace sanyuan::log
