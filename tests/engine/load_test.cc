// The whole product under load in one process, below gRPC: an order cycle of Yongdeng from many threads, with feeds,
// proofs and the scrub beside it. Under ThreadSanitizer this is the run that would show a race of ours.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
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
#include "services/sanyuan/contexts.h"
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
    const partition::Actor actor{demo::kCountyManager.id, common::v1::ROLE_COUNTY_MANAGER};
    // Woken also when it is gone.
    const auto wake = [shared = std::weak_ptr<Shared>(shared_)] {
      if (const auto kept = shared.lock()) kept->Change([&kept] { kept->awake = true; });
    };
    std::unique_ptr<host::Feed> feed =
        method->feed({actor, std::move(request), deployment.hosts(), deployment.services().views, wake});
    thread_ = std::thread([shared = shared_, feed = std::move(feed)] { Follow(*shared, *feed); });
    shared_->Wait([this] { return shared_->open || shared_->ended; });
  }
  ~FeedThread() {
    shared_->Change([this] { shared_->stop = true; });
    thread_.join();
  }

  // What was given when it is as many events, when the feed ended, or when it took too long.
  Events WaitFor(size_t count) {
    shared_->Wait([this, count] { return shared_->events.size() >= count || shared_->ended; });
    const std::lock_guard lock(shared_->mutex);
    return shared_->events;
  }

 private:
  struct Shared {
    void Change(const std::function<void()>& what) {
      const std::lock_guard lock(mutex);
      what();
      changed.notify_all();
    }
    void Wait(const std::function<bool()>& until) {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, std::chrono::minutes(1), until);
    }
    std::mutex mutex;
    std::condition_variable changed;
    Events events;
    bool awake = false, open = false, ended = false, stop = false;
  };

  static void Follow(Shared& shared, host::Feed& feed) {
    using Kind = host::Feed::Step::Kind;
    bool greeting = true;
    while (true) {
      host::Feed::Step step = feed.Next(std::exchange(greeting, false));
      std::unique_lock lock(shared.mutex);
      if (step.kind == Kind::kMessage) {
        auto& response = static_cast<tmi::WatchCluesResponse&>(*step.message);
        shared.open = true;
        if (response.has_event()) shared.events.push_back(std::move(*response.mutable_event()));
      }
      shared.ended = step.kind == Kind::kEnded;
      shared.changed.notify_all();
      if (step.kind == Kind::kIdle) {
        shared.changed.wait(lock, [&shared] { return shared.awake || shared.stop; });
        shared.awake = false;
      }
      if (shared.ended || shared.stop) return;
    }
  }

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::thread thread_;
};

// Reads status, digest and journals again and again until it is destroyed.
class AuditorThread {
 public:
  explicit AuditorThread(Deployment& deployment) : thread_([this, &deployment] { Audit(deployment); }) {}
  ~AuditorThread() {
    done_ = true;
    thread_.join();
  }

 private:
  void Audit(Deployment& deployment) {
    namespace ops = operations::v1;
    ctl::Client reader(std::make_unique<InProcessTransport>(deployment), absl::Minutes(1), 8, 1);
    try {
      do {
        reader.Call<ops::GetStatusResponse>(demo::kAuditor, "", ops::GetStatusRequest());
        reader.Call<ops::GetDigestResponse>(demo::kAuditor, "", ops::GetDigestRequest());
        const auto verified =
            reader.Call<ops::VerifyJournalsResponse>(demo::kAuditor, "", ops::VerifyJournalsRequest());
        for (const ops::PartitionStatus& partition : verified.partitions()) {
          EXPECT_FALSE(partition.has_damage()) << partition.ShortDebugString();
        }
      } while (!done_);
    } catch (const ctl::Unexpected& unexpected) {
      ADD_FAILURE() << unexpected.what();
    }
  }

  std::atomic<bool> done_{false};
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
    auto deployment = Deployment::Open(options, AllModules(options));
    EXPECT_TRUE(deployment.ok()) << deployment.status();
    return *std::move(deployment);
  }
  static std::string DigestOf(Deployment& deployment) {
    EXPECT_TRUE(deployment.hosts().Settle().ok());
    return *deployment.hosts().DigestText();
  }

  ScratchDirectory directory_;
};

TEST_F(Load, ADayFromManyThreadsBalancesWhileProofsAndFeedsAreRead) {
  std::string digest;
  {
    const std::unique_ptr<Deployment> deployment = Open();
    ctl::Client client(std::make_unique<InProcessTransport>(*deployment), absl::Minutes(1), 7, kConcurrency);
    std::vector<std::unique_ptr<FeedThread>> watchers;
    std::unique_ptr<AuditorThread> auditor;
    auto scrub = std::make_unique<host::Scrub>(deployment->log(), deployment->hosts(), absl::Milliseconds(1));

    demo::DayListener listener;
    listener.stage = [](const char*) {};
    listener.staffed = [&] {
      for (int i = 0; i < kWatchers; ++i) watchers.push_back(std::make_unique<FeedThread>(*deployment));
      auditor = std::make_unique<AuditorThread>(*deployment);
    };
    const demo::Summary summary = demo::PlayDay(client, {kRetailers, 7}, listener);
    auditor.reset();

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
