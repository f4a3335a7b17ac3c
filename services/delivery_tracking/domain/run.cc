#include "services/delivery_tracking/domain/run.h"

#include <algorithm>
#include <set>
#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_LOAD_DIFFERENCE_UNEXPLAINED;
using common::v1::REASON_QUANTITY_RANGE;
using common::v1::REASON_RUN_UNKNOWN;
using common::v1::REASON_SKU_UNKNOWN;
using common::v1::REASON_STAFF_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

// The run that a request names, or nullptr and a refusal.
template <typename Request>
const Run* RunOf(const State& state, const Request& request, std::optional<RunKey>& key, Refusals& refusals) {
  const auto county = CheckCounty(request.county_code(), refusals);
  if (!county) return nullptr;
  key = CheckRunId(*county, request.run_id(), refusals);
  if (!key) return nullptr;
  const Run* run = state.runs.Find(*key);
  if (!run) refusals.push_back(Refuse(REASON_RUN_UNKNOWN, "run_id", request.run_id()));
  return run;
}

void CheckLoad(const State& state, const RunKey& key, const v1::LoadRunRequest& request, Refusals& refusals) {
  std::set<std::string> seen;
  for (int i = 0; i < request.loaded_size(); ++i) {
    const v1::LoadedSku& line = request.loaded(i);
    const std::string field = Indexed("loaded", i);
    const auto sku = Code::Parse(line.sku());
    if (!sku || !seen.insert(line.sku()).second) {
      refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".sku", line.sku()));
      continue;
    }
    const RunSku* row = state.run_skus.Find({key.county, key, *sku});
    if (!row) {
      refusals.push_back(Refuse(REASON_SKU_UNKNOWN, field + ".sku", line.sku()));
    } else if (line.cartons() < 0 || line.cartons() > row->planned) {
      refusals.push_back(
          RefuseLimit(REASON_QUANTITY_RANGE, field + ".cartons", row->planned, line.cartons(), line.sku()));
    } else if (line.cartons() < row->planned &&
               (line.difference_reason() == v1::LOAD_DIFFERENCE_REASON_UNSPECIFIED ||
                !v1::LoadDifferenceReason_IsValid(line.difference_reason()))) {
      refusals.push_back(RefuseLimit(REASON_LOAD_DIFFERENCE_UNEXPLAINED, field + ".difference_reason",
                                     row->planned, line.cartons(), line.sku()));
    }
  }
  state.run_skus.ForEachFrom({key.county, key, Code()}, [&](const RunSkuKey& at, const RunSku& row) {
    if (at.run != key) return false;
    if (row.planned > 0 && !seen.contains(at.sku.str())) {
      refusals.push_back(RefuseLimit(REASON_INVALID_FIELD, "loaded", row.planned, 0, at.sku.str()));
    }
    return true;
  });
}

}  // namespace

Outcome DecideAssignCrew(const State& state, const v1::AssignCrewRequest& request, const Stamp& stamp) {
  Refusals refusals;
  std::optional<RunKey> key;
  const Run* run = RunOf(state, request, key, refusals);
  if (request.staff_ids().empty()) refusals.push_back(Refuse(REASON_INVALID_FIELD, "staff_ids"));
  v1::Event event;
  v1::CrewAssigned& assigned = *event.mutable_crew_assigned();
  for (int i = 0; key && i < request.staff_ids_size(); ++i) {
    const auto id = Code::Parse(request.staff_ids(i));
    const Staff* staff = id ? state.staff.Find({key->county, *id}) : nullptr;
    if (!staff || !staff->active || !staff->delivers) {
      refusals.push_back(Refuse(REASON_STAFF_UNKNOWN, Indexed("staff_ids", i), request.staff_ids(i)));
    } else if (run && std::find(run->crew.begin(), run->crew.end(), *id) == run->crew.end()) {
      assigned.add_staff_ids(id->str());
    }
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Decision decision(state, stamp);
  if (!assigned.staff_ids().empty()) {
    assigned.set_run_id(request.run_id());
    assigned.set_county_code(request.county_code());
    decision.Emit(std::move(event));
  }
  return std::move(decision).Finish(std::make_unique<v1::AssignCrewResponse>());
}

Outcome DecideLoadRun(const State& state, const v1::LoadRunRequest& request, const Stamp& stamp) {
  Refusals refusals;
  std::optional<RunKey> key;
  const Run* run = RunOf(state, request, key, refusals);
  if (run && run->state != v1::RUN_STATE_PLANNED && run->state != v1::RUN_STATE_LOADED) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "run_id", v1::RunState_Name(run->state)));
  }
  if (run) CheckLoad(state, *key, request, refusals);
  if (!refusals.empty()) return Refused(std::move(refusals));

  bool changed = run->state == v1::RUN_STATE_PLANNED;
  v1::Event event;
  v1::RunLoaded& loaded = *event.mutable_run_loaded();
  loaded.set_run_id(request.run_id());
  loaded.set_county_code(request.county_code());
  for (const v1::LoadedSku& line : request.loaded()) {
    const RunSku& row = *state.run_skus.Find({key->county, *key, Code(line.sku())});
    v1::LoadedSku& added = *loaded.add_loaded();
    added = line;
    if (line.cartons() == row.planned) added.clear_difference_reason();
    changed = changed || row.loaded != line.cartons() || row.difference_reason != added.difference_reason();
  }
  Decision decision(state, stamp);
  if (changed) decision.Emit(std::move(event));
  return std::move(decision).Finish(std::make_unique<v1::LoadRunResponse>());
}

Outcome DecideDepartRun(const State& state, const v1::DepartRunRequest& request, const Stamp& stamp) {
  Refusals refusals;
  std::optional<RunKey> key;
  const Run* run = RunOf(state, request, key, refusals);
  if (run && run->state < v1::RUN_STATE_LOADED) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "run_id", v1::RunState_Name(run->state)));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Decision decision(state, stamp);
  if (run->departed_at == absl::UnixEpoch()) {
    v1::Event event;
    event.mutable_run_departed()->set_run_id(request.run_id());
    event.mutable_run_departed()->set_county_code(request.county_code());
    decision.Emit(std::move(event));
  }
  return std::move(decision).Finish(std::make_unique<v1::DepartRunResponse>());
}

void FireAnnounce(Decision& decision, const RunKey& run) {
  v1::Event event;
  event.mutable_run_announced()->set_run_id(IdText(run));
  event.mutable_run_announced()->set_county_code(CountyText(run.county));
  decision.Emit(std::move(event));
}

absl::Status Fold(Draft& draft, const v1::RunAnnounced& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunAnnounced");
  Run& run = draft.runs.Mutate(*key);
  run.announced = true;
  const absl::Time due = TimeAt(key->date - 1, RulesOf(draft, run).notice_minute);
  draft.timers.Erase(TimerAt(due, TimerKind::kAnnounce, StopOf(*key, 0)));
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::CrewAssigned& event) {
  const auto key = ParseRunId(event.run_id());
  const auto staff = CodesFrom(event.staff_ids());
  if (!key || !staff || !draft.runs.Contains(*key)) return CantFold("CrewAssigned");
  Run& run = draft.runs.Mutate(*key);
  run.crew.insert(run.crew.end(), staff->begin(), staff->end());
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunLoaded& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunLoaded");
  for (const v1::LoadedSku& line : event.loaded()) {
    const auto sku = Code::Parse(line.sku());
    if (!sku) return CantFold("RunLoaded: sku");
    RunSku& row = draft.run_skus.Mutate({key->county, *key, *sku});
    row.loaded = line.cartons();
    row.difference_reason = line.difference_reason();
  }
  draft.runs.Mutate(*key).state = v1::RUN_STATE_LOADED;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunDeparted& event, const Stamp& stamp) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunDeparted");
  Run& run = draft.runs.Mutate(*key);
  run.departed_at = stamp.received_at;
  if (run.state == v1::RUN_STATE_LOADED) run.state = v1::RUN_STATE_DEPARTED;
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
