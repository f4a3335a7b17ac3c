// The whole product under load in one process, below gRPC: an order cycle of Yongdeng from many threads, with feeds,
// proofs and the scrub beside it. Under ThreadSanitizer this is the run that would show a race of ours.
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/host/scrub.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.pb.h"
#include "services/sanyuan/deployment.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/play_day.h"
#include "tests/engine/in_process_transport.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan {
namespace {

namespace demo = ctl::demo;
namespace tmi = three_member_interaction::v1;

constexpr int kRetailers = 60;
constexpr int kConcurrency = 8;
constexpr int kWatchers = 3;

using Events = std::vector<tmi::ClueFeedEvent>;

// Follows the feed of clues of the county on a thread of its own, as a stream does, from the moment that its
// constructor returns until it is destroyed.
class FeedThread {
 public:
  explicit FeedThread(Deployment& deployment) {
    auto request = std::make_shared<tmi::WatchCluesRequest>();
    request->add_county_codes(demo::kCounty);
    const rpc::Method* method =
        deployment.methods().Find("/sanyuan.three_member_interaction.v1.ClueFeedService/WatchClues");
    feed_ = method->feed({partition::Actor{demo::kCountyManager.id, common::v1::ROLE_COUNTY_MANAGER},
                          std::move(request), deployment.hosts(), deployment.services().views,
                          [this] { Wake(); }});
    thread_ = std::thread([this] { Follow(); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ || ended_; });
  }
  ~FeedThread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // Waits until as many events were given, or the feed ended.
  Events WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return events_.size() >= count || ended_; });
    return events_;
  }

 private:
  void Wake() {
    const std::lock_guard lock(mutex_);
    awake_ = true;
    changed_.notify_all();
  }
  void Follow() {
    using Kind = host::Feed::Step::Kind;
    bool greeting = true;
    while (true) {
      host::Feed::Step step = feed_->Next(std::exchange(greeting, false));
      std::unique_lock lock(mutex_);
      if (step.kind == Kind::kMessage) {
        auto& response = static_cast<tmi::WatchCluesResponse&>(*step.message);
        open_ = true;
        if (response.has_event()) events_.push_back(std::move(*response.mutable_event()));
      }
      ended_ = step.kind == Kind::kEnded;
      changed_.notify_all();
      if (step.kind == Kind::kIdle) {
        changed_.wait(lock, [this] { return awake_ || stop_; });
        awake_ = false;
      }
      if (ended_ || stop_) return;
    }
  }

  std::unique_ptr<host::Feed> feed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Events events_;
  bool awake_ = false, open_ = false, ended_ = false, stop_ = false;
  std::thread thread_;
};

bool InOrderAndOnce(const Events& events) {
  std::map<std::string, std::pair<uint64_t, uint32_t>> last;
  for (const tmi::ClueFeedEvent& event : events) {
    const std::pair<uint64_t, uint32_t> place{event.height(), event.index()};
    const auto [it, first] = last.try_emplace(event.journal_id(), place);
    if (!first && std::exchange(it->second, place) >= place) return false;
  }
  return true;
}

class Load : public ::testing::Test {
 protected:
  std::unique_ptr<Deployment> Open() const {
    ServeOptions options;
    options.data = directory_.path();
    options.dev = true;
    auto deployment = Deployment::Open(options);
    EXPECT_TRUE(deployment.ok()) << deployment.status();
    return *std::move(deployment);
  }
  static std::string DigestOf(Deployment& deployment) {
    deployment.hosts().Settle();
    return deployment.hosts().DigestText();
  }

  ScratchDirectory directory_;
};

TEST_F(Load, ADayFromManyThreadsBalancesWhileProofsAndFeedsAreRead) {
  std::string digest;
  {
    const std::unique_ptr<Deployment> deployment = Open();
    ctl::Client client(std::make_unique<InProcessTransport>(*deployment), absl::Minutes(5), 7, kConcurrency);
    std::vector<std::unique_ptr<FeedThread>> watchers;
    std::thread auditor;
    bool done = false;
    std::mutex mutex;
    auto scrub = std::make_unique<host::Scrub>(deployment->log(), deployment->hosts(), absl::Milliseconds(1));

    demo::DayListener listener;
    listener.stage = [](const char*) {};
    listener.staffed = [&] {
      for (int i = 0; i < kWatchers; ++i) watchers.push_back(std::make_unique<FeedThread>(*deployment));
      auditor = std::thread([&] {
        ctl::Client reader(std::make_unique<InProcessTransport>(*deployment), absl::Minutes(5), 8, 1);
        const auto going_on = [&] {
          const std::lock_guard lock(mutex);
          return !done;
        };
        do {
          namespace ops = operations::v1;
          reader.Call<ops::GetStatusResponse>(demo::kAuditor, "", ops::GetStatusRequest());
          reader.Call<ops::GetDigestResponse>(demo::kAuditor, "", ops::GetDigestRequest());
          const auto verified =
              reader.Call<ops::VerifyJournalsResponse>(demo::kAuditor, "", ops::VerifyJournalsRequest());
          for (const ops::PartitionStatus& partition : verified.partitions()) {
            EXPECT_FALSE(partition.has_damage()) << partition.ShortDebugString();
          }
        } while (going_on());
      });
    };
    const demo::Summary summary = demo::PlayDay(client, {kRetailers, 7}, listener);
    {
      const std::lock_guard lock(mutex);
      done = true;
    }
    auditor.join();

    EXPECT_TRUE(summary.Balanced());
    EXPECT_TRUE(summary.journal_ok);
    EXPECT_TRUE(summary.acknowledged_in_journal);
    EXPECT_GT(summary.orders.accepted, 0);
    EXPECT_GT(summary.deliveries.receipts, 0);
    EXPECT_GT(summary.clues.closed, 0);
    const size_t decided = client.positions(*tmi::Clue::descriptor()->file()).size();
    EXPECT_GT(decided, 0U);
    size_t count = decided;
    for (const std::unique_ptr<FeedThread>& watcher : watchers) {
      const Events events = watcher->WaitFor(count);
      EXPECT_GE(events.size(), count);
      EXPECT_TRUE(InOrderAndOnce(events));
      count = events.size();
    }
    watchers.clear();
    scrub.reset();
    digest = DigestOf(*deployment);
    deployment->Stop();
  }
  const std::unique_ptr<Deployment> again = Open();
  EXPECT_EQ(DigestOf(*again), digest);
  again->Stop();
}

}  // namespace
}  // namespace sanyuan
