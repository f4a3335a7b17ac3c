// Server-streaming calls over a real channel, with feeds that the test itself is: access, heartbeats, slow and
// vanished subscribers, and the end of the server.
#include "common/rpc/stream.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/log/embedded/embedded_log.h"
#include "common/rpc/server.h"
#include "common/view/embedded/embedded_view_store.h"
#include "google/rpc/status.pb.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.grpc.pb.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::rpc {
namespace {

namespace tmi = three_member_interaction::v1;

using ::testing::Contains;
using Kind = host::Feed::Step::Kind;

constexpr char kPath[] = "/sanyuan.three_member_interaction.v1.ClueFeedService/WatchClues";
constexpr size_t kLarge = 32 << 10;

// What the feeds of a test do, and how many there are. A filter with squads asks for endless, large messages.
class Feeds {
 public:
  void Opened() {
    Change([this] { ++open_; });
  }
  void Closed() {
    Change([this] { --open_; });
  }
  void Gave(bool large) {
    if (large) ++large_given;
  }
  void WaitForOpen(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_ == count; });
  }

  std::atomic<int64_t> large_given{0};

 private:
  template <typename What>
  void Change(What what) {
    const std::lock_guard lock(mutex_);
    what();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int open_ = 0;
};

class TestFeed final : public host::Feed {
 public:
  TestFeed(Feeds& feeds, const tmi::WatchCluesRequest& request) : feeds_(feeds), request_(request) {
    feeds_.Opened();
  }
  ~TestFeed() override { feeds_.Closed(); }

  Step Next(bool heartbeat) override {
    if (request_.resume_token() == "bad") {
      Step step{Kind::kEnded, nullptr, {}};
      step.why.set_reason(common::v1::REASON_TOKEN_INVALID);
      return step;
    }
    const bool endless = request_.filter().squad_ids_size() > 0;
    if (!endless && greeted_ && !heartbeat) return {};
    greeted_ = true;
    auto response = std::make_unique<tmi::WatchCluesResponse>();
    response->mutable_heartbeat();
    response->set_resume_token(std::to_string(++number_));
    if (endless) response->mutable_resume_token()->resize(kLarge, 'x');
    feeds_.Gave(endless && request_.filter().squad_ids(0) == "slow");
    return {Kind::kMessage, std::move(response), {}};
  }

 private:
  Feeds& feeds_;
  const tmi::WatchCluesRequest request_;
  bool greeted_ = false;
  int number_ = 0;
};

class StreamTest : public ::testing::Test, public CallObserver {
 protected:
  StreamTest() : snapshots_(directory_.path() + "/snapshots") {
    log::EmbeddedLogOptions log_options;
    log_options.directory = directory_.path();
    log_ = *log::EmbeddedLog::Open(log_options);
    views_ = *view::EmbeddedViewStore::Open(directory_.path(), [](const absl::Status&) {});
    hosts_ = std::make_unique<host::HostGroup>(host::HostGroupOptions{}, std::vector<host::ContextSpec>{},
                                               *log_, *views_, snapshots_);
    methods_.AddFeeds(*tmi::WatchCluesRequest::descriptor()->file()->FindServiceByName("ClueFeedService"),
                      "three_member_interaction",
                      {{kPath, [this](const host::FeedCall& call) {
                          return std::make_unique<TestFeed>(
                              feeds_, static_cast<const tmi::WatchCluesRequest&>(*call.request));
                        }}});
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.trust_metadata = true;
    options.heartbeat = absl::Milliseconds(200);
    services_ = std::make_unique<DispatchServices>(DispatchServices{*hosts_, *views_, queries_});
    server_ = *Server::Start(options, methods_, *services_, this);
    stub_ = tmi::ClueFeedService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                                              grpc::InsecureChannelCredentials()));
  }
  ~StreamTest() override {
    Drain();
    queries_.Stop();
    hosts_->Stop();
  }

  void Drain() {
    if (!std::exchange(drained_, true)) server_->Drain(absl::Seconds(10));
  }

  static tmi::WatchCluesRequest Request(const std::string& county = "620121", const std::string& squad = "") {
    tmi::WatchCluesRequest request;
    request.add_county_codes(county);
    if (!squad.empty()) request.mutable_filter()->add_squad_ids(squad);
    return request;
  }

  // A call that runs until it is destroyed.
  struct Call {
    Call(tmi::ClueFeedService::Stub& stub, const tmi::WatchCluesRequest& request,
         const char* role = "INSPECTOR", const char* unit = "620121") {
      context.AddMetadata("sanyuan-actor", "I1");
      context.AddMetadata("sanyuan-role", role);
      context.AddMetadata("sanyuan-unit", unit);
      reader = stub.WatchClues(&context, request);
    }
    ~Call() {
      context.TryCancel();
      if (!finished) reader->Finish();
    }
    bool Read() { return reader->Read(&response); }
    grpc::Status Finish() {
      finished = true;
      return reader->Finish();
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<tmi::WatchCluesResponse>> reader;
    tmi::WatchCluesResponse response;
    bool finished = false;
  };

  static std::vector<std::string> DetailsOf(const grpc::Status& status) {
    google::rpc::Status error;
    EXPECT_TRUE(error.ParseFromString(status.error_details()));
    std::vector<std::string> names;
    google::rpc::ErrorInfo info;
    for (const auto& detail : error.details()) {
      if (detail.UnpackTo(&info)) names.push_back(info.reason());
      if (detail.Is<google::rpc::RetryInfo>()) names.emplace_back("RetryInfo");
    }
    return names;
  }

  void OnCall(const std::string&, int, const std::string&, absl::Duration) override {}
  void OnFeedOpened(const std::string&) override { ++subscribers_; }
  void OnFeedEnded(const std::string&, int, const std::string&) override { --subscribers_; }

  ScratchDirectory directory_;
  host::FileSnapshotStore snapshots_;
  Feeds feeds_;
  std::atomic<int> subscribers_{0};
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<view::EmbeddedViewStore> views_;
  std::unique_ptr<host::HostGroup> hosts_;
  MethodTable methods_;
  host::Executor queries_{2};
  std::unique_ptr<DispatchServices> services_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<tmi::ClueFeedService::Stub> stub_;
  bool drained_ = false;
};

TEST_F(StreamTest, AFeedWithoutADeadlineIsServedAndSaysRegularlyThatNothingHappened) {
  Call call(*stub_, Request());
  for (const char* token : {"1", "2", "3"}) {
    ASSERT_TRUE(call.Read());
    EXPECT_EQ(call.response.resume_token(), token);
  }
}

TEST_F(StreamTest, RoleAndEveryCountyAreChecked) {
  const auto reasons = [&](const tmi::WatchCluesRequest& request, const char* role, const char* unit) {
    Call call(*stub_, request, role, unit);
    EXPECT_FALSE(call.Read());
    const grpc::Status status = call.Finish();
    EXPECT_NE(status.error_code(), grpc::StatusCode::OK);
    return DetailsOf(status);
  };
  EXPECT_THAT(reasons(Request(), "RETAILER", "620121"), Contains("ROLE_NOT_ALLOWED"));
  EXPECT_THAT(reasons(Request(), "EMPEROR", "620121"), Contains("UNAUTHENTICATED"));
  EXPECT_THAT(reasons(Request(), "INSPECTOR", "620122"), Contains("UNIT_NOT_ALLOWED"));
  auto both = Request();
  both.add_county_codes("620122");
  EXPECT_THAT(reasons(both, "INSPECTOR", "620121"), Contains("UNIT_NOT_ALLOWED"));
  feeds_.WaitForOpen(0);
}

TEST_F(StreamTest, WhatTheFeedRefusesIsATypedError) {
  auto request = Request();
  request.set_resume_token("bad");
  Call call(*stub_, request);
  EXPECT_FALSE(call.Read());
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(DetailsOf(status), Contains("TOKEN_INVALID"));
}

TEST_F(StreamTest, ASubscriberThatDoesNotReadStopsItsOwnFeedOnly) {
  Call slow(*stub_, Request("620121", "slow"));
  feeds_.WaitForOpen(1);
  Call quick(*stub_, Request("620121", "quick"));
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(quick.Read());
  // 160 MiB went by; the slow one was asked for what fits into the windows of the connection.
  const int64_t given = feeds_.large_given;
  EXPECT_LE(given, 1000);
  for (int64_t i = 0; i < given + 100; ++i) ASSERT_TRUE(slow.Read());
}

TEST_F(StreamTest, ACancelledSubscriberLeavesNothingBehind) {
  {
    std::vector<std::unique_ptr<Call>> calls;
    for (int i = 0; i < 20; ++i) {
      calls.push_back(std::make_unique<Call>(*stub_, Request("620121", i % 2 == 0 ? "slow" : "")));
    }
    feeds_.WaitForOpen(20);
    EXPECT_EQ(subscribers_, 20);
  }
  feeds_.WaitForOpen(0);
  Drain();
  EXPECT_EQ(subscribers_, 0);
}

TEST_F(StreamTest, TheServersEndEndsEveryFeedWithUnavailable) {
  Call idle(*stub_, Request());
  ASSERT_TRUE(idle.Read());
  Call slow(*stub_, Request("620121", "slow"));
  feeds_.WaitForOpen(2);
  std::thread reading([&idle] {
    while (idle.Read()) {
    }
  });
  Drain();
  reading.join();
  const grpc::Status status = idle.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(DetailsOf(status), Contains("RetryInfo"));
  EXPECT_THAT(DetailsOf(status), Contains("NOT_READY"));
  feeds_.WaitForOpen(0);
  EXPECT_EQ(subscribers_, 0);
}

}  // namespace
}  // namespace sanyuan::rpc
