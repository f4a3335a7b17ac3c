// How the pages of a run's input and result become rows. Only AllocationPublished makes the result true.
#include <map>

#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/run.h"

namespace sanyuan::allocation {
namespace {

constexpr size_t kMaxSkus = 60'000;
constexpr uint32_t kMaxLineNumber = 60'000;

// Places of the page's SKUs among those of the window; new ones are added when `add` is set.
absl::StatusOr<std::vector<uint16_t>> Places(State& state, const WindowKey& window,
                                             const std::vector<Code>& skus, bool add) {
  std::map<Code, uint16_t> known;
  if (const WindowSkus* row = state.window_skus.Find(window)) {
    for (size_t i = 0; i < row->skus.size(); ++i) known.emplace(row->skus[i], static_cast<uint16_t>(i));
  }
  std::vector<uint16_t> places;
  std::vector<Code> fresh;
  for (Code sku : skus) {
    const auto [it, inserted] = known.emplace(sku, static_cast<uint16_t>(known.size()));
    if (inserted) fresh.push_back(sku);
    places.push_back(it->second);
  }
  if ((!fresh.empty() && !add) || known.size() > kMaxSkus) return Misfit("SKUs of a page");
  if (!fresh.empty()) {
    WindowSkus& row = state.window_skus.Mutate(window);
    row.skus.insert(row.skus.end(), fresh.begin(), fresh.end());
  }
  return places;
}

absl::StatusOr<RunInput> InputRow(const v1::InputRetailer& retailer, const std::vector<uint16_t>& places,
                                  std::vector<int64_t>& asked) {
  RunInput row;
  row.ration_class = retailer.ration_class();
  row.grade = retailer.grade();
  for (const v1::InputOrder& order : retailer.orders()) {
    const int size = order.sku_index_size();
    const bool numbered = order.line_number_size() > 0;
    if (order.requested_cartons_size() != size || (numbered && order.line_number_size() != size)) {
      return Misfit("lines of an order");
    }
    RunInput::Order& out = row.orders.emplace_back();
    out.id = order.order_id();
    out.lines.reserve(static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) {
      const uint32_t sku = order.sku_index(i);
      const uint32_t number = numbered ? order.line_number(i) : static_cast<uint32_t>(i) + 1;
      const int64_t requested = order.requested_cartons(i);
      if (sku >= places.size() || number < 1 || number > kMaxLineNumber || requested < 0 ||
          requested > kMaxRequestCartons) {
        return Misfit("line of an order");
      }
      out.lines.push_back({places[sku], static_cast<uint16_t>(number), static_cast<int32_t>(requested)});
      asked[places[sku]] += requested;
    }
  }
  for (const v1::HeldCartons& held : retailer.held()) {
    if (held.sku_index() >= places.size()) return Misfit("holding of a shop");
    row.held.emplace_back(places[held.sku_index()], static_cast<int32_t>(held.cartons()));
  }
  return row;
}

absl::StatusOr<RunResult> ResultRow(const v1::RetailerAllocation& retailer,
                                    const std::vector<uint16_t>& places, bool first_run) {
  RunResult row;
  row.ration_class = retailer.ration_class();
  row.grade = retailer.grade();
  row.weight = retailer.weight();
  for (const v1::OrderAllocation& order : retailer.orders()) {
    RunResult::Order& out = row.orders.emplace_back();
    out.id = order.order_id();
    out.lines.reserve(static_cast<size_t>(order.lines_size()));
    for (const v1::OfferedLine& line : order.lines()) {
      if (line.level_index() >= places.size() || line.line_number() < 1 ||
          line.line_number() > kMaxLineNumber) {
        return Misfit("line of an allocation");
      }
      const auto number = static_cast<uint16_t>(line.line_number());
      const auto offered = static_cast<int32_t>(line.offered_cartons());
      out.lines.push_back(
          {places[line.level_index()], number, static_cast<int32_t>(line.requested_cartons()), offered,
           RunResult::kUnanswered, first_run ? offered : 0,
           line.has_cap_cartons() ? static_cast<int32_t>(line.cap_cartons()) : RunResult::kNoCap});
      if (line.shop_requested_cartons() == 0 && line.tie_key().empty() && line.held_cartons() == 0) continue;
      RunResult::Detail& detail = out.details.emplace_back();
      detail.line = number;
      detail.shop_requested = static_cast<int32_t>(line.shop_requested_cartons());
      detail.shop_before = static_cast<int32_t>(line.shop_before_cartons());
      detail.shop_held = static_cast<int32_t>(line.held_cartons());
      detail.tied = !line.tie_key().empty();
      if (detail.tied && line.tie_key().size() != detail.tie_key.bytes.size()) return Misfit("tie key");
      if (detail.tied) detail.tie_key = DigestFromBytes(line.tie_key());
    }
  }
  return row;
}

}  // namespace

absl::Status Evolve(State& state, const v1::RunInputPage& event, const Stamp& /*stamp*/) {
  const auto key = ParseRun(event.run_id());
  if (!key || !state.progress.Contains(*key)) return Misfit("RunInputPage");
  RunProgress& progress = state.progress.Mutate(*key);
  if (progress.input_complete || event.page_number() != progress.input_pages) return Misfit("RunInputPage");
  std::vector<Code> skus;
  for (const std::string& sku : event.skus()) {
    const auto code = Code::Parse(sku);
    if (!code) return Misfit("RunInputPage");
    skus.push_back(*code);
  }
  const auto places = Places(state, key->window(), skus, true);
  if (!places.ok()) return places.status();
  const WindowSkus* all = state.window_skus.Find(key->window());
  progress.asked.resize(all == nullptr ? 0 : all->skus.size(), 0);
  for (const v1::InputRetailer& retailer : event.retailers()) {
    const auto licence = Code::Parse(retailer.licence());
    if (!licence) return Misfit("RunInputPage");
    auto row = InputRow(retailer, *places, progress.asked);
    if (!row.ok()) return row.status();
    state.inputs.Put({*key, *licence}, *std::move(row));
  }
  ++progress.input_pages;
  progress.input_digest = Sha256OfParts({progress.input_digest.view(), event.SerializeAsString()});
  progress.input_complete = event.last() || progress.input_pages == progress.input_pages_expected;
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllocationPage& event, const Stamp& stamp) {
  const auto key = ParseRun(event.run_id());
  const Run* run = key ? state.runs.Find(*key) : nullptr;
  if (run == nullptr || run->state != v1::RUN_STATE_SNAPSHOT) return Misfit("AllocationPage");
  RunProgress& progress = state.progress.Mutate(*key);
  if (event.attempt() != progress.attempt || event.page_number() != progress.page_heights.size()) {
    return Misfit("AllocationPage");
  }
  std::vector<Code> skus;
  for (const v1::SkuLevel& level : event.levels()) {
    const auto code = Code::Parse(level.sku());
    if (!code) return Misfit("AllocationPage");
    skus.push_back(*code);
  }
  const auto places = Places(state, key->window(), skus, false);
  if (!places.ok()) return places.status();
  for (const v1::RetailerAllocation& retailer : event.retailers()) {
    const auto licence = Code::Parse(retailer.licence());
    if (!licence) return Misfit("AllocationPage");
    auto row = ResultRow(retailer, *places, run->kind == v1::RUN_KIND_WINDOW);
    if (!row.ok()) return row.status();
    state.results.Put({*key, *licence}, *std::move(row));
  }
  progress.page_heights.push_back(stamp.height);
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
