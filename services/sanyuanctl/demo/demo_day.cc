#include "services/sanyuanctl/demo/demo_day.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "services/sanyuanctl/demo/clue_days.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/summary.h"
#include "services/sanyuanctl/demo/watched_feed.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

using namespace demo;  // NOLINT(google-build-using-namespace): this file is its front door.

struct DemoOptions {
  int retailers = 2200;
  uint64_t seed = 7;
  int concurrency = 16;
};

Summary PlayDay(const Globals& globals, const DemoOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  Client client(globals, options.seed, options.concurrency);
  const Plan plan = MakePlan(options.seed, options.retailers);
  const auto set_clock = [&client](absl::Time now) {
    operations::v1::SetClockRequest request;
    *request.mutable_now() = reference::ToWireTime(now);
    client.Call<operations::v1::SetClockResponse>(kOperator, "", request);
    client.SetNow(now);
  };
  const auto say = [&globals](const char* what) {
    if (!globals.json) fmt::print(stderr, "{} ...\n", what);
  };
  const Date order_day = ParseDate(kOrderDay).value();
  Summary summary;

  say("loading the county");
  set_clock(AtMinute(ParseDate("2019-07-20").value(), 10 * 60));
  LoadReference(client);
  set_clock(client.now() + absl::Minutes(1));
  LoadOrganisation(client, plan);
  LoadRetailers(client, plan);
  set_clock(client.now() + absl::Minutes(1));
  WatchedFeed feed(globals);
  say("agreements");
  LoadAgreements(client, plan);

  say("supply, tight list, rations");
  set_clock(AtMinute(ParseDate("2019-08-01").value(), 9 * 60));
  PrepareWindow(client, plan);
  say("orders");
  set_clock(AtMinute(order_day - 1, 9 * 60));
  summary.orders = PlayOrders(client, plan);
  say("cut-off and allocation");
  set_clock(AtMinute(order_day, 10));
  PublishedRuns(client);
  say("payments");
  set_clock(AtMinute(order_day, 9 * 60));
  PlayPayments(client, plan, summary.orders);
  // The deadline is noon, and calls that reached a server before it count for some minutes more.
  set_clock(AtMinute(order_day, 12 * 60 + 10));
  PlayPayments(client, plan, summary.orders);
  CountVoid(client, summary.orders);

  say("deliveries");
  set_clock(AtMinute(order_day, 18 * 60));
  summary.deliveries = DeliveryDays(client, plan, set_clock).Play();
  say("inspections and tickets");
  summary.inspections = InspectionDays(client, plan, set_clock).Play();
  summary.tickets = TicketDays(client, plan, set_clock).Play();
  say("clues");
  summary.clues = ClueDays(client, plan, set_clock).Play();
  summary.feed = feed.Compare(client);
  Ask(client, plan, summary);
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
  day->add_option("--retailers", options->retailers)->check(CLI::Range(25, 3000))->capture_default_str();
  day->add_option("--seed", options->seed)->capture_default_str();
  day->add_option("--concurrency", options->concurrency, "Calls at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  day->callback([options, &globals, &run] {
    run = [options, &globals] {
      const Session session(globals);
      try {
        const Summary summary = PlayDay(globals, *options);
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
