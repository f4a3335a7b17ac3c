// Queries of runs and of what each line got and why.
#include <map>

#include "common/view/keys.h"
#include "services/allocation/domain/explanation.h"
#include "services/allocation/explain.h"
#include "services/allocation/queries.h"
#include "services/allocation/query_support.h"
#include "services/allocation/resources.h"
#include "services/allocation/view.h"

namespace sanyuan::allocation {
namespace {

bool IsPublic(const Run& run) {
  return run.state == v1::RUN_STATE_PUBLISHED || run.state == v1::RUN_STATE_CLOSED;
}

absl::StatusOr<std::optional<std::string>> Bytes(const ViewReader& view, const std::string& key) {
  return view.Get(key);
}

template <typename Row>
absl::StatusOr<Row> ReadState(const ViewReader& view, const std::string& key, const std::string& what) {
  const auto bytes = Bytes(view, key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return NotThere(what);
  return DecodeRow<Row>(**bytes);
}

v1::LineState StateOf(const RunResult::Line& line) {
  if (line.taken == RunResult::kUnanswered) return v1::LINE_STATE_OFFERED;
  return line.taken == line.offered ? v1::LINE_STATE_TAKEN : v1::LINE_STATE_RETURNED;
}

v1::Allocation AllocationOf(const RunKey& key, const Run& run, const RunResult& result,
                            const RunResult::Order& order, const std::string& licence,
                            const WindowSkus& skus) {
  v1::Allocation out;
  out.set_county_code(CountyText(key.county));
  out.set_window_id(WindowText(key.window()));
  out.set_order_id(order.id);
  out.set_licence(licence);
  out.set_run_id(RunText(key));
  for (const RunResult::Line& line : order.lines) {
    if (line.sku >= skus.skus.size()) continue;
    v1::AllocationLine& message = *out.add_lines();
    message.set_line_number(line.line);
    message.set_sku(skus.skus[line.sku].str());
    message.set_requested_cartons(line.requested);
    message.set_offered_cartons(line.offered);
    message.set_taken_cartons(line.taken == RunResult::kUnanswered ? 0 : line.taken);
    message.set_state(StateOf(line));
    *message.mutable_explanation() = ExplanationOf(key, run, result, order, line, skus.skus[line.sku]);
  }
  return out;
}

// What a run that is still SCHEDULED waits for, as far as the view can tell.
v1::WaitingFor WaitingFor(const ViewReader& view, const RunKey& key) {
  const auto release = ReadRow<v1::SupplyReleased>(view, WindowRow("release", key.window()), "release");
  if (!release.ok() || !release->complete()) return v1::WAITING_FOR_SUPPLY;
  return v1::WAITING_FOR_INPUT;
}

v1::Run RunMessage(const ViewReader& view, const RunKey& key, const Run& run, bool sums) {
  v1::Run message = ToMessage(key, run, sums);
  if (run.state == v1::RUN_STATE_SCHEDULED) message.set_waiting_for(WaitingFor(view, key));
  if (run.state == v1::RUN_STATE_HELD && (run.held_reason == common::v1::REASON_TIE_KEY_UNKNOWN ||
                                          run.held_reason == common::v1::REASON_RUN_NOT_READY)) {
    message.set_waiting_for(v1::WAITING_FOR_TIE_KEY);
  }
  return message;
}

}  // namespace

absl::StatusOr<v1::GetAllocationResponse> GetAllocation(const ViewReader& view,
                                                        const partition::Actor& caller,
                                                        const v1::GetAllocationRequest& request) {
  constexpr size_t kRuns = 1'000;
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto window = WindowOfRequest(request.window_id(), *county);
  if (!window.ok()) return window.status();
  if (const absl::Status own = CheckOwnLicence(caller, request.licence()); !own.ok()) return own;
  const std::string prefix =
      view::Prefix({"result", request.county_code(), request.window_id(), request.licence()});
  const auto rows = view.Scan(prefix, "", kRuns);
  if (!rows.ok()) return rows.status();
  v1::GetAllocationResponse response;
  for (const auto& [row_key, bytes] : *rows) {
    const RunKey key(*window, static_cast<int32_t>(std::stol(row_key.substr(prefix.size()))));
    const auto run = ReadState<Run>(view, RunRow(key), "run");
    if (!run.ok()) return run.status();
    if (!IsPublic(*run)) continue;
    const auto skus = ReadState<WindowSkus>(view, WindowRow("window_skus", *window), "window");
    if (!skus.ok()) return skus.status();
    const auto result = DecodeRow<RunResult>(bytes);
    if (!result.ok()) return result.status();
    for (const RunResult::Order& order : result->orders) {
      if (!request.order_id().empty() && order.id != request.order_id()) continue;
      *response.add_allocations() = AllocationOf(key, *run, *result, order, request.licence(), *skus);
    }
  }
  if (response.allocations().empty()) return NotThere("published allocation");
  return response;
}

absl::StatusOr<v1::ListAllocationsResponse> ListAllocations(const ViewReader& view,
                                                            const partition::Actor& /*caller*/,
                                                            const v1::ListAllocationsRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto window = WindowOfRequest(request.window_id(), *county);
  if (!window.ok()) return window.status();
  const std::string prefix = view::Prefix({"result", request.county_code(), request.window_id()});
  const auto page = ReadPage(view, prefix, request.page_token(), request.page_size());
  if (!page.ok()) return page.status();
  v1::ListAllocationsResponse response;
  response.set_next_page_token(page->next_token);
  if (page->rows.empty()) return response;
  const auto skus = ReadState<WindowSkus>(view, WindowRow("window_skus", *window), "window");
  if (!skus.ok()) return skus.status();
  std::map<int32_t, Run> runs;
  for (const auto& [row_key, bytes] : page->rows) {
    // "result/<county>/<window>/<licence>/<sequence>"
    const size_t last = row_key.rfind('/');
    const std::string licence = row_key.substr(prefix.size(), last - prefix.size());
    const RunKey key(*window, static_cast<int32_t>(std::stol(row_key.substr(last + 1))));
    if (!runs.contains(key.sequence)) {
      auto run = ReadState<Run>(view, RunRow(key), "run");
      if (!run.ok()) return run.status();
      runs.emplace(key.sequence, *std::move(run));
    }
    const Run& run = runs.at(key.sequence);
    if (!IsPublic(run)) continue;
    const auto result = DecodeRow<RunResult>(bytes);
    if (!result.ok()) return result.status();
    for (const RunResult::Order& order : result->orders) {
      v1::Allocation& allocation = *response.add_allocations();
      allocation = AllocationOf(key, run, *result, order, licence, *skus);
      for (v1::AllocationLine& line : *allocation.mutable_lines()) line.clear_explanation();
    }
  }
  return response;
}

absl::StatusOr<v1::ExplainLineResponse> ExplainLine(const ViewReader& view, const partition::Actor& caller,
                                                    const v1::ExplainLineRequest& request) {
  v1::GetAllocationRequest all;
  all.set_county_code(request.county_code());
  all.set_window_id(request.window_id());
  all.set_licence(request.licence());
  all.set_order_id(request.order_id());
  const auto allocations = GetAllocation(view, caller, all);
  if (!allocations.ok()) return allocations.status();
  v1::ExplainLineResponse response;
  // Of several runs the last one that offered something has the last word; each is explained in turn.
  for (const v1::Allocation& allocation : allocations->allocations()) {
    for (const v1::AllocationLine& line : allocation.lines()) {
      if (line.line_number() != request.line_number()) continue;
      const absl::StatusOr<int64_t> recomputed = Recompute(line.explanation());
      if (!recomputed.ok()) return recomputed.status();
      const Words words = Explain(line.explanation(), line.offered_cartons());
      response.set_zh(response.zh() + words.zh);
      response.set_en(response.en() + (response.en().empty() ? "" : "\n") + words.en);
      response.set_recomputed_cartons(*recomputed);
      *response.mutable_line() = line;
    }
  }
  if (!response.has_line()) return NotThere("line");
  return response;
}

absl::StatusOr<v1::GetRunResponse> GetRun(const ViewReader& view, const partition::Actor& /*caller*/,
                                          const v1::GetRunRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto key = RunOfRequest(request.run_id(), *county);
  if (!key.ok()) return key.status();
  const auto run = ReadState<Run>(view, RunRow(*key), "run");
  if (!run.ok()) return run.status();
  v1::GetRunResponse response;
  *response.mutable_run() = RunMessage(view, *key, *run, true);
  return response;
}

absl::StatusOr<v1::ListRunsResponse> ListRuns(const ViewReader& view, const partition::Actor& /*caller*/,
                                              const v1::ListRunsRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  std::string prefix = view::Prefix({"run", request.county_code()});
  if (!request.window_id().empty()) {
    const auto window = WindowOfRequest(request.window_id(), *county);
    if (!window.ok()) return window.status();
    prefix = view::Prefix({"run", request.county_code(), request.window_id()});
  }
  const auto page = ReadPage(view, prefix, request.page_token(), request.page_size());
  if (!page.ok()) return page.status();
  v1::ListRunsResponse response;
  for (const auto& [row_key, bytes] : page->rows) {
    const auto run = DecodeRow<Run>(bytes);
    if (!run.ok()) return run.status();
    // "run/<county>/<window>/<sequence>"
    const size_t last = row_key.rfind('/');
    const size_t before = row_key.rfind('/', last - 1);
    const auto window = ParseWindow(row_key.substr(before + 1, last - before - 1));
    if (!window) return absl::DataLossError("a key of the view can't be read");
    const RunKey key(*window, static_cast<int32_t>(std::stol(row_key.substr(last + 1))));
    *response.add_runs() = RunMessage(view, key, *run, false);
  }
  response.set_next_page_token(page->next_token);
  return response;
}

}  // namespace sanyuan::allocation
