#include "tests/bench/order_day.h"

#include "services/order_intake/domain/business_date.h"

namespace sanyuan::bench {
namespace {

namespace v1 = order_intake::v1;

constexpr int kSkus = 58;
constexpr int kTight = 6;
constexpr int kGrades = 30;
constexpr County kFirstCounty = 110101;

std::string SkuCode(int n) { return std::to_string(620001 + n); }

// Draws that depend on the retailer and the line alone.
uint64_t Draw(int retailer, int line) {
  uint64_t x = (static_cast<uint64_t>(retailer) << 8 | static_cast<uint64_t>(line)) + 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

County OrderDay::CountyOf(int retailer) const {
  return kFirstCounty + static_cast<County>(retailer % counties);
}

std::string OrderDay::Licence(int retailer) const {
  return CountyCode(retailer) + std::to_string(100000 + retailer / counties);
}

absl::Time OrderDay::loaded_at() const { return order_intake::StartOfDay(20190801); }
absl::Time OrderDay::open_at() const { return order_intake::StartOfDay(20190804); }

std::vector<v1::Event> OrderDay::ReferenceEvents() const {
  std::vector<v1::Event> events(2 + kSkus);
  auto& policy = *events[0].mutable_ordering_policy_noted();
  policy.set_version("ordering-2019");
  policy.set_grace_seconds(300);
  policy.set_max_lines(1000);
  policy.set_max_line_cartons(100000);
  policy.set_max_orders_per_window(100);
  policy.set_payment_tries(4);
  policy.set_payment_deadline_minute(720);
  events[1].mutable_allocation_policy_noted()->set_version("floating-2019");
  for (int i = 0; i < kSkus; ++i) {
    auto& sku = *events[static_cast<size_t>(2 + i)].mutable_sku_noted();
    sku.set_sku(SkuCode(i));
    sku.set_orderable(true);
  }
  return events;
}

std::vector<v1::Event> OrderDay::CountyEvents(int county) const {
  const std::string code = CountyCode(county);
  std::vector<v1::Event> events(5);
  events[0].mutable_county_noted()->set_county_code(code);
  auto& list = *events[1].mutable_tight_list_noted();
  list.set_county_code(code);
  list.set_version(code + "-tight-1");
  auto& table = *events[2].mutable_ration_noted();
  table.set_county_code(code);
  table.set_version(code + "-ration-1");
  for (int i = 0; i < kTight; ++i) {
    list.add_skus(SkuCode(i));
    for (int grade = 1; grade <= kGrades; ++grade) {
      auto& cap = *table.add_caps();
      cap.set_sku(SkuCode(i));
      cap.set_ration_class("G" + std::to_string(grade));
      cap.set_cap_cartons(5);
    }
  }
  auto& window = *events[3].mutable_order_window_scheduled();
  window.set_window_id(code + "-20190805-1");
  window.set_occurrence(1);
  window.set_occurrences(4);
  *window.mutable_opens_at() = order_intake::ToTimestamp(order_intake::StartOfDay(20190803));
  *window.mutable_cut_off() = order_intake::ToTimestamp(order_intake::StartOfDay(20190805));
  events[4].mutable_allowances_complete_noted()->set_county_code(code);
  events[4].mutable_allowances_complete_noted()->set_month("2019-08");
  return events;
}

std::vector<v1::Event> OrderDay::RetailerEvents(int retailer) const {
  const std::string code = CountyCode(retailer), licence = Licence(retailer);
  std::vector<v1::Event> events(2);
  auto& noted = *events[0].mutable_retailer_noted();
  noted.set_county_code(code);
  noted.set_licence(licence);
  noted.set_active(true);
  noted.set_ration_class("G" + std::to_string(1 + retailer % kGrades));
  noted.set_route_id("R" + std::to_string(1 + retailer % 25));
  noted.set_expected_to_order(true);
  auto& allowance = *events[1].mutable_allowance_noted();
  allowance.set_county_code(code);
  allowance.set_licence(licence);
  allowance.set_month("2019-08");
  allowance.set_ceiling_cartons(400);
  for (int64_t step : {140, 240, 340, 400}) allowance.add_pacing_ceilings_cartons(step);
  allowance.set_policy_version("floating-2019");
  return events;
}

void OrderDay::FillOrder(int retailer, v1::SubmitOrderRequest& request) const {
  request.Clear();
  request.set_county_code(CountyCode(retailer));
  request.set_licence(Licence(retailer));
  request.set_window_id(request.county_code() + "-20190805-1");
  request.set_channel(v1::ORDER_CHANNEL_APP);
  const int first = kTight + static_cast<int>(Draw(retailer, 255) % (kSkus - kTight - kOrderLines));
  for (int line = 0; line < kOrderLines; ++line) {
    const uint64_t draw = Draw(retailer, line);
    const bool tight = retailer % 10 == 0 && line == 0;
    auto& out = *request.add_lines();
    out.set_sku(SkuCode(tight ? static_cast<int>(draw % kTight) : first + line));
    out.set_requested_cartons(1 + static_cast<int64_t>((draw >> 16) % 5));
    if (line % 4 == 0) out.set_demand_cartons(1 + static_cast<int64_t>((draw >> 32) % 20));
  }
}

}  // namespace sanyuan::bench
