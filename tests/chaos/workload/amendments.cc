#include "tests/chaos/workload/amendments.h"

#include <fmt/format.h>

#include <atomic>
#include <vector>

#include "absl/status/status.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/order_cycle.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::chaos {
namespace {

namespace intake = order_intake::v1;

constexpr int64_t kHastyOneOf = 100;

std::vector<intake::Order> StandingOrders(ctl::Client& client) {
  std::vector<intake::Order> orders;
  intake::ListOrdersRequest request;
  request.set_county_code(ctl::demo::kCounty);
  request.set_window_id(ctl::demo::kWindow);
  request.set_page_size(ctl::kPageSize);
  do {
    const auto page = client.Call<intake::ListOrdersResponse>(ctl::demo::kBank, "", request);
    for (const intake::Order& order : page.orders()) {
      if (order.state() != intake::ORDER_STATE_CANCELLED) orders.push_back(order);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return orders;
}

intake::AmendOrderRequest FirstLineOf(const intake::Order& order, int64_t cartons) {
  intake::AmendOrderRequest request;
  request.set_county_code(ctl::demo::kCounty);
  request.set_order_id(order.order_id());
  for (const intake::OrderLine& line : order.lines()) {
    intake::RequestedLine& wanted = *request.add_lines();
    wanted.set_sku(line.sku());
    wanted.set_requested_cartons(line.requested_cartons());
    wanted.set_demand_cartons(line.demand_cartons());
  }
  request.mutable_lines(0)->set_requested_cartons(cartons);
  return request;
}

}  // namespace

AmendmentFigures Amend(ctl::Client& client, ctl::Client& hasty, const std::function<bool(int64_t)>& enough) {
  const std::vector<intake::Order> orders = StandingOrders(client);
  std::atomic<int64_t> sent = 0, amended = 0, refused = 0, abandoned = 0;
  // An order at a time for each thread: round by round, so that all of them are changed again and again.
  for (int64_t round = 0; !enough(sent); ++round) {
    client.Each(orders.size(), [&](size_t i) {
      const int64_t number = ++sent;
      if (enough(number - 1)) return;
      const intake::Order& order = orders[i];
      const ctl::Caller retailer{order.licence(), "RETAILER"};
      ctl::demo::Draw draw(static_cast<uint64_t>(round), order.order_id());
      const auto request = FirstLineOf(order, 1 + draw.Below(order.lines(0).requested_cartons()));
      const std::string name = fmt::format("{} amended {}", order.order_id(), round);
      intake::AmendOrderResponse response;
      if (number % kHastyOneOf == 0) {
        if (!hasty.Try(retailer, name, request, &response).ok()) ++abandoned;
        return;
      }
      const ctl::Verdict verdict = client.Try(retailer, name, request, &response);
      if (verdict.code == static_cast<int>(absl::StatusCode::kFailedPrecondition)) {
        ++refused;
        return;
      }
      ctl::Client::Check(retailer, verdict, request);
      ++amended;
    });
  }
  return {amended, refused, abandoned};
}

}  // namespace sanyuan::chaos
