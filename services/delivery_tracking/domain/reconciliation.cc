#include "services/delivery_tracking/domain/reconciliation.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_CASE_NUMBER_MISSING;
using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_QUANTITY_RANGE;
using common::v1::REASON_RUN_UNKNOWN;
using common::v1::REASON_SKU_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

constexpr int64_t kMaximumCartons = 1'000'000;
constexpr size_t kMaximumCaseNumber = 40;

using Ledger = std::vector<std::pair<Code, RunSku>>;

template <typename Tables>
Ledger LedgerOf(const Tables& tables, const RunKey& run) {
  Ledger ledger;
  tables.run_skus.ForEachFrom({run.county, run, Code()}, [&](const RunSkuKey& key, const RunSku& row) {
    if (key.run != run) return false;
    ledger.emplace_back(key.sku, row);
    return true;
  });
  return ledger;
}

bool IsPrintable(const std::string& text, size_t maximum) {
  if (text.empty() || text.size() > maximum) return false;
  for (char c : text) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

template <typename Request>
std::optional<RunKey> CheckRun(const State& state, const Request& request, Refusals& refusals) {
  const auto county = CheckCounty(request.county_code(), refusals);
  const auto key = county ? CheckRunId(*county, request.run_id(), refusals) : std::nullopt;
  if (!key) return std::nullopt;
  if (!state.runs.Contains(*key)) {
    refusals.push_back(Refuse(REASON_RUN_UNKNOWN, "run_id", request.run_id()));
    return std::nullopt;
  }
  return key;
}

void CheckSkuLine(const State& state, const RunKey& key, const std::string& sku_text, int64_t cartons,
                  int64_t minimum, const std::string& field, Refusals& refusals) {
  const auto sku = Code::Parse(sku_text);
  if (!sku) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".sku", sku_text));
  } else if (!state.run_skus.Contains({key.county, key, *sku})) {
    refusals.push_back(Refuse(REASON_SKU_UNKNOWN, field + ".sku", sku_text));
  }
  if (cartons < minimum || cartons > kMaximumCartons) {
    refusals.push_back(RefuseLimit(REASON_QUANTITY_RANGE, field + ".cartons",
                                   cartons < minimum ? minimum : kMaximumCartons, cartons));
  }
}

}  // namespace

Outcome DecideReturnRun(const State& state, const v1::ReturnRunRequest& request, const Stamp& stamp) {
  if (stamp.actor.role == common::v1::ROLE_DELIVERY_STAFF) {
    return Forbidden(request.county_code(), stamp, request.run_id());
  }
  Refusals refusals;
  const auto key = CheckRun(state, request, refusals);
  std::map<Code, int64_t> returned;
  for (int i = 0; key && i < request.returned_size(); ++i) {
    const v1::SkuCartons& line = request.returned(i);
    const std::string field = Indexed("returned", i);
    CheckSkuLine(state, *key, line.sku(), line.cartons(), 0, field, refusals);
    const auto sku = Code::Parse(line.sku());
    if (sku && !returned.emplace(*sku, line.cartons()).second) {
      refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".sku", line.sku()));
    }
  }
  const Run* run = key ? state.runs.Find(*key) : nullptr;
  if (run && (run->state < v1::RUN_STATE_LOADED || run->state == v1::RUN_STATE_RECONCILED)) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "run_id", v1::RunState_Name(run->state)));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));

  bool changed = run->returned_at == absl::UnixEpoch();
  for (const auto& [sku, row] : LedgerOf(state, *key)) {
    const auto it = returned.find(sku);
    changed = changed || row.returned != (it == returned.end() ? 0 : it->second);
  }
  Decision decision(state, stamp);
  if (changed) {
    v1::Event event;
    v1::RunReturned& back = *event.mutable_run_returned();
    back.set_run_id(request.run_id());
    back.set_county_code(request.county_code());
    for (const auto& [sku, cartons] : returned) LinesTo({{sku, cartons}}, *back.mutable_returned());
    decision.Emit(std::move(event));
    if (run->judged) JudgeLedger(decision, *key, v1::IMBALANCE_CAUSE_RECONCILIATION);
  }
  return std::move(decision).Finish(std::make_unique<v1::ReturnRunResponse>());
}

Outcome DecideReconcileRun(const State& state, const v1::ReconcileRunRequest& request, const Stamp& stamp) {
  if (stamp.actor.role == common::v1::ROLE_DELIVERY_STAFF) {
    return Forbidden(request.county_code(), stamp, request.run_id());
  }
  Refusals refusals;
  const auto key = CheckRun(state, request, refusals);
  std::vector<LossRow> losses;
  for (int i = 0; key && i < request.losses_size(); ++i) {
    const v1::Loss& loss = request.losses(i);
    const std::string field = Indexed("losses", i);
    CheckSkuLine(state, *key, loss.sku(), loss.cartons(), 1, field, refusals);
    if (!IsPrintable(loss.case_number(), kMaximumCaseNumber)) {
      refusals.push_back(Refuse(REASON_CASE_NUMBER_MISSING, field + ".case_number", loss.case_number()));
    }
    if (const auto sku = Code::Parse(loss.sku()))
      losses.push_back({*sku, loss.cartons(), loss.case_number()});
  }
  const Run* run = key ? state.runs.Find(*key) : nullptr;
  if (run && run->returned_at == absl::UnixEpoch()) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "run_id", v1::RunState_Name(run->state)));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));

  Decision decision(state, stamp);
  if (run->losses != losses) {
    v1::Event event;
    v1::LossesRecorded& recorded = *event.mutable_losses_recorded();
    recorded.set_run_id(request.run_id());
    recorded.set_county_code(request.county_code());
    *recorded.mutable_losses() = request.losses();
    decision.Emit(std::move(event));
  }
  // Asking again for what was judged already, with nothing changed, is no event.
  if (!run->judged || !decision.empty()) JudgeLedger(decision, *key, v1::IMBALANCE_CAUSE_RECONCILIATION);
  auto response = std::make_unique<v1::ReconcileRunResponse>();
  response->set_state(decision.draft().runs.Find(*key)->state);
  for (const auto& [sku, row] : LedgerOf(decision.draft(), *key)) {
    if (row.carried() != 0) *response->add_imbalances() = BalanceTo(sku, row);
  }
  return std::move(decision).Finish(std::move(response));
}

void JudgeLedger(Decision& decision, const RunKey& key, v1::ImbalanceCause cause) {
  const Run& run = *decision.draft().runs.Find(key);
  const Ledger ledger = LedgerOf(decision.draft(), key);
  v1::Event event;
  bool balanced = true;
  for (const auto& [sku, row] : ledger) balanced = balanced && row.carried() == 0;
  if (balanced) {
    if (run.state == v1::RUN_STATE_RECONCILED) return;
    v1::RunReconciled& reconciled = *event.mutable_run_reconciled();
    reconciled.set_run_id(IdText(key));
    reconciled.set_county_code(CountyText(key.county));
    reconciled.set_route_id(key.route.str());
    reconciled.set_delivery_date(DateText(key.date));
    CodesTo(run.crew, *reconciled.mutable_crew_staff_ids());
    RunSku sum;
    for (const auto& [sku, row] : ledger) {
      sum.loaded += row.loaded;
      sum.delivered += row.delivered;
      sum.returned += row.returned;
      sum.lost += row.lost;
    }
    reconciled.set_loaded_cartons(sum.loaded);
    reconciled.set_delivered_cartons(sum.delivered);
    reconciled.set_returned_cartons(sum.returned);
    reconciled.set_lost_cartons(sum.lost);
  } else {
    v1::RunImbalanceFound& found = *event.mutable_run_imbalance_found();
    found.set_run_id(IdText(key));
    found.set_county_code(CountyText(key.county));
    found.set_route_id(key.route.str());
    found.set_delivery_date(DateText(key.date));
    CodesTo(run.crew, *found.mutable_crew_staff_ids());
    found.set_cause(cause);
    for (const auto& [sku, row] : ledger) {
      if (row.carried() != 0) *found.add_imbalances() = BalanceTo(sku, row);
    }
  }
  decision.Emit(std::move(event));
}

void FireDayEnd(Decision& decision, const RunKey& key) {
  int64_t carried = 0;
  bool balanced = true;
  for (const auto& [sku, row] : LedgerOf(decision.draft(), key)) {
    carried += row.carried();
    balanced = balanced && row.carried() == 0;
  }
  // A run that was judged has its imbalance on record.
  if (!balanced && !decision.draft().runs.Find(key)->judged) {
    JudgeLedger(decision, key, v1::IMBALANCE_CAUSE_DAY_END);
  }
  v1::Event event;
  event.mutable_run_day_closed()->set_run_id(IdText(key));
  event.mutable_run_day_closed()->set_county_code(CountyText(key.county));
  event.mutable_run_day_closed()->set_carried_cartons(carried);
  decision.Emit(std::move(event));
}

absl::Status Fold(Draft& draft, const v1::RunReturned& event, const Stamp& stamp) {
  const auto key = ParseRunId(event.run_id());
  const auto lines = LinesFrom(event.returned());
  if (!key || !lines || !draft.runs.Contains(*key)) return CantFold("RunReturned");
  for (const auto& [sku, row] : LedgerOf(draft, *key)) {
    if (row.returned != 0) draft.run_skus.Mutate({key->county, *key, sku}).returned = 0;
  }
  for (const SkuLine& line : *lines)
    draft.run_skus.Mutate({key->county, *key, line.sku}).returned = line.cartons;
  Run& run = draft.runs.Mutate(*key);
  run.returned_at = stamp.received_at;
  if (!run.judged) run.state = v1::RUN_STATE_RETURNED;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::LossesRecorded& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("LossesRecorded");
  Run& run = draft.runs.Mutate(*key);
  for (const LossRow& loss : run.losses)
    draft.run_skus.Mutate({key->county, *key, loss.sku}).lost -= loss.cartons;
  run.losses.clear();
  for (const v1::Loss& loss : event.losses()) {
    const auto sku = Code::Parse(loss.sku());
    if (!sku) return CantFold("LossesRecorded: sku");
    draft.run_skus.Mutate({key->county, *key, *sku}).lost += loss.cartons();
    run.losses.push_back({*sku, loss.cartons(), loss.case_number()});
  }
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunReconciled& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunReconciled");
  Run& run = draft.runs.Mutate(*key);
  run.state = v1::RUN_STATE_RECONCILED;
  run.judged = true;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunImbalanceFound& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunImbalanceFound");
  Run& run = draft.runs.Mutate(*key);
  run.state = v1::RUN_STATE_IMBALANCED;
  run.judged = run.judged || event.cause() != v1::IMBALANCE_CAUSE_DAY_END;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::RunDayClosed& event) {
  const auto key = ParseRunId(event.run_id());
  if (!key || !draft.runs.Contains(*key)) return CantFold("RunDayClosed");
  const absl::Time due = TimeAt(key->date, RulesOf(draft, *draft.runs.Find(*key)).reconcile_minute);
  draft.timers.Erase(TimerAt(due, TimerKind::kDayEnd, StopOf(*key, 0)));
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
