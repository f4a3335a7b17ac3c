#include <optional>
#include <string>
#include <utility>

#include "common/view/answer.h"
#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/registry/domain/proposal_row.h"
#include "services/registry/domain/retailer_row.h"
#include "services/registry/personal_view.h"
#include "services/registry/queries.h"

namespace sanyuan::registry {
namespace {

using namespace common::v1;  // NOLINT: roles.

bool SeesTexts(const Actor& caller, std::string_view licence, const RetailerRow& row) {
  switch (caller.role) {
    case ROLE_RETAILER:
      return caller.id == licence;
    case ROLE_ACCOUNT_MANAGER:
      return row.am.view() == caller.id;
    case ROLE_DELIVERY_STAFF:
    case ROLE_MARKETING_MANAGER:
    case ROLE_COUNTY_MANAGER:
    case ROLE_SERVICE_DESK:
    case ROLE_LICENCE_OFFICE:
    case ROLE_AUDITOR:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<std::optional<RetailerRow>> RetailerAt(const ViewReader& view, const std::string& county_code,
                                                      std::string_view licence) {
  return view::ReadRow<RetailerRow>(view, view::Key({"retailer", county_code, licence}));
}

// The retailer as the caller may see it.
absl::StatusOr<v1::Retailer> ShownRetailer(const ViewReader& view, const Actor& caller,
                                           const std::string& county_code, const std::string& licence,
                                           const RetailerRow& row) {
  auto personal =
      view::ReadRow<RetailerPrivateRow>(view, view::Key({"retailer-private", county_code, licence}));
  if (!personal.ok()) return personal.status();
  v1::Retailer retailer =
      RetailerOf(CountyOfId(county_code).value_or(0), licence, row, *personal ? &**personal : nullptr);
  HidePersonal(retailer, SeesTexts(caller, licence, row));
  return retailer;
}

bool IsWanted(const v1::ListRetailersRequest& request, const RetailerRow& row) {
  return (request.route_id().empty() || request.route_id() == row.route.view()) &&
         (request.am_staff_id().empty() || request.am_staff_id() == row.am.view()) &&
         (request.status() == v1::LICENCE_STATUS_UNSPECIFIED || request.status() == row.status) &&
         (request.supervision_mode() == v1::SUPERVISION_MODE_UNSPECIFIED ||
          request.supervision_mode() == row.supervision_mode) &&
         (!request.large_only() || row.large);
}

// The proposal as the caller may see it; nullopt when he may not.
absl::StatusOr<std::optional<v1::ProfileProposal>> ShownProposal(const ViewReader& view, const Actor& caller,
                                                                 const std::string& county_code,
                                                                 const std::string& proposal_id,
                                                                 const ProposalRow& row) {
  const auto shop = RetailerAt(view, county_code, row.licence.view());
  if (!shop.ok()) return shop.status();
  const RetailerRow retailer = shop->value_or(RetailerRow());
  const bool own = caller.role == ROLE_RETAILER
                       ? row.licence.view() == caller.id
                       : row.proposed_by == caller.id || retailer.am.view() == caller.id;
  const bool watched = caller.role != ROLE_RETAILER && caller.role != ROLE_ACCOUNT_MANAGER;
  if (!own && !watched) return std::optional<v1::ProfileProposal>();
  auto personal =
      view::ReadRow<ProposalPrivateRow>(view, view::Key({"proposal-private", county_code, proposal_id}));
  if (!personal.ok()) return personal.status();
  v1::ProfileProposal proposal =
      ProposalOf(CountyOfId(county_code).value_or(0), proposal_id, row, *personal ? &**personal : nullptr);
  HidePersonal(proposal, own || SeesTexts(caller, row.licence.view(), retailer));
  return std::optional<v1::ProfileProposal>(std::move(proposal));
}

}  // namespace

absl::StatusOr<v1::GetRetailerResponse> GetRetailer(const ViewReader& view, const Actor& caller,
                                                    const v1::GetRetailerRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  const auto row = RetailerAt(view, request.county_code(), request.licence());
  if (!row.ok()) return row.status();
  if (!*row || (caller.role == ROLE_RETAILER && caller.id != request.licence())) {
    return absl::NotFoundError("there is no licence " + request.licence());
  }
  auto retailer = ShownRetailer(view, caller, request.county_code(), request.licence(), **row);
  if (!retailer.ok()) return retailer.status();
  v1::GetRetailerResponse response;
  *response.mutable_retailer() = *std::move(retailer);
  return response;
}

absl::StatusOr<v1::ListRetailersResponse> ListRetailers(const ViewReader& view, const Actor& caller,
                                                        const v1::ListRetailersRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  std::string prefix = view::Prefix({"retailer", request.county_code()});
  if (!request.route_id().empty()) {
    prefix = view::Prefix({"retailer-of-route", request.county_code(), request.route_id()});
  } else if (!request.am_staff_id().empty()) {
    prefix = view::Prefix({"retailer-of-am", request.county_code(), request.am_staff_id()});
  }
  v1::ListRetailersResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& licence, const std::string&) -> absl::StatusOr<bool> {
    const auto row = RetailerAt(view, request.county_code(), licence);
    if (!row.ok()) return row.status();
    if (!*row || !IsWanted(request, **row)) return false;
    auto retailer = ShownRetailer(view, caller, request.county_code(), licence, **row);
    if (!retailer.ok()) return retailer.status();
    *response.add_retailers() = *std::move(retailer);
    return true;
  };
  if (absl::Status read = pager.Read(prefix, "", visit); !read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetProfileProposalResponse> GetProfileProposal(
    const ViewReader& view, const Actor& caller, const v1::GetProfileProposalRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  const absl::Status not_there = absl::NotFoundError("there is no proposal " + request.proposal_id());
  const auto row =
      view::ReadRow<ProposalRow>(view, view::Key({"proposal", request.county_code(), request.proposal_id()}));
  if (!row.ok()) return row.status();
  if (!*row) return not_there;
  auto proposal = ShownProposal(view, caller, request.county_code(), request.proposal_id(), **row);
  if (!proposal.ok()) return proposal.status();
  if (!*proposal) return not_there;
  v1::GetProfileProposalResponse response;
  *response.mutable_proposal() = **std::move(proposal);
  return response;
}

absl::StatusOr<v1::ListProfileProposalsResponse> ListProfileProposals(
    const ViewReader& view, const Actor& caller, const v1::ListProfileProposalsRequest& request) {
  if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  const std::string& licence =
      request.licence().empty() && caller.role == ROLE_RETAILER ? caller.id : request.licence();
  const std::string prefix = licence.empty() ? view::Prefix({"proposal", request.county_code()})
                                             : view::Prefix({"proposal-of", request.county_code(), licence});
  v1::ListProfileProposalsResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string&) -> absl::StatusOr<bool> {
    const auto row = view::ReadRow<ProposalRow>(view, view::Key({"proposal", request.county_code(), id}));
    if (!row.ok()) return row.status();
    if (!*row) return false;
    if (request.state() != v1::PROPOSAL_STATE_UNSPECIFIED && request.state() != (*row)->state) return false;
    auto proposal = ShownProposal(view, caller, request.county_code(), id, **row);
    if (!proposal.ok()) return proposal.status();
    if (!*proposal) return false;
    *response.add_proposals() = **std::move(proposal);
    return true;
  };
  if (absl::Status read = pager.Read(prefix, "", visit); !read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

const view::Queries& RegistryQueries() {
  static const view::Queries queries = {
      {"/sanyuan.registry.v1.OrganisationService/ListOrgUnits", view::AsQuery(&ListOrgUnits)},
      {"/sanyuan.registry.v1.OrganisationService/GetStaff", view::AsQuery(&GetStaff)},
      {"/sanyuan.registry.v1.OrganisationService/ListStaff", view::AsQuery(&ListStaff)},
      {"/sanyuan.registry.v1.RouteService/GetRoute", view::AsQuery(&GetRoute)},
      {"/sanyuan.registry.v1.RouteService/ListRoutes", view::AsQuery(&ListRoutes)},
      {"/sanyuan.registry.v1.RetailerService/GetRetailer", view::AsQuery(&GetRetailer)},
      {"/sanyuan.registry.v1.RetailerService/ListRetailers", view::AsQuery(&ListRetailers)},
      {"/sanyuan.registry.v1.RetailerService/GetProfileProposal", view::AsQuery(&GetProfileProposal)},
      {"/sanyuan.registry.v1.RetailerService/ListProfileProposals", view::AsQuery(&ListProfileProposals)},
  };
  return queries;
}

}  // namespace sanyuan::registry
