#include "services/sanyuanctl/demo/demo_day.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/client/grpc_transport.h"
#include "services/sanyuanctl/demo/play_day.h"
#include "services/sanyuanctl/demo/summary.h"
#include "services/sanyuanctl/demo/watched_feed.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

using namespace demo;  // NOLINT(google-build-using-namespace): this file is its front door.

struct DemoOptions {
  DayOptions day;
  int concurrency = 16;
};

// With the feed of clues watched beside it.
Summary PlayWatchedDay(const Globals& globals, const DayOptions& options, int concurrency) {
  const auto started = std::chrono::steady_clock::now();
  Client client(NewGrpcTransport(globals.server), absl::Seconds(globals.deadline_seconds), options.seed,
                concurrency);
  std::unique_ptr<WatchedFeed> feed;
  DayListener listener;
  listener.stage = [&globals](const char* stage) {
    if (!globals.json) fmt::print(stderr, "{} ...\n", stage);
  };
  listener.staffed = [&] { feed = std::make_unique<WatchedFeed>(globals.server); };
  Summary summary = PlayDay(client, options, listener);
  summary.feed = feed->Compare(client);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return summary;
}

}  // namespace

void AddDemoCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  CLI::App* demo = app.add_subcommand("demo", "Plays a county on a server in development mode");
  demo->require_subcommand(1);
  demo->fallthrough();
  CLI::App* day = demo->add_subcommand("day", "One order cycle of Yongdeng, on an empty server");
  day->fallthrough();
  const auto options = std::make_shared<DemoOptions>();
  day->add_option("--retailers", options->day.retailers)->check(CLI::Range(25, 3000))->capture_default_str();
  day->add_option("--seed", options->day.seed)->capture_default_str();
  day->add_option("--concurrency", options->concurrency, "Calls at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  day->callback([options, &globals, &run] {
    run = [options, &globals] {
      const Session session(globals);
      try {
        const Summary summary = PlayWatchedDay(globals, options->day, options->concurrency);
        session.Print(JsonOf(summary), PageOf(summary));
        const bool right = summary.Balanced() && summary.journal_ok && summary.acknowledged_in_journal &&
                           summary.feed.wrong.empty();
        return right ? kDone : kCheckFailed;
      } catch (const Unexpected& unexpected) {
        fmt::print(stderr, "sanyuanctl: the day stopped: {}\n", unexpected.what());
        return kRefused;
      }
    };
  });
}

}  // namespace sanyuan::ctl
