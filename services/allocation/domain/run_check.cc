// The check between COMPUTED and CHECKED: what stands in the rows of the result, which is what was journaled, is
// computed again line by line from its own explanation and compared with the input that was set aside.
#include <fmt/format.h>

#include <map>

#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/run.h"
#include "services/allocation/domain/run_work.h"

namespace sanyuan::allocation {
namespace {

constexpr int64_t kCheckedAtOnce = 10'000;
constexpr size_t kEnoughFindings = 20;

}  // namespace

void RunWork::CheckRetailer(const State& state, Code licence, const RunInput& input,
                            std::vector<std::string>& findings) {
  const Run& run = *state.runs.Find(key_);
  const bool first_run = run.kind == v1::RUN_KIND_WINDOW;
  const Policy* policy = PolicyNamed(state, key_.county, run.policy_version);
  const int32_t weight = policy == nullptr ? 1 : WeightOf(*policy, GradeOf(state, licence, input));
  std::map<uint16_t, Ask> asks;
  for (const Ask& ask : AsksOf(state, input)) {
    asks[ask.sku] = ask;
    columns_[ask.sku].checked_wanted += Wanted(ask.held, ask.asked, ask.cap) - ask.held;
  }
  const RunResult* result = state.results.Find({key_, licence});
  if (result == nullptr) {
    if (first_run && !input.orders.empty()) findings.push_back(fmt::format("{}: no result", licence.view()));
    return;
  }
  if (result->weight != weight)
    findings.push_back(fmt::format("{}: weight {}", licence.view(), result->weight));

  size_t lines_of_input = 0;
  size_t lines_of_result = 0;
  for (const RunInput::Order& order : input.orders) lines_of_input += order.lines.size();
  for (const RunResult::Order& order : result->orders) {
    lines_of_result += order.lines.size();
    for (const RunResult::Line& line : order.lines) {
      const Column& column = columns_[line.sku];
      const auto ask = asks.find(line.sku);
      const v1::Explanation explanation = ExplanationOf(key_, run, *result, order, line, column.sku);
      const absl::StatusOr<int64_t> recomputed = Recompute(explanation);
      const bool cap_agrees =
          ask != asks.end() &&
          (line.cap == RunResult::kNoCap ? !ask->second.cap : ask->second.cap == line.cap);
      const bool asked_agrees = ask != asks.end() &&
                                explanation.shop_requested_cartons() == ask->second.asked &&
                                explanation.held_cartons() == ask->second.held;
      if (!recomputed.ok() || *recomputed != line.offered || !cap_agrees || !asked_agrees ||
          line.offered < 0 || line.offered > line.requested) {
        findings.push_back(fmt::format("{} order {} line {}: offered {}, recomputed {}", licence.view(),
                                       order.id, line.line, line.offered,
                                       recomputed.ok() ? *recomputed : -1));
      }
      columns_[line.sku].checked += line.offered;
    }
  }
  if (first_run && lines_of_input != lines_of_result) {
    findings.push_back(fmt::format("{}: {} lines of {}", licence.view(), lines_of_result, lines_of_input));
  }
}

void RunWork::CheckSums(const State& state, std::vector<std::string>& findings) const {
  const Run& run = *state.runs.Find(key_);
  std::map<Code, const SkuSum*> sums;
  for (const SkuSum& sum : run.sums) sums[sum.sku] = &sum;
  for (const Column& column : columns_) {
    if (column.shop.empty()) continue;
    const int64_t supply = SupplyOf(state, column.sku);
    const bool short_of = column.checked_wanted > supply;
    // Nothing is cut without need, nothing scarce is left lying, and never more than there is.
    const int64_t expected = short_of ? supply : column.checked_wanted;
    const WindowSupply* row = state.window_supplies.Find({key_.window(), column.sku});
    const int64_t free = row == nullptr ? 0 : row->free;
    const auto sum = sums.find(column.sku);
    if (column.checked != expected || column.checked > free || sum == sums.end() ||
        sum->second->offered != column.checked || sum->second->within_caps != column.checked_wanted) {
      findings.push_back(fmt::format("{}: offered {} of {} wanted, supply {}, free {}", column.sku.view(),
                                     column.checked, column.checked_wanted, supply, free));
    }
  }
}

Outcome RunWork::CheckStep(const State& state) {
  int64_t lines = 0;
  bool more = false;
  state.inputs.ForEachFrom({key_, after_.value_or(Code())},
                           [&](const RunLicenceKey& place, const RunInput& input) {
                             if (place.run() != key_) return false;
                             if (after_ && place.licence == *after_) return true;
                             if (lines >= kCheckedAtOnce || findings_.size() >= kEnoughFindings) {
                               more = findings_.size() < kEnoughFindings;
                               return false;
                             }
                             after_ = place.licence;
                             CheckRetailer(state, place.licence, input, findings_);
                             for (const RunInput::Order& order : input.orders)
                               lines += static_cast<int64_t>(order.lines.size());
                             return true;
                           });
  if (more) return {};
  if (findings_.empty()) CheckSums(state, findings_);
  if (!findings_.empty()) return Failed(std::move(findings_), state);
  Outcome outcome;
  auto* event = AddEvent(outcome).mutable_run_checked();
  event->set_run_id(RunText(key_));
  event->set_attempt(attempt_);
  phase_ = Phase::kPublish;
  return outcome;
}

}  // namespace sanyuan::allocation
