// An instance by the real clock over the embedded log, with an ownership that says what the log's clock shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/host/genesis.h"
#include "common/host/host_group.h"
#include "common/log/embedded/embedded_log.h"
#include "common/view/embedded/embedded_view_store.h"
#include "tests/engine/scratch_directory.h"
#include "tests/support/counter_domain.h"

namespace sanyuan::host {
namespace {

using partition::Answer;
using sanyuan::testing::CounterCommand;
using sanyuan::testing::CounterDomain;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr County kYongdeng = 620121;
constexpr absl::Duration kPause = absl::Milliseconds(5);  // Between two looks.

std::vector<ContextSpec> Counter() {
  return {{"counter", {}, false, [] { return std::make_unique<CounterDomain>(); }, nullptr}};
}

// Of one instance: what it announces is told back to it at once.
class LoneOwnership final : public ownership::Ownership {
 public:
  std::atomic<int64_t> log_ahead_s{0};  // Of the wall clock.
  std::atomic<int> presences{0};
  std::atomic<int> asked{0};  // To lead.

  const std::string& instance() const override { return instance_; }
  absl::Status Listen(ownership::OwnershipListener* listener) override {
    listener_ = listener;
    return absl::OkStatus();
  }
  absl::Status Join(std::string address) override {
    address_ = std::move(address);
    return absl::OkStatus();
  }
  void Announce(ownership::Announcement announcement) override {
    announcement.address = address_;
    if (announcement.state == ownership::Announcement::State::kWanting) ++asked;
    listener_->OnAnnounced(announcement, /*earlier=*/false);
  }
  void Present(std::optional<int64_t>) override {
    ownership::Presence presence{instance_, address_, /*left=*/false, /*simulated_now_us=*/std::nullopt};
    presence.landing =
        ownership::Landing{absl::Now() + absl::Seconds(log_ahead_s.load()), absl::ZeroDuration()};
    listener_->OnPresent(presence, false);
    ++presences;
  }
  void Leave() override {}
  void Close() override {}

  void Assign() { listener_->OnAssigned({{"counter", 0}}); }

 private:
  const std::string instance_ = "lone";
  std::string address_;
  ownership::OwnershipListener* listener_ = nullptr;
};

class NoPeers final : public Peers {
 public:
  absl::StatusOr<std::vector<Activity>> Activities() override { return std::vector<Activity>{}; }
  absl::StatusOr<bool> MoveClock(absl::Time) override { return false; }
  absl::StatusOr<Digests> DigestsOfLed() override { return Digests{}; }
  absl::Status RaiseFormatOfLed(const journal::v1::FormatRaised&) override { return absl::OkStatus(); }
};

class WallClockTest : public ::testing::Test {
 protected:
  WallClockTest() : snapshots_(directory_.path() + "/snapshots") {
    log::EmbeddedLogOptions options;
    options.directory = directory_.path();
    log_ = *log::EmbeddedLog::Open(options);
    views_ = *view::EmbeddedViewStore::Open(directory_.path(), [](const absl::Status&) {});
    EXPECT_TRUE(CreateJournals(Counter(), 1, *log_).ok());
  }
  ~WallClockTest() override {
    if (hosts_ != nullptr) hosts_->Stop();
  }

  void Start() {
    HostGroupOptions options;
    options.partitions = 1;
    hosts_ = std::make_unique<HostGroup>(options, Counter(), *log_, *views_, snapshots_, &ownership_);
    ASSERT_TRUE(hosts_->Start().ok());
    ASSERT_TRUE(hosts_->Join("lone:1", &peers_).ok());
    ownership_.Assign();
  }
  bool leads() const { return hosts_->hosts().front()->leading(); }
  Answer Add(int64_t amount) {
    std::promise<Answer> answer;
    hosts_->Find("counter", kYongdeng)
        ->Submit(CounterCommand("add", amount, ++number_, absl::Now()), "content", {},
                 [&answer](Answer given) { answer.set_value(std::move(given)); });
    return answer.get_future().get();
  }
  // What a command is answered when it is such an answer, sent again until then.
  Answer AddUntil(Answer::Kind kind) {
    while (true) {
      Answer answer = Add(1);
      if (answer.kind == kind) return answer;
      absl::SleepFor(kPause);
    }
  }
  template <typename Condition>
  static void Await(Condition condition) {
    while (!condition()) absl::SleepFor(kPause);
  }

  ScratchDirectory directory_;
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<view::EmbeddedViewStore> views_;
  FileSnapshotStore snapshots_;
  LoneOwnership ownership_;
  NoPeers peers_;
  std::unique_ptr<HostGroup> hosts_;
  uint64_t number_ = 0;
};

TEST_F(WallClockTest, WithTheLogsClockItDecides) {
  Start();
  Await([&] { return leads(); });
  EXPECT_EQ(AddUntil(Answer::Kind::kDecided).refusals.size(), 0u);
  EXPECT_THAT(hosts_->clock_guard()->trouble(), IsEmpty());
}

TEST_F(WallClockTest, ALeaderWhoseClockGoesWrongRefusesUntilItIsRightAgain) {
  Start();
  AddUntil(Answer::Kind::kDecided);
  ownership_.log_ahead_s = 5;
  EXPECT_THAT(AddUntil(Answer::Kind::kUnavailable).text, HasSubstr("behind the log's"));
  EXPECT_THAT(hosts_->Statuses().front().second.not_serving, HasSubstr("behind the log's"));
  ownership_.log_ahead_s = -5;
  Await([&] { return hosts_->clock_guard()->trouble().find("ahead of the log's") != std::string::npos; });
  ownership_.log_ahead_s = 0;
  AddUntil(Answer::Kind::kDecided);
}

TEST_F(WallClockTest, WhoseClockIsWrongDoesNotAskToLead) {
  ownership_.log_ahead_s = -5;
  Start();
  // Said once a second; it would have asked within a tenth of that.
  Await([&] { return ownership_.presences >= 3; });
  EXPECT_EQ(ownership_.asked, 0);
  EXPECT_FALSE(leads());
  ownership_.log_ahead_s = 1;
  Await([&] { return leads(); });
  EXPECT_GE(ownership_.asked, 1);
  AddUntil(Answer::Kind::kDecided);
}

}  // namespace
}  // namespace sanyuan::host
