#include "services/sanyuanctl/demo/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/digest/digest.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/sanyuanctl/demo/catalogue.h"
#include "services/sanyuanctl/demo/load_county.h"

namespace sanyuan::ctl::demo {
namespace {

namespace alloc = allocation::v1;
namespace intake = order_intake::v1;
namespace ops = operations::v1;

SupplyFigures AskSupply(Client& client) {
  SupplyFigures figures;
  alloc::GetSupplyRequest month;
  month.set_county_code(kCounty);
  month.set_month(kMonth);
  month.set_page_size(kPageSize);
  do {
    const auto page = client.Call<alloc::GetSupplyResponse>(kAuditor, "", month);
    for (const alloc::Supply& supply : page.supplies()) {
      figures.confirmed += supply.confirmed_cartons();
      figures.reserve += supply.reserve_cartons();
      figures.unallocated += supply.unreleased_cartons();
    }
    month.set_page_token(page.next_page_token());
  } while (!month.page_token().empty());
  alloc::ListWindowSupplyRequest window;
  window.set_county_code(kCounty);
  window.set_window_id(kWindow);
  window.set_page_size(kPageSize);
  do {
    const auto page = client.Call<alloc::ListWindowSupplyResponse>(kAuditor, "", window);
    for (const alloc::WindowSupply& supply : page.supplies()) {
      figures.allocated += supply.taken_cartons();
      figures.unallocated += supply.free_cartons() + supply.offered_cartons();
    }
    window.set_page_token(page.next_page_token());
  } while (!window.page_token().empty());
  return figures;
}

// Of the sorted amounts x: sum((2i - n - 1) x_i) / (n sum(x)).
int64_t GiniBasisPoints(std::vector<int64_t> amounts) {
  std::sort(amounts.begin(), amounts.end());
  const auto n = static_cast<int64_t>(amounts.size());
  int64_t weighted = 0, sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    weighted += (2 * (i + 1) - n - 1) * amounts[static_cast<size_t>(i)];
    sum += amounts[static_cast<size_t>(i)];
  }
  return sum == 0 ? 0 : weighted * 10'000 / (n * sum);
}

SpreadFigures AskSpread(Client& client, const Plan& plan) {
  std::map<std::string, bool> tight;
  for (const CatalogueSku& sku : Catalogue()) tight[sku.code] = sku.tight;
  std::map<std::string, std::vector<int64_t>> of_class;
  int64_t asked = 0, got = 0;
  intake::ListOrdersRequest request;
  request.set_county_code(kCounty);
  request.set_window_id(kWindow);
  request.set_page_size(kPageSize);
  do {
    const auto page = client.Call<intake::ListOrdersResponse>(kAuditor, "", request);
    for (const intake::Order& order : page.orders()) {
      if (order.state() == intake::ORDER_STATE_CANCELLED) continue;
      int64_t wanted = 0, taken = 0;
      for (const intake::OrderLine& line : order.lines()) {
        if (!tight[line.sku()]) continue;
        wanted += line.requested_cartons();
        taken += line.taken_cartons();
      }
      if (wanted == 0) continue;
      ++asked;
      if (taken > 0) ++got;
      const auto number = static_cast<size_t>(std::stoi(order.licence().substr(7)));
      of_class[plan.shops[number - 1].ration_class].push_back(taken);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  SpreadFigures figures;
  figures.coverage_bp = asked == 0 ? 0 : got * 10'000 / asked;
  for (auto& [name, amounts] : of_class) {
    figures.gini_bp = std::max(figures.gini_bp, GiniBasisPoints(std::move(amounts)));
  }
  return figures;
}

// The first line that was cut, explained to its retailer.
Explained AskExplanation(Client& client, const Plan& plan) {
  for (const Shop& shop : plan.shops) {
    if (shop.habit == Habit::kSilent || shop.habit == Habit::kCancels) continue;
    alloc::GetAllocationRequest get;
    get.set_county_code(kCounty);
    get.set_window_id(kWindow);
    get.set_licence(shop.licence);
    const auto answer = client.Call<alloc::GetAllocationResponse>(RetailerOf(shop), "", get);
    for (const alloc::Allocation& order : answer.allocations()) {
      for (const alloc::AllocationLine& line : order.lines()) {
        if (line.offered_cartons() == 0 || line.offered_cartons() >= line.requested_cartons()) continue;
        alloc::ExplainLineRequest explain;
        explain.set_county_code(kCounty);
        explain.set_window_id(kWindow);
        explain.set_licence(shop.licence);
        explain.set_order_id(order.order_id());
        explain.set_line_number(line.line_number());
        const auto words = client.Call<alloc::ExplainLineResponse>(RetailerOf(shop), "", explain);
        // Of the last run that shared out to the line.
        if (words.recomputed_cartons() != words.line().offered_cartons()) {
          throw Unexpected(fmt::format("line {} of order {} was offered {} and is explained as {}",
                                       line.line_number(), order.order_id(), words.line().offered_cartons(),
                                       words.recomputed_cartons()));
        }
        return {words.zh(), words.en()};
      }
    }
  }
  return {};
}

std::string Percent(int64_t bp) { return fmt::format("{}.{:02}%", bp / 100, bp % 100); }

}  // namespace

bool Summary::Balanced() const {
  return supply.Balanced() && deliveries.balanced &&
         deliveries.loaded_cartons ==
             deliveries.delivered_cartons + deliveries.returned_cartons + deliveries.lost_cartons;
}

void Ask(Client& client, const Plan& plan, Summary& summary) {
  for (const alloc::Run& run : PublishedRuns(client)) {
    if (run.kind() != alloc::RUN_KIND_WINDOW) continue;
    summary.requested = run.requested_cartons();
    summary.offered = run.offered_cartons();
    summary.fill.assign(run.fill().begin(), run.fill().end());
  }
  summary.supply = AskSupply(client);
  summary.spread = AskSpread(client, plan);
  summary.line = AskExplanation(client, plan);
  summary.digest =
      Sha256(client.Call<ops::GetDigestResponse>(kOperator, "", ops::GetDigestRequest()).text()).Hex();

  summary.engine = client.Call<ops::GetStatusResponse>(kOperator, "", ops::GetStatusRequest()).engine();
  const auto verified = client.Call<ops::VerifyJournalsResponse>(kOperator, "", ops::VerifyJournalsRequest());
  summary.journal_ok = true;
  std::map<std::string, uint64_t> heights;
  for (const ops::PartitionStatus& partition : verified.partitions()) {
    summary.journal_ok = summary.journal_ok && !partition.has_damage();
    summary.records += partition.height();
    summary.decisions += partition.decisions();
    heights[partition.journal_id()] = partition.height();
  }
  summary.acknowledged = client.acknowledged();
  summary.acknowledged_in_journal = true;
  for (const auto& [journal, height] : client.heights()) {
    if (heights[journal] < height) summary.acknowledged_in_journal = false;
  }
}

std::string PageOf(const Summary& s) {
  std::string page;
  const auto add = [&page](const std::string& line) { page += line + "\n"; };
  add("Yongdeng county 永登县, order day 2019-08-06");
  add("");
  add(fmt::format(
      "Orders        {} accepted, {} refused, {} cancelled, {} attempts of staff refused and recorded",
      s.orders.accepted, s.orders.refused, s.orders.cancelled, s.orders.staff_attempts));
  add(fmt::format("Allocation    {} of {} cartons", s.offered, s.requested));
  for (const alloc::ClassFill& fill : s.fill) {
    add(fmt::format("  class {}     {:>7} of {:>7} cartons, fill {} (I-28)", fill.price_class(),
                    fill.offered_cartons(), fill.requested_cartons(), Percent(fill.fill_bp())));
  }
  add(fmt::format("Tight SKUs    coverage {} (I-32), Gini at most {}.{:04} within a class (I-33)",
                  Percent(s.spread.coverage_bp), s.spread.gini_bp / 10'000, s.spread.gini_bp % 10'000));
  add(fmt::format("Payments      {} debits paid, {} failed, {} orders void", s.orders.debits_paid,
                  s.orders.debits_failed, s.orders.orders_void));
  add(fmt::format(
      "Deliveries    {} runs, {} stops, {} receipts, {} absent, {} refused, {} at the second attempt",
      s.deliveries.runs, s.deliveries.stops, s.deliveries.receipts, s.deliveries.absent, s.deliveries.refused,
      s.deliveries.redelivered));
  add(fmt::format("On time       {} (I-65): {} on time, {} early, {} late",
                  Percent(s.deliveries.OnTimeBasisPoints()), s.deliveries.on_time, s.deliveries.early,
                  s.deliveries.late));
  add(fmt::format("Devices       {} uploads, {} events sent twice and counted once", s.deliveries.uploads,
                  s.deliveries.repeated_events));
  add(fmt::format("Suspicions    {} receipts, {} looked at by the service desk", s.deliveries.suspects,
                  s.deliveries.resolved));
  add(
      fmt::format("Inspections   {} planned, {} of them by lot; {} closed, {} missed, {} open; {} put off, "
                  "{} sent from offline; "
                  "{} abnormal, which opened {} tickets and {} clues",
                  s.inspections.planned, s.inspections.drawn, s.inspections.closed, s.inspections.missed,
                  s.inspections.open, s.inspections.postponed, s.inspections.offline, s.inspections.abnormal,
                  s.inspections.tickets, s.inspections.clues));
  add(
      fmt::format("Tickets       {} raised, {} of them by the system; {} closed, {} open; {} went up, {} "
                  "opened again, {} "
                  "needed nothing",
                  s.tickets.raised, s.tickets.of_system, s.tickets.closed, s.tickets.open,
                  s.tickets.escalated, s.tickets.reopened, s.tickets.not_needed));
  add(fmt::format(
      "Clues         {} opened, {} of them by detectors; {} repeat others, {} closed: {} true, {} partly, {} "
      "false, {} not "
      "verifiable; {} objections, {} second checks",
      s.clues.opened, s.clues.of_detectors, s.clues.duplicates, s.clues.closed, s.clues.found_true,
      s.clues.partly, s.clues.found_false, s.clues.unverifiable, s.clues.objections, s.clues.second_checks));
  add("");
  add("Why one line got what it got:");
  add("  " + s.line.zh);
  add("  " + s.line.en);
  add("");
  add(fmt::format("supply {} = allocated {} + reserve {} + unallocated {}: {}", s.supply.confirmed,
                  s.supply.allocated, s.supply.reserve, s.supply.unallocated,
                  s.supply.Balanced() ? "yes" : "NO"));
  add(fmt::format("loaded {} = delivered {} + returned {} + lost {}: {}", s.deliveries.loaded_cartons,
                  s.deliveries.delivered_cartons, s.deliveries.returned_cartons, s.deliveries.lost_cartons,
                  s.deliveries.balanced ? "yes" : "NO"));
  add(fmt::format("feed of {} events on clues, each once and in order: {}", s.feed.events,
                  s.feed.wrong.empty() ? "yes" : "NO, " + s.feed.wrong));
  add(fmt::format("{} acknowledged commands are in the journal: {}", s.acknowledged,
                  s.acknowledged_in_journal ? "yes" : "NO"));
  add(fmt::format("journal of {} records ({} decisions) on the {} engine verified: {}", s.records,
                  s.decisions, s.engine, s.journal_ok ? "sound" : "DAMAGED"));
  add(fmt::format("business digest {}", s.digest));
  add(fmt::format("{:.1f} seconds", s.seconds));
  return page;
}

nlohmann::json JsonOf(const Summary& s) {
  return {{"business_digest", s.digest},
          {"journal_ok", s.journal_ok && s.acknowledged_in_journal},
          {"balanced", s.Balanced()},
          {"orders_accepted", s.orders.accepted},
          {"orders_refused", s.orders.refused},
          {"staff_attempts", s.orders.staff_attempts},
          {"debits_failed", s.orders.debits_failed},
          {"orders_void", s.orders.orders_void},
          {"cartons_requested", s.requested},
          {"cartons_allocated", s.supply.allocated},
          {"receipts", s.deliveries.receipts},
          {"suspects", s.deliveries.suspects},
          {"inspections_planned", s.inspections.planned},
          {"inspections_closed", s.inspections.closed},
          {"inspections_missed", s.inspections.missed},
          {"tickets_raised", s.tickets.raised},
          {"tickets_closed", s.tickets.closed},
          {"clues_opened", s.clues.opened},
          {"clues_closed", s.clues.closed},
          {"clue_feed_events", s.feed.events},
          {"clue_feed_ok", s.feed.wrong.empty()},
          {"on_time_bp", s.deliveries.OnTimeBasisPoints()},
          {"acknowledged", s.acknowledged},
          {"engine", s.engine},
          {"records", s.records},
          {"decisions", s.decisions},
          {"seconds", s.seconds}};
}

}  // namespace sanyuan::ctl::demo
