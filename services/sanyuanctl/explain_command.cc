#include "services/sanyuanctl/explain_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sanyuan/allocation/v1/run.grpc.pb.h"
#include "sanyuan/order_intake/v1/order.grpc.pb.h"

namespace sanyuan::ctl {
namespace {

namespace alloc = allocation::v1;
namespace intake = order_intake::v1;

struct ExplainOptions {
  std::string order;
  uint32_t line = 0;  // 0: all.
};

int Explain(const Globals& globals, const ExplainOptions& options) {
  const Session session(globals);
  // An id starts with the code of its county.
  const std::string county = options.order.substr(0, 6);
  intake::GetOrderRequest get;
  get.set_county_code(county);
  get.set_order_id(options.order);
  intake::GetOrderResponse order;
  const grpc::Status found = session.Call([&](grpc::ClientContext& context) {
    return intake::OrderService::NewStub(session.channel())->GetOrder(&context, get, &order);
  });
  if (!found.ok()) return session.Fail(found);

  alloc::ExplainLineRequest ask;
  ask.set_county_code(county);
  ask.set_window_id(order.order().window_id());
  ask.set_licence(order.order().licence());
  ask.set_order_id(options.order);
  const auto stub = alloc::AllocationService::NewStub(session.channel());
  nlohmann::json lines = nlohmann::json::array();
  std::string text;
  bool agree = true;
  const uint32_t first = options.line == 0 ? 1 : options.line;
  const auto last = options.line == 0 ? static_cast<uint32_t>(order.order().lines_size()) : options.line;
  for (uint32_t number = first; number <= last; ++number) {
    ask.set_line_number(number);
    alloc::ExplainLineResponse answer;
    const grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->ExplainLine(&context, ask, &answer); });
    if (!status.ok()) return session.Fail(status);
    const alloc::AllocationLine& line = answer.line();
    const bool same = answer.recomputed_cartons() == line.offered_cartons();
    agree = agree && same;
    lines.push_back({{"line", number},
                     {"sku", line.sku()},
                     {"requested_cartons", line.requested_cartons()},
                     {"offered_cartons", line.offered_cartons()},
                     {"recomputed_cartons", answer.recomputed_cartons()},
                     {"zh", answer.zh()},
                     {"en", answer.en()}});
    text += fmt::format("Line {}, SKU {}: {} of {} cartons\n  {}\n  {}\n{}", number, line.sku(),
                        line.offered_cartons(), line.requested_cartons(), answer.zh(), answer.en(),
                        same ? "" : fmt::format("  RECOMPUTED: {} cartons\n", answer.recomputed_cartons()));
  }
  session.Print({{"order_id", options.order},
                 {"licence", order.order().licence()},
                 {"window_id", order.order().window_id()},
                 {"lines", lines}},
                text);
  return agree ? kDone : kCheckFailed;
}

}  // namespace

void AddExplainCommand(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(
      "explain", "Says why the lines of an order got what they got, and computes it again");
  command->fallthrough();
  command->footer(
      "Exit code 1 when a line computed again from its record comes to another figure.\n"
      "Example: sanyuanctl explain --order 620121-ABCDEFGHIJKLMNOPQRSTUVWXYZ --line 2");
  const auto options = std::make_shared<ExplainOptions>();
  command->add_option("--order", options->order, "Order id")->required();
  command->add_option("--line", options->line, "Number of the line, from 1; all when left out")
      ->check(CLI::Range(1, 1000));
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return Explain(globals, *options); }; });
}

}  // namespace sanyuan::ctl
