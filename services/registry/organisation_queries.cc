#include <string>
#include <utility>

#include "common/view/answer.h"
#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/registry/domain/retailer_row.h"
#include "services/registry/domain/route_row.h"
#include "services/registry/domain/staff_row.h"
#include "services/registry/domain/unit.h"
#include "services/registry/personal_view.h"
#include "services/registry/queries.h"

namespace sanyuan::registry {
namespace {

using namespace common::v1;  // NOLINT: roles.

absl::Status Unreadable() { return absl::DataLossError("a row of the view can't be read"); }

bool SeesNames(const Actor& caller, const std::string& staff_id) {
  switch (caller.role) {
    case ROLE_MARKETING_MANAGER:
    case ROLE_COUNTY_MANAGER:
    case ROLE_SERVICE_DESK:
    case ROLE_AUDITOR:
      return true;
    default:
      return caller.id == staff_id && caller.role != ROLE_RETAILER;
  }
}

// The person as the caller may see it.
absl::StatusOr<v1::Staff> ShownStaff(const ViewReader& view, const Actor& caller,
                                     const std::string& county_code, const std::string& staff_id,
                                     const StaffRow& row) {
  const bool shown = SeesNames(caller, staff_id);
  if (!shown) return StaffOf(staff_id, row, nullptr);
  auto personal = view::ReadRow<StaffPrivateRow>(view, view::Key({"staff-private", county_code, staff_id}));
  if (!personal.ok()) return personal.status();
  v1::Staff staff = StaffOf(staff_id, row, *personal ? &**personal : nullptr);
  HidePersonal(staff, shown);
  return staff;
}

}  // namespace

absl::StatusOr<v1::ListOrgUnitsResponse> ListOrgUnits(const ViewReader& view, const Actor& /*caller*/,
                                                      const v1::ListOrgUnitsRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  v1::ListOrgUnitsResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    UnitRow row;
    if (!state::Decode(value, row)) return Unreadable();
    if (request.level() != v1::UNIT_LEVEL_UNSPECIFIED && request.level() != row.level) return false;
    *response.add_units() = UnitOf(id, row);
    return true;
  };
  const absl::Status read = pager.Read(view::Prefix({"unit", request.county_code()}), "", visit);
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetStaffResponse> GetStaff(const ViewReader& view, const Actor& caller,
                                              const v1::GetStaffRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  const auto row =
      view::ReadRow<StaffRow>(view, view::Key({"staff", request.county_code(), request.staff_id()}));
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("there is no member of staff " + request.staff_id());
  auto staff = ShownStaff(view, caller, request.county_code(), request.staff_id(), **row);
  if (!staff.ok()) return staff.status();
  v1::GetStaffResponse response;
  *response.mutable_staff() = *std::move(staff);
  return response;
}

absl::StatusOr<v1::ListStaffResponse> ListStaff(const ViewReader& view, const Actor& caller,
                                                const v1::ListStaffRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  v1::ListStaffResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    StaffRow row;
    if (!state::Decode(value, row)) return Unreadable();
    const bool wanted = (request.unit_id().empty() || request.unit_id() == row.unit.view()) &&
                        (request.role() == ROLE_UNSPECIFIED || request.role() == row.role) &&
                        (!request.active_only() || row.active);
    if (!wanted) return false;
    auto staff = ShownStaff(view, caller, request.county_code(), id, row);
    if (!staff.ok()) return staff.status();
    *response.add_staff() = *std::move(staff);
    return true;
  };
  const absl::Status read = pager.Read(view::Prefix({"staff", request.county_code()}), "", visit);
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetRouteResponse> GetRoute(const ViewReader& view, const Actor& caller,
                                              const v1::GetRouteRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  const absl::Status not_there = absl::NotFoundError("there is no route " + request.route_id());
  if (caller.role == ROLE_RETAILER) {
    const auto shop =
        view::ReadRow<RetailerRow>(view, view::Key({"retailer", request.county_code(), caller.id}));
    if (!shop.ok()) return shop.status();
    if (!*shop || (*shop)->route.view() != request.route_id()) return not_there;
  }
  const auto row =
      view::ReadRow<RouteRow>(view, view::Key({"route", request.county_code(), request.route_id()}));
  if (!row.ok()) return row.status();
  if (!*row) return not_there;
  v1::GetRouteResponse response;
  *response.mutable_route() = RouteOf(request.route_id(), **row);
  return response;
}

absl::StatusOr<v1::ListRoutesResponse> ListRoutes(const ViewReader& view, const Actor& /*caller*/,
                                                  const v1::ListRoutesRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  v1::ListRoutesResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    RouteRow row;
    if (!state::Decode(value, row)) return Unreadable();
    const bool wanted = (request.order_weekday() == 0 || request.order_weekday() == row.order_weekday) &&
                        (request.crew_id().empty() || request.crew_id() == row.crew_id);
    if (wanted) *response.add_routes() = RouteOf(id, row);
    return wanted;
  };
  const absl::Status read = pager.Read(view::Prefix({"route", request.county_code()}), "", visit);
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

}  // namespace sanyuan::registry
