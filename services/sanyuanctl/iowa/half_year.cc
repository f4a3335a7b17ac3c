#include "services/sanyuanctl/iowa/half_year.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

#include "common/reference/wire_time.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "services/sanyuanctl/iowa/load_sales.h"

namespace sanyuan::ctl::iowa {
namespace {

namespace alloc = allocation::v1;
namespace intake = order_intake::v1;
namespace ops = operations::v1;

constexpr int kPageSize = 100;
constexpr int32_t kScheduled = 9 * 60;  // Minutes of the day before.
constexpr int32_t kOpened = 9 * 60 + 1;
constexpr int32_t kClosed = 10;  // Behind the grace period after midnight.

const Caller kImporter{"iowa-import", "OPERATOR", ""};

// What the stores of one county bought on one day.
struct CountyDay {
  std::string county, window;
  std::vector<const Invoice*> invoices;
};

std::string WindowOf(const std::string& county, Date day) {
  return fmt::format("{}-{:04}{:02}{:02}-1", county, day.year(), day.month(), day.day());
}

std::vector<CountyDay> CountiesOf(const Sales& sales, Date day, const std::vector<Invoice>& invoices) {
  std::map<std::string, CountyDay> counties;
  for (const Invoice& invoice : invoices) {
    const std::string& county = sales.stores[invoice.store].county;
    if (!county.empty()) counties[county].invoices.push_back(&invoice);
  }
  std::vector<CountyDay> list;
  for (auto& [county, bought] : counties) {
    bought.county = county;
    bought.window = WindowOf(county, day);
    list.push_back(std::move(bought));
  }
  return list;
}

bool IsAsSent(const Sales& sales, const Invoice& invoice, const intake::Order& order) {
  if (order.licence() != sales.stores[invoice.store].licence) return false;
  return std::equal(invoice.lines.begin(), invoice.lines.end(), order.lines().begin(), order.lines().end(),
                    [&](const Line& line, const intake::OrderLine& held) {
                      return held.sku() == sales.items[line.item].sku &&
                             held.requested_cartons() == line.bottles;
                    });
}

class Player {
 public:
  Player(Client& client, const Sales& sales) : client_(client), sales_(sales) {}

  void Begin() {
    const Date loading = sales_.days.begin()->first - 1;
    FindTime();
    if (now_ && *now_ < AtMinute(loading, 0)) {
      throw Unexpected("the server is not empty: its clock stands at " +
                       absl::FormatTime(*now_, BusinessZone()));
    }
    Step(AtMinute(loading, 0), [this] { LoadReference(client_, sales_); });
    Step(AtMinute(loading, 1), [this] { LoadStores(client_, sales_); });
  }

  void Play(Date day, const std::vector<Invoice>& invoices, Figures& figures) {
    const std::vector<CountyDay> counties = CountiesOf(sales_, day, invoices);
    const auto each = [&](void (Player::*play)(const CountyDay&, Date)) {
      return [this, &counties, day, play] {
        client_.Each(counties.size(), [&](size_t i) { (this->*play)(counties[i], day); });
      };
    };
    Step(AtMinute(day - 1, kScheduled), each(&Player::Schedule));
    Step(AtMinute(day - 1, kOpened), [&] {
      figures.orders_sent += SendOrders(counties);
      each (&Player::StateSupply)();
    });
    Step(AtMinute(day, kClosed), [] {});
    Count(counties, figures);
  }

 private:
  // The clock of an empty server stands at no time. Behind an import that was interrupted it may still be on its way
  // to where that one sent it: it is set to what it says, and asked again when it has left there.
  void FindTime() {
    while (true) {
      const auto clock = client_.Call<ops::GetClockResponse>(kImporter, "", ops::GetClockRequest());
      if (!clock.simulated()) throw Unexpected("the server is not in development mode");
      if (!clock.has_now()) return;
      ops::SetClockRequest request;
      *request.mutable_now() = clock.now();
      ops::SetClockResponse response;
      const Verdict verdict = client_.Try(kImporter, "", request, &response);
      if (verdict.code == static_cast<int>(absl::StatusCode::kInvalidArgument)) continue;
      Client::Check(kImporter, verdict, request);
      now_ = reference::FromWireTime(clock.now());
      return;
    }
  }

  void GoTo(absl::Time time) {
    ops::SetClockRequest request;
    *request.mutable_now() = reference::ToWireTime(time);
    client_.Call<ops::SetClockResponse>(kImporter, "", request);
    now_ = time;
  }

  // Does nothing when the clock has passed `time`: the step was acknowledged as a whole before it moved on.
  template <typename Work>
  void Step(absl::Time time, Work work) {
    if (now_ && *now_ > time) return;
    if (!now_ || *now_ < time) GoTo(time);
    client_.SetNow(time);
    work();
  }

  void Schedule(const CountyDay& bought, Date day) {
    intake::ScheduleWindowRequest request;
    request.set_county_code(bought.county);
    request.set_order_day(DateText(day));
    request.set_sequence(1);
    request.set_occurrence(static_cast<uint32_t>(day.day()));
    request.set_occurrences(31);
    *request.mutable_opens_at() = reference::ToWireTime(AtMinute(day - 1, kOpened));
    *request.mutable_cut_off() = reference::ToWireTime(StartOfDay(day) - absl::Seconds(1));
    request.set_expected_none(true);
    client_.Call<intake::ScheduleWindowResponse>({"CM-" + bought.county, "COUNTY_MANAGER", bought.county},
                                                 bought.window, request);
  }

  // The orders that the window has, by invoice.
  std::map<std::string, intake::Order> OrdersOf(const CountyDay& bought) {
    intake::ListOrdersRequest request;
    request.set_county_code(bought.county);
    request.set_window_id(bought.window);
    request.set_page_size(kPageSize);
    std::map<std::string, intake::Order> orders;
    do {
      auto page = client_.Call<intake::ListOrdersResponse>({"iowa-import", "AUDITOR", ""}, "", request);
      for (intake::Order& order : *page.mutable_orders()) {
        std::string reference = order.reference();
        orders.insert_or_assign(std::move(reference), std::move(order));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return orders;
  }

  int64_t SendOrders(const std::vector<CountyDay>& counties) {
    std::mutex mutex;
    std::vector<std::pair<const CountyDay*, const Invoice*>> missing;
    client_.Each(counties.size(), [&](size_t i) {
      const auto orders = OrdersOf(counties[i]);
      const std::lock_guard lock(mutex);
      for (const Invoice* invoice : counties[i].invoices) {
        if (!orders.contains(invoice->number)) missing.emplace_back(&counties[i], invoice);
      }
    });
    client_.Each(missing.size(), [&](size_t i) { Submit(*missing[i].first, *missing[i].second); });
    return static_cast<int64_t>(missing.size());
  }

  void Submit(const CountyDay& bought, const Invoice& invoice) {
    const std::string& licence = sales_.stores[invoice.store].licence;
    intake::SubmitOrderRequest request;
    request.set_county_code(bought.county);
    request.set_licence(licence);
    request.set_window_id(bought.window);
    request.set_channel(intake::ORDER_CHANNEL_WEB);
    request.set_reference(invoice.number);
    for (const Line& line : invoice.lines) {
      intake::RequestedLine& added = *request.add_lines();
      added.set_sku(sales_.items[line.item].sku);
      added.set_requested_cartons(line.bottles);
    }
    client_.Call<intake::SubmitOrderResponse>({licence, "RETAILER", bought.county}, invoice.number, request);
  }

  void StateSupply(const CountyDay& bought, Date /*day*/) {
    std::map<uint32_t, int64_t> recorded;
    for (const Invoice* invoice : bought.invoices) {
      for (const Line& line : invoice->lines) recorded[line.item] += line.bottles;
    }
    alloc::StateSupplyRequest request;
    request.set_county_code(bought.county);
    request.set_window_id(bought.window);
    request.set_complete(true);
    for (const auto& [item, bottles] : recorded) {
      request.add_lines()->set_sku(sales_.items[item].sku);
      request.mutable_lines()->rbegin()->set_cartons(bottles);
    }
    client_.Call<alloc::StateSupplyResponse>({"SP-" + bought.county, "SUPPLY_DEPARTMENT", bought.county},
                                             bought.window, request);
  }

  // What stands on the server after the day, against the invoices.
  void Count(const std::vector<CountyDay>& counties, Figures& figures) {
    std::mutex mutex;
    client_.Each(counties.size(), [&](size_t i) {
      const auto orders = OrdersOf(counties[i]);
      Figures own;
      for (const Invoice* invoice : counties[i].invoices) {
        const auto order = orders.find(invoice->number);
        if (order == orders.end() || !IsAsSent(sales_, *invoice, order->second)) {
          throw Unexpected(fmt::format("the server has {} for invoice {} in window {}",
                                       order == orders.end() ? "no order" : "another order", invoice->number,
                                       counties[i].window));
        }
        own.lines_accepted += static_cast<int64_t>(invoice->lines.size());
        own.bottles_accepted += invoice->Bottles();
        for (const intake::OrderLine& line : order->second.lines())
          own.bottles_allocated += line.taken_cartons();
      }
      const std::lock_guard lock(mutex);
      figures.invoices_accepted += static_cast<int64_t>(counties[i].invoices.size());
      figures.lines_accepted += own.lines_accepted;
      figures.bottles_accepted += own.bottles_accepted;
      figures.bottles_allocated += own.bottles_allocated;
    });
  }

  Client& client_;
  const Sales& sales_;
  std::optional<absl::Time> now_;  // Of the server.
};

// A store whose county is not known can't be registered: its orders would be refused for that.
void CountKnown(const Sales& sales, const std::vector<Invoice>& invoices, Figures& figures) {
  for (const Invoice& invoice : invoices) {
    const auto lines = static_cast<int64_t>(invoice.lines.size());
    ++figures.invoices;
    figures.lines += lines;
    figures.bottles += invoice.Bottles();
    if (!sales.stores[invoice.store].county.empty()) continue;
    ++figures.invoices_refused;
    figures.lines_refused += lines;
    figures.bottles_refused += invoice.Bottles();
    figures.refused_by_reason["COUNTY_UNKNOWN"] += lines;
  }
}

}  // namespace

Figures PlayDays(Client& client, const Sales& sales, Date from, Date to,
                 const std::function<void(int64_t, Date)>& shown) {
  Figures figures;
  Player player(client, sales);
  player.Begin();
  for (auto day = sales.days.lower_bound(from); day != sales.days.end() && day->first <= to; ++day) {
    CountKnown(sales, day->second, figures);
    player.Play(day->first, day->second, figures);
    shown(figures.invoices, day->first);
  }
  return figures;
}

}  // namespace sanyuan::ctl::iowa
