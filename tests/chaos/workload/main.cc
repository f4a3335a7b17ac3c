// The workload of the chaos tests, and the audit of what came of it.
//
//   chaos_workload play --server HOST:PORT... --ledger FILE [--retailers N] [--amendments N] [--seed N]
//                       [--attempt SECONDS] [--patience SECONDS] [--feed HOST:PORT] [--count-feeds]
//   chaos_workload audit --ledger FILE --kafka HOST:PORT,... [--topic-prefix PREFIX] [--data DIR]
//
// `play` is the demo day against several instances, with a rush of amendments while the window is open and two feeds
// of clues beside it. At the beginning of each stage it prints {"stage":...} and goes on when it is sent a line; the rush
// lasts for its number of amendments, and at least until another line comes. In the end it prints the day's summary.
// With --feed the feeds come through that address instead of the servers' own. --count-feeds is a control: their
// subscribers count events instead of going on with the server's token.
// `audit` prints one object; exit code 1 when something is wrong.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/sanyuanctl/demo/play_day.h"
#include "services/sanyuanctl/demo/watched_feed.h"
#include "services/sanyuanctl/journal_source.h"
#include "services/sanyuanctl/session.h"
#include "tests/chaos/workload/amendments.h"
#include "tests/chaos/workload/audit.h"
#include "tests/chaos/workload/ledger.h"
#include "tests/chaos/workload/ledger_transport.h"

namespace sanyuan::chaos {
namespace {

using nlohmann::json;
namespace demo = ctl::demo;

constexpr int kConcurrency = 32;
constexpr absl::Duration kHaste = absl::Milliseconds(8);

struct PlayOptions {
  std::vector<std::string> servers;
  std::string ledger;
  std::string feed;
  bool count_feeds = false;
  demo::DayOptions day;
  int64_t amendments = 0;
  double attempt = 3;
  double patience = 180;
};

void Say(const json& object) { std::cout << object.dump() << std::endl; }

// Whoever disturbs says when to go on. The end of its lines stands for any number of them.
void Await() {
  std::string line;
  std::getline(std::cin, line);
}

// Its place in the feed is how many events it has seen. No server knows such a place, so each connection begins with what
// is new.
class CountingWatch final : public ctl::ClueWatch {
 public:
  using ClueWatch::ClueWatch;

 protected:
  void Handled(const three_member_interaction::v1::WatchCluesResponse& response,
               three_member_interaction::v1::WatchCluesRequest&) override {
    if (response.has_event()) ++seen_;
  }

 private:
  int64_t seen_ = 0;
};

std::unique_ptr<demo::WatchedFeed> NewFeed(const PlayOptions& options) {
  const std::string server = options.feed.empty() ? TargetOf(options.servers, 0) : options.feed;
  if (!options.count_feeds) return std::make_unique<demo::WatchedFeed>(server);
  return std::make_unique<demo::WatchedFeed>(
      server, [](const auto&... arguments) { return std::make_unique<CountingWatch>(arguments...); });
}

AmendmentFigures Rush(const PlayOptions& options, ctl::Client& client, ctl::Client& hasty) {
  Say({{"stage", "amendments"}});
  hasty.SetNow(client.now());
  // Left to itself where the rush fails: its line may never come.
  const auto told = std::make_shared<std::atomic<bool>>(false);
  std::thread([told] {
    Await();
    *told = true;
  }).detach();
  return Amend(client, hasty, [&](int64_t sent) { return sent >= options.amendments && *told; });
}

int Play(const PlayOptions& options) {
  LedgerWriter ledger(options.ledger);
  const auto new_client = [&](absl::Duration patience) {
    return std::make_unique<ctl::Client>(
        std::make_unique<LedgerTransport>(options.servers, absl::Seconds(options.attempt), ledger), patience,
        options.day.seed, kConcurrency);
  };
  const auto client = new_client(absl::Seconds(options.patience));
  const auto hasty = new_client(kHaste);
  std::unique_ptr<demo::WatchedFeed> feed;
  AmendmentFigures amendments;
  demo::DayListener listener;
  listener.stage = [](const char* stage) {
    Say({{"stage", stage}});
    Await();
  };
  listener.staffed = [&] { feed = NewFeed(options); };
  listener.ordered = [&] { amendments = Rush(options, *client, *hasty); };
  try {
    demo::Summary summary = demo::PlayDay(*client, options.day, listener);
    summary.feed = feed->Compare(*client);
    Say({{"summary", demo::JsonOf(summary)},
         {"feed_wrong", summary.feed.wrong},
         {"commands", ledger.commands()},
         {"unanswered_attempts", ledger.unanswered()},
         {"amended", amendments.amended},
         {"amendments_refused", amendments.refused},
         {"abandoned", amendments.abandoned}});
    return 0;
  } catch (const ctl::Unexpected& unexpected) {
    fmt::print(stderr, "chaos_workload: the day stopped: {}\n", unexpected.what());
    return 1;
  }
}

int AuditLedger(const std::string& ledger, const ctl::JournalPlace& place) {
  const auto source = ctl::JournalSource::Open(place);
  const auto report =
      source.ok() ? Audit(ReadLedger(ledger), *source) : absl::StatusOr<AuditReport>(source.status());
  if (!report.ok()) {
    fmt::print(stderr, "chaos_workload: {}\n", std::string(report.status().message()));
    return 2;
  }
  Say({{"commands", report->commands},
       {"acknowledged", report->acknowledged},
       {"refused", report->refused},
       {"unknown", report->unknown},
       {"unknown_there", report->unknown_there},
       {"missing", report->missing},
       {"twice", report->twice},
       {"contradicted", report->contradicted},
       {"foreign", report->foreign},
       {"goods", report->goods},
       {"damage", report->damage},
       {"examples", report->examples},
       {"clean", report->clean()}});
  return report->clean() ? 0 : 1;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As services/sanyuan/serve.cc.
  spdlog::set_default_logger(
      spdlog::stderr_logger_mt("chaos_workload"));  // What it finds goes to standard output.
  CLI::App app("The workload of the chaos tests, and its audit");
  app.require_subcommand(1);
  PlayOptions options;
  ctl::JournalPlace place;
  CLI::App* play = app.add_subcommand("play");
  play->add_option("--server", options.servers)->required();
  play->add_option("--ledger", options.ledger)->required();
  play->add_option("--feed", options.feed);
  play->add_flag("--count-feeds", options.count_feeds);
  play->add_option("--retailers", options.day.retailers)->check(CLI::Range(25, 3000));
  play->add_option("--amendments", options.amendments)->check(CLI::NonNegativeNumber);
  play->add_option("--seed", options.day.seed);
  play->add_option("--attempt", options.attempt)->check(CLI::PositiveNumber);
  play->add_option("--patience", options.patience)->check(CLI::PositiveNumber);
  CLI::App* audit = app.add_subcommand("audit");
  audit->add_option("--ledger", options.ledger)->required();
  audit->add_option("--kafka", place.kafka.brokers);
  audit->add_option("--topic-prefix", place.kafka.topic_prefix);
  audit->add_option("--data", place.data);
  CLI11_PARSE(app, argc, argv);
  return play->parsed() ? Play(options) : AuditLedger(options.ledger, place);
}

}  // namespace
}  // namespace sanyuan::chaos

int main(int argc, char** argv) {
  try {
    return sanyuan::chaos::Main(argc, argv);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "chaos_workload: {}\n", failure.what());
    return 2;
  }
}
