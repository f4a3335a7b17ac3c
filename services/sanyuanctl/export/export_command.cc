#include "services/sanyuanctl/export/export_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/time/time.h"
#include "common/clock/business_time.h"
#include "common/csv/csv.h"
#include "common/reference/wire_time.h"
#include "common/rpc/reasons.h"
#include "sanyuan/allocation/v1/run.grpc.pb.h"
#include "sanyuan/order_intake/v1/order.grpc.pb.h"
#include "sanyuan/order_intake/v1/order_window.grpc.pb.h"

namespace sanyuan::ctl {
namespace {

namespace alloc = allocation::v1;
namespace intake = order_intake::v1;

constexpr int kPageSize = 100;

struct Options {
  std::vector<std::string> counties;
  std::string window, from, out;
};

// Written beside its place and moved there when it is whole: who finds the file finds all of it. A device or a pipe is
// written to as it is.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    std::error_code ignored;
    const std::filesystem::file_status there = std::filesystem::status(path_, ignored);
    moved_ = std::filesystem::exists(there) && !std::filesystem::is_regular_file(there);
    partial_ = moved_ ? path_ : path_ + ".partial";
    file_.open(partial_, std::ios::binary | std::ios::trunc);
  }
  ~Output() {
    std::error_code ignored;
    if (!moved_) std::filesystem::remove(partial_, ignored);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void Header(const std::vector<std::string>& columns) { file_ << csv::Line(columns); }
  void Row(const std::vector<std::string>& fields) {
    file_ << csv::Line(fields);
    ++rows_;
  }
  int64_t rows() const { return rows_; }
  bool ok() const { return file_.good(); }
  // Why it could not be written; empty when it was.
  std::string Close() {
    file_.close();
    if (file_.fail()) return "can't be written";
    if (moved_) return "";
    std::error_code error;
    std::filesystem::rename(partial_, path_, error);
    moved_ = !error;
    return error ? error.message() : "";
  }

 private:
  const std::string path_;
  std::string partial_;
  std::ofstream file_;
  int64_t rows_ = 0;
  bool moved_ = false;  // Nothing is left to be moved.
};

std::string Name(const std::string& value, std::string_view prefix) {
  return value.substr(0, prefix.size()) == prefix ? value.substr(prefix.size()) : value;
}

std::string Yuan(int64_t fen) { return fen == 0 ? "" : fmt::format("{}.{:02}", fen / 100, fen % 100); }

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%S%Ez", reference::FromWireTime(time), BusinessZone());
}

// Calls `ask` page by page; it takes what it got and gives the next token.
template <typename Request, typename Ask>
grpc::Status EachPage(Request request, Ask ask) {
  request.set_page_size(kPageSize);
  do {
    std::string next;
    if (grpc::Status status = ask(request, next); !status.ok()) return status;
    request.set_page_token(next);
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

grpc::Status WindowsOf(const Session& session, const Options& options, const std::string& county,
                       std::vector<std::string>& windows) {
  if (!options.window.empty()) {
    windows.push_back(options.window);
    return grpc::Status::OK;
  }
  intake::ListWindowsRequest request;
  request.set_county_code(county);
  request.set_from_order_day(options.from);
  const auto stub = intake::OrderWindowService::NewStub(session.channel());
  return EachPage(request, [&](const intake::ListWindowsRequest& asked, std::string& next) {
    intake::ListWindowsResponse page;
    grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->ListWindows(&context, asked, &page); });
    for (const intake::OrderWindow& window : page.windows()) windows.push_back(window.window_id());
    next = page.next_page_token();
    return status;
  });
}

void WriteOrder(const intake::Order& order, Output& out) {
  for (int i = 0; i < order.lines_size(); ++i) {
    const intake::OrderLine& line = order.lines(i);
    out.Row(
        {order.county_code(), order.window_id(), order.month(), order.order_id(), order.licence(),
         Name(intake::OrderState_Name(order.state()), "ORDER_STATE_"),
         Name(intake::OrderChannel_Name(order.channel()), "ORDER_CHANNEL_"), TimeText(order.submitted_at()),
         std::to_string(i + 1), line.sku(), std::to_string(line.requested_cartons()),
         line.has_demand_cartons() ? std::to_string(line.demand_cartons()) : "",
         std::to_string(line.offered_cartons()), std::to_string(line.taken_cartons()), Yuan(line.price_fen()),
         line.returned_reason() == common::v1::REASON_UNSPECIFIED ? ""
                                                                  : rpc::ReasonName(line.returned_reason())});
  }
}

grpc::Status ExportOrders(const Session& session, const std::string& county, const std::string& window,
                          Output& out) {
  intake::ListOrdersRequest request;
  request.set_county_code(county);
  request.set_window_id(window);
  const auto stub = intake::OrderService::NewStub(session.channel());
  return EachPage(request, [&](const intake::ListOrdersRequest& asked, std::string& next) {
    intake::ListOrdersResponse page;
    grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->ListOrders(&context, asked, &page); });
    for (const intake::Order& order : page.orders()) WriteOrder(order, out);
    next = page.next_page_token();
    return status;
  });
}

grpc::Status ExportAllocations(const Session& session, const std::string& county, const std::string& window,
                               Output& out) {
  alloc::ListAllocationsRequest request;
  request.set_county_code(county);
  request.set_window_id(window);
  const auto stub = alloc::AllocationService::NewStub(session.channel());
  return EachPage(request, [&](const alloc::ListAllocationsRequest& asked, std::string& next) {
    alloc::ListAllocationsResponse page;
    grpc::Status status = session.Call(
        [&](grpc::ClientContext& context) { return stub->ListAllocations(&context, asked, &page); });
    for (const alloc::Allocation& order : page.allocations()) {
      for (const alloc::AllocationLine& line : order.lines()) {
        out.Row({order.county_code(), order.window_id(), order.run_id(), order.order_id(), order.licence(),
                 std::to_string(line.line_number()), line.sku(), std::to_string(line.requested_cartons()),
                 std::to_string(line.offered_cartons()), std::to_string(line.taken_cartons()),
                 Name(alloc::LineState_Name(line.state()), "LINE_STATE_")});
      }
    }
    next = page.next_page_token();
    return status;
  });
}

struct What {
  std::string name, about;
  std::vector<std::string> columns;
  grpc::Status (*of_window)(const Session&, const std::string& county, const std::string& window, Output&);
};

const std::vector<What>& Exports() {
  static const std::vector<What> exports = {
      {"orders",
       "Orders, one row a line, by window and licence",
       {"county_code", "window_id", "month", "order_id", "licence", "state", "channel", "submitted_at",
        "line", "sku", "requested_cartons", "demand_cartons", "offered_cartons", "taken_cartons", "price_cny",
        "returned_reason"},
       ExportOrders},
      {"allocations",
       "What each line was offered in each published run, by window and licence",
       {"county_code", "window_id", "run_id", "order_id", "licence", "line", "sku", "requested_cartons",
        "offered_cartons", "taken_cartons", "state"},
       ExportAllocations}};
  return exports;
}

int Export(const Globals& globals, const What& what, const Options& options) {
  const Session session(globals);
  Output out(options.out);
  out.Header(what.columns);
  if (!out.ok()) {
    fmt::print(stderr, "sanyuanctl: {}: can't be written\n", options.out);
    return kUsage;
  }
  for (const std::string& county : options.counties) {
    std::vector<std::string> windows;
    if (grpc::Status listed = WindowsOf(session, options, county, windows); !listed.ok()) {
      return session.Fail(listed);
    }
    for (const std::string& window : windows) {
      if (grpc::Status written = what.of_window(session, county, window, out); !written.ok()) {
        return session.Fail(written);
      }
    }
  }
  if (const std::string error = out.Close(); !error.empty()) {
    fmt::print(stderr, "sanyuanctl: {}: {}\n", options.out, error);
    return kUsage;
  }
  session.Print({{"kind", what.name}, {"rows", out.rows()}, {"out", options.out}},
                fmt::format("{} rows in {}\n", out.rows(), options.out));
  return kDone;
}

}  // namespace

void AddExportCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  CLI::App* parent = app.add_subcommand("export", "Writes what a county decided as CSV");
  parent->require_subcommand(1);
  parent->fallthrough();
  parent->footer("Example: sanyuanctl export orders --county 620121 --out orders.csv");
  for (const What& what : Exports()) {
    CLI::App* command = parent->add_subcommand(what.name, what.about);
    command->fallthrough();
    command->footer(fmt::format("Columns: {}\nExample: sanyuanctl export {} --county 620121 --out {}.csv",
                                fmt::join(what.columns, ", "), what.name, what.name));
    const auto options = std::make_shared<Options>();
    command->add_option("--county", options->counties, "County codes")->required();
    command->add_option("--window", options->window, "One order window; all when left out");
    command->add_option("--from", options->from, "Order days from this one on, YYYY-MM-DD");
    command->add_option("--out", options->out, "File to write")->required();
    command->callback([options, &what, &globals, &run] {
      run = [options, &what, &globals] { return Export(globals, what, *options); };
    });
  }
}

}  // namespace sanyuan::ctl
