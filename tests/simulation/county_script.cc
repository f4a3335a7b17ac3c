#include "tests/simulation/county_script.h"

#include <fmt/format.h>

#include <concepts>
#include <stdexcept>
#include <string>
#include <utility>

#include "sanyuan/allocation/v1/agreement.pb.h"
#include "sanyuan/allocation/v1/ration.pb.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "tests/simulation/county_scenario.h"

namespace sanyuan::simulation {
namespace {

namespace allocation = allocation::v1;
namespace intake = order_intake::v1;
using Request = std::shared_ptr<const google::protobuf::Message>;

constexpr char kMonth[] = "2019-08";
constexpr char kOrderDay[] = "2019-08-05";
constexpr char kLaterDay[] = "2019-08-12";
constexpr int64_t kAgreedTotal = 40;
constexpr Micros kFiveDays = 5 * 86'400 * kSecond;
constexpr int kOrders = 24;
constexpr int kDemands = 8;
constexpr int kAmendments = 12;
constexpr int kCancellations = 4;
constexpr int kPayments = 26;

std::string WindowOf(County county) { return CountyText(county) + "-20190805-1"; }
std::string LaterWindow() { return CountyText(kFloatingCounty) + "-20190812-1"; }

class Script {
 public:
  explicit Script(Random& random) : random_(random) {}

  void Agreements();
  void Windows();
  void Rations();
  void Supply();
  void FurtherSupply();
  void RecordedSupply();
  void Demand();
  void Orders();
  void Payments();
  void Secrets();
  void Forbidden();

  std::vector<Ask> Take() { return std::move(asks_); }

 private:
  struct Shop {
    County county;
    std::string licence;
  };

  Shop AnyShop() {
    const bool floating = random_.Percent(70);
    const County county = floating ? kFloatingCounty : kRecordedCounty;
    return {
        county,
        LicenceOf(county, static_cast<int>(random_.Between(1, floating ? kFloatingShops : kRecordedShops)))};
  }
  Micros Around(Micros from, Micros until) { return random_.Between(from, until); }

  // Its index. Takes `actor` as its own: it may be that of another ask, which moves when one is added.
  size_t Add(size_t context, County county, std::string actor, common::v1::Role role,
             const std::string& method, Micros at, std::function<Request(const Answered&)> request) {
    Ask& ask = asks_.emplace_back();
    ask.context = context;
    ask.county = county;
    ask.actor = {std::move(actor), role};
    ask.method =
        fmt::format("/sanyuan.{}.v1.{}", context == kOrderIntake ? "order_intake" : "allocation", method);
    ask.at = at;
    ask.request = std::move(request);
    return asks_.size() - 1;
  }
  template <std::derived_from<google::protobuf::Message> Message>
  size_t Add(size_t context, County county, std::string actor, common::v1::Role role,
             const std::string& method, Micros at, Message message) {
    message.set_county_code(CountyText(county));
    Request request = std::make_shared<Message>(std::move(message));
    return Add(context, county, std::move(actor), role, method, at,
               [request = std::move(request)](const Answered&) { return request; });
  }
  template <typename Message>
  size_t AddSupply(const std::string& method, Micros at, Message message, int person = 1,
                   County county = kFloatingCounty) {
    return Add(kAllocation, county, fmt::format("{}S0{}", CountyText(county), person),
               common::v1::ROLE_SUPPLY_DEPARTMENT, method, at, std::move(message));
  }
  void After(size_t ask, size_t before, bool depends = false) {
    asks_[ask].after = before;
    asks_[ask].depends = depends;
  }

  size_t PlanRelease(Micros at, int64_t later_forecast);
  size_t ApproveRelease(Micros at);
  void FillLines(google::protobuf::RepeatedPtrField<intake::RequestedLine>& lines);
  void Amend(size_t order);
  void Cancel(size_t order);
  void Pay(size_t order, int number);

  Random& random_;
  std::vector<Ask> asks_;
  std::vector<size_t> orders_;
  std::vector<size_t> approvals_;
  size_t windows_ = 0;
};

void Script::Agreements() {
  const std::string manager = CountyText(kFloatingCounty) + "A01";
  allocation::ProposeAgreementsRequest propose;
  for (int shop = 1; shop <= kFloatingShops; ++shop) {
    allocation::AgreementProposal& proposal = *propose.add_proposals();
    proposal.set_licence(LicenceOf(kFloatingCounty, shop));
    proposal.set_agreed_total_cartons(kAgreedTotal);
    proposal.set_from_month(kMonth);
    proposal.set_term_months(6);
    allocation::EvidencePack& evidence = *proposal.mutable_evidence();
    for (int month = 0; month < 6; ++month) evidence.add_ordered_cartons(30 + month);
    evidence.set_same_month_last_year_cartons(35);
    evidence.set_reported_demand_cartons(50);
    evidence.set_capacity_estimate_cartons(60);
    evidence.set_policy_version("allocation");
  }
  const size_t proposed = Add(kAllocation, kFloatingCounty, manager, common::v1::ROLE_ACCOUNT_MANAGER,
                              "AgreementService/ProposeAgreements", 300 * kMillisecond, propose);
  const auto id_of = [proposed](const Answered& answered, int shop) {
    allocation::ProposeAgreementsResponse response;
    if (const partition::Answer* answer = answered.AnswerTo(proposed)) {
      if (!response.ParseFromString(answer->response)) throw std::runtime_error("a response can't be read");
    }
    return shop <= response.results_size() ? response.results(shop - 1).agreement_id() : "";
  };
  size_t last = proposed;
  for (int shop = 1; shop <= kFloatingShops; ++shop) {
    last = Add(kAllocation, kFloatingCounty, LicenceOf(kFloatingCounty, shop), common::v1::ROLE_RETAILER,
               "AgreementService/AcceptAgreement", Around(400 * kMillisecond, 800 * kMillisecond),
               [id_of, shop](const Answered& answered) {
                 auto accept = std::make_shared<allocation::AcceptAgreementRequest>();
                 accept->set_county_code(CountyText(kFloatingCounty));
                 accept->set_agreement_id(id_of(answered, shop));
                 accept->set_agreed_total_cartons(kAgreedTotal);
                 return accept;
               });
    After(last, proposed);
  }
  // The second time for those whose consent came late.
  for (const Micros at : {1200 * kMillisecond, 2200 * kMillisecond, 3500 * kMillisecond}) {
    const size_t approved = Add(kAllocation, kFloatingCounty, CountyText(kFloatingCounty) + "M01",
                                common::v1::ROLE_MARKETING_MANAGER, "AgreementService/ApproveAgreements", at,
                                [id_of](const Answered& answered) {
                                  auto approve = std::make_shared<allocation::ApproveAgreementsRequest>();
                                  approve->set_county_code(CountyText(kFloatingCounty));
                                  for (int shop = 1; shop <= kFloatingShops; ++shop) {
                                    approve->add_agreement_ids(id_of(answered, shop));
                                  }
                                  return approve;
                                });
    After(approved, last);
    approvals_.push_back(approved);
  }
}

void Script::Windows() {
  const auto schedule = [&](County county, const char* day, Micros opens_at, Micros cut_off,
                            uint32_t number) {
    CountyScenario county_time;
    intake::ScheduleWindowRequest request;
    request.set_order_day(day);
    request.set_sequence(1);
    request.set_occurrence(number);
    request.set_occurrences(2);
    request.mutable_opens_at()->set_seconds(absl::ToUnixSeconds(county_time.TimeAt(opens_at)));
    request.mutable_cut_off()->set_seconds(absl::ToUnixSeconds(county_time.TimeAt(cut_off)));
    return Add(kOrderIntake, county, CountyText(county) + "C01", common::v1::ROLE_COUNTY_MANAGER,
               "OrderWindowService/ScheduleWindow", Around(100 * kMillisecond, 600 * kMillisecond), request);
  };
  windows_ = schedule(kFloatingCounty, kOrderDay, kOpens, kCutOff, 1);
  schedule(kRecordedCounty, kOrderDay, kOpens, kCutOff, 1);
  // Opens after the round, and takes what the first one leaves over.
  schedule(kFloatingCounty, kLaterDay, kOpens + kFiveDays, kCutOff + kFiveDays, 2);
}

void Script::Rations() {
  allocation::PublishTightListRequest tight;
  tight.add_skus(SkuOf(1));
  const size_t published = AddSupply("RationService/PublishTightList", Around(kSecond, 2 * kSecond), tight);
  allocation::PublishRationsRequest rations;
  allocation::Ration& ration = *rations.add_rations();
  ration.set_sku(SkuOf(1));
  ration.set_ration_class("M");
  ration.set_cap_cartons(random_.Between(4, 12));
  After(AddSupply("RationService/PublishRations", Around(kSecond, 2 * kSecond), rations), published);
}

size_t Script::PlanRelease(Micros at, int64_t later_forecast) {
  allocation::PlanReleaseRequest plan;
  plan.set_month(kMonth);
  for (int sku = 1; sku <= kSkus; ++sku) {
    allocation::ReleaseLine& line = *plan.add_lines();
    line.set_sku(SkuOf(sku));
    allocation::DayForecast& day = *line.add_days();
    day.set_window_id(WindowOf(kFloatingCounty));
    day.set_forecast_cartons(4);
    if (later_forecast == 0) continue;
    allocation::DayForecast& later = *line.add_days();
    later.set_window_id(LaterWindow());
    later.set_forecast_cartons(later_forecast);
  }
  return AddSupply("SupplyService/PlanRelease", at, plan);
}

size_t Script::ApproveRelease(Micros at) {
  allocation::ApproveReleaseRequest approve;
  approve.set_window_id(WindowOf(kFloatingCounty));
  return AddSupply("SupplyService/ApproveRelease", at, approve, 2);
}

void Script::Supply() {
  allocation::ConfirmSupplyRequest confirm;
  confirm.set_month(kMonth);
  for (int sku = 1; sku <= kSkus; ++sku) {
    allocation::SkuCartons& line = *confirm.add_lines();
    line.set_sku(SkuOf(sku));
    line.set_cartons(random_.Between(10, 25) * sku);
  }
  const size_t confirmed = AddSupply("SupplyService/ConfirmSupply", Around(kSecond, 2 * kSecond), confirm);
  const size_t planned = PlanRelease(Around(2 * kSecond, 6 * kSecond), random_.Between(0, 2));
  After(planned, confirmed);
  // Before the window closes, or when its run already waits for it.
  const size_t approved = ApproveRelease(random_.Percent(50) ? Around(6 * kSecond, kCutOff)
                                                             : Around(kAllocated, kAllocated + kSecond));
  After(approved, planned);
}

// More is confirmed and released, some of it while the window's run is computed.
void Script::FurtherSupply() {
  allocation::ConfirmSupplyRequest confirm;
  confirm.set_month(kMonth);
  for (int sku = 1; sku <= kSkus; ++sku) {
    allocation::SkuCartons& line = *confirm.add_lines();
    line.set_sku(SkuOf(sku));
    line.set_cartons(random_.Between(26, 40) * sku);
  }
  const Micros at = Around(kCutOff, kAllocated);
  const size_t confirmed = AddSupply("SupplyService/ConfirmSupply", at, confirm);
  const size_t planned = PlanRelease(at, 1);
  After(planned, confirmed);
  const size_t approved = ApproveRelease(Around(kAllocated - kSecond, kAllocated + 2 * kSecond));
  After(approved, planned);
}

void Script::RecordedSupply() {
  const auto state = [&](Micros at, int64_t least, int64_t most, bool complete) {
    allocation::StateSupplyRequest request;
    request.set_window_id(WindowOf(kRecordedCounty));
    for (int sku = 1; sku <= kSkus; ++sku) {
      allocation::SkuCartons& line = *request.add_lines();
      line.set_sku(SkuOf(sku));
      line.set_cartons(random_.Between(least, most));
    }
    request.set_complete(complete);
    AddSupply("SupplyService/StateSupply", at, request, 1, kRecordedCounty);
  };
  state(Around(2 * kSecond, 6 * kSecond), 3, 6, false);
  // The run begins with the completion, and what comes beside it may be too late for it.
  const Micros completed = Around(kCutOff, kAllocated + kSecond);
  state(completed, 6, 9, true);
  state(completed + Around(0, 8 * kMillisecond), 9, 14, false);
  state(Around(kAllocated, kAllocated + 2 * kSecond), 14, 20, false);
}

void Script::Demand() {
  for (int i = 0; i < kDemands; ++i) {
    const Shop shop = AnyShop();
    intake::ReportDemandRequest request;
    request.set_licence(shop.licence);
    request.set_window_id(WindowOf(shop.county));
    intake::DemandLine& line = *request.add_lines();
    line.set_sku(SkuOf(static_cast<int>(random_.Between(1, kSkus))));
    line.set_demand_cartons(random_.Between(0, 1000));
    Add(kOrderIntake, shop.county, shop.licence, common::v1::ROLE_RETAILER, "DemandService/ReportDemand",
        Around(kOpens, kCutOff), request);
  }
}

void Script::FillLines(google::protobuf::RepeatedPtrField<intake::RequestedLine>& lines) {
  for (int64_t count = random_.Between(1, 3); count > 0; --count) {
    intake::RequestedLine& line = *lines.Add();
    line.set_sku(SkuOf(static_cast<int>(random_.Between(1, kSkus))));
    line.set_requested_cartons(random_.Percent(95) ? random_.Between(0, 6) : random_.Between(10, 200));
    if (random_.Percent(30)) line.set_demand_cartons(random_.Between(0, 50));
  }
}

std::string OrderIdOf(const Answered& answered, size_t order) {
  intake::SubmitOrderResponse response;
  if (const partition::Answer* answer = answered.AnswerTo(order))
    if (!response.ParseFromString(answer->response)) throw std::runtime_error("a response can't be read");
  return response.order_id();
}

void Script::Amend(size_t order) {
  intake::AmendOrderRequest amend;
  amend.set_county_code(CountyText(asks_[order].county));
  FillLines(*amend.mutable_lines());
  const size_t amended = Add(kOrderIntake, asks_[order].county, asks_[order].actor.id,
                             common::v1::ROLE_RETAILER, "OrderService/AmendOrder",
                             Around(kOpens, kCutOff + kSecond), [order, amend](const Answered& answered) {
                               auto request = std::make_shared<intake::AmendOrderRequest>(amend);
                               request->set_order_id(OrderIdOf(answered, order));
                               return request;
                             });
  After(amended, order, random_.Percent(30));
}

void Script::Cancel(size_t order) {
  const size_t cancelled =
      Add(kOrderIntake, asks_[order].county, asks_[order].actor.id, common::v1::ROLE_RETAILER,
          "OrderService/CancelOrder", Around(kOpens, kCutOff + kSecond),
          [order, county = CountyText(asks_[order].county)](const Answered& answered) {
            auto request = std::make_shared<intake::CancelOrderRequest>();
            request->set_county_code(county);
            request->set_order_id(OrderIdOf(answered, order));
            return request;
          });
  After(cancelled, order);
}

void Script::Orders() {
  for (int i = 0; i < kOrders; ++i) {
    const Shop shop = AnyShop();
    intake::SubmitOrderRequest request;
    request.set_licence(shop.licence);
    request.set_window_id(WindowOf(shop.county));
    request.set_reference(fmt::format("order {}", i));
    FillLines(*request.mutable_lines());
    const Micros at = random_.Percent(80) ? Around(kOpens + kSecond, kCutOff)
                                          : Around(kOpens - kSecond, kCutOff + 2 * kSecond);
    const size_t order = Add(kOrderIntake, shop.county, shop.licence, common::v1::ROLE_RETAILER,
                             "OrderService/SubmitOrder", at, request);
    // The shop waits until it sees its allowance, or uses the id of an earlier order for this one.
    if (shop.county == kFloatingCounty && random_.Percent(20)) {
      After(order, random_.Pick(approvals_), true);
    } else if (!orders_.empty() && random_.Percent(8)) {
      const size_t other = random_.Pick(orders_);
      if (asks_[other].actor.id == shop.licence && !asks_[other].reuses) {
        After(order, other);
        asks_[order].reuses = true;
      }
    }
    orders_.push_back(order);
  }
  for (int i = 0; i < kAmendments; ++i) Amend(random_.Pick(orders_));
  for (int i = 0; i < kCancellations; ++i) Cancel(random_.Pick(orders_));
}

// The bank looks up the first debit that is open, and what it is about.
void Script::Pay(size_t order, int number) {
  const std::string reference = fmt::format("bank {}", number);
  const bool fails = random_.Percent(25);
  const Micros at = random_.Percent(75) ? Around(12 * kSecond, 16'400 * kMillisecond)
                                        : Around(18'200 * kMillisecond, 20'500 * kMillisecond);
  const size_t paid =
      Add(kOrderIntake, asks_[order].county, "bank", common::v1::ROLE_BANK, "OrderService/RecordPayment", at,
          [order, reference, fails, county = asks_[order].county](const Answered& answered) {
            auto request = std::make_shared<intake::RecordPaymentRequest>();
            request->set_county_code(CountyText(county));
            request->set_bank_reference(reference);
            request->set_debit_number(1);
            const auto id = order_intake::OrderId::Parse(OrderIdOf(answered, order));
            request->set_order_id(id ? id->Text() : partition::DeriveId(county, "order", "unknown"));
            request->set_result(fails ? intake::PAYMENT_RESULT_FAILED : intake::PAYMENT_RESULT_PAID);
            const partition::Domain* view = answered.View(kOrderIntake);
            if (view == nullptr || !id) return request;
            const auto& state = static_cast<const order_intake::OrderIntakeDomain*>(view)->state();
            const order_intake::Order* row = state.orders.Find(*id);
            for (size_t i = 0; row != nullptr && i < row->debits.size(); ++i) {
              const order_intake::Debit& debit = row->debits[i];
              if (debit.state != order_intake::DebitState::kDue &&
                  debit.state != order_intake::DebitState::kFailed)
                continue;
              request->set_debit_number(static_cast<uint32_t>(i + 1));
              request->set_amount_fen(debit.amount_fen);
              break;
            }
            return request;
          });
  After(paid, order);
}

void Script::Payments() {
  for (int i = 0; i < kPayments; ++i) Pay(random_.Pick(orders_), i);
}

void Script::Secrets() {
  for (const County county : {kFloatingCounty, kRecordedCounty}) {
    allocation::RevealTieKeyRequest reveal;
    reveal.set_window_id(WindowOf(county));
    reveal.set_secret(SecretOf(WindowOf(county)));
    AddSupply("TieKeyService/RevealTieKey", Around(kAllocated + kSecond, 15 * kSecond), reveal, 1, county);
  }
}

void Script::Forbidden() {
  intake::SubmitOrderRequest order;
  order.set_licence(LicenceOf(kFloatingCounty, 1));
  order.set_window_id(WindowOf(kFloatingCounty));
  FillLines(*order.mutable_lines());
  Add(kOrderIntake, kFloatingCounty, CountyText(kFloatingCounty) + "A01", common::v1::ROLE_ACCOUNT_MANAGER,
      "OrderService/SubmitOrder", Around(kOpens, kCutOff), order);
  allocation::ApproveReleaseRequest approve;
  approve.set_window_id(WindowOf(kFloatingCounty));
  Add(kAllocation, kFloatingCounty, CountyText(kFloatingCounty) + "A01", common::v1::ROLE_ACCOUNT_MANAGER,
      "SupplyService/ApproveRelease", Around(kOpens, kAllocated), approve);
}

}  // namespace

std::vector<Ask> NewCountyScript(Random& random) {
  Script script(random);
  script.Windows();
  script.Agreements();
  script.Rations();
  script.Supply();
  script.FurtherSupply();
  script.RecordedSupply();
  script.Demand();
  script.Orders();
  script.Payments();
  script.Secrets();
  script.Forbidden();
  return script.Take();
}

}  // namespace sanyuan::simulation
