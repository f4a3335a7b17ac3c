// Adjustments of a month's allowance: relief in need, or lowering.
#include <algorithm>

#include "services/allocation/domain/allowance.h"
#include "services/allocation/domain/policy.h"

namespace sanyuan::allocation {

Outcome DecideProposeAdjustment(const State& state, const v1::ProposeAdjustmentRequest& request,
                                const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto licence = LicenceField(outcome.refusals, "licence", request.licence());
  const auto month = MonthField(outcome.refusals, "month", request.month());
  if (request.kind() != v1::ADJUSTMENT_KIND_RELIEF && request.kind() != v1::ADJUSTMENT_KIND_LOWERING) {
    Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "kind");
  }
  InRange(outcome.refusals, "cartons", request.cartons(), 1, kMaxRequestCartons);
  NoteField(outcome.refusals, "why", request.why(), true);
  if (!county || !licence || !month) return outcome;
  if (*month < MonthOf(stamp.decided_at)) Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "month");
  if (!state.allowances.Contains({*county, *month, *licence})) {
    const Month* row = state.months.Find({*county, *month});
    const bool opening = row != nullptr && row->state == v1::MONTH_STATE_OPENING;
    if (opening && !outcome.refused()) {
      outcome.not_ready = "the allowances of the month are being opened";
      return outcome;
    }
    Refuse(outcome.refusals,
           row == nullptr ? common::v1::REASON_MONTH_NOT_OPEN : common::v1::REASON_AGREEMENT_UNKNOWN,
           row == nullptr ? "month" : "licence");
  }
  if (outcome.refused()) return outcome;
  const std::string id = DeriveId(*county, stamp);
  auto* event = AddEvent(outcome).mutable_adjustment_proposed();
  event->set_adjustment_id(id);
  event->set_licence(request.licence());
  event->set_month(request.month());
  event->set_kind(request.kind());
  event->set_cartons(request.cartons());
  event->set_why(request.why());
  Respond<v1::ProposeAdjustmentResponse>(outcome).set_adjustment_id(id);
  return outcome;
}

Outcome DecideApproveAdjustment(const State& state, const v1::ApproveAdjustmentRequest& request,
                                const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  if (!IdField(outcome.refusals, "adjustment_id", request.adjustment_id(), county) || !county) return outcome;
  const Adjustment* row = state.adjustments.Find({*county, request.adjustment_id()});
  if (row == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_ADJUSTMENT_UNKNOWN, "adjustment_id");
    return outcome;
  }
  if (row->state == v1::ADJUSTMENT_STATE_APPROVED) {
    if (row->approved_by == stamp.actor.id) {
      Respond<v1::ApproveAdjustmentResponse>(outcome);
    } else {
      Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "adjustment_id", "APPROVED");
    }
    return outcome;
  }
  if (row->proposed_by == stamp.actor.id) {
    Refuse(outcome.refusals, common::v1::REASON_FOUR_EYES, "adjustment_id", row->proposed_by);
  }
  if (row->month < MonthOf(stamp.decided_at)) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "adjustment_id", MonthText(row->month));
  }
  const Month& month = *state.months.Find({*county, row->month});
  const Allowance& allowance = *state.allowances.Find({*county, row->month, row->licence});
  int64_t ceiling = allowance.ceiling;
  if (row->kind == v1::ADJUSTMENT_KIND_RELIEF) {
    const int64_t limit = month.agreed * month.reserve_bp / kBasisPoints;
    if (month.relief + row->cartons > limit) {
      Refuse(outcome.refusals, common::v1::REASON_OVER_RELIEF, "adjustment_id", limit - month.relief,
             row->cartons);
    }
    ceiling += row->cartons;
  } else {
    ceiling = std::max<int64_t>(0, ceiling - row->cartons);
  }
  const Policy* policy = PolicyNamed(state, *county, allowance.policy_version);
  if (outcome.refused() || policy == nullptr) return outcome;
  auto* event = AddEvent(outcome).mutable_allowance_adjusted();
  event->set_county_code(request.county_code());
  event->set_licence(row->licence.str());
  event->set_month(MonthText(row->month));
  event->set_ceiling_cartons(ceiling);
  for (int64_t pace : PacingOf(*policy, row->month, month.occurrences, ceiling)) {
    event->add_pacing_ceilings_cartons(pace);
  }
  event->set_policy_version(policy->version);
  event->set_adjustment_id(request.adjustment_id());
  event->set_kind(row->kind);
  event->set_cartons(row->cartons);
  Respond<v1::ApproveAdjustmentResponse>(outcome);
  return outcome;
}

absl::Status Evolve(State& state, const v1::AdjustmentProposed& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.adjustment_id());
  const auto licence = Code::Parse(event.licence());
  const auto month = ParseMonth(event.month());
  if (!county || !licence || !month) return Misfit("AdjustmentProposed");
  Adjustment row;
  row.licence = *licence;
  row.month = *month;
  row.kind = event.kind();
  row.cartons = event.cartons();
  row.why = event.why();
  row.proposed_by = stamp.actor.id;
  state.adjustments.Put({*county, event.adjustment_id()}, std::move(row));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllowanceAdjusted& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.county_code());
  const auto licence = Code::Parse(event.licence());
  const auto month = ParseMonth(event.month());
  if (!county || !licence || !month) return Misfit("AllowanceAdjusted");
  const AllowanceKey key{*county, *month, *licence};
  const IdKey adjustment{*county, event.adjustment_id()};
  if (!state.allowances.Contains(key) || !state.adjustments.Contains(adjustment))
    return Misfit("AllowanceAdjusted");
  Allowance& allowance = state.allowances.Mutate(key);
  Month& row = state.months.Mutate({*county, *month});
  row.ceiling += event.ceiling_cartons() - allowance.ceiling;
  if (event.kind() == v1::ADJUSTMENT_KIND_RELIEF) row.relief += event.cartons();
  allowance.ceiling = event.ceiling_cartons();
  allowance.pacing.assign(event.pacing_ceilings_cartons().begin(), event.pacing_ceilings_cartons().end());
  Adjustment& approved = state.adjustments.Mutate(adjustment);
  approved.state = v1::ADJUSTMENT_STATE_APPROVED;
  approved.approved_by = stamp.actor.id;
  approved.approved_at = stamp.decided_at;
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
