#include "tests/support/goods_checks.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "sanyuan/order_intake/v1/event.pb.h"
#include "services/allocation/domain/explanation.h"
#include "tests/support/imbalances.h"

namespace sanyuan::testing {
namespace {

namespace intake = order_intake::v1;
namespace events = allocation::v1;

// One line of one order in one run.
using RunLine = std::tuple<std::string, std::string, uint32_t>;
using OrderLine = std::pair<std::string, uint32_t>;

class Findings {
 public:
  template <typename... T>
  void Add(fmt::format_string<T...> text, T&&... values) {
    if (first_.empty()) first_ = fmt::format(text, std::forward<T>(values)...);
  }
  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

// What the journal of allocation says of its runs.
class Runs {
 public:
  explicit Runs(Findings& findings) : findings_(findings) {}

  void Read(const std::vector<Journaled>& decisions);
  // Every line that was offered, of published runs.
  const std::map<RunLine, int64_t>& offers() const { return offers_; }

 private:
  struct Started {
    std::map<std::string, int64_t> supply;
    std::map<std::string, int32_t> grades;
  };

  void Read(const Journaled& journaled);
  void Published(const events::AllocationPublished& published);
  void Page(const events::AllocationPage& page, const Started& started,
            std::map<std::string, int64_t>& given);

  Findings& findings_;
  std::map<std::string, Started> runs_;
  std::map<uint64_t, events::AllocationPage> pages_;  // By height.
  std::set<std::string> published_;
  std::map<RunLine, int64_t> offers_;
};

void Runs::Read(const std::vector<Journaled>& decisions) {
  for (const Journaled& journaled : decisions) Read(journaled);
}

void Runs::Read(const Journaled& journaled) {
  for (const std::string& bytes : journaled.decision.events()) {
    events::Event event;
    if (!event.ParseFromString(bytes)) throw std::runtime_error("an event can't be read");
    if (event.has_run_input_page()) {
      Started& run = runs_[event.run_input_page().run_id()];
      for (const events::InputRetailer& shop : event.run_input_page().retailers()) {
        run.grades[shop.licence()] = shop.grade();
      }
    } else if (event.has_run_started()) {
      std::map<std::string, int64_t>& supply = runs_[event.run_started().run_id()].supply;
      supply.clear();
      for (const events::SkuCartons& line : event.run_started().supply()) supply[line.sku()] = line.cartons();
    } else if (event.has_allocation_page()) {
      pages_[journaled.height] = std::move(*event.mutable_allocation_page());
    } else if (event.has_allocation_published()) {
      Published(event.allocation_published());
    }
  }
}

void Runs::Published(const events::AllocationPublished& published) {
  const std::string& id = published.run_id();
  if (!published_.insert(id).second) return findings_.Add("run {} was published twice", id);
  const Started& started = runs_[id];
  std::map<std::string, int64_t> given;
  for (const uint64_t height : published.page_heights()) {
    const auto page = pages_.find(height);
    if (page == pages_.end() || page->second.run_id() != id) {
      return findings_.Add("run {} was published with a page at height {} that is none", id, height);
    }
    Page(page->second, started, given);
  }
  for (const auto& [sku, cartons] : given) {
    const auto supply = started.supply.find(sku);
    if (cartons > (supply == started.supply.end() ? 0 : supply->second)) {
      findings_.Add("run {} gave {} cartons of {}, more than it had set aside", id, cartons, sku);
    }
  }
}

void Runs::Page(const events::AllocationPage& page, const Started& started,
                std::map<std::string, int64_t>& given) {
  for (const events::SkuLevel& level : page.levels()) {
    // Nothing is set aside of what nobody wants.
    const auto supply = started.supply.find(level.sku());
    if (level.supply_cartons() != (supply == started.supply.end() ? 0 : supply->second)) {
      findings_.Add("run {} was computed from {} cartons of {}, which are not what it had set aside",
                    page.run_id(), level.supply_cartons(), level.sku());
    }
  }
  for (const events::RetailerAllocation& shop : page.retailers()) {
    const auto grade = started.grades.find(shop.licence());
    if (grade == started.grades.end() || grade->second != shop.grade()) {
      findings_.Add("run {} was computed with grade {} of {}, which is not what it had set aside",
                    page.run_id(), shop.grade(), shop.licence());
    }
    for (const events::OrderAllocation& order : shop.orders()) {
      for (const events::OfferedLine& line : order.lines()) {
        const std::string& sku = page.levels(static_cast<int>(line.level_index())).sku();
        given[sku] += line.offered_cartons();
        if (line.offered_cartons() < 0 || line.offered_cartons() > line.requested_cartons()) {
          findings_.Add("run {} offers {} cartons of {} asked for", page.run_id(), line.offered_cartons(),
                        line.requested_cartons());
        }
        offers_[{page.run_id(), order.order_id(), line.line_number()}] = line.offered_cartons();
      }
    }
  }
}

// What the journal of order intake says: the ledger, added up event by event, and the answers to offers.
class Ledgers {
 public:
  explicit Ledgers(Findings& findings) : findings_(findings) {}

  void Read(const std::vector<Journaled>& decisions);
  const std::map<RunLine, int64_t>& answers() const { return answers_; }

  struct Sums {
    int64_t ceiling = 0;
    int64_t reserved = 0;
    int64_t consumed = 0;
  };
  const std::map<std::string, Sums>& shops() const { return shops_; }

 private:
  void Read(const intake::Event& event);
  void Answered(const RunLine& line, int64_t offered);
  void Book(const std::string& licence, int64_t reserved, int64_t consumed);

  Findings& findings_;
  std::map<std::string, std::string> licences_;  // By order.
  std::map<RunLine, int64_t> answers_;
  std::map<std::string, Sums> shops_;
};

void Ledgers::Read(const std::vector<Journaled>& decisions) {
  for (const Journaled& journaled : decisions) {
    for (const std::string& bytes : journaled.decision.events()) {
      intake::Event event;
      if (!event.ParseFromString(bytes)) throw std::runtime_error("an event can't be read");
      Read(event);
    }
  }
}

void Ledgers::Book(const std::string& licence, int64_t reserved, int64_t consumed) {
  if (reserved == 0 && consumed == 0) return;
  Sums& sums = shops_[licence];
  sums.reserved += reserved;
  sums.consumed += consumed;
  if (sums.reserved < 0 || sums.consumed < 0 || sums.reserved + sums.consumed > sums.ceiling) {
    findings_.Add("the allowance of {} has {} reserved and {} consumed of {}", licence, sums.reserved,
                  sums.consumed, sums.ceiling);
  }
}

void Ledgers::Answered(const RunLine& line, int64_t offered) {
  if (!answers_.emplace(line, offered).second) {
    findings_.Add("the offer of {} to line {} of {} was answered twice", std::get<0>(line), std::get<2>(line),
                  std::get<1>(line));
  }
}

void Ledgers::Read(const intake::Event& event) {
  switch (event.event_case()) {
    case intake::Event::kAllowanceNoted:
      shops_[event.allowance_noted().licence()].ceiling = event.allowance_noted().ceiling_cartons();
      break;
    case intake::Event::kOrderSubmitted:
      licences_[event.order_submitted().order_id()] = event.order_submitted().licence();
      Book(event.order_submitted().licence(), event.order_submitted().reserved_cartons(), 0);
      break;
    case intake::Event::kOrderAmended:
      Book(licences_[event.order_amended().order_id()], event.order_amended().reserved_change_cartons(), 0);
      break;
    case intake::Event::kOrderCancelled:
      Book(licences_[event.order_cancelled().order_id()], -event.order_cancelled().released_cartons(), 0);
      break;
    case intake::Event::kAllocationTaken: {
      const intake::AllocationTaken& taken = event.allocation_taken();
      const bool floating = shops_.contains(taken.licence());
      int64_t reserved = 0, consumed = 0;
      for (const intake::TakenLine& line : taken.lines()) {
        Answered({taken.run_id(), taken.order_id(), line.line_number()}, line.offered_cartons());
        consumed += line.taken_cartons();
        reserved += line.reserved_anew_cartons() - line.taken_cartons() - line.released_cartons();
      }
      if (floating) Book(taken.licence(), reserved, consumed);
      break;
    }
    case intake::Event::kAllocationReturned:
      for (const intake::ReturnedLine& line : event.allocation_returned().lines()) {
        Answered({event.allocation_returned().run_id(), event.allocation_returned().order_id(),
                  line.line_number()},
                 line.offered_cartons());
        Book(event.allocation_returned().licence(), -line.released_cartons(), 0);
      }
      break;
    case intake::Event::kOrderVoided:
      Book(event.order_voided().licence(), 0, -event.order_voided().released_cartons());
      break;
    default:
      break;
  }
}

void CheckAllowances(const order_intake::State& state, const Ledgers& ledgers, Findings& findings) {
  std::map<std::string, Ledgers::Sums> of_lines;
  state.orders.ForEach([&](const order_intake::OrderId&, const order_intake::Order& order) {
    if (order.state == order_intake::OrderState::kCancelled) return;
    Ledgers::Sums& sums = of_lines[order.licence.str()];
    for (size_t i = 0; i < order.lines.size(); ++i) {
      const bool settled = !order.settlements.empty() && order.settlements[i].settled;
      if (!settled) sums.reserved += order.lines[i].requested;
      if (!order.settlements.empty()) sums.consumed += order.settlements[i].taken;
    }
  });
  state.allowances.ForEach([&](const order_intake::AllowanceKey& key, const order_intake::Allowance& row) {
    const std::string licence = key.licence.str();
    const Ledgers::Sums& lines = of_lines[licence];
    const auto journaled = ledgers.shops().find(licence);
    if (row.reserved < 0 || row.consumed < 0 || row.reserved + row.consumed > row.ceiling) {
      findings.Add("the allowance of {} has {} reserved and {} consumed of {}", licence, row.reserved,
                   row.consumed, row.ceiling);
    }
    if (row.reserved != lines.reserved || row.consumed != lines.consumed) {
      findings.Add("the allowance of {} says {} reserved and {} consumed, its lines {} and {}", licence,
                   row.reserved, row.consumed, lines.reserved, lines.consumed);
    }
    if (journaled == ledgers.shops().end() || journaled->second.reserved != row.reserved ||
        journaled->second.consumed != row.consumed) {
      findings.Add("the allowance of {} is not what its journal adds up to", licence);
    }
  });
}

void CheckSupply(const allocation::State& state, Findings& findings) {
  for (const std::string& found : Imbalances(state)) findings.Add("{}", found);
  state.window_supplies.ForEach(
      [&](const allocation::WindowSkuKey& key, const allocation::WindowSupply& row) {
        if (row.offered != 0) {
          findings.Add("{} {}: {} cartons are offered and nobody answers",
                       allocation::WindowText(key.window()), key.sku.view(), row.offered);
        }
      });
}

// What the lines hold is what their explanations say, and what the other context says was taken.
void CheckLines(const allocation::State& state, const order_intake::State& orders, Findings& findings) {
  state.results.ForEach([&](const allocation::RunLicenceKey& key, const allocation::RunResult& result) {
    const allocation::Run& run = *state.runs.Find(key.run());
    if (run.state != events::RUN_STATE_PUBLISHED && run.state != events::RUN_STATE_CLOSED) return;
    const allocation::WindowSkus& skus = *state.window_skus.Find(key.run().window());
    for (const allocation::RunResult::Order& order : result.orders) {
      const auto id = order_intake::OrderId::Parse(order.id);
      const order_intake::Order* row = id ? orders.orders.Find(*id) : nullptr;
      for (const allocation::RunResult::Line& line : order.lines) {
        const Code sku = skus.skus[line.sku];
        const auto recomputed =
            allocation::Recompute(allocation::ExplanationOf(key.run(), run, result, order, line, sku));
        if (!recomputed.ok() || *recomputed != line.offered) {
          findings.Add("{} line {} of {} got {} cartons, which is not what its explanation says",
                       allocation::RunText(key.run()), line.line, order.id, line.offered);
        }
        if (key.sequence != 0) continue;
        const int64_t taken = row == nullptr || row->settlements.empty()
                                  ? 0
                                  : row->settlements[static_cast<size_t>(line.line) - 1].taken;
        if (line.held != taken) {
          findings.Add("line {} of {} holds {} for allocation and {} for order intake", line.line, order.id,
                       line.held, taken);
        }
      }
    }
  });
}

void CheckOffers(const Runs& runs, const Ledgers& ledgers, Findings& findings) {
  for (const auto& [line, cartons] : runs.offers()) {
    const auto& [run, order, number] = line;
    const auto answer = ledgers.answers().find(line);
    // In later runs nothing more is no offer.
    if (answer == ledgers.answers().end() && (cartons > 0 || run.ends_with("-r0"))) {
      findings.Add("the offer of {} to line {} of {} was never answered", run, number, order);
    } else if (answer != ledgers.answers().end() && answer->second != cartons) {
      findings.Add("{} offered line {} of {} {} cartons, and {} were answered", run, number, order, cartons,
                   answer->second);
    }
  }
  for (const auto& [line, cartons] : ledgers.answers()) {
    if (!runs.offers().contains(line)) {
      findings.Add("line {} of {} answers an offer of {} that is not published", std::get<2>(line),
                   std::get<1>(line), std::get<0>(line));
    }
  }
}

}  // namespace

std::string CheckGoods(const order_intake::State& orders, const std::vector<Journaled>& intake_journal,
                       const allocation::State& allocation,
                       const std::vector<Journaled>& allocation_journal) {
  Findings findings;
  Runs runs(findings);
  runs.Read(allocation_journal);
  Ledgers ledgers(findings);
  ledgers.Read(intake_journal);
  CheckOffers(runs, ledgers, findings);
  CheckAllowances(orders, ledgers, findings);
  CheckSupply(allocation, findings);
  CheckLines(allocation, orders, findings);
  return findings.first();
}

}  // namespace sanyuan::testing
