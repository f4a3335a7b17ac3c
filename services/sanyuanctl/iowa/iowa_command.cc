#include "services/sanyuanctl/iowa/iowa_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/client/grpc_transport.h"
#include "services/sanyuanctl/iowa/half_year.h"
#include "services/sanyuanctl/progress.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

using namespace iowa;  // NOLINT(google-build-using-namespace): this file is its front door.

struct IowaOptions {
  std::string datasets;
  std::string from = "2022-01-02";
  std::string to = "2022-06-30";
  int concurrency = 32;
};

nlohmann::json JsonOf(const Figures& figures, double seconds) {
  return {{"lines", figures.lines},
          {"invoices", figures.invoices},
          {"bottles", figures.bottles},
          {"lines_accepted", figures.lines_accepted},
          {"lines_refused", figures.lines_refused},
          {"invoices_accepted", figures.invoices_accepted},
          {"invoices_refused", figures.invoices_refused},
          {"bottles_accepted", figures.bottles_accepted},
          {"bottles_refused", figures.bottles_refused},
          {"refused_by_reason", figures.refused_by_reason},
          {"bottles_allocated", figures.bottles_allocated},
          {"orders_sent", figures.orders_sent},
          {"seconds", seconds}};
}

std::string TextOf(const Figures& figures, double seconds) {
  std::string text = fmt::format("{:>10} {:>10} {:>10}\n", "invoices", "lines", "bottles");
  const auto row = [&text](int64_t invoices, int64_t lines, int64_t bottles, const char* what) {
    text += fmt::format("{:>10} {:>10} {:>10} {}\n", invoices, lines, bottles, what);
  };
  row(figures.invoices, figures.lines, figures.bottles, "in the data set");
  row(figures.invoices_accepted, figures.lines_accepted, figures.bottles_accepted, "accepted");
  row(figures.invoices_refused, figures.lines_refused, figures.bottles_refused, "refused");
  for (const auto& [reason, lines] : figures.refused_by_reason) {
    text += fmt::format("{:>21} {:>10} {}\n", lines, "", reason);
  }
  text += fmt::format("{:>32} allocated\n", figures.bottles_allocated);
  text += fmt::format("{} orders sent, {:.1f} s\n", figures.orders_sent, seconds);
  return text;
}

int ImportSales(const Globals& globals, const IowaOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  const Session session(globals);
  const auto from = ParseDate(options.from), to = ParseDate(options.to);
  if (!from || !to || *to < *from) {
    fmt::print(stderr, "sanyuanctl: --from and --to: two dates YYYY-MM-DD in their order are wanted\n");
    return kUsage;
  }
  const auto sales = ReadSales(options.datasets + "/iowa-monopoly-orders");
  if (!sales.ok() || sales->days.empty()) {
    fmt::print(stderr, "sanyuanctl: {}\n",
               sales.ok() ? "there are no sales" : std::string(sales.status().message()));
    return sales.ok() || !absl::IsNotFound(sales.status()) ? kCheckFailed : kUsage;
  }
  int64_t invoices = 0;
  for (const auto& [day, list] : sales->days) {
    if (day >= *from && day <= *to) invoices += static_cast<int64_t>(list.size());
  }
  try {
    Figures figures;
    {
      Client client(NewGrpcTransport(globals.server), absl::Seconds(globals.deadline_seconds), 0,
                    options.concurrency);
      Progress progress("orders", invoices);
      figures = PlayDays(client, *sales, *from, *to,
                         [&progress](int64_t done, Date day) { progress.Show(done, DateText(day)); });
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    session.Print(JsonOf(figures, seconds), TextOf(figures, seconds));
    return figures.bottles_allocated == figures.bottles_accepted ? kDone : kCheckFailed;
  } catch (const Unexpected& unexpected) {
    fmt::print(stderr, "sanyuanctl: the import stopped: {}\n", unexpected.what());
    return dynamic_cast<const Unavailable*>(&unexpected) != nullptr ? kUnavailable : kRefused;
  }
}

}  // namespace

void AddIowaCommand(CLI::App& import, const Globals& globals, std::function<int()>& run) {
  CLI::App* command = import.add_subcommand(
      "iowa-sales", "Plays half a year of Iowa's liquor sales on an empty server in development mode");
  command->fallthrough();
  const auto options = std::make_shared<IowaOptions>();
  command->add_option("--datasets", options->datasets, "Folder that holds iowa-monopoly-orders")
      ->envname("SANYUAN_DATASETS")
      ->required();
  command->add_option("--from", options->from, "First order day")->capture_default_str();
  command->add_option("--to", options->to, "Last order day")->capture_default_str();
  command->add_option("--concurrency", options->concurrency, "Calls at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->footer(
      "Interrupted, it goes on where it was; run again, it compares and counts. Exit code 1: the data set is "
      "not "
      "as described, or not everything was allocated.\n"
      "Example: SANYUAN_DATASETS=/data sanyuanctl import iowa-sales --to 2022-01-07 --json");
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return ImportSales(globals, *options); }; });
}

}  // namespace sanyuan::ctl
