// Partitions on threads over the embedded log: commands, restarts, the simulated clock, scrub and release.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "common/host/genesis.h"
#include "common/host/host_group.h"
#include "common/host/replay.h"
#include "common/host/scrub.h"
#include "common/log/embedded/embedded_log.h"
#include "common/view/embedded/embedded_view_store.h"
#include "tests/support/counter_domain.h"

namespace sanyuan::host {
namespace {

using partition::Answer;
using testing::CounterCommand;
using testing::CounterDomain;

const absl::Time kNow = absl::FromUnixSeconds(1'560'000'000);
constexpr County kCounty = 620121;

std::vector<ContextSpec> Specs() {
  const auto domain = [] { return std::make_unique<CounterDomain>(); };
  const auto shown = [](const google::protobuf::Message&) { return true; };
  return {{"source", {}, false, domain, nullptr},
          {"counter", {"source.journal"}, false, domain, nullptr, shown}};
}

// A process: everything that a restart makes anew.
class Process {
 public:
  explicit Process(const std::string& directory, const std::vector<ContextSpec>& specs = Specs())
      : snapshots_(directory + "/snapshots") {
    log::EmbeddedLogOptions options;
    options.directory = directory;
    log_ = *log::EmbeddedLog::Open(options);
    views_ = *view::EmbeddedViewStore::Open(directory, [](const absl::Status&) {});
    HostGroupOptions group;
    group.partitions = 2;
    group.simulated_clock = true;
    EXPECT_TRUE(CreateJournals(specs, group.partitions, *log_).ok());
    hosts_ = std::make_unique<HostGroup>(group, specs, *log_, *views_, snapshots_);
    EXPECT_TRUE(hosts_->Start().ok());
    if (hosts_->Now() < kNow) {
      EXPECT_TRUE(hosts_->SetClock(kNow).ok());
    }
  }
  ~Process() { hosts_->Stop(); }

  HostGroup& hosts() { return *hosts_; }
  log::EmbeddedLog& log() { return *log_; }

  Answer Send(const std::string& context, const std::string& what, int64_t amount, uint64_t number) {
    std::promise<Answer> answer;
    hosts_->Find(context, kCounty)
        ->Submit(CounterCommand(what, amount, number, hosts_->Now()), "content", {},
                 [&answer](Answer given) { answer.set_value(std::move(given)); });
    return answer.get_future().get();
  }
  int64_t Value(const std::string& context, const std::string& name) {
    std::promise<int64_t> value;
    hosts_->Find(context, kCounty)->Visit([&](partition::Domain& domain) {
      value.set_value(static_cast<CounterDomain&>(domain).Value(name));
    });
    return value.get_future().get();
  }

 private:
  FileSnapshotStore snapshots_;
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<view::EmbeddedViewStore> views_;
  std::unique_ptr<HostGroup> hosts_;
};

class HostTest : public ::testing::Test {
 protected:
  HostTest() {
    std::string path = (std::filesystem::temp_directory_path() / "sanyuan-host-XXXXXX").string();
    directory_ = mkdtemp(path.data());
  }
  ~HostTest() override { std::filesystem::remove_all(directory_); }

  // Overwrites a byte of a record behind the log's back.
  void Flip(const log::TopicPartition& journal, int64_t offset) {
    Change("UPDATE journal SET record = CAST(substr(record, 1, 80) || x'ff' || substr(record, 82) AS BLOB)",
           journal, offset);
  }
  void Delete(const log::TopicPartition& journal, int64_t offset) {
    Change("DELETE FROM journal", journal, offset);
  }
  void Change(const std::string& what, const log::TopicPartition& journal, int64_t offset) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((directory_ + "/journal.db").c_str(), &db), SQLITE_OK);
    const std::string sql = what + " WHERE topic = '" + journal.topic +
                            "' AND partition = " + std::to_string(journal.partition) +
                            " AND offset = " + std::to_string(offset);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    EXPECT_EQ(sqlite3_changes(db), 1);
    sqlite3_close(db);
  }

  std::string directory_;
};

TEST_F(HostTest, WhatWasAcknowledgedIsThereAfterARestartAndNothingTwice) {
  std::string digest;
  {
    Process process(directory_);
    for (uint64_t i = 1; i <= 10; ++i) {
      EXPECT_EQ(process.Send("counter", "add", 1, i).kind, Answer::Kind::kDecided);
    }
    ASSERT_TRUE(process.hosts().Settle().ok());
    digest = *process.hosts().DigestText();
  }
  Process process(directory_);
  ASSERT_TRUE(process.hosts().Settle().ok());
  EXPECT_EQ(*process.hosts().DigestText(), digest);
  EXPECT_EQ(process.Send("counter", "add", 1, 10).kind, Answer::Kind::kDecided);
  EXPECT_EQ(process.Value("counter", "sum"), 10);
}

TEST_F(HostTest, ReplayOfTheRecordsAloneGivesTheLiveDigest) {
  Process process(directory_);
  for (uint64_t i = 1; i <= 20; ++i) process.Send(i % 2 == 0 ? "counter" : "source", "add", 2, i);
  ASSERT_TRUE(process.hosts().Settle().ok());
  const auto read = [&](const log::TopicPartition& journal, int64_t offset, size_t limit) {
    return process.log().ReadFrom(journal, offset, limit);
  };
  const auto replayed = ReplayAll(Specs(), 2, read, partition::Strictness::kStrict);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(DigestTextOf(Specs(), *replayed), *process.hosts().DigestText());
}

TEST_F(HostTest, SettingTheClockFiresTimersAndReturnsWhenTheirEffectsAreDecidedEverywhere) {
  Process process(directory_);
  process.Send("source", "alarm", absl::ToUnixSeconds(kNow) + 60, 1);
  process.Send("source", "add", 30, 2);
  ASSERT_TRUE(process.hosts().SetClock(kNow + absl::Minutes(2)).ok());
  EXPECT_EQ(process.Value("source", "rang"), 1);
  EXPECT_EQ(process.Value("counter", "copied"), 30);
  EXPECT_FALSE(process.hosts().SetClock(kNow).ok());
}

TEST_F(HostTest, TheClockGoesOnWhereTheJournalLeftIt) {
  {
    Process process(directory_);
    ASSERT_TRUE(process.hosts().SetClock(kNow + absl::Hours(5)).ok());
    process.Send("source", "add", 1, 1);
  }
  Process process(directory_);
  EXPECT_EQ(process.hosts().Now(), kNow + absl::Hours(5));
}

TEST_F(HostTest, DamageBehindTheHeadIsFoundByTheScrubHaltsOnePartitionAndIsReleasedWithNothingDropped) {
  std::string good;
  log::TopicPartition journal;
  {
    Process process(directory_);
    for (uint64_t i = 1; i <= 5; ++i) process.Send("counter", "add", 1, i);
    ASSERT_TRUE(process.hosts().Settle().ok());
    journal = process.hosts().Find("counter", kCounty)->journal();
    good = (*process.log().ReadAt(journal, 3))->bytes;
  }
  Process process(directory_);
  Flip(journal, 3);
  PartitionHost* host = process.hosts().Find("counter", kCounty);
  const auto damage = [&]() -> std::optional<partition::Damage> {
    std::promise<HostStatus> status;
    host->Probe([&](HostStatus now) { status.set_value(std::move(now)); });
    return status.get_future().get().damage;
  };
  {
    Scrub scrub(process.log(), process.hosts(), absl::Milliseconds(1));
    while (!damage()) std::this_thread::yield();
  }
  EXPECT_EQ(damage()->offset, 3);
  EXPECT_EQ(process.Send("counter", "add", 1, 6).kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(process.Send("source", "add", 1, 1).kind, Answer::Kind::kDecided);

  EXPECT_FALSE(host->Release(2, good, "op", "wrong place").ok());
  EXPECT_FALSE(host->Release(3, "not the record", "op", "wrong record").ok());
  ASSERT_TRUE(host->Release(3, good, "op", "a bad disk").ok());
  while (process.Send("counter", "add", 1, 6).kind != Answer::Kind::kDecided) std::this_thread::yield();
  ASSERT_TRUE(process.hosts().Settle().ok());
  EXPECT_EQ(process.Value("counter", "sum"), 6);
  const auto read = [&](const log::TopicPartition& where, int64_t offset, size_t limit) {
    return process.log().ReadFrom(where, offset, limit);
  };
  const auto replayed = ReplayAll(Specs(), 2, read, partition::Strictness::kStrict);
  ASSERT_TRUE(replayed.ok());
  for (const Replayed& one : *replayed) EXPECT_FALSE(one.damage) << one.journal.ToString() << one.damage->why;
  EXPECT_EQ(DigestTextOf(Specs(), *replayed), *process.hosts().DigestText());
}

TEST_F(HostTest, AnEndThatIsGoneHaltsThePartitionAndIsNotForgotten) {
  Process process(directory_);
  for (uint64_t i = 1; i <= 5; ++i) process.Send("counter", "add", 1, i);
  ASSERT_TRUE(process.hosts().Settle().ok());
  PartitionHost* host = process.hosts().Find("counter", kCounty);
  const auto status = [&] {
    std::promise<HostStatus> told;
    host->Probe([&](HostStatus now) { told.set_value(std::move(now)); });
    return told.get_future().get();
  };
  const partition::Place place = *status().place;
  Delete(host->journal(), place.offset);
  {
    Scrub scrub(process.log(), process.hosts(), absl::Milliseconds(1));
    // Read from its beginning it would look sound, and the partition would go on without what it has answered.
    while (!status().damage && status().place && status().place->height >= place.height)
      std::this_thread::yield();
  }
  ASSERT_TRUE(status().damage);
  EXPECT_EQ(status().damage->offset, place.offset);
  EXPECT_EQ(process.Send("counter", "add", 1, 6).kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(process.Value("counter", "sum"), 5);
}

TEST_F(HostTest, AHaltedInputIsReadOnFromTheReleaseOfItsJournal) {
  log::TopicPartition journal;
  {
    Process process(directory_);
    ASSERT_EQ(process.Send("source", "add", 1, 1).kind, Answer::Kind::kDecided);
    ASSERT_TRUE(process.hosts().Settle().ok());
    journal = process.hosts().Find("source", kCounty)->journal();
  }
  Change(
      "INSERT INTO journal(topic, partition, offset, record) "
      "SELECT topic, partition, offset + 1, x'00' FROM journal",
      journal, 2);
  Process process(directory_);
  PartitionHost* source = process.hosts().Find("source", kCounty);
  PartitionHost* counter = process.hosts().Find("counter", kCounty);
  const auto halted_inputs = [&] {
    std::promise<HostStatus> told;
    counter->Probe([&](HostStatus now) { told.set_value(std::move(now)); });
    return told.get_future().get().halted_inputs;
  };
  while (halted_inputs().empty()) std::this_thread::yield();
  EXPECT_TRUE(process.hosts().Settle().ok());  // Nothing goes on there.
  ASSERT_TRUE(source->Release(3, "", "op", "a stranger's record").ok());
  while (process.Send("source", "add", 1, 2).kind != Answer::Kind::kDecided) std::this_thread::yield();
  while (!halted_inputs().empty()) std::this_thread::yield();
  ASSERT_TRUE(process.hosts().Settle().ok());
  EXPECT_EQ(process.Value("counter", "copied"), process.Value("source", "sum"));
}

// A timer that is due again as soon as it has fired.
class RestlessDomain final : public CounterDomain {
 public:
  absl::Time NextDue() const override { return kNow + absl::Hours(1); }
};

TEST_F(HostTest, RestThatDoesNotComeIsWaitedForToTheDeadlineAndNotByWhoEnds) {
  std::vector<ContextSpec> specs = Specs();
  specs[0].new_domain = [] { return std::make_unique<RestlessDomain>(); };
  Process process(directory_, specs);
  const absl::Time then = kNow + absl::Hours(2);
  EXPECT_TRUE(absl::IsDeadlineExceeded(process.hosts().SetClock(then, absl::Now() + absl::Milliseconds(20))));
  EXPECT_TRUE(absl::IsDeadlineExceeded(process.hosts().Settle(absl::Now() + absl::Milliseconds(20))));
  auto settled = std::async(std::launch::async, [&] { return process.hosts().Settle(); });
  process.hosts().HandOver(absl::ZeroDuration());
  EXPECT_TRUE(absl::IsUnavailable(settled.get()));
}

// Reads all that there is up to a height, which is or will be there.
std::vector<TailRecordPtr> ReadTo(Tail::Follower& follower, uint64_t height) {
  std::vector<TailRecordPtr> all;
  while (follower.place().height < height || all.empty()) {
    const auto records = follower.Read(3);
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok()) break;
    all.insert(all.end(), records->begin(), records->end());
    if (records->empty()) std::this_thread::yield();
  }
  return all;
}

TailPosition PositionOf(const partition::Place& place) {
  return {std::string(place.journal_id.begin(), place.journal_id.end()), place.height,
          std::string(place.head.view().substr(0, 8))};
}

TEST_F(HostTest, AFollowerReadsEveryAcceptedRecordOnceLiveAndOverRestarts) {
  std::vector<partition::Place> seen;
  size_t decisions = 0;
  for (uint64_t round = 0; round < 3; ++round) {
    Process process(directory_);
    Tail& tail = *process.hosts().Find("counter", kCounty)->tail();
    std::atomic<int> wakes = 0;
    const auto follower =
        tail.Follow(seen.empty() ? std::nullopt : std::optional(PositionOf(seen.back())), [&] { ++wakes; });
    ASSERT_TRUE(follower.ok()) << follower.status();
    if (!seen.empty()) {
      // Begins with the record that was the last one.
      const auto again = (*follower)->Read(10);
      ASSERT_TRUE(again.ok());
      ASSERT_EQ(again->size(), 1u);
      EXPECT_EQ(again->front()->place, seen.back());
    }
    for (uint64_t i = 1; i <= 10; ++i) {
      const Answer answer = process.Send("counter", "add", 1, round * 10 + i);
      ASSERT_EQ(answer.kind, Answer::Kind::kDecided);
      for (const TailRecordPtr& record : ReadTo(**follower, answer.height)) {
        seen.push_back(record->place);
        if (!record->events.empty()) ++decisions;
      }
    }
    EXPECT_EQ(tail.followers(), 1u);
  }
  EXPECT_EQ(decisions, 30u);
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_EQ(seen[i].height, seen[i - 1].height + 1);
}

TEST_F(HostTest, AFollowerIsWokenByADecisionAndBehindTheEndOfAnEmptyJournalThereIsNothing) {
  Process process(directory_);
  Tail& tail = *process.hosts().Find("counter", kCounty)->tail();
  std::counting_semaphore<> wakes(0);
  const auto follower = tail.Follow(std::nullopt, [&wakes] { wakes.release(); });
  ASSERT_TRUE(follower.ok());
  const uint64_t height = (*follower)->place().height;
  const auto nothing = (*follower)->Read(10);
  ASSERT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->empty());
  EXPECT_EQ((*follower)->place().height, height);
  process.Send("counter", "add", 1, 1);
  while ((*follower)->Read(10)->empty()) wakes.acquire();
  EXPECT_EQ((*follower)->place().height, height + 1);
}

TEST_F(HostTest, AFollowerEndsWithItsPartitionsHaltAndGoesOnFromARepairedRecord) {
  std::vector<TailRecordPtr> before;
  log::TopicPartition journal;
  std::string good;
  {
    Process process(directory_);
    PartitionHost* host = process.hosts().Find("counter", kCounty);
    journal = host->journal();
    const auto genesis = PositionOf([&] {
      partition::Frame frame;
      const std::string bytes = (*process.log().ReadAt(journal, 0))->bytes;
      EXPECT_EQ(partition::Parse(bytes, frame), partition::FrameError::kNone);
      return partition::Place{frame.journal_id, 0, 0, frame.digest, 0};
    }());
    for (uint64_t i = 1; i <= 5; ++i) process.Send("counter", "add", 1, i);
    ASSERT_TRUE(process.hosts().Settle().ok());
    const auto follower = host->tail()->Follow(genesis, [] {});
    ASSERT_TRUE(follower.ok()) << follower.status();
    before = ReadTo(**follower, 6);
    good = (*process.log().ReadAt(journal, 3))->bytes;
    Flip(journal, 3);

    const auto waiting = host->tail()->Follow(std::nullopt, [] {});
    ASSERT_TRUE(waiting.ok());
    absl::Status ended;
    {
      Scrub scrub(process.log(), process.hosts(), absl::Milliseconds(1));
      while (ended.ok()) {
        ended = (*waiting)->Read(1).status();
        std::this_thread::yield();
      }
    }
    EXPECT_TRUE(absl::IsUnavailable(ended)) << ended;
    EXPECT_TRUE(absl::IsUnavailable(host->tail()->Follow(std::nullopt, [] {}).status()));

    ASSERT_TRUE(host->Release(3, good, "op", "a bad disk").ok());
    while (process.Send("counter", "add", 1, 6).kind != Answer::Kind::kDecided) std::this_thread::yield();
  }
  Process process(directory_);
  Tail& tail = *process.hosts().Find("counter", kCounty)->tail();
  for (const TailRecordPtr& record : before) {
    const auto follower = tail.Follow(PositionOf(record->place), [] {});
    ASSERT_TRUE(follower.ok()) << record->place.height << " " << follower.status();
    std::vector<TailRecordPtr> rest = ReadTo(**follower, 7);
    EXPECT_EQ(rest.front()->place.head, record->place.head);
    for (size_t i = 1; i < rest.size(); ++i) EXPECT_EQ(rest[i]->prev, rest[i - 1]->place.head);
  }
}

}  // namespace
}  // namespace sanyuan::host
