#include "services/allocation/domain/run_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/partition/safeguards.h"
#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/run.h"

namespace sanyuan::allocation {
namespace {

constexpr int64_t kLinesAtOnce = 20'000;

}  // namespace

RunWork RunWork::Copy(const RunKey& key) { return {key, 0, "", Phase::kCopy}; }

RunWork RunWork::Compute(const RunKey& key, uint32_t attempt, std::string secret) {
  return {key, attempt, std::move(secret), Phase::kGather};
}

bool RunWork::Fits(const State& state) const {
  const Run* run = state.runs.Find(key_);
  if (run == nullptr) return false;
  const RunProgress& progress = *state.progress.Find(key_);
  if (phase_ == Phase::kCopy) {
    return run->state == v1::RUN_STATE_SCHEDULED && progress.input_pages == pages_;
  }
  if (progress.attempt != attempt_) return false;
  switch (run->state) {
    case v1::RUN_STATE_SNAPSHOT:
      return phase_ <= Phase::kPages && progress.page_heights.size() == pages_;
    case v1::RUN_STATE_COMPUTED:
      return phase_ == Phase::kCheck;
    case v1::RUN_STATE_CHECKED:
      return phase_ == Phase::kPublish;
    default:
      return false;
  }
}

bool RunWork::Done(const State& state) const {
  const Run* run = state.runs.Find(key_);
  if (run == nullptr) return true;
  if (phase_ == Phase::kCopy) return state.progress.Find(key_)->input_complete;
  return run->state == v1::RUN_STATE_PUBLISHED;
}

Outcome RunWork::Step(const State& state) {
  if (!prepared_ && phase_ != Phase::kCopy) {
    Prepare(state);
    return {};
  }
  switch (phase_) {
    case Phase::kCopy:
      return CopyStep(state);
    case Phase::kGather:
      GatherStep(state);
      return {};
    case Phase::kFill:
      if (const absl::Status status = FillStep(state); !status.ok()) {
        return Failed({std::string(status.message().data(), status.message().size())}, state);
      }
      return {};
    case Phase::kPages:
      return PageStep(state);
    case Phase::kCheck:
      return CheckStep(state);
    case Phase::kPublish:
      return PublishStep(state);
  }
  return {};
}

int64_t RunWork::SupplyOf(const State& state, Code sku) const {
  if (!partition::Safeguards::run_from_snapshot) {
    const WindowSupply* live = state.window_supplies.Find({key_.window(), sku});
    return live == nullptr ? 0 : live->free;
  }
  const auto& supply = state.progress.Find(key_)->supply;
  const auto it = std::lower_bound(supply.begin(), supply.end(), std::pair(sku, INT64_MIN));
  return it == supply.end() || it->first != sku ? 0 : it->second;
}

int32_t RunWork::GradeOf(const State& state, Code licence, const RunInput& input) const {
  if (partition::Safeguards::run_from_snapshot) return input.grade;
  const Retailer* live = state.retailers.Find({key_.county, licence});
  return live == nullptr ? input.grade : live->grade;
}

std::vector<RunWork::Ask> RunWork::AsksOf(const State& state, const RunInput& input) const {
  // Few lines of a shop name a SKU twice, so looking back over sorted places is cheap.
  std::vector<Ask> asks;
  for (const RunInput::Order& order : input.orders) {
    for (const RunInput::Line& line : order.lines)
      asks.push_back({line.sku, line.requested, 0, 1, std::nullopt});
  }
  std::stable_sort(asks.begin(), asks.end(), [](const Ask& a, const Ask& b) { return a.sku < b.sku; });
  size_t kept = 0;
  for (size_t i = 0; i < asks.size(); ++i) {
    if (kept > 0 && asks[kept - 1].sku == asks[i].sku) {
      asks[kept - 1].asked += asks[i].asked;
      ++asks[kept - 1].lines;
    } else {
      asks[kept++] = asks[i];
    }
  }
  asks.resize(kept);
  const WindowSkus& skus = *state.window_skus.Find(key_.window());
  for (Ask& ask : asks) {
    ask.cap = caps_.Of(skus.skus[ask.sku], input.ration_class);
    for (const auto& [sku, held] : input.held) {
      if (sku == ask.sku) ask.held = held;
    }
  }
  return asks;
}

void RunWork::Prepare(const State& state) {
  const Run& run = *state.runs.Find(key_);
  caps_ = Caps(state, key_.county, run.tight_list_version, run.ration_version);
  if (const WindowSkus* skus = state.window_skus.Find(key_.window())) {
    columns_.resize(skus->skus.size());
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].sku = skus->skus[i];
  }
  prepared_ = true;
}

void RunWork::GatherStep(const State& state) {
  const Run& run = *state.runs.Find(key_);
  const Policy* policy = PolicyNamed(state, key_.county, run.policy_version);
  int64_t lines = 0;
  bool more = false;
  state.inputs.ForEachFrom(
      {key_, after_.value_or(Code())}, [&](const RunLicenceKey& place, const RunInput& input) {
        if (place.run() != key_) return false;
        if (after_ && place.licence == *after_) return true;
        if (lines >= kLinesAtOnce) {
          more = true;
          return false;
        }
        after_ = place.licence;
        const auto shop = static_cast<uint32_t>(shops_.size());
        const int32_t grade = GradeOf(state, place.licence, input);
        shops_.push_back({place.licence, policy == nullptr ? 1 : WeightOf(*policy, grade)});
        for (const Ask& ask : AsksOf(state, input)) {
          Column& column = columns_[ask.sku];
          const int64_t wanted = Wanted(ask.held, ask.asked, ask.cap);
          column.shop.push_back(shop);
          column.wanted.push_back(static_cast<int32_t>(wanted));
          column.requested += ask.asked;
          column.held += ask.held;
          column.within_caps += wanted - ask.held;
          column.lines += ask.lines;
          lines += ask.lines;
        }
        return true;
      });
  if (more) return;
  after_.reset();
  phase_ = Phase::kFill;
}

absl::Status RunWork::FillStep(const State& state) {
  if (next_column_ == columns_.size()) {
    phase_ = Phase::kPages;
    return absl::OkStatus();
  }
  Column& column = columns_[next_column_];
  ++next_column_;
  const Run& run = *state.runs.Find(key_);
  column.supply = SupplyOf(state, column.sku);
  column.level.rule = run.fill;
  const size_t size = column.shop.size();
  column.gets.assign(size, 0);
  if (column.within_caps <= column.supply) {
    column.rule = v1::LINE_RULE_FULL;
    column.gets = column.wanted;
    return absl::OkStatus();
  }
  if (column.supply <= 0) {
    // Everybody stays with what he holds; the pages work that out line by line.
    column.rule = v1::LINE_RULE_NO_SUPPLY;
    return absl::OkStatus();
  }
  column.rule = v1::LINE_RULE_WATER_FILLING;
  auto keys = TieKeys::Create(secret_, WindowText(key_.window()), column.sku.view());
  if (!keys.ok()) return keys.status();
  column.keys = *std::move(keys);
  std::vector<int64_t> wanted(column.wanted.begin(), column.wanted.end());
  std::vector<int32_t> weights(size);
  std::vector<int64_t> gets(size);
  for (size_t i = 0; i < size; ++i) weights[i] = shops_[column.shop[i]].weight;
  const auto key_of = [&](size_t line) { return column.keys->Of(shops_[column.shop[line]].licence.view()); };
  const absl::StatusOr<Level> level =
      WaterFill(run.fill, column.supply + column.held, wanted, weights, key_of, absl::MakeSpan(gets));
  if (!level.ok()) return level.status();
  column.level = *level;
  for (size_t i = 0; i < size; ++i) column.gets[i] = static_cast<int32_t>(gets[i]);
  return absl::OkStatus();
}

Outcome RunWork::Failed(std::vector<std::string> findings, const State& state) {
  constexpr size_t kShown = 20;
  constexpr uint32_t kTries = 2;
  Outcome outcome;
  auto* event = AddEvent(outcome).mutable_run_check_failed();
  event->set_run_id(RunText(key_));
  event->set_attempt(attempt_);
  if (findings.size() > kShown) findings.resize(kShown);
  for (std::string& finding : findings) event->add_findings(std::move(finding));
  if (state.progress.Find(key_)->failures + 1 >= kTries) {
    AddHeld(key_, common::v1::REASON_CHECK_FAILED, event->findings(0), outcome);
  }
  return outcome;
}

}  // namespace sanyuan::allocation
