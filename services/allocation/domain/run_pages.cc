// The pages of a run's input and of its result.
#include <algorithm>
#include <map>

#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/run.h"
#include "services/allocation/domain/run_work.h"
#include "services/allocation/domain/settle.h"

namespace sanyuan::allocation {
namespace {

// Far under the limit of a decision, and small enough that writing and folding one stays a matter of
// milliseconds.
constexpr size_t kPageBytes = 192 * 1024;
constexpr size_t kShopsAtOnce = 2'000;

}  // namespace

// Which lines of the window are still short of a SKU that has free cartons. One page a step.
Outcome RunWork::CopyStep(const State& state) {
  const WindowKey window = key_.window();
  const WindowSkus& skus = *state.window_skus.Find(window);
  if (!prepared_) {
    for (size_t i = 0; i < skus.skus.size(); ++i) {
      const WindowSupply* row = state.window_supplies.Find({window, skus.skus[i]});
      if (row != nullptr && row->free > 0 && row->waiting > 0) open_skus_.push_back(static_cast<uint16_t>(i));
    }
    prepared_ = true;
  }
  Outcome outcome;
  auto* page = AddEvent(outcome).mutable_run_input_page();
  page->set_run_id(RunText(key_));
  page->set_page_number(pages_);
  for (uint16_t sku : open_skus_) page->add_skus(skus.skus[sku].str());
  size_t bytes = 0;
  size_t shops = 0;
  bool more = false;
  const RunKey first(window, 0);
  state.results.ForEachFrom(
      {first, after_.value_or(Code())}, [&](const RunLicenceKey& place, const RunResult& row) {
        if (place.run() != first) return false;
        if (after_ && place.licence == *after_) return true;
        if (bytes >= kPageBytes || shops >= kShopsAtOnce) {
          more = true;
          return false;
        }
        after_ = place.licence;
        ++shops;
        v1::InputRetailer retailer;
        std::vector<bool> wanted(open_skus_.size(), false);
        for (size_t i = 0; i < open_skus_.size(); ++i) {
          wanted[i] = ShopCanTake(row, open_skus_[i]) > 0;
          if (!wanted[i]) continue;
          v1::HeldCartons& held = *retailer.add_held();
          held.set_sku_index(static_cast<uint32_t>(i));
          held.set_cartons(ShopHolds(row, open_skus_[i]));
        }
        if (retailer.held().empty()) return true;
        for (const RunResult::Order& order : row.orders) {
          v1::InputOrder lines;
          for (const RunResult::Line& line : order.lines) {
            const auto open = std::lower_bound(open_skus_.begin(), open_skus_.end(), line.sku);
            if (open == open_skus_.end() || *open != line.sku) continue;
            const auto index = static_cast<size_t>(open - open_skus_.begin());
            const int64_t can_take = LineCanTake(order, line);
            if (!wanted[index] || can_take == 0) continue;
            lines.add_sku_index(static_cast<uint32_t>(index));
            lines.add_requested_cartons(can_take);
            lines.add_line_number(line.line);
          }
          if (lines.sku_index().empty()) continue;
          lines.set_order_id(order.id);
          *retailer.add_orders() = std::move(lines);
        }
        retailer.set_licence(place.licence.str());
        retailer.set_ration_class(row.ration_class);
        retailer.set_grade(row.grade);
        bytes += retailer.ByteSizeLong();
        *page->add_retailers() = std::move(retailer);
        return true;
      });
  page->set_last(!more);
  ++pages_;
  return outcome;
}

v1::RetailerAllocation RunWork::Allocate(const State& state, Code licence, const RunInput& input,
                                         std::vector<int32_t>& level_index, v1::AllocationPage& page) {
  const bool first_run = state.runs.Find(key_)->kind == v1::RUN_KIND_WINDOW;
  const Shop& shop = shops_[next_shop_];
  struct Share {
    Ask ask;
    int64_t left = 0;    // Of what the shop gets.
    int64_t before = 0;  // Asked for on earlier lines.
    std::string tie_key;
  };
  std::map<uint16_t, Share> shares;
  for (const Ask& ask : AsksOf(state, input)) {
    Column& column = columns_[ask.sku];
    const int64_t wanted = column.wanted[column.next];
    const int64_t gets = column.rule == v1::LINE_RULE_NO_SUPPLY ? ask.held : column.gets[column.next];
    ++column.next;
    Share& share = shares[ask.sku];
    share.ask = ask;
    share.left = std::max<int64_t>(0, gets - ask.held);
    column.offered += share.left;
    if (column.rule == v1::LINE_RULE_WATER_FILLING && IsTied(column.level, wanted, shop.weight)) {
      share.tie_key = std::string(column.keys->Of(licence.view()).view());
    }
  }

  v1::RetailerAllocation retailer;
  for (const RunInput::Order& order : input.orders) {
    v1::OrderAllocation lines;
    for (const RunInput::Line& line : order.lines) {
      Share& share = shares[line.sku];
      const int64_t offered = std::min<int64_t>(share.left, line.requested);
      Column& column = columns_[line.sku];
      if (offered < line.requested) ++column.lines_cut;
      if (first_run || offered > 0) {
        int32_t& index = level_index[line.sku];
        if (index < 0) {
          index = page.levels_size();
          ToMessage({column.sku, column.rule, column.level}, column.supply, page.add_levels());
        }
        v1::OfferedLine& out = *lines.add_lines();
        out.set_line_number(line.line);
        out.set_level_index(static_cast<uint32_t>(index));
        out.set_requested_cartons(line.requested);
        out.set_offered_cartons(offered);
        if (share.ask.lines > 1) {
          out.set_shop_requested_cartons(share.ask.asked);
          out.set_shop_before_cartons(share.before);
        }
        if (share.ask.cap) out.set_cap_cartons(*share.ask.cap);
        out.set_tie_key(share.tie_key);
        out.set_held_cartons(share.ask.held);
        ++lines_;
      }
      share.left -= offered;
      share.before += line.requested;
    }
    if (lines.lines().empty()) continue;
    lines.set_order_id(order.id);
    *retailer.add_orders() = std::move(lines);
  }
  retailer.set_licence(licence.str());
  retailer.set_ration_class(input.ration_class);
  retailer.set_grade(GradeOf(state, licence, input));
  retailer.set_weight(shop.weight);
  return retailer;
}

Outcome RunWork::PageStep(const State& state) {
  if (next_shop_ == shops_.size()) return ComputedStep(state);
  Outcome outcome;
  v1::Event& event = AddEvent(outcome);
  v1::AllocationPage& page = *event.mutable_allocation_page();
  page.set_run_id(RunText(key_));
  page.set_window_id(WindowText(key_.window()));
  page.set_attempt(attempt_);
  page.set_page_number(pages_);
  std::vector<int32_t> level_index(columns_.size(), -1);
  size_t bytes = 0;
  size_t shops = 0;
  state.inputs.ForEachFrom(
      {key_, after_.value_or(Code())}, [&](const RunLicenceKey& place, const RunInput& input) {
        if (place.run() != key_ || bytes >= kPageBytes || shops >= kShopsAtOnce) return false;
        if (after_ && place.licence == *after_) return true;
        after_ = place.licence;
        ++shops;
        v1::RetailerAllocation retailer = Allocate(state, place.licence, input, level_index, page);
        ++next_shop_;
        if (retailer.orders().empty()) return true;
        ++retailers_;
        bytes += retailer.ByteSizeLong();
        *page.add_retailers() = std::move(retailer);
        return true;
      });
  if (page.retailers().empty()) return {};
  ++pages_;
  page_digests_ += Sha256(event.SerializeAsString()).view();
  return outcome;
}

Outcome RunWork::ComputedStep(const State& state) {
  Outcome outcome;
  auto* event = AddEvent(outcome).mutable_run_computed();
  event->set_run_id(RunText(key_));
  event->set_attempt(attempt_);
  event->set_page_count(pages_);
  event->set_retailers(retailers_);
  event->set_lines(lines_);
  std::vector<const Column*> by_sku;
  for (const Column& column : columns_) {
    if (!column.shop.empty()) by_sku.push_back(&column);
  }
  std::sort(by_sku.begin(), by_sku.end(), [](const Column* a, const Column* b) { return a->sku < b->sku; });
  for (const Column* column : by_sku) {
    v1::SkuSum& sum = *event->add_sums();
    sum.set_sku(column->sku.str());
    sum.set_price_class(PriceClassOf(state, column->sku, key_.day));
    sum.set_supply_cartons(column->supply);
    sum.set_requested_cartons(column->requested);
    sum.set_within_caps_cartons(column->within_caps);
    sum.set_offered_cartons(column->offered);
    sum.set_unallocated_cartons(column->supply - column->offered);
    sum.set_lines(column->lines);
    sum.set_lines_cut(column->lines_cut);
    if (column->rule == v1::LINE_RULE_FULL) continue;
    ToMessage({column->sku, column->rule, column->level}, column->supply, event->add_levels());
  }
  phase_ = Phase::kCheck;
  after_.reset();
  next_shop_ = 0;
  for (Column& column : columns_) column.next = 0;
  return outcome;
}

Outcome RunWork::PublishStep(const State& state) {
  Outcome outcome;
  const Run& run = *state.runs.Find(key_);
  const RunProgress& progress = *state.progress.Find(key_);
  auto* event = AddEvent(outcome).mutable_allocation_published();
  event->set_run_id(RunText(key_));
  event->set_window_id(WindowText(key_.window()));
  event->set_county_code(CountyText(key_.county));
  event->set_kind(run.kind);
  for (uint64_t height : progress.page_heights) event->add_page_heights(height);
  event->set_pages_digest(std::string(Sha256(page_digests_).view()));
  event->set_input_digest(std::string(run.input_digest.view()));
  event->set_algorithm(run.algorithm);
  event->set_policy_version(run.policy_version);
  event->set_tight_list_version(run.tight_list_version);
  event->set_ration_version(run.ration_version);
  for (const SkuSum& sum : run.sums) {
    v1::SkuSum& out = *event->add_sums();
    out.set_sku(sum.sku.str());
    out.set_price_class(sum.price_class);
    out.set_supply_cartons(sum.supply);
    out.set_requested_cartons(sum.requested);
    out.set_within_caps_cartons(sum.within_caps);
    out.set_offered_cartons(sum.offered);
    out.set_unallocated_cartons(sum.supply - sum.offered);
    out.set_lines(sum.lines);
    out.set_lines_cut(sum.lines_cut);
  }
  const TieKeySecret* lottery = state.tie_keys.Find(key_.window());
  if (lottery != nullptr && lottery->secret.empty() && !secret_.empty()) {
    auto* revealed = AddEvent(outcome).mutable_tie_key_secret_revealed();
    revealed->set_county_code(CountyText(key_.county));
    revealed->set_window_id(WindowText(key_.window()));
    revealed->set_secret(secret_);
  }
  return outcome;
}

}  // namespace sanyuan::allocation
