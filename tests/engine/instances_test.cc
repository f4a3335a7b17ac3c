// Several instances in one process over one embedded log, with an ownership that the test itself deals out: leading moves
// without losing or doubling anything, the clock and the digest are those of the whole, and damage that one finds is
// looked for by the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/host/genesis.h"
#include "common/host/host_group.h"
#include "common/host/scrub.h"
#include "common/log/embedded/embedded_log.h"
#include "common/partition/content.h"
#include "common/view/embedded/embedded_view_store.h"
#include "tests/engine/scratch_directory.h"
#include "tests/support/counter_domain.h"

namespace sanyuan::host {
namespace {

using ownership::Announcement;
using ownership::Share;
using partition::Answer;
using testing::CounterCommand;
using testing::CounterDomain;

const absl::Time kNow = absl::FromUnixSeconds(1'560'000'000);
constexpr County kCounty = 620121;
constexpr int32_t kPartitions = 2;

std::vector<ContextSpec> Specs() {
  const auto domain = [] { return std::make_unique<CounterDomain>(); };
  return {{"source", {}, false, domain, nullptr}, {"counter", {"source.journal"}, false, domain, nullptr}};
}

// Takes records that never land, while told so.
class LossyProducer final : public log::Producer {
 public:
  LossyProducer(std::unique_ptr<log::Producer> producer, const std::atomic<bool>& loses)
      : producer_(std::move(producer)), loses_(loses) {}
  absl::Status Append(std::string bytes, const log::RecordHeaders& headers) override {
    return loses_ ? absl::OkStatus() : producer_->Append(std::move(bytes), headers);
  }

 private:
  const std::unique_ptr<log::Producer> producer_;
  const std::atomic<bool>& loses_;
};

// One instance's way to an embedded log of which readers believe that several write.
class SharedLog final : public log::Log {
 public:
  std::atomic<int64_t> unreadable{-1};  // Offset of a counter's record whose checksum is wrong where it lies.
  std::atomic<bool> loses{false};       // What is written.

  explicit SharedLog(log::EmbeddedLog& log) : log_(&log) {}
  std::string_view engine() const override { return log_->engine(); }
  bool records_land_late() const override { return true; }
  absl::StatusOr<std::unique_ptr<log::Producer>> NewProducer(const log::TopicPartition& where,
                                                             log::ProducerListener* listener) override {
    auto producer = log_->NewProducer(where, listener);
    if (!producer.ok()) return producer.status();
    return std::make_unique<LossyProducer>(*std::move(producer), loses);
  }
  absl::StatusOr<std::unique_ptr<log::Subscription>> Subscribe(const log::TopicPartition& where, int64_t from,
                                                               log::RecordListener* listener) override {
    return log_->Subscribe(where, from, listener);
  }
  absl::StatusOr<std::optional<log::Record>> ReadAt(const log::TopicPartition& where,
                                                    int64_t offset) override {
    if (where.topic == "counter.journal" && offset == unreadable)
      return absl::DataLossError("wrong checksum");
    return log_->ReadAt(where, offset);
  }
  absl::StatusOr<std::vector<log::Record>> ReadFrom(const log::TopicPartition& where, int64_t offset,
                                                    size_t limit) override {
    return log_->ReadFrom(where, offset, limit);
  }
  absl::StatusOr<int64_t> EndOffset(const log::TopicPartition& where) override {
    return log_->EndOffset(where);
  }
  absl::StatusOr<std::vector<log::TopicPartition>> Partitions() override { return log_->Partitions(); }

 private:
  log::EmbeddedLog* const log_;
};

// What instances announce, in one order for all.
class Board {
 public:
  void Join(ownership::OwnershipListener* listener) {
    const std::lock_guard lock(mutex_);
    for (const Announcement& row : rows_) listener->OnAnnounced(row, /*earlier=*/true);
    listeners_.insert(listener);
  }
  void Leave(ownership::OwnershipListener* listener) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(listener);
  }
  void Announce(const Announcement& row) {
    const std::lock_guard lock(mutex_);
    rows_.push_back(row);
    for (ownership::OwnershipListener* listener : listeners_) listener->OnAnnounced(row, false);
  }
  void Present(const ownership::Presence& presence) {
    const std::lock_guard lock(mutex_);
    for (ownership::OwnershipListener* listener : listeners_) listener->OnPresent(presence, false);
  }

 private:
  std::mutex mutex_;
  std::vector<Announcement> rows_;
  std::set<ownership::OwnershipListener*> listeners_;
};

class DealtOwnership final : public ownership::Ownership {
 public:
  std::atomic<uint32_t> newest_format{partition::kNewestFormat};  // That this instance says to read.
  std::atomic<bool> member{false};

  DealtOwnership(Board& board, std::string instance) : board_(board), instance_(std::move(instance)) {}
  const std::string& instance() const override { return instance_; }
  absl::Status Listen(ownership::OwnershipListener* listener) override {
    listener_ = listener;
    board_.Join(listener);
    return absl::OkStatus();
  }
  absl::Status Join(std::string address) override {
    address_ = std::move(address);
    member = true;
    return absl::OkStatus();
  }
  void Announce(Announcement announcement) override {
    announcement.address = address_;
    board_.Announce(announcement);
  }
  void Present(std::optional<int64_t> simulated_now_us) override {
    board_.Present({instance_, address_, false, simulated_now_us, newest_format});
  }
  void Leave() override { member = false; }
  void Close() override { board_.Leave(listener_); }

  void Deal(const std::set<Share>& shares) { listener_->OnAssigned(shares); }

 private:
  Board& board_;
  const std::string instance_;
  std::string address_;
  ownership::OwnershipListener* listener_ = nullptr;
};

// All instances but one.
class Others final : public Peers {
 public:
  std::vector<HostGroup*> hosts;
  // So many questions don't reach them: nobody has heard of them for a while.
  int unheard = 0;

  absl::StatusOr<std::vector<Activity>> Activities() override {
    std::vector<Activity> all;
    if (unheard-- > 0) return all;
    for (HostGroup* group : hosts) {
      for (Activity& activity : group->Activities()) all.push_back(std::move(activity));
    }
    return all;
  }
  absl::StatusOr<bool> MoveClock(absl::Time now) override {
    if (unheard-- > 0) return false;
    bool moved = false;
    for (HostGroup* group : hosts) moved = group->MoveClock(now) || moved;
    return moved;
  }
  absl::StatusOr<Digests> DigestsOfLed() override {
    Digests digests;
    for (HostGroup* group : hosts) digests.merge(group->DigestsOfLed());
    return digests;
  }
  absl::Status RaiseFormatOfLed(const journal::v1::FormatRaised& raise) override {
    absl::Status all;
    for (HostGroup* group : hosts) all.Update(group->RaiseFormatOfLed(raise));
    return all;
  }
};

struct Instance {
  Instance(Board& board, log::EmbeddedLog& shared, const std::string& name, const std::string& directory,
           const std::vector<ContextSpec>& specs)
      : ownership(board, name), log(shared), snapshots(directory + "/snapshots-" + name) {
    views = *view::EmbeddedViewStore::Open(directory, [](const absl::Status&) {});
    HostGroupOptions options;
    options.partitions = kPartitions;
    options.simulated_clock = true;
    options.stalled_after = absl::Seconds(1);
    options.aside = absl::Milliseconds(1);
    hosts = std::make_unique<HostGroup>(options, specs, log, *views, snapshots, &ownership);
  }
  ~Instance() { hosts->Stop(); }

  Answer Send(const std::string& context, const std::string& what, int64_t amount, uint64_t number) {
    std::promise<Answer> answer;
    hosts->Find(context, kCounty)
        ->Submit(CounterCommand(what, amount, number, kNow), "content", {},
                 [&answer](Answer given) { answer.set_value(std::move(given)); });
    return answer.get_future().get();
  }
  int64_t Value(const std::string& context, const std::string& name) {
    std::promise<int64_t> value;
    hosts->Find(context, kCounty)->Visit([&](partition::Domain& domain) {
      value.set_value(static_cast<CounterDomain&>(domain).Value(name));
    });
    return value.get_future().get();
  }
  size_t leads() const {
    size_t count = 0;
    for (const auto& host : hosts->hosts()) count += host->leading() ? 1 : 0;
    return count;
  }

  DealtOwnership ownership;
  SharedLog log;
  FileSnapshotStore snapshots;
  std::unique_ptr<view::EmbeddedViewStore> views;
  Others others;
  std::unique_ptr<HostGroup> hosts;
};

class InstancesTest : public ::testing::Test {
 protected:
  InstancesTest() {
    log::EmbeddedLogOptions options;
    options.directory = directory_.path();
    log_ = *log::EmbeddedLog::Open(options);
    EXPECT_TRUE(CreateJournals(Specs(), kPartitions, *log_).ok());
    a_ = New("a");
    b_ = New("b");
    a_->others.hosts = {b_->hosts.get()};
    b_->others.hosts = {a_->hosts.get()};
    for (Instance* instance : {a_.get(), b_.get()}) {
      EXPECT_TRUE(instance->hosts->Start().ok());
      EXPECT_TRUE(instance->hosts->Join(instance->ownership.instance() + ":1", &instance->others).ok());
    }
    for (const auto& host : a_->hosts->hosts()) {
      all_.insert({host->spec().context, host->journal().partition});
    }
  }

  std::unique_ptr<Instance> New(const std::string& name, const std::vector<ContextSpec>& specs = Specs()) {
    const std::string directory = directory_.path() + "/" + name;
    std::filesystem::create_directories(directory);
    return std::make_unique<Instance>(board_, *log_, name, directory, specs);
  }
  // Everything to one of them.
  void DealTo(Instance& to, Instance& from) {
    from.ownership.Deal({});
    to.ownership.Deal(all_);
    while (to.leads() < all_.size()) std::this_thread::yield();
  }
  // As a call that finds its instance.
  Answer SendToEither(const std::string& context, const std::string& what, int64_t amount, uint64_t number) {
    while (true) {
      for (Instance* instance : {a_.get(), b_.get()}) {
        const Answer answer = instance->Send(context, what, amount, number);
        if (answer.kind != Answer::Kind::kElsewhere) return answer;
      }
    }
  }

  ScratchDirectory directory_;
  Board board_;
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<Instance> a_, b_;
  std::set<Share> all_;
};

TEST_F(InstancesTest, LeadingMovesToAndFroUnderLoadAndNothingIsLostOrDoneTwice) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  std::atomic<bool> done{false};
  constexpr uint64_t kCommands = 300;
  std::thread sender([&] {
    for (uint64_t i = 1; i <= kCommands; ++i) {
      EXPECT_EQ(SendToEither("counter", "add", 1, i).kind, Answer::Kind::kDecided) << i;
      SendToEither("source", "add", 1, i);
    }
    done = true;
  });
  int moves = 0;
  for (bool to_b = true; !done; to_b = !to_b, ++moves) {
    to_b ? DealTo(*b_, *a_) : DealTo(*a_, *b_);
  }
  sender.join();
  EXPECT_GT(moves, 0);
  ASSERT_TRUE(a_->hosts->Settle().ok());
  for (Instance* instance : {a_.get(), b_.get()}) {
    EXPECT_EQ(instance->Value("counter", "sum"), static_cast<int64_t>(kCommands));
    for (const auto& [host, status] : instance->hosts->Statuses()) EXPECT_FALSE(status.damage);
  }
}

// Why partitions of that context don't move there; empty when they do.
std::string StalledAt(Instance& instance, const std::string& context) {
  for (const auto& [host, status] : instance.hosts->Statuses()) {
    if (host->spec().context == context && !status.stalled.empty()) return status.stalled;
  }
  return "";
}

TEST_F(InstancesTest, WhoseRecordsDoNotLandLeavesItsPartitionsToOthersAndNothingIsDoneTwice) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  ASSERT_EQ(a_->Send("counter", "add", 1, 1).kind, Answer::Kind::kDecided);
  a_->log.loses = true;
  auto lost = std::async(std::launch::async, [this] { return a_->Send("counter", "add", 1, 2); });
  while (a_->ownership.member) std::this_thread::yield();
  EXPECT_THAT(StalledAt(*a_, "counter"), ::testing::HasSubstr("was not read back"));
  EXPECT_TRUE(b_->ownership.member);
  b_->ownership.Deal(all_);
  while (b_->leads() < all_.size()) std::this_thread::yield();
  EXPECT_EQ(lost.get().kind, Answer::Kind::kElsewhere);
  EXPECT_EQ(b_->Send("counter", "add", 1, 2).kind, Answer::Kind::kDecided);
  EXPECT_EQ(b_->Value("counter", "sum"), 2);
  while (!StalledAt(*a_, "counter").empty() || !a_->ownership.member) std::this_thread::yield();
}

TEST_F(InstancesTest, AThreadThatDoesNotComeBackIsNamedAndItsPartitionsAreLeftToOthers) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  std::promise<void> back;
  a_->hosts->Find("counter", kCounty)->Visit([stuck = back.get_future().share()](partition::Domain&) {
    stuck.wait();
  });
  while (a_->ownership.member) std::this_thread::yield();
  EXPECT_THAT(StalledAt(*a_, "counter"), ::testing::HasSubstr("thread has not come back"));
  EXPECT_EQ(StalledAt(*a_, "source"), "");
  b_->ownership.Deal(all_);
  while (b_->leads() < all_.size()) std::this_thread::yield();
  EXPECT_EQ(b_->Send("counter", "add", 1, 1).kind, Answer::Kind::kDecided);
  back.set_value();
  while (!StalledAt(*a_, "counter").empty()) std::this_thread::yield();
}

TEST_F(InstancesTest, WhoHearsOfNobodyElseKeepsItsPartitionsThoughTheyAreStalled) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  b_->hosts->Stop();
  while (a_->hosts->directory().Living(SteadyNow()).size() > 1) std::this_thread::yield();
  a_->log.loses = true;
  auto lost = std::async(std::launch::async, [this] { return a_->Send("counter", "add", 1, 1); });
  // Once more than what would be enough.
  while (a_->hosts->Find("counter", kCounty)->stillness().journal < 3) std::this_thread::yield();
  EXPECT_TRUE(a_->ownership.member);
  a_->hosts->Stop();
  lost.wait();
}

TEST_F(InstancesTest, ClockRestAndDigestAreThoseOfTheWholeWhereverTheyAreAskedFor) {
  a_->ownership.Deal({{"source", 0}, {"source", 1}});
  b_->ownership.Deal({{"counter", 0}, {"counter", 1}});
  while (a_->leads() < 2 || b_->leads() < 2) std::this_thread::yield();
  ASSERT_TRUE(b_->hosts->SetClock(kNow).ok());
  EXPECT_EQ(a_->hosts->Now(), kNow);
  ASSERT_EQ(SendToEither("source", "add", 5, 1).kind, Answer::Kind::kDecided);
  ASSERT_EQ(SendToEither("counter", "alarm", absl::ToUnixSeconds(kNow) + 60, 2).kind, Answer::Kind::kDecided);
  // The timer is fired by the other instance, and its input was read.
  ASSERT_TRUE(a_->hosts->SetClock(kNow + absl::Hours(1)).ok());
  EXPECT_EQ(b_->Value("counter", "rang"), 1);
  EXPECT_GT(b_->Value("counter", "copied"), 0);
  const auto digest = a_->hosts->DigestText();
  ASSERT_TRUE(digest.ok());
  EXPECT_THAT(*digest, ::testing::HasSubstr("counter"));
  EXPECT_EQ(*b_->hosts->DigestText(), *digest);
}

TEST_F(InstancesTest, ClockIsThatOfAServiceOfWhichNothingWasHeardWhenItMoved) {
  // Of the counters this one knows only what others announce.
  const auto source = New("source", {Specs()[0]});
  source->others.hosts = {a_->hosts.get()};
  ASSERT_TRUE(source->hosts->Start().ok());
  ASSERT_TRUE(source->hosts->Join("source:1", &source->others).ok());
  source->ownership.Deal({{"source", 0}, {"source", 1}});
  a_->ownership.Deal({{"counter", 0}, {"counter", 1}});
  while (source->leads() < 2 || a_->leads() < 2) std::this_thread::yield();
  source->others.unheard = 10;
  ASSERT_TRUE(source->hosts->SetClock(kNow).ok());
  EXPECT_EQ(a_->hosts->Now(), kNow);
}

TEST_F(InstancesTest, FormatIsRaisedEverywhereWhenAllHaveSaidThatTheyReadIt) {
  a_->ownership.Deal({{"source", 0}, {"source", 1}});
  b_->ownership.Deal({{"counter", 0}, {"counter", 1}});
  while (a_->leads() < 2 || b_->leads() < 2) std::this_thread::yield();
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  journal::v1::FormatRaised raise;
  raise.set_format(2);
  const auto b_reads = [this](uint32_t format) {
    b_->ownership.newest_format = format;
    const auto said = [&](const ownership::Presence& one) {
      return one.instance == "b" && one.newest_format == format;
    };
    while (true) {  // It is said once a second.
      const auto living = a_->hosts->directory().Living(SteadyNow());
      if (std::any_of(living.begin(), living.end(), said)) return;
      std::this_thread::yield();
    }
  };
  b_reads(1);
  const absl::Status refused = a_->hosts->RaiseFormat(raise);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("b:1 reads up to format 1"));
  b_reads(2);
  ASSERT_TRUE(a_->hosts->RaiseFormat(raise).ok());
  for (Instance* instance : {a_.get(), b_.get()}) {
    for (const Activity& activity : instance->hosts->Activities()) {
      EXPECT_TRUE(!activity.leading || activity.format == 2) << activity.share.context;
    }
  }
  EXPECT_TRUE(b_->hosts->RaiseFormat(raise).ok());
}

TEST_F(InstancesTest, HeadThatIsDamagedWhereItLiesHaltsItsPartition) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  ASSERT_EQ(SendToEither("counter", "add", 1, 1).kind, Answer::Kind::kDecided);
  ASSERT_TRUE(a_->hosts->Settle().ok());
  PartitionHost* host = a_->hosts->Find("counter", kCounty);
  const auto status = [host] {
    std::promise<HostStatus> told;
    host->Probe([&told](HostStatus now) { told.set_value(std::move(now)); });
    return told.get_future().get();
  };
  a_->log.unreadable = status().place->offset;
  while (!status().damage) std::this_thread::yield();
  EXPECT_EQ(status().damage->offset, a_->log.unreadable);
  EXPECT_THAT(status().damage->why, ::testing::HasSubstr("wrong checksum"));
}

TEST_F(InstancesTest, DamageThatOneFindsIsLookedForAtOnceByTheOthers) {
  DealTo(*a_, *b_);
  ASSERT_TRUE(a_->hosts->SetClock(kNow).ok());
  for (uint64_t i = 1; i <= 5; ++i) {
    ASSERT_EQ(SendToEither("counter", "add", 1, i).kind, Answer::Kind::kDecided);
  }
  ASSERT_TRUE(a_->hosts->Settle().ok());
  PartitionHost* host = a_->hosts->Find("counter", kCounty);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((directory_.path() + "/journal.db").c_str(), &db), SQLITE_OK);
  const std::string sql =
      "UPDATE journal SET record = CAST(substr(record, 1, 80) || x'ff' || substr(record, 82) AS BLOB) WHERE "
      "topic = 'counter.journal' AND offset = 3 AND partition = " +
      std::to_string(host->journal().partition);
  ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  ASSERT_EQ(sqlite3_changes(db), 1);
  sqlite3_close(db);
  const auto halted = [host] {
    std::promise<bool> told;
    host->Probe([&told](const HostStatus& status) { told.set_value(status.damage.has_value()); });
    return told.get_future().get();
  };
  // The one that leads scrubs so slowly that it would take hours.
  Scrub slow(a_->log, *a_->hosts, absl::Hours(1));
  EXPECT_FALSE(halted());
  b_->hosts->Find("counter", kCounty)->RestartFromGenesis();
  while (!halted()) std::this_thread::yield();
}

}  // namespace
}  // namespace sanyuan::host
