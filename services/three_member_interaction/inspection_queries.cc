#include <algorithm>
#include <string>
#include <utility>

#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/three_member_interaction/queries.h"
#include "services/three_member_interaction/query_support.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: roles.

// What one caller may see of one inspection.
enum class InspectionSight {
  kNothing,
  kFromOutside,  // When it is, or was, and what came of it that the shop is told.
  kAll,
};

bool IsOutsider(Role role) {
  return role == ROLE_RETAILER || role == ROLE_ACCOUNT_MANAGER || role == ROLE_MARKETING_MANAGER;
}

absl::StatusOr<bool> IsOwnShop(const ViewReader& view, const Actor& caller,
                               const v1::Inspection& inspection) {
  if (caller.role == ROLE_MARKETING_MANAGER) return true;
  if (caller.role == ROLE_RETAILER) return inspection.licence() == caller.id;
  auto row = view.Get(ShopViewKey(inspection.county_code(), inspection.licence()));
  if (!row.ok()) return row.status();
  Retailer shop;
  if (row->has_value() && !state::Decode(**row, shop)) {
    return absl::DataLossError("a row of the view can't be read");
  }
  return shop.account_manager.view() == caller.id;
}

absl::StatusOr<InspectionSight> SightOf(const ViewReader& view, const Actor& caller, const Staff& staff,
                                        const v1::Inspection& inspection) {
  if (caller.role == ROLE_COUNTY_MANAGER || caller.role == ROLE_AUDITOR) return InspectionSight::kAll;
  if (caller.role == ROLE_INSPECTOR || caller.role == ROLE_SQUAD_HEAD) {
    const bool kin = std::any_of(staff.relatives.begin(), staff.relatives.end(),
                                 [&](const Code& licence) { return licence.view() == inspection.licence(); });
    return !kin && inspection.squad_id() == staff.unit ? InspectionSight::kAll : InspectionSight::kNothing;
  }
  if (!IsOutsider(caller.role) || !MayBeKnownOutside(inspection)) return InspectionSight::kNothing;
  const absl::StatusOr<bool> own = IsOwnShop(view, caller, inspection);
  if (!own.ok()) return own.status();
  return *own ? InspectionSight::kFromOutside : InspectionSight::kNothing;
}

// The reason may be a clue, of which the shop must not learn.
void Mask(InspectionSight sight, v1::Inspection& inspection) {
  if (sight != InspectionSight::kFromOutside) return;
  inspection.clear_plan_id();
  inspection.clear_reason();
  inspection.clear_analysis();
  inspection.clear_unplanned();
  inspection.clear_planned_by();
  inspection.clear_officer_ids();
  inspection.clear_dispatched_by();
  inspection.clear_check_ins();
  inspection.clear_started_by();
  inspection.clear_on_site_ids();
  inspection.clear_finding();
  inspection.clear_recorded_by();
  inspection.clear_clue_ids();
  inspection.clear_case_number();
  inspection.clear_dealt_by();
  inspection.clear_reviewed_by();
  inspection.clear_closed_by();
  auto& measures = *inspection.mutable_measures();
  measures.erase(std::remove_if(measures.begin(), measures.end(),
                                [](int measure) {
                                  return measure == v1::INSPECTION_MEASURE_CLUE ||
                                         measure == v1::INSPECTION_MEASURE_CASE;
                                }),
                 measures.end());
}

// Dates are texts that order as the days do.
bool IsWanted(const v1::ListInspectionsRequest& request, const v1::Inspection& inspection) {
  return (request.state() == v1::INSPECTION_STATE_UNSPECIFIED || request.state() == inspection.state()) &&
         (request.result() == v1::INSPECTION_RESULT_UNSPECIFIED || request.result() == inspection.result()) &&
         (request.squad_id().empty() || request.squad_id() == inspection.squad_id()) &&
         (request.licence().empty() || request.licence() == inspection.licence()) &&
         (request.plan_id().empty() || request.plan_id() == inspection.plan_id()) &&
         (request.from_date().empty() || request.from_date() <= inspection.date()) &&
         (request.to_date().empty() || inspection.date() <= request.to_date()) &&
         (!request.overdue_only() || !inspection.overdue().empty());
}

bool MaySee(const Actor& caller, const Staff& staff, const v1::InspectionPlan& plan) {
  if (caller.role == ROLE_COUNTY_MANAGER || caller.role == ROLE_AUDITOR) return true;
  return (caller.role == ROLE_INSPECTOR || caller.role == ROLE_SQUAD_HEAD) && plan.squad_id() == staff.unit;
}

}  // namespace

absl::StatusOr<v1::GetInspectionResponse> GetInspection(const ViewReader& view, const Actor& caller,
                                                        const v1::GetInspectionRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  auto inspection = ReadMessage<v1::Inspection>(
      view, view::Key({"inspection", request.county_code(), request.inspection_id()}));
  if (!inspection.ok()) return inspection.status();
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  absl::StatusOr<InspectionSight> sight = InspectionSight::kNothing;
  if (*inspection) sight = SightOf(view, caller, *staff, **inspection);
  if (!sight.ok()) return sight.status();
  if (*sight == InspectionSight::kNothing) {
    return absl::NotFoundError("there is no inspection " + request.inspection_id());
  }
  auto texts = ReadMessage<v1::Inspection>(
      view, view::Key({"inspectiontext", request.county_code(), request.inspection_id()}));
  if (!texts.ok()) return texts.status();
  v1::GetInspectionResponse response;
  v1::Inspection& out = *response.mutable_inspection();
  out = **std::move(inspection);
  if (*texts) out.MergeFrom(**texts);
  Mask(*sight, out);
  return response;
}

absl::StatusOr<v1::ListInspectionsResponse> ListInspections(const ViewReader& view, const Actor& caller,
                                                            const v1::ListInspectionsRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  const std::string shop = caller.role == ROLE_RETAILER ? caller.id : request.licence();
  // Its index holds what may be known outside and nothing else: not even a page token tells of more.
  const bool by_shop = IsOutsider(caller.role) && !shop.empty();
  const std::string prefix = by_shop ? view::Prefix({"shopinspection", request.county_code(), shop})
                                     : view::Prefix({"inspection", request.county_code()});
  v1::ListInspectionsResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    v1::Inspection inspection;
    if (by_shop) {
      auto loaded = ReadMessage<v1::Inspection>(view, view::Key({"inspection", request.county_code(), id}));
      if (!loaded.ok()) return loaded.status();
      if (!*loaded) return false;
      inspection = **std::move(loaded);
    } else if (!inspection.ParseFromString(value)) {
      return absl::DataLossError("a row of the view can't be read");
    }
    const auto sight = SightOf(view, caller, *staff, inspection);
    if (!sight.ok()) return sight.status();
    if (*sight == InspectionSight::kNothing) return false;
    Mask(*sight, inspection);
    if (!IsWanted(request, inspection)) return false;
    *response.add_inspections() = std::move(inspection);
    return true;
  };
  if (absl::Status read = pager.Read(prefix, "", visit); !read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetInspectionPlanResponse> GetInspectionPlan(const ViewReader& view, const Actor& caller,
                                                                const v1::GetInspectionPlanRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  auto plan = ReadMessage<v1::InspectionPlan>(
      view, view::Key({"inspectionplan", request.county_code(), request.plan_id()}));
  if (!plan.ok()) return plan.status();
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  if (!*plan || !MaySee(caller, *staff, **plan)) {
    return absl::NotFoundError("there is no plan " + request.plan_id());
  }
  v1::GetInspectionPlanResponse response;
  *response.mutable_plan() = **std::move(plan);
  return response;
}

absl::StatusOr<v1::ListInspectionPlansResponse> ListInspectionPlans(
    const ViewReader& view, const Actor& caller, const v1::ListInspectionPlansRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  v1::ListInspectionPlansResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string&, const std::string& value) -> absl::StatusOr<bool> {
    v1::InspectionPlan plan;
    if (!plan.ParseFromString(value)) return absl::DataLossError("a row of the view can't be read");
    const bool wanted = (request.month().empty() || request.month() == plan.month()) &&
                        (request.squad_id().empty() || request.squad_id() == plan.squad_id());
    if (!wanted || !MaySee(caller, *staff, plan)) return false;
    plan.clear_changes();
    *response.add_plans() = std::move(plan);
    return true;
  };
  const absl::Status read = pager.Read(view::Prefix({"inspectionplan", request.county_code()}), "", visit);
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

}  // namespace sanyuan::three_member_interaction
