#include "tests/support/allocation_county.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "services/allocation/domain/explanation.h"

namespace sanyuan::testing {
namespace {

namespace intake = order_intake::v1;
using allocation::State;

constexpr char kSupplier[] = "620121S01";
constexpr char kSecondSupplier[] = "620121S02";

partition::EventPtr Own(const google::protobuf::Message& message) {
  partition::EventPtr copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

std::vector<partition::EventPtr> One(const google::protobuf::Message& message) {
  std::vector<partition::EventPtr> events;
  events.push_back(Own(message));
  return events;
}

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  out->set_seconds(absl::ToUnixSeconds(time));
}

allocation::v1::Event ParsedEvent(const std::string& bytes) {
  allocation::v1::Event event;
  if (!event.ParseFromString(bytes)) throw std::runtime_error("an event can't be read");
  return event;
}

}  // namespace

partition::Actor Retailer(int number) { return {Licence(number), common::v1::ROLE_RETAILER}; }
partition::Actor Staff(const std::string& id, common::v1::Role role) { return {id, role}; }
std::string Licence(int number) { return fmt::format("6201211{:05}", number); }
std::string SkuCode(int number) { return fmt::format("62{:04}", number); }

absl::Time Shanghai(int year, int month, int day, int hour, int minute) {
  return absl::FromCivil(absl::CivilMinute(year, month, day, hour, minute), absl::FixedTimeZone(8 * 3600));
}

AllocationCounty::AllocationCounty(bool has_secrets) {
  secrets_ = [has_secrets](const std::string& cycle) -> std::optional<std::string> {
    if (!has_secrets) return std::nullopt;
    return "a secret of the test, " + cycle;
  };
  domain_ = std::make_unique<allocation::AllocationDomain>(secrets_);
}

std::vector<allocation::v1::Event> AllocationCounty::Last() const {
  std::vector<allocation::v1::Event> events;
  if (records_.empty()) return events;
  for (const std::string& bytes : records_.back().events) events.push_back(ParsedEvent(bytes));
  return events;
}

std::vector<allocation::v1::Event> AllocationCounty::All() const {
  std::vector<allocation::v1::Event> events;
  for (const Record& record : records_) {
    for (const std::string& bytes : record.events) events.push_back(ParsedEvent(bytes));
  }
  return events;
}

partition::Stamp AllocationCounty::StampNow() const {
  partition::Stamp stamp;
  stamp.decided_at = now_;
  stamp.received_at = now_;
  return stamp;
}

absl::Status AllocationCounty::FoldInto(allocation::AllocationDomain& domain, const Record& record,
                                        uint64_t height) {
  partition::Stamp stamp = record.stamp;
  stamp.height = height;
  domain.store().BeginRecord(height);
  for (const std::string& bytes : record.events) {
    const partition::EventPtr event = domain.NewEvent();
    if (!event->ParseFromString(bytes)) return absl::DataLossError("an event can't be read back");
    if (const absl::Status folded = domain.Evolve(*event, stamp); !folded.ok()) return folded;
  }
  domain.store().Accept(height);
  return absl::OkStatus();
}

void AllocationCounty::Fold(const std::vector<partition::EventPtr>& events, const partition::Stamp& stamp) {
  if (events.empty() || !status_.ok()) return;
  Record record{stamp, {}};
  for (const partition::EventPtr& event : events) record.events.push_back(event->SerializeAsString());
  status_ = FoldInto(*domain_, record, ++height_);
  if (keep_records_) records_.push_back(std::move(record));
}

void AllocationCounty::Tick(absl::Time now) {
  now_ = now;
  while (status_.ok() && domain_->NextDue() <= now_) {
    const partition::Outcome outcome = domain_->Fire(StampNow());
    if (outcome.events.empty()) {
      status_ = absl::InternalError("a timer is due and decides nothing");
      return;
    }
    Fold(outcome.events, StampNow());
  }
}

partition::Outcome AllocationCounty::SendMessage(const partition::Actor& actor, const std::string& method,
                                                 std::shared_ptr<const google::protobuf::Message> request) {
  partition::Stamp stamp = StampNow();
  ++requests_;
  for (size_t i = 0; i < 8; ++i) stamp.request_id[i] = static_cast<uint8_t>(requests_ >> (8 * i));
  stamp.actor = actor;
  stamp.method = "/sanyuan.allocation.v1." + method;
  partition::Command command;
  command.county = *CountyOfId(kCounty);
  command.actor = actor;
  command.method = stamp.method;
  command.request_id = stamp.request_id;
  command.received_at = now_;
  command.request = std::move(request);
  partition::Outcome outcome = domain_->Decide(command, stamp);
  Fold(outcome.events, stamp);
  return outcome;
}

void AllocationCounty::Receive(const std::string& topic, const std::vector<partition::EventPtr>& events,
                               std::vector<const std::vector<partition::EventPtr>*> pages, size_t budget) {
  partition::Input input;
  input.topic = topic;
  input.events = &events;
  input.pages = std::move(pages);
  uint64_t index = 0;
  for (bool done = false; !done && status_.ok();) {
    const partition::Reaction reaction = domain_->React(input, index, budget, StampNow());
    if (!reaction.done && reaction.next_index <= index)
      status_ = absl::InternalError("a reaction without progress");
    Fold(reaction.events, StampNow());
    index = reaction.next_index;
    done = reaction.done;
  }
}

int AllocationCounty::Work(int limit) {
  int steps = 0;
  while (steps < limit && status_.ok() && domain_->HasWork()) {
    const partition::Outcome outcome = domain_->Step(StampNow());
    Fold(outcome.events, StampNow());
    ++steps;
  }
  return steps;
}

std::unique_ptr<allocation::AllocationDomain> AllocationCounty::Replayed() const {
  auto fresh = std::make_unique<allocation::AllocationDomain>(secrets_);
  for (size_t i = 0; i < records_.size(); ++i) {
    if (!FoldInto(*fresh, records_[i], i + 1).ok()) return nullptr;
  }
  return fresh;
}

void AllocationCounty::TakeOver() { domain_ = Replayed(); }

void AllocationCounty::PublishPolicy(const std::function<void(registry::v1::AllocationPolicy&)>& change,
                                     const std::string& version, absl::Time from) {
  registry::v1::ReferenceEvent event;
  auto* policy = event.mutable_policy_published()->mutable_policy();
  policy->set_version(version);
  SetTime(from, policy->mutable_effective_from());
  registry::v1::AllocationPolicy& numbers = *policy->mutable_allocation();
  numbers.set_float_large_bp(500);
  numbers.set_float_medium_bp(1'000);
  numbers.set_float_small_bp(1'500);
  numbers.set_float_small_least_cartons(1);
  numbers.set_agreement_max_months(6);
  numbers.set_proposal_lapse_days(10);
  numbers.set_provisional_months(1);
  numbers.set_evidence_months(6);
  numbers.set_agreement_step_above_cartons(50);
  numbers.set_agreement_step_cartons(5);
  numbers.set_agreement_max_cartons(100'000);
  numbers.set_pacing_slack_bp(1'000);
  numbers.set_reserve_bp(500);
  numbers.set_balance_least_demand_cartons(50);
  numbers.set_fill_delta(1);
  if (change) change(numbers);
  Receive("registry.reference.journal", One(event));
}

void AllocationCounty::ListSkus(int count, const std::string& price_class) {
  std::vector<partition::EventPtr> events;
  for (int i = 1; i <= count; ++i) {
    registry::v1::ReferenceEvent event;
    auto* sku = event.mutable_sku_listed()->mutable_sku();
    sku->set_sku_code(SkuCode(i));
    auto* of_class = sku->add_classes();
    of_class->set_valid_from("2019-01-01");
    of_class->set_class_code(price_class);
    events.push_back(Own(event));
  }
  Receive("registry.reference.journal", events);
}

void AllocationCounty::Register(const std::vector<Shop>& shops) {
  std::vector<partition::EventPtr> events;
  for (const Shop& shop : shops) {
    registry::v1::Event event;
    auto* retailer = event.mutable_retailer_registered()->mutable_retailer();
    retailer->set_county_code(kCounty);
    retailer->set_licence(Licence(shop.number));
    retailer->mutable_licence_record()->set_status(shop.active ? registry::v1::LICENCE_STATUS_ACTIVE
                                                               : registry::v1::LICENCE_STATUS_SUSPENDED);
    retailer->mutable_grading()->set_grade(shop.grade);
    retailer->mutable_grading()->set_class_code(shop.ration_class);
    retailer->mutable_grading()->set_scale(shop.scale);
    retailer->mutable_supervision()->set_large(shop.large);
    events.push_back(Own(event));
  }
  Receive("registry.journal", events);
}

void AllocationCounty::Schedule(const std::string& window, int occurrence, int occurrences,
                                absl::Time opens_at) {
  intake::Event event;
  auto* scheduled = event.mutable_order_window_scheduled();
  scheduled->set_window_id(window);
  scheduled->set_occurrence(static_cast<uint32_t>(occurrence));
  scheduled->set_occurrences(static_cast<uint32_t>(occurrences));
  SetTime(opens_at, scheduled->mutable_opens_at());
  Receive("order_intake.journal", One(event));
}

void AllocationCounty::Open(const std::string& window, bool floating, int occurrence, int occurrences) {
  intake::Event event;
  auto* opened = event.mutable_order_window_opened();
  opened->set_window_id(window);
  opened->set_occurrence(static_cast<uint32_t>(occurrence));
  opened->set_occurrences(static_cast<uint32_t>(occurrences));
  opened->set_floating(floating);
  if (floating) {
    state().policies.ForEach([&](const allocation::PolicyKey& key, const auto&) {
      if (key.effective_from_us <= absl::ToUnixMicros(now_)) {
        opened->mutable_versions()->set_allocation_policy(key.version);
      }
    });
    state().tight_lists.ForEach([&](const allocation::VersionKey& key, const auto&) {
      opened->mutable_versions()->set_tight_list(allocation::TightListVersion(key));
    });
    state().rations.ForEach([&](const allocation::VersionKey& key, const auto&) {
      opened->mutable_versions()->set_ration(allocation::RationVersion(key));
    });
  }
  Receive("order_intake.journal", One(event));
}

void AllocationCounty::Close(std::vector<Order>& orders, const std::string& window, size_t per_page) {
  std::map<std::string, std::vector<Order*>> by_licence;
  for (size_t i = 0; i < orders.size(); ++i) {
    if (orders[i].id.empty()) orders[i].id = fmt::format("{}-order-{:06}", kCounty, i);
    by_licence[Licence(orders[i].shop)].push_back(&orders[i]);
  }
  std::vector<std::vector<partition::EventPtr>> pages;
  intake::Event page;
  const auto flush = [&] {
    page.mutable_window_locked_page()->set_window_id(window);
    page.mutable_window_locked_page()->set_page_number(static_cast<uint32_t>(pages.size()));
    pages.push_back(One(page));
    page.Clear();
  };
  for (const auto& [licence, of_shop] : by_licence) {
    auto* retailer = page.mutable_window_locked_page()->add_retailers();
    retailer->set_licence(licence);
    for (const Order* order : of_shop) {
      auto* out = retailer->add_orders();
      out->set_order_id(order->id);
      for (const auto& [sku, cartons] : order->lines) {
        auto* line = out->add_lines();
        line->set_sku(SkuCode(sku));
        line->set_requested_cartons(cartons);
      }
    }
    if (static_cast<size_t>(page.window_locked_page().retailers_size()) == per_page) flush();
  }
  if (page.window_locked_page().retailers_size() > 0) flush();
  intake::Event closed;
  closed.mutable_order_window_closed()->set_window_id(window);
  for (size_t i = 0; i < pages.size(); ++i) closed.mutable_order_window_closed()->add_page_heights(i + 1);
  std::vector<const std::vector<partition::EventPtr>*> pointers;
  for (const auto& events : pages) pointers.push_back(&events);
  Receive("order_intake.journal", One(closed), pointers, 1);
}

void AllocationCounty::TakeAll(const std::string& run) {
  const allocation::RunKey key = *allocation::ParseRun(run);
  std::vector<partition::EventPtr> events;
  state().results.ForEachFrom({key, Code()},
                              [&](const allocation::RunLicenceKey& place, const allocation::RunResult& row) {
                                if (place.run() != key) return false;
                                for (const auto& order : row.orders) {
                                  intake::Event event;
                                  auto* taken = event.mutable_allocation_taken();
                                  taken->set_run_id(run);
                                  taken->set_order_id(order.id);
                                  taken->set_licence(place.licence.str());
                                  taken->set_window_id(allocation::WindowText(key.window()));
                                  for (const auto& line : order.lines) {
                                    if (line.taken != allocation::RunResult::kUnanswered) continue;
                                    auto* out = taken->add_lines();
                                    out->set_line_number(line.line);
                                    out->set_offered_cartons(line.offered);
                                    out->set_taken_cartons(line.offered);
                                  }
                                  if (taken->lines_size() > 0) events.push_back(Own(event));
                                }
                                return true;
                              });
  if (!events.empty()) Receive("order_intake.journal", events);
}

void AllocationCounty::Return(const std::string& run, const Order& order, uint32_t line, int64_t offered,
                              int64_t still_can_take) {
  intake::Event event;
  auto* returned = event.mutable_allocation_returned();
  returned->set_run_id(run);
  returned->set_order_id(order.id);
  returned->set_licence(Licence(order.shop));
  returned->set_window_id(kWindow);
  auto* out = returned->add_lines();
  out->set_line_number(line);
  out->set_offered_cartons(offered);
  out->set_still_can_take_cartons(still_can_take);
  Receive("order_intake.journal", One(event));
}

void AllocationCounty::Void(const Order& order, const std::map<uint32_t, int64_t>& freed,
                            const std::string& window) {
  intake::Event event;
  auto* voided = event.mutable_order_voided();
  voided->set_order_id(order.id);
  voided->set_licence(Licence(order.shop));
  voided->set_window_id(window);
  voided->set_whole_order(true);
  for (const auto& [line, cartons] : freed) {
    auto* out = voided->add_lines();
    out->set_line_number(line);
    out->set_cartons(cartons);
  }
  Receive("order_intake.journal", One(event));
}

allocation::v1::EvidencePack AllocationCounty::Evidence() const {
  allocation::v1::EvidencePack evidence;
  for (int i = 0; i < 6; ++i) evidence.add_ordered_cartons(90 + i);
  evidence.set_same_month_last_year_cartons(95);
  evidence.set_reported_demand_cartons(110);
  evidence.set_capacity_estimate_cartons(120);
  evidence.set_policy_version("allocation-2019-06");
  return evidence;
}

std::string AllocationCounty::Agree(int shop, const std::string& month, int64_t total, int term) {
  allocation::v1::ProposeAgreementsRequest propose;
  auto* proposal = propose.add_proposals();
  proposal->set_licence(Licence(shop));
  proposal->set_agreed_total_cartons(total);
  proposal->set_from_month(month);
  proposal->set_term_months(term);
  *proposal->mutable_evidence() = Evidence();
  const auto proposed = Send(Staff("620121A01", common::v1::ROLE_ACCOUNT_MANAGER),
                             "AgreementService/ProposeAgreements", propose);
  const auto& response = static_cast<const allocation::v1::ProposeAgreementsResponse&>(*proposed.response);
  const std::string id = response.results(0).agreement_id();
  allocation::v1::AcceptAgreementRequest accept;
  accept.set_agreement_id(id);
  accept.set_agreed_total_cartons(total);
  Send(Retailer(shop), "AgreementService/AcceptAgreement", accept);
  allocation::v1::ApproveAgreementRequest approve;
  approve.set_agreement_id(id);
  Send(Staff("620121M01", common::v1::ROLE_MARKETING_MANAGER), "AgreementService/ApproveAgreement", approve);
  return id;
}

void AllocationCounty::Supply(const std::map<int, int64_t>& cartons, const std::string& window) {
  const auto supplier = Staff(kSupplier, common::v1::ROLE_SUPPLY_DEPARTMENT);
  const allocation::WindowKey key = *allocation::ParseWindow(window);
  allocation::v1::ConfirmSupplyRequest confirm;
  allocation::v1::PlanReleaseRequest plan;
  confirm.set_month(allocation::MonthText(allocation::MonthOf(key)));
  plan.set_month(confirm.month());
  for (const auto& [sku, wanted] : cartons) {
    const allocation::Supply* known =
        state().supplies.Find({key.county, allocation::MonthOf(key), Code(SkuCode(sku))});
    // The smallest confirmed amount that leaves `wanted` after the reserve of 5%.
    int64_t confirmed = (known == nullptr ? 0 : known->released + known->planned) + wanted;
    int64_t rest = confirmed;
    while (confirmed - confirmed * 500 / 10'000 < rest) ++confirmed;
    auto* line = confirm.add_lines();
    line->set_sku(SkuCode(sku));
    line->set_cartons(confirmed);
    auto* release = plan.add_lines();
    release->set_sku(SkuCode(sku));
    auto* day = release->add_days();
    day->set_window_id(window);
    day->set_forecast_cartons(1);
  }
  Send(supplier, "SupplyService/ConfirmSupply", confirm);
  Send(supplier, "SupplyService/PlanRelease", plan);
  allocation::v1::ApproveReleaseRequest approve;
  approve.set_window_id(window);
  Send(Staff(kSecondSupplier, common::v1::ROLE_SUPPLY_DEPARTMENT), "SupplyService/ApproveRelease", approve);
}

void AllocationCounty::PublishTight(const std::vector<int>& skus) {
  allocation::v1::PublishTightListRequest request;
  for (int sku : skus) request.add_skus(SkuCode(sku));
  Send(Staff(kSupplier, common::v1::ROLE_SUPPLY_DEPARTMENT), "RationService/PublishTightList", request);
}

void AllocationCounty::PublishCaps(const std::map<int, int64_t>& caps, const std::string& ration_class) {
  allocation::v1::PublishRationsRequest request;
  for (const auto& [sku, cap] : caps) {
    auto* ration = request.add_rations();
    ration->set_sku(SkuCode(sku));
    ration->set_ration_class(ration_class);
    ration->set_cap_cartons(cap);
  }
  Send(Staff(kSupplier, common::v1::ROLE_SUPPLY_DEPARTMENT), "RationService/PublishRations", request);
}

void AllocationCounty::Allocate(std::vector<Order>& orders, const std::map<int, int64_t>& supply,
                                size_t per_page) {
  Schedule();
  Supply(supply);
  Tick(Shanghai(2019, 8, 3, 12));
  Open();
  Tick(Shanghai(2019, 8, 5, 0, 5));
  Close(orders, kWindow, per_page);
  Work();
}

int64_t AllocationCounty::Offered(const Order& order, uint32_t line, const std::string& run) const {
  const auto* row = state().results.Find({*allocation::ParseRun(run), Code(Licence(order.shop))});
  if (row == nullptr) return -1;
  for (const auto& of_row : row->orders) {
    if (of_row.id != order.id) continue;
    for (const auto& of_order : of_row.lines) {
      if (of_order.line == line) return of_order.offered;
    }
  }
  return -1;
}

}  // namespace sanyuan::testing
