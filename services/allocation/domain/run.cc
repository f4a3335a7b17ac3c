#include "services/allocation/domain/run.h"

#include <algorithm>

#include "services/allocation/domain/explanation.h"
#include "services/allocation/domain/policy.h"
#include "services/allocation/domain/settle.h"
#include "services/allocation/domain/supply.h"
#include "services/allocation/domain/window.h"

namespace sanyuan::allocation {
namespace {

// The SKUs that were asked for with what is free of each, by SKU. True when something is scarce.
bool Snapshot(const State& state, const RunKey& key, std::vector<std::pair<Code, int64_t>>& supply) {
  const RunProgress& progress = *state.progress.Find(key);
  const WindowSkus* skus = state.window_skus.Find(key.window());
  bool scarce = false;
  for (size_t i = 0; i < progress.asked.size(); ++i) {
    const WindowSupply* row = state.window_supplies.Find({key.window(), skus->skus[i]});
    const int64_t free = row == nullptr ? 0 : row->free;
    if (progress.asked[i] == 0) continue;
    scarce = scarce || (free > 0 && progress.asked[i] > free);
    supply.emplace_back(skus->skus[i], free);
  }
  std::sort(supply.begin(), supply.end());
  return scarce;
}

// Changes run and progress together; the run must be one that this version knows.
template <typename Change>
absl::Status ChangeRun(State& state, const std::string& run_id, Change change) {
  const auto key = ParseRun(run_id);
  if (!key || !state.runs.Contains(*key)) return Misfit("unknown run");
  return change(*key, state.runs.Mutate(*key), state.progress.Mutate(*key));
}

template <typename Table>
void EraseRows(Table& table, const RunKey& run) {
  std::vector<RunLicenceKey> keys;
  table.ForEachFrom({run, Code()}, [&](const RunLicenceKey& key, const auto&) {
    if (key.run() != run) return false;
    keys.push_back(key);
    return true;
  });
  for (const RunLicenceKey& key : keys) table.Erase(key);
}

// The pages of an attempt that came to nothing.
void DropResult(State& state, const RunKey& key, Run& run, RunProgress& progress) {
  EraseRows(state.results, key);
  progress.page_heights.clear();
  run.sums.clear();
  run.levels.clear();
  run.retailers = 0;
  run.lines = 0;
}

SkuSum FromMessage(const v1::SkuSum& sum) {
  return {Code(sum.sku()),           sum.price_class(),     sum.supply_cartons(), sum.requested_cartons(),
          sum.within_caps_cartons(), sum.offered_cartons(), sum.lines(),          sum.lines_cut()};
}

}  // namespace

Outcome DecideResumeRun(const State& state, const v1::ResumeRunRequest& request, const Stamp& /*stamp*/) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  NoteField(outcome.refusals, "why", request.why(), true);
  const auto key = ParseRun(request.run_id());
  const Run* run = key ? state.runs.Find(*key) : nullptr;
  if (run == nullptr || (county && key->county != *county)) {
    Refuse(outcome.refusals, common::v1::REASON_ALLOCATION_RUN_UNKNOWN, "run_id", request.run_id());
  } else if (run->state != v1::RUN_STATE_HELD) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "run_id", v1::RunState_Name(run->state));
  }
  if (outcome.refused()) return outcome;
  auto* event = AddEvent(outcome).mutable_run_resumed();
  event->set_run_id(request.run_id());
  event->set_why(request.why());
  Respond<v1::ResumeRunResponse>(outcome);
  return outcome;
}

NextStep NextStepOf(const State& state, const SecretSource& secrets, const RunKey& key) {
  const Run& run = *state.runs.Find(key);
  const RunProgress& progress = *state.progress.Find(key);
  NextStep next;
  if (run.state == v1::RUN_STATE_SNAPSHOT || run.state == v1::RUN_STATE_COMPUTED ||
      run.state == v1::RUN_STATE_CHECKED) {
    next.kind = NextStep::Kind::kAbandon;
    return next;
  }
  if (!progress.input_complete) {
    if (run.kind == v1::RUN_KIND_COMPENSATING) {
      next.kind = progress.input_pages == 0 ? NextStep::Kind::kCopyInput : NextStep::Kind::kAbandon;
    }
    return next;
  }
  if (!SupplyReady(state, key.window())) return next;

  std::vector<std::pair<Code, int64_t>> supply;
  const bool scarce = Snapshot(state, key, supply);
  Lottery lottery = LotteryOf(state, secrets, key.window());
  next.kind = NextStep::Kind::kStart;
  next.secret = std::move(lottery.secret);
  // A wrong secret must not be published either, so it holds the run even where nobody draws.
  if (lottery.kind == Lottery::Kind::kMismatch) {
    next = {NextStep::Kind::kHold, common::v1::REASON_SECRET_MISMATCH,
            "the secret at hand is not the announced one", ""};
  } else if (scarce && lottery.kind == Lottery::Kind::kNotAnnounced) {
    next = {NextStep::Kind::kHold, common::v1::REASON_TIE_KEY_UNKNOWN,
            "no lottery was announced for the window", ""};
  } else if (scarce && lottery.kind == Lottery::Kind::kSecretMissing) {
    next = {NextStep::Kind::kHold, common::v1::REASON_RUN_NOT_READY, "the lottery's secret is not at hand",
            ""};
  }
  return next;
}

void AddStart(const State& state, const RunKey& key, const NextStep& next, Outcome& outcome) {
  const RunProgress& progress = *state.progress.Find(key);
  auto* event = AddEvent(outcome).mutable_run_started();
  event->set_run_id(RunText(key));
  event->set_window_id(WindowText(key.window()));
  event->set_attempt(progress.attempt + 1);
  event->set_algorithm(kAlgorithm);
  if (const Window* window = state.windows.Find(key.window())) {
    event->set_policy_version(window->policy_version);
    event->set_tight_list_version(window->tight_list_version);
    event->set_ration_version(window->ration_version);
  }
  std::vector<std::pair<Code, int64_t>> supply;
  Snapshot(state, key, supply);
  std::string supply_text;
  for (const auto& [sku, cartons] : supply) {
    v1::SkuCartons& line = *event->add_supply();
    line.set_sku(sku.str());
    line.set_cartons(cartons);
    supply_text += line.SerializeAsString();
  }
  if (!next.secret.empty()) event->set_secret_hash(std::string(Sha256(next.secret).view()));
  const Digest digest = Sha256OfParts({event->run_id(), event->algorithm(), progress.input_digest.view(),
                                       supply_text, event->policy_version(), event->tight_list_version(),
                                       event->ration_version(), event->secret_hash()});
  event->set_input_digest(std::string(digest.view()));
}

void AddHeld(const RunKey& key, Reason reason, const std::string& detail, Outcome& outcome) {
  auto* event = AddEvent(outcome).mutable_run_held();
  event->set_run_id(RunText(key));
  event->set_reason(reason);
  event->set_detail(detail);
}

absl::Status Evolve(State& state, const v1::RunScheduled& event, const Stamp& stamp) {
  const auto key = ParseRun(event.run_id());
  if (!key || state.runs.Contains(*key)) return Misfit("RunScheduled");
  Run run;
  run.kind = event.kind();
  state.runs.Put(*key, std::move(run));
  RunProgress progress;
  progress.input_pages_expected = event.input_pages();
  progress.input_complete = event.kind() == v1::RUN_KIND_WINDOW && event.input_pages() == 0;
  state.progress.Put(*key, std::move(progress));
  state.active_runs.Put(*key, {});
  RefreshWindowTimers(state, key->window(), stamp);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::RunStarted& event, const Stamp& /*stamp*/) {
  return ChangeRun(
      state, event.run_id(), [&](const RunKey& key, Run& run, RunProgress& progress) -> absl::Status {
        if (event.attempt() != progress.attempt + 1 || event.algorithm() != kAlgorithm)
          return Misfit("RunStarted");
        progress.attempt = event.attempt();
        progress.supply.clear();
        for (const v1::SkuCartons& line : event.supply())
          progress.supply.emplace_back(Code(line.sku()), line.cartons());
        progress.secret_hash = event.secret_hash().empty() ? Digest() : DigestFromBytes(event.secret_hash());
        run.state = v1::RUN_STATE_SNAPSHOT;
        run.input_digest = DigestFromBytes(event.input_digest());
        run.algorithm = event.algorithm();
        run.policy_version = event.policy_version();
        run.tight_list_version = event.tight_list_version();
        run.ration_version = event.ration_version();
        const Policy* policy = PolicyNamed(state, key.county, event.policy_version());
        run.fill = policy == nullptr ? FillRule{} : policy->fill;
        return absl::OkStatus();
      });
}

absl::Status Evolve(State& state, const v1::RunComputed& event, const Stamp& /*stamp*/) {
  return ChangeRun(
      state, event.run_id(), [&](const RunKey&, Run& run, RunProgress& progress) -> absl::Status {
        if (event.attempt() != progress.attempt || event.page_count() != progress.page_heights.size()) {
          return Misfit("RunComputed");
        }
        run.state = v1::RUN_STATE_COMPUTED;
        run.retailers = event.retailers();
        run.lines = event.lines();
        for (const v1::SkuSum& sum : event.sums()) run.sums.push_back(FromMessage(sum));
        for (const v1::SkuLevel& message : event.levels()) {
          const auto level = FromMessage(message);
          if (!level.ok()) return level.status();
          run.levels.push_back({Code(message.sku()), message.rule(), *level});
        }
        return absl::OkStatus();
      });
}

absl::Status Evolve(State& state, const v1::RunChecked& event, const Stamp& /*stamp*/) {
  return ChangeRun(state, event.run_id(),
                   [&](const RunKey&, Run& run, RunProgress& progress) -> absl::Status {
                     if (event.attempt() != progress.attempt) return Misfit("RunChecked");
                     run.state = v1::RUN_STATE_CHECKED;
                     return absl::OkStatus();
                   });
}

absl::Status Evolve(State& state, const v1::AllocationPublished& event, const Stamp& stamp) {
  return ChangeRun(state, event.run_id(), [&](const RunKey& key, Run& run, RunProgress&) -> absl::Status {
    run.state = v1::RUN_STATE_PUBLISHED;
    run.published_at = stamp.decided_at;
    state.active_runs.Erase(key);
    for (const v1::SkuSum& sum : event.sums()) {
      WindowSupply& row = state.window_supplies.Mutate({key.window(), Code(sum.sku())});
      row.free -= sum.offered_cartons();
      row.offered += sum.offered_cartons();
      if (run.kind == v1::RUN_KIND_WINDOW) row.waiting += sum.within_caps_cartons() - sum.offered_cartons();
    }
    if (run.kind == v1::RUN_KIND_COMPENSATING) AddToHoldings(state, key);
    RefreshWindowTimers(state, key.window(), stamp);
    return absl::OkStatus();
  });
}

absl::Status Evolve(State& state, const v1::RunAbandoned& event, const Stamp& /*stamp*/) {
  return ChangeRun(state, event.run_id(),
                   [&](const RunKey& key, Run& run, RunProgress& progress) -> absl::Status {
                     DropResult(state, key, run, progress);
                     run.state = v1::RUN_STATE_SCHEDULED;
                     if (run.kind == v1::RUN_KIND_COMPENSATING) {
                       EraseRows(state.inputs, key);
                       progress.input_pages = 0;
                       progress.input_complete = false;
                       progress.input_digest = Digest();
                       progress.asked.clear();
                     }
                     return absl::OkStatus();
                   });
}

absl::Status Evolve(State& state, const v1::RunCheckFailed& event, const Stamp& /*stamp*/) {
  return ChangeRun(state, event.run_id(),
                   [&](const RunKey& key, Run& run, RunProgress& progress) -> absl::Status {
                     DropResult(state, key, run, progress);
                     run.state = v1::RUN_STATE_CHECK_FAILED;
                     ++progress.failures;
                     return absl::OkStatus();
                   });
}

absl::Status Evolve(State& state, const v1::RunHeld& event, const Stamp& /*stamp*/) {
  return ChangeRun(state, event.run_id(), [&](const RunKey& key, Run& run, RunProgress&) -> absl::Status {
    run.state = v1::RUN_STATE_HELD;
    run.held_reason = event.reason();
    run.held_detail = event.detail();
    state.active_runs.Erase(key);
    return absl::OkStatus();
  });
}

absl::Status Evolve(State& state, const v1::RunResumed& event, const Stamp& /*stamp*/) {
  return ChangeRun(state, event.run_id(),
                   [&](const RunKey& key, Run& run, RunProgress& progress) -> absl::Status {
                     run.state = v1::RUN_STATE_SCHEDULED;
                     run.held_reason = common::v1::REASON_UNSPECIFIED;
                     run.held_detail.clear();
                     progress.failures = 0;
                     state.active_runs.Put(key, {});
                     return absl::OkStatus();
                   });
}

}  // namespace sanyuan::allocation
