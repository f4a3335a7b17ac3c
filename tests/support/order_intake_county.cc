#include "tests/support/order_intake_county.h"

#include <algorithm>
#include <cstdlib>

#include "services/order_intake/domain/business_date.h"
#include "services/order_intake/domain/inputs.h"

namespace sanyuan::testing {
namespace {

using order_intake::kAllocationTopic;
using order_intake::kReferenceTopic;
using order_intake::kRegistryTopic;
using order_intake::ToTimestamp;
using partition::EventPtr;

constexpr char kOrders[] = "/sanyuan.order_intake.v1.OrderService/";

std::vector<EventPtr> One(EventPtr event) {
  std::vector<EventPtr> events;
  events.push_back(std::move(event));
  return events;
}

void Fill(const std::vector<Asked>& lines,
          google::protobuf::RepeatedPtrField<order_intake::v1::RequestedLine>& out) {
  for (const Asked& line : lines) {
    auto& requested = *out.Add();
    requested.set_sku(line.sku);
    requested.set_requested_cartons(line.cartons);
    if (line.demand) requested.set_demand_cartons(*line.demand);
  }
}

partition::Actor Retailer(const std::string& licence) { return {licence, common::v1::ROLE_RETAILER}; }

}  // namespace

OrderIntakeCounty::OrderIntakeCounty(bool floating, bool ordering) {
  Tick(At("2019-06-01", 0, 0));
  auto county = std::make_unique<registry::v1::ReferenceEvent>();
  county->mutable_county_registered()->mutable_county()->set_code(kCode);
  Receive(kReferenceTopic, One(std::move(county)));
  const auto publish = [&](auto fill) {
    auto event = std::make_unique<registry::v1::ReferenceEvent>();
    auto& policy = *event->mutable_policy_published()->mutable_policy();
    *policy.mutable_effective_from() = ToTimestamp(At("2019-06-01", 0, 0));
    fill(policy);
    Receive(kReferenceTopic, One(std::move(event)));
  };
  if (ordering) {
    publish([](registry::v1::PolicyVersion& policy) {
      policy.set_version("ordering-2019-06");
      auto& parameters = *policy.mutable_ordering();
      parameters.set_grace_seconds(300);
      parameters.set_max_lines(1000);
      parameters.set_max_line_cartons(100000);
      parameters.set_max_orders_per_window(100);
      parameters.set_payment_retries(2);
      parameters.set_payment_deadline_minute_of_day(720);
    });
  }
  if (floating) {
    publish([](registry::v1::PolicyVersion& policy) {
      policy.set_version("floating-2019-06");
      policy.mutable_allocation()->set_float_large_bp(500);
    });
  }
  for (int i = 1; i <= 5; ++i) ListSku("62000" + std::to_string(i), 1000 * i);
}

void OrderIntakeCounty::ListSku(const std::string& sku, int64_t wholesale_fen, bool listed) {
  auto event = std::make_unique<registry::v1::ReferenceEvent>();
  auto& row = *event->mutable_sku_changed()->mutable_sku();
  row.set_sku_code(sku);
  row.set_status(listed ? registry::v1::SKU_STATUS_LISTED : registry::v1::SKU_STATUS_DELISTED);
  auto& price = *row.add_prices();
  price.set_valid_from("2019-01-01");
  price.set_wholesale_fen(wholesale_fen);
  Receive(kReferenceTopic, One(std::move(event)));
}

void OrderIntakeCounty::AddRetailer(const std::string& licence, const RetailerSpec& spec) {
  auto event = std::make_unique<registry::v1::Event>();
  auto& retailer = *event->mutable_retailer_changed()->mutable_retailer();
  retailer.set_county_code(kCode);
  retailer.set_licence(licence);
  retailer.mutable_licence_record()->set_status(spec.active ? registry::v1::LICENCE_STATUS_ACTIVE
                                                            : registry::v1::LICENCE_STATUS_SUSPENDED);
  retailer.mutable_licence_record()->set_valid_to(spec.valid_to);
  retailer.mutable_grading()->set_class_code(spec.ration_class);
  retailer.mutable_profile()->set_route_id(spec.route);
  retailer.mutable_profile()->set_expected_to_order(spec.expected);
  Receive(kRegistryTopic, One(std::move(event)));
}

void OrderIntakeCounty::AddStaff(const std::string& staff_id, const std::vector<std::string>& devices) {
  auto event = std::make_unique<registry::v1::Event>();
  auto& changed = *event->mutable_staff_changed();
  changed.set_county_code(kCode);
  changed.mutable_staff()->set_staff_id(staff_id);
  changed.mutable_staff()->set_active(true);
  for (const std::string& device : devices) changed.mutable_staff()->add_device_ids(device);
  Receive(kRegistryTopic, One(std::move(event)));
}

void OrderIntakeCounty::OpenAllowance(const std::string& licence, const std::string& month, int64_t ceiling,
                                      const std::vector<int64_t>& pacing) {
  auto event = std::make_unique<allocation::v1::Event>();
  auto& opened = *event->mutable_allowance_opened();
  opened.set_county_code(kCode);
  opened.set_licence(licence);
  opened.set_month(month);
  opened.set_ceiling_cartons(ceiling);
  for (int64_t step : pacing) opened.add_pacing_ceilings_cartons(step);
  opened.set_policy_version("floating-2019-06");
  Receive(kAllocationTopic, One(std::move(event)));
}

void OrderIntakeCounty::CompleteMonth(const std::string& month) {
  auto event = std::make_unique<allocation::v1::Event>();
  event->mutable_allowances_opened()->set_county_code(kCode);
  event->mutable_allowances_opened()->set_month(month);
  Receive(kAllocationTopic, One(std::move(event)));
}

void OrderIntakeCounty::PublishTight(const std::string& version, const std::vector<std::string>& skus,
                                     absl::Time from) {
  auto event = std::make_unique<allocation::v1::Event>();
  auto& list = *event->mutable_tight_list_published();
  list.set_county_code(kCode);
  list.set_version(version);
  *list.mutable_effective_from() = ToTimestamp(from);
  for (const std::string& sku : skus) list.add_skus(sku);
  Receive(kAllocationTopic, One(std::move(event)));
}

void OrderIntakeCounty::PublishRation(const std::string& version,
                                      const std::vector<std::pair<std::string, int64_t>>& caps_of_class_a,
                                      absl::Time from) {
  auto event = std::make_unique<allocation::v1::Event>();
  auto& table = *event->mutable_reasonable_ration_published();
  table.set_county_code(kCode);
  table.set_version(version);
  *table.mutable_effective_from() = ToTimestamp(from);
  for (const auto& [sku, cap] : caps_of_class_a) {
    auto& ration = *table.add_rations();
    ration.set_sku(sku);
    ration.set_ration_class("A");
    ration.set_cap_cartons(cap);
  }
  Receive(kAllocationTopic, One(std::move(event)));
}

partition::Outcome OrderIntakeCounty::Schedule(const std::string& order_day, const WindowSpec& spec) {
  const absl::Time day = order_intake::StartOfDay(*order_intake::ParseDay(order_day));
  order_intake::v1::ScheduleWindowRequest request;
  request.set_county_code(kCode);
  request.set_order_day(order_day);
  request.set_sequence(spec.sequence);
  request.set_occurrence(spec.occurrence);
  request.set_occurrences(spec.occurrences);
  *request.mutable_opens_at() = ToTimestamp(day - absl::Hours(36));
  *request.mutable_cut_off() = ToTimestamp(day - absl::Seconds(1));
  for (const std::string& route : spec.routes) request.add_route_ids(route);
  request.set_expected_none(spec.expected_none);
  return Send({"M1", common::v1::ROLE_COUNTY_MANAGER},
              "/sanyuan.order_intake.v1.OrderWindowService/ScheduleWindow", request);
}

std::string OrderIntakeCounty::OpenWindow(const std::string& order_day, const WindowSpec& spec) {
  Schedule(order_day, spec);
  const absl::Time opens_at = order_intake::StartOfDay(*order_intake::ParseDay(order_day)) - absl::Hours(36);
  Tick(std::max(now(), opens_at));
  return order_intake::WindowId{kCounty, *order_intake::ParseDay(order_day),
                                static_cast<uint16_t>(spec.sequence)}
      .Text();
}

void OrderIntakeCounty::CloseWindow(const std::string& window_id) {
  const order_intake::Window& window = *state().windows.Find(*order_intake::WindowId::Parse(window_id));
  Tick(std::max(now(), window.cut_off + absl::Seconds(1) + window.limits.grace));
}

partition::Outcome OrderIntakeCounty::Submit(const std::string& licence, const std::string& window_id,
                                             const std::vector<Asked>& lines, absl::Time received_at) {
  order_intake::v1::SubmitOrderRequest request;
  request.set_county_code(kCode);
  request.set_licence(licence);
  request.set_window_id(window_id);
  Fill(lines, *request.mutable_lines());
  return Send(Retailer(licence), std::string(kOrders) + "SubmitOrder", request, received_at);
}

partition::Outcome OrderIntakeCounty::Amend(const std::string& licence, const std::string& order_id,
                                            const std::vector<Asked>& lines) {
  order_intake::v1::AmendOrderRequest request;
  request.set_county_code(kCode);
  request.set_order_id(order_id);
  Fill(lines, *request.mutable_lines());
  return Send(Retailer(licence), std::string(kOrders) + "AmendOrder", request);
}

partition::Outcome OrderIntakeCounty::Cancel(const std::string& licence, const std::string& order_id) {
  order_intake::v1::CancelOrderRequest request;
  request.set_county_code(kCode);
  request.set_order_id(order_id);
  return Send(Retailer(licence), std::string(kOrders) + "CancelOrder", request);
}

partition::Outcome OrderIntakeCounty::ReportDemand(
    const std::string& licence, const std::string& window_id,
    const std::vector<std::pair<std::string, int64_t>>& lines) {
  order_intake::v1::ReportDemandRequest request;
  request.set_county_code(kCode);
  request.set_licence(licence);
  request.set_window_id(window_id);
  for (const auto& [sku, cartons] : lines) {
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_demand_cartons(cartons);
  }
  return Send(Retailer(licence), "/sanyuan.order_intake.v1.DemandService/ReportDemand", request);
}

partition::Outcome OrderIntakeCounty::Pay(const std::string& order_id, bool ok,
                                          const std::string& bank_reference, uint32_t debit_number,
                                          std::optional<int64_t> amount_fen) {
  const auto id = order_intake::OrderId::Parse(order_id);
  const order_intake::Order* order = id ? state().orders.Find(*id) : nullptr;
  if (!amount_fen && order != nullptr && debit_number <= order->debits.size()) {
    amount_fen = order->debits[debit_number - 1].amount_fen;
  }
  order_intake::v1::RecordPaymentRequest request;
  request.set_county_code(kCode);
  request.set_order_id(order_id);
  request.set_debit_number(debit_number);
  request.set_result(ok ? order_intake::v1::PAYMENT_RESULT_PAID : order_intake::v1::PAYMENT_RESULT_FAILED);
  request.set_amount_fen(amount_fen.value_or(0));
  request.set_bank_reference(bank_reference);
  return Send({"bank", common::v1::ROLE_BANK}, std::string(kOrders) + "RecordPayment", request);
}

std::vector<partition::EventPtr> OrderIntakeCounty::Publish(const std::string& run_id,
                                                            const std::string& window_id,
                                                            const std::vector<Offer>& offers,
                                                            bool compensating, size_t budget) {
  // Two retailers on a page, so that every run of some size has several.
  std::vector<std::vector<EventPtr>> pages;
  std::string digests;
  auto published = std::make_unique<allocation::v1::Event>();
  auto& head = *published->mutable_allocation_published();
  for (size_t i = 0; i < offers.size();) {
    auto event = std::make_unique<allocation::v1::Event>();
    auto& page = *event->mutable_allocation_page();
    page.set_run_id(run_id);
    page.set_window_id(window_id);
    page.set_page_number(static_cast<uint32_t>(pages.size()));
    while (i < offers.size() && page.retailers_size() < 2) {
      auto& retailer = *page.add_retailers();
      retailer.set_licence(offers[i].licence);
      for (; i < offers.size() && offers[i].licence == retailer.licence(); ++i) {
        auto& order = *retailer.add_orders();
        order.set_order_id(offers[i].order_id);
        for (const auto& [number, cartons] : offers[i].lines) {
          auto& line = *order.add_lines();
          line.set_line_number(number);
          line.set_offered_cartons(cartons);
        }
      }
    }
    digests.append(Sha256(event->SerializeAsString()).view());
    head.add_page_heights(100 + pages.size());
    pages.push_back(One(std::move(event)));
  }
  head.set_run_id(run_id);
  head.set_window_id(window_id);
  head.set_county_code(kCode);
  head.set_kind(compensating ? allocation::v1::RUN_KIND_COMPENSATING : allocation::v1::RUN_KIND_WINDOW);
  head.set_pages_digest(std::string(Sha256(digests).view()));
  std::vector<const std::vector<EventPtr>*> fetched;
  for (const auto& page : pages) fetched.push_back(&page);
  return Receive(kAllocationTopic, One(std::move(published)), std::move(fetched), budget);
}

const order_intake::Order& OrderIntakeCounty::OrderOf(const std::string& order_id) const {
  return *state().orders.Find(*order_intake::OrderId::Parse(order_id));
}

const order_intake::Allowance& OrderIntakeCounty::AllowanceOf(const std::string& licence,
                                                              const std::string& month) const {
  return *state().allowances.Find({kCounty, *order_intake::ParseMonth(month), Code(licence)});
}

std::vector<Offer> OrderIntakeCounty::FullOffers(const std::string& window_id) const {
  std::vector<Offer> offers;
  const auto window = *order_intake::WindowId::Parse(window_id);
  state().participations.ForEachFrom(
      order_intake::RetailerInWindow{window, Code()},
      [&](const order_intake::RetailerInWindow& key, const order_intake::Participation& participation) {
        if (static_cast<const order_intake::WindowId&>(key) != window) return false;
        for (const auto& id : participation.orders) {
          const order_intake::Order& order = *state().orders.Find(id);
          if (order.state != order_intake::OrderState::kLocked) continue;
          Offer offer{id.Text(), key.licence.str(), {}};
          for (size_t i = 0; i < order.lines.size(); ++i) {
            offer.lines.emplace_back(static_cast<uint32_t>(i + 1), order.lines[i].requested);
          }
          offers.push_back(std::move(offer));
        }
        return true;
      });
  return offers;
}

std::string OrderIdOf(const partition::Outcome& outcome) {
  if (outcome.response == nullptr || outcome.refused()) return "";
  return static_cast<const order_intake::v1::SubmitOrderResponse&>(*outcome.response).order_id();
}

const common::v1::Refusal* Find(const partition::Outcome& outcome, common::v1::Reason reason) {
  for (const common::v1::Refusal& refusal : outcome.refusals) {
    if (refusal.reason() == reason) return &refusal;
  }
  return nullptr;
}

const order_intake::v1::Event& EventOf(const partition::EventPtr& event) {
  return static_cast<const order_intake::v1::Event&>(*event);
}

absl::Time At(const std::string& day, int hour, int minute, int second) {
  const auto parsed = order_intake::ParseDay(day);
  if (!parsed) std::abort();
  return order_intake::StartOfDay(*parsed) + absl::Hours(hour) + absl::Minutes(minute) +
         absl::Seconds(second);
}

}  // namespace sanyuan::testing
