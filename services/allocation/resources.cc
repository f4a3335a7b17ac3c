#include "services/allocation/resources.h"

#include <map>

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/ration.h"

namespace sanyuan::allocation {

v1::Agreement ToMessage(const IdKey& key, const Agreement& row) {
  v1::Agreement out;
  out.set_agreement_id(key.id);
  out.set_county_code(CountyText(key.county));
  out.set_licence(row.licence.str());
  out.set_agreed_total_cartons(row.total);
  out.set_from_month(MonthText(row.from));
  out.set_to_month(MonthText(row.to));
  out.set_state(row.state);
  out.set_provisional(row.carried_months > 0);
  v1::EvidencePack& evidence = *out.mutable_evidence();
  for (int64_t cartons : row.evidence.ordered) evidence.add_ordered_cartons(cartons);
  evidence.set_new_retailer(row.evidence.new_retailer);
  if (row.evidence.last_year) evidence.set_same_month_last_year_cartons(*row.evidence.last_year);
  if (row.evidence.reported) evidence.set_reported_demand_cartons(*row.evidence.reported);
  if (row.evidence.capacity) evidence.set_capacity_estimate_cartons(*row.evidence.capacity);
  evidence.set_policy_version(row.evidence.policy_version);
  out.set_proposed_by(row.proposed_by);
  if (row.proposed_at != absl::UnixEpoch()) SetTime(row.proposed_at, out.mutable_proposed_at());
  if (row.consent_method != v1::CONSENT_METHOD_UNSPECIFIED) {
    v1::Consent& consent = *out.mutable_consent();
    consent.set_method(row.consent_method);
    consent.set_proof_digest(row.consent_proof);
    consent.set_recorded_by(row.consent_by);
    SetTime(row.consent_at, consent.mutable_recorded_at());
  }
  out.set_countered_total_cartons(row.countered);
  for (const Agreement::Approval& approval : row.approvals) {
    v1::Approval& message = *out.add_approvals();
    message.set_role(approval.role);
    message.set_staff_id(approval.staff_id);
    SetTime(approval.at, message.mutable_approved_at());
  }
  out.set_note(row.note);
  return out;
}

v1::Month ToMessage(const MonthKey& key, const Month& row) {
  v1::Month out;
  out.set_county_code(CountyText(key.county));
  out.set_month(MonthText(key.month));
  out.set_state(row.state);
  out.set_occurrences(row.occurrences);
  out.set_policy_version(row.policy_version);
  out.set_licences(row.licences);
  out.set_agreed_total_cartons(row.agreed);
  out.set_ceiling_cartons(row.ceiling);
  out.set_relief_cartons(row.relief);
  out.set_relief_limit_cartons(row.agreed * row.reserve_bp / kBasisPoints);
  return out;
}

v1::Allowance ToMessage(const AllowanceKey& key, const Allowance& row) {
  v1::Allowance out;
  out.set_county_code(CountyText(key.county));
  out.set_licence(key.licence.str());
  out.set_month(MonthText(key.month));
  out.set_agreement_id(row.agreement_id);
  out.set_agreed_total_cartons(row.agreed);
  out.set_scale(row.scale);
  out.set_float_bp(row.float_bp);
  out.set_ceiling_cartons(row.ceiling);
  for (int64_t pace : row.pacing) out.add_pacing_ceilings_cartons(pace);
  out.set_policy_version(row.policy_version);
  return out;
}

v1::Adjustment ToMessage(const IdKey& key, const Adjustment& row) {
  v1::Adjustment out;
  out.set_adjustment_id(key.id);
  out.set_kind(row.kind);
  out.set_cartons(row.cartons);
  out.set_why(row.why);
  out.set_state(row.state);
  out.set_proposed_by(row.proposed_by);
  out.set_approved_by(row.approved_by);
  if (row.state == v1::ADJUSTMENT_STATE_APPROVED) SetTime(row.approved_at, out.mutable_approved_at());
  return out;
}

v1::TightList ToMessage(const VersionKey& key, const TightList& row) {
  v1::TightList out;
  out.set_county_code(CountyText(key.county));
  out.set_version(TightListVersion(key));
  SetTime(row.effective_from, out.mutable_effective_from());
  for (Code sku : row.skus) out.add_skus(sku.str());
  return out;
}

v1::RationTable ToMessage(const VersionKey& key, const RationTable& row) {
  v1::RationTable out;
  out.set_county_code(CountyText(key.county));
  out.set_version(RationVersion(key));
  SetTime(row.effective_from, out.mutable_effective_from());
  for (const RationTable::Cap& cap : row.caps) {
    v1::Ration& ration = *out.add_rations();
    ration.set_sku(cap.sku.str());
    ration.set_ration_class(cap.ration_class);
    ration.set_cap_cartons(cap.cartons);
  }
  return out;
}

v1::Supply ToMessage(const SupplyKey& key, const Supply& row) {
  v1::Supply out;
  out.set_county_code(CountyText(key.county));
  out.set_month(MonthText(key.month));
  out.set_sku(key.sku.str());
  out.set_confirmed_cartons(row.confirmed);
  out.set_reserve_cartons(row.reserve());
  out.set_unreleased_cartons(row.unreleased());
  out.set_released_cartons(row.released);
  return out;
}

v1::WindowSupply ToMessage(const WindowSkuKey& key, const WindowSupply& row) {
  v1::WindowSupply out;
  out.set_county_code(CountyText(key.county));
  out.set_window_id(WindowText(key.window()));
  out.set_sku(key.sku.str());
  out.set_planned_cartons(row.planned);
  out.set_released_cartons(row.released);
  out.set_free_cartons(row.free);
  out.set_offered_cartons(row.offered);
  out.set_taken_cartons(row.taken);
  out.set_rolled_cartons(row.rolled);
  return out;
}

v1::TieKeySecret ToMessage(const WindowKey& key, const TieKeySecret& row) {
  v1::TieKeySecret out;
  out.set_county_code(CountyText(key.county));
  out.set_window_id(WindowText(key));
  out.set_secret_hash(std::string(row.hash.view()));
  out.set_secret(row.secret);
  out.set_late(row.late);
  return out;
}

v1::Run ToMessage(const RunKey& key, const Run& row, bool sums) {
  v1::Run out;
  out.set_run_id(RunText(key));
  out.set_county_code(CountyText(key.county));
  out.set_window_id(WindowText(key.window()));
  out.set_kind(row.kind);
  out.set_sequence(key.sequence);
  out.set_state(row.state);
  if (row.held_reason != common::v1::REASON_UNSPECIFIED) {
    out.set_held_reason(common::v1::Reason_Name(row.held_reason) + ": " + row.held_detail);
  }
  if (row.input_digest != Digest()) out.set_input_digest(std::string(row.input_digest.view()));
  out.set_algorithm(row.algorithm);
  out.set_policy_version(row.policy_version);
  out.set_tight_list_version(row.tight_list_version);
  out.set_ration_version(row.ration_version);
  out.set_retailers(row.retailers);
  out.set_lines(row.lines);
  if (row.published_at != absl::UnixEpoch()) SetTime(row.published_at, out.mutable_published_at());
  std::map<std::string, std::pair<int64_t, int64_t>> by_class;
  int64_t requested = 0;
  int64_t offered = 0;
  for (const SkuSum& sum : row.sums) {
    requested += sum.requested;
    offered += sum.offered;
    by_class[sum.price_class].first += sum.requested;
    by_class[sum.price_class].second += sum.offered;
    if (!sums) continue;
    v1::SkuSum& message = *out.add_skus();
    message.set_sku(sum.sku.str());
    message.set_price_class(sum.price_class);
    message.set_supply_cartons(sum.supply);
    message.set_requested_cartons(sum.requested);
    message.set_within_caps_cartons(sum.within_caps);
    message.set_offered_cartons(sum.offered);
    message.set_unallocated_cartons(sum.supply - sum.offered);
    message.set_lines(sum.lines);
    message.set_lines_cut(sum.lines_cut);
  }
  out.set_requested_cartons(requested);
  out.set_offered_cartons(offered);
  for (const auto& [price_class, cartons] : by_class) {
    if (!sums) break;
    v1::ClassFill& fill = *out.add_fill();
    fill.set_price_class(price_class);
    fill.set_requested_cartons(cartons.first);
    fill.set_offered_cartons(cartons.second);
    fill.set_fill_bp(cartons.first == 0 ? kBasisPoints : cartons.second * kBasisPoints / cartons.first);
  }
  return out;
}

}  // namespace sanyuan::allocation
