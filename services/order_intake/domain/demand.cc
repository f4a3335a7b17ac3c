#include "services/order_intake/domain/demand.h"

#include <algorithm>

#include "services/order_intake/domain/order_guard.h"
#include "services/order_intake/domain/requests.h"

namespace sanyuan::order_intake {
namespace {

bool SaysTheSame(const DemandLine& line, const v1::DemandLine& said) {
  return line.sku.view() == said.sku() && line.cartons == said.demand_cartons();
}

}  // namespace

Outcome DecideReportDemand(const State& state, const v1::ReportDemandRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const auto county = ParseCounty(request.county_code());
  if (county && RefuseStaff(state, *county, stamp, request.device_id(), request.licence(), "", outcome))
    return outcome;
  outcome.refusals = Validate(request);
  if (outcome.refused()) return outcome;

  const WindowId id = *WindowId::Parse(request.window_id());
  const Code licence(request.licence());
  GuardCounty(state, *county, outcome.refusals);
  if (request.licence() != stamp.actor.id)
    Refuse(outcome.refusals, common::v1::REASON_NOT_OWN_LICENCE, "licence");
  if (!state.retailers.Contains({*county, licence})) {
    Refuse(outcome.refusals, common::v1::REASON_LICENCE_UNKNOWN, "licence");
  }
  const Window* window = state.windows.Find(id);
  if (window == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_WINDOW_UNKNOWN, "window_id");
    return outcome;
  }
  GuardTime(state, id, *window, licence, stamp, outcome);
  for (int i = 0; i < request.lines_size(); ++i) {
    if (!state.skus.Contains({Code(request.lines(i).sku())})) {
      Refuse(outcome.refusals, common::v1::REASON_SKU_UNKNOWN, LineField(i, "sku"), request.lines(i).sku());
    }
  }
  if (outcome.refused()) outcome.not_ready.clear();
  if (outcome.refused() || !outcome.not_ready.empty()) return outcome;

  outcome.response = std::make_unique<v1::ReportDemandResponse>();
  const Participation* before = state.participations.Find(RetailerInWindow{id, licence});
  if (before != nullptr && std::equal(before->demand.begin(), before->demand.end(), request.lines().begin(),
                                      request.lines().end(), SaysTheSame)) {
    return outcome;
  }
  auto [event, reported] = NewEvent(&v1::Event::mutable_demand_reported);
  reported->set_licence(request.licence());
  reported->set_window_id(request.window_id());
  *reported->mutable_lines() = request.lines();
  reported->set_policy_version(window->ordering_policy);
  outcome.events.push_back(std::move(event));
  return outcome;
}

absl::Status Evolve(State& state, const v1::DemandReported& event, const Stamp& stamp) {
  const auto id = WindowId::Parse(event.window_id());
  const auto licence = Code::Parse(event.licence());
  if (!id || !licence || !state.windows.Contains(*id)) return Unfoldable("DemandReported", event.window_id());
  Participation& participation = state.participations.Mutate(RetailerInWindow{*id, *licence});
  participation.demand.clear();
  participation.demand.reserve(static_cast<size_t>(event.lines_size()));
  for (const v1::DemandLine& line : event.lines()) {
    if (!Code::IsValid(line.sku()) || line.demand_cartons() < 0 ||
        line.demand_cartons() > kMostDemandCartons) {
      return Unfoldable("DemandReported", "lines");
    }
    participation.demand.push_back({Code(line.sku()), static_cast<int32_t>(line.demand_cartons())});
  }
  participation.demand_at = stamp.received_at;
  return absl::OkStatus();
}

}  // namespace sanyuan::order_intake
