#include "services/sanyuanctl/demo/order_cycle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"
#include "sanyuan/allocation/v1/ration.pb.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/sanyuanctl/demo/catalogue.h"
#include "services/sanyuanctl/demo/load_county.h"

namespace sanyuan::ctl::demo {
namespace {

namespace alloc = allocation::v1;
namespace intake = order_intake::v1;

// Of a tight SKU the province confirms this part of what its shops will ask for.
constexpr int64_t kTightPart = 60;
constexpr int64_t kAmplePart = 125;

int64_t SupplyOf(const Plan& plan, size_t sku) {
  const int64_t part = Catalogue()[sku].tight ? kTightPart : kAmplePart;
  return plan.demand[sku] * part / 100 + 20;
}

intake::SubmitOrderRequest OrderOf(const Shop& shop, int64_t times) {
  intake::SubmitOrderRequest request;
  request.set_county_code(kCounty);
  request.set_licence(shop.licence);
  request.set_window_id(kWindow);
  request.set_channel(intake::ORDER_CHANNEL_APP);
  request.set_device_id("phone-" + shop.licence);
  for (const Wish& wish : shop.wishes) {
    intake::RequestedLine& line = *request.add_lines();
    line.set_sku(Catalogue()[wish.sku].code);
    line.set_requested_cartons(wish.cartons * times);
    line.set_demand_cartons(wish.cartons + (Catalogue()[wish.sku].tight ? 5 : 0));
  }
  return request;
}

void Want(const Verdict& verdict, const std::string& reason) {
  if (verdict.Has(reason)) return;
  throw Unexpected(fmt::format("{} was expected, the answer is {} {} ({})", reason, verdict.code,
                               verdict.message, fmt::join(verdict.reasons, ", ")));
}

// Says what he could sell, then orders as his habit is.
void PlayRetailer(Client& client, const Shop& shop, OrderFigures& figures) {
  const Caller retailer = RetailerOf(shop);
  intake::ReportDemandRequest demand;
  demand.set_county_code(kCounty);
  demand.set_licence(shop.licence);
  demand.set_window_id(kWindow);
  for (const Wish& wish : shop.wishes) {
    demand.add_lines()->set_sku(Catalogue()[wish.sku].code);
    demand.mutable_lines()->rbegin()->set_demand_cartons(wish.cartons + 2);
  }
  client.Call<intake::ReportDemandResponse>(retailer, "demand", demand);

  const intake::SubmitOrderRequest order = OrderOf(shop, 1);
  if (shop.habit == Habit::kOverreaches) {
    intake::SubmitOrderResponse none;
    const Verdict verdict = client.Try(retailer, "order", OrderOf(shop, 20), &none);
    if (verdict.ok()) throw Unexpected("an order far above the pace was accepted");
    ++figures.refused;
  }
  const std::string name = shop.habit == Habit::kOverreaches ? "order, cut" : "order";
  const auto submitted = client.Call<intake::SubmitOrderResponse>(retailer, name, order);
  ++figures.accepted;
  switch (shop.habit) {
    case Habit::kRepeats: {
      const auto again = client.Call<intake::SubmitOrderResponse>(retailer, name, order);
      if (again.order_id() != submitted.order_id()) throw Unexpected("a repeated order was taken twice");
      ++figures.repeated;
      break;
    }
    case Habit::kReusesId: {
      intake::SubmitOrderResponse none;
      Want(client.Try(retailer, name, OrderOf(shop, 2), &none), "REQUEST_ID_REUSED");
      ++figures.reused_ids;
      ++figures.refused;
      break;
    }
    case Habit::kAmends: {
      intake::AmendOrderRequest amend;
      amend.set_county_code(kCounty);
      amend.set_order_id(submitted.order_id());
      *amend.mutable_lines() = order.lines();
      intake::RequestedLine& first = *amend.mutable_lines(0);
      first.set_requested_cartons(std::max<int64_t>(1, first.requested_cartons() / 2));
      client.Call<intake::AmendOrderResponse>(retailer, "amend", amend);
      break;
    }
    case Habit::kCancels: {
      intake::CancelOrderRequest cancel;
      cancel.set_county_code(kCounty);
      cancel.set_order_id(submitted.order_id());
      client.Call<intake::CancelOrderResponse>(retailer, "cancel", cancel);
      --figures.accepted;
      ++figures.cancelled;
      break;
    }
    default:
      break;
  }
}

template <typename Visit>
void EachOrder(Client& client, const Caller& caller, Visit visit) {
  intake::ListOrdersRequest request;
  request.set_county_code(kCounty);
  request.set_window_id(kWindow);
  request.set_page_size(kPageSize);
  do {
    const auto page = client.Call<intake::ListOrdersResponse>(caller, "", request);
    for (const intake::Order& order : page.orders()) visit(order);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
}

}  // namespace

void PrepareWindow(Client& client, const Plan& plan) {
  const Date order_day = ParseDate(kOrderDay).value();
  intake::ScheduleWindowRequest window;
  window.set_county_code(kCounty);
  window.set_order_day(kOrderDay);
  window.set_sequence(1);
  window.set_occurrence(1);
  window.set_occurrences(4);
  *window.mutable_opens_at() = reference::ToWireTime(AtMinute(order_day - 1, 9 * 60));
  *window.mutable_cut_off() = reference::ToWireTime(StartOfDay(order_day) - absl::Seconds(1));
  const auto scheduled = client.Call<intake::ScheduleWindowResponse>(kCountyManager, "window", window);
  if (scheduled.window_id() != kWindow) throw Unexpected("the window is called " + scheduled.window_id());

  alloc::PublishTightListRequest tight;
  alloc::PublishRationsRequest rations;
  alloc::ConfirmSupplyRequest supply;
  alloc::PlanReleaseRequest release;
  for (auto set : {tight.mutable_county_code(), rations.mutable_county_code(), supply.mutable_county_code(),
                   release.mutable_county_code()}) {
    *set = kCounty;
  }
  *tight.mutable_header()->add_after() = scheduled.position();
  tight.set_window_id(kWindow);
  rations.set_window_id(kWindow);
  supply.set_month(kMonth);
  release.set_month(kMonth);
  for (size_t i = 0; i < Catalogue().size(); ++i) {
    const CatalogueSku& sku = Catalogue()[i];
    supply.add_lines()->set_sku(sku.code);
    supply.mutable_lines()->rbegin()->set_cartons(SupplyOf(plan, i));
    alloc::ReleaseLine& line = *release.add_lines();
    line.set_sku(sku.code);
    line.add_days()->set_window_id(kWindow);
    line.mutable_days(0)->set_forecast_cartons(plan.demand[i]);
    if (!sku.tight) continue;
    tight.add_skus(sku.code);
    for (const std::string& ration_class : RationClasses()) {
      alloc::Ration& ration = *rations.add_rations();
      ration.set_sku(sku.code);
      ration.set_ration_class(ration_class);
      ration.set_cap_cartons(CapOf(ration_class));
    }
  }
  client.Call<alloc::PublishTightListResponse>(kSupplyPlanner, "tight", tight);
  client.Call<alloc::PublishRationsResponse>(kSupplyPlanner, "rations", rations);
  client.Call<alloc::ConfirmSupplyResponse>(kSupplyPlanner, "supply", supply);
  client.Call<alloc::PlanReleaseResponse>(kSupplyPlanner, "release", release);
  alloc::ApproveReleaseRequest approve;
  approve.set_county_code(kCounty);
  approve.set_window_id(kWindow);
  alloc::ApproveReleaseResponse none;
  Want(client.Try(kSupplyPlanner, "approve", approve, &none), "FOUR_EYES");
  client.Call<alloc::ApproveReleaseResponse>(kSupplyApprover, "approve", approve);
}

OrderFigures PlayOrders(Client& client, const Plan& plan) {
  OrderFigures figures;
  std::mutex mutex;
  client.Each(plan.shops.size(), [&](size_t i) {
    if (plan.shops[i].habit == Habit::kSilent) return;
    OrderFigures own;
    PlayRetailer(client, plan.shops[i], own);
    const std::lock_guard lock(mutex);
    figures.accepted += own.accepted;
    figures.refused += own.refused;
    figures.cancelled += own.cancelled;
    figures.repeated += own.repeated;
    figures.reused_ids += own.reused_ids;
  });
  // Account managers who order for silent shops: recorded as forbidden, and refused.
  for (const Shop& shop : plan.shops) {
    if (shop.habit != Habit::kSilent || shop.number % 20 != 0) continue;
    intake::SubmitOrderResponse none;
    Want(client.Try({AccountManager(shop.account_manager), "ACCOUNT_MANAGER"}, "for " + shop.licence,
                    OrderOf(shop, 1), &none),
         "STAFF_ACTOR");
    ++figures.staff_attempts;
  }
  return figures;
}

void PlayPayments(Client& client, const Plan& plan, OrderFigures& figures) {
  struct Due {
    intake::RecordPaymentRequest request;
    bool pays = true;
  };
  std::vector<Due> due;
  EachOrder(client, kBank, [&](const intake::Order& order) {
    for (const intake::Debit& debit : order.debits()) {
      if (debit.state() != intake::DEBIT_STATE_DUE) continue;
      Due& entry = due.emplace_back();
      entry.request.set_county_code(kCounty);
      entry.request.set_order_id(order.order_id());
      entry.request.set_debit_number(debit.debit_number());
      entry.request.set_amount_fen(debit.amount_fen());
      const auto number = static_cast<size_t>(std::stoi(order.licence().substr(7)));
      entry.pays = debit.debit_number() > 1 || plan.shops[number - 1].pays;
    }
  });
  client.Each(due.size(), [&](size_t i) {
    Due& entry = due[i];
    const std::string debit = fmt::format("{}/{}", entry.request.order_id(), entry.request.debit_number());
    entry.request.set_result(entry.pays ? intake::PAYMENT_RESULT_PAID : intake::PAYMENT_RESULT_FAILED);
    for (int attempt = 1; attempt <= (entry.pays ? 1 : 3); ++attempt) {
      entry.request.set_bank_reference(fmt::format("B{}-{}-{}", entry.request.order_id().substr(0, 24),
                                                   entry.request.debit_number(), attempt));
      client.Call<intake::RecordPaymentResponse>(kBank, fmt::format("{} try {}", debit, attempt),
                                                 entry.request);
    }
  });
  for (const Due& entry : due) ++(entry.pays ? figures.debits_paid : figures.debits_failed);
}

void CountVoid(Client& client, OrderFigures& figures) {
  EachOrder(client, kBank, [&](const intake::Order& order) {
    if (order.state() == intake::ORDER_STATE_VOID) ++figures.orders_void;
  });
}

std::vector<alloc::Run> PublishedRuns(Client& client) {
  alloc::ListRunsRequest request;
  request.set_county_code(kCounty);
  request.set_window_id(kWindow);
  std::vector<alloc::Run> runs;
  const auto listed = client.Call<alloc::ListRunsResponse>(kAuditor, "", request);
  for (const alloc::Run& run : listed.runs()) {
    if (run.state() != alloc::RUN_STATE_PUBLISHED && run.state() != alloc::RUN_STATE_CLOSED) {
      throw Unexpected(fmt::format("run {} is {} ({})", run.run_id(), alloc::RunState_Name(run.state()),
                                   run.held_reason()));
    }
    alloc::GetRunRequest get;
    get.set_county_code(kCounty);
    get.set_run_id(run.run_id());
    runs.push_back(client.Call<alloc::GetRunResponse>(kAuditor, "", get).run());
  }
  if (runs.empty()) throw Unexpected("no run of the window was published");
  return runs;
}

}  // namespace sanyuan::ctl::demo
