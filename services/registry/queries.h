// The queries of the registry, over the rows that view.h names. That the county is the caller's is checked at the
// edge; what belongs to no county is for everybody whom the contract lets ask.
//
// Personal data, sealed as it is stored, is given to
//   of staff      the person, marketing and county managers, the service desk, auditors
//   of retailers  the retailer, the own account manager, delivery staff, marketing and county managers, the service
//                 desk, the licence office, auditors
// and left empty for others; keyed hashes are given to nobody. A retailer sees the own shop, its proposals and the
// route that it is on; an account manager the proposals of the own shops and his own.
//
// Results: NotFound for what is not there or not the caller's to see; InvalidArgument for a malformed county, date,
// page size or an incomplete question. Thread safety: any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_QUERIES_H_
#define SANYUAN_SERVICES_REGISTRY_QUERIES_H_

#include "absl/status/statusor.h"
#include "common/view/query.h"
#include "sanyuan/registry/v1/organisation.pb.h"
#include "sanyuan/registry/v1/policy.pb.h"
#include "sanyuan/registry/v1/reference.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "sanyuan/registry/v1/route.pb.h"

namespace sanyuan::registry {

using partition::Actor;
using view::ViewReader;

// Of the reference journal (reference_queries.cc).
absl::StatusOr<v1::ListCountiesResponse> ListCounties(const ViewReader& view, const Actor& caller,
                                                      const v1::ListCountiesRequest& request);
absl::StatusOr<v1::ListReferenceUnitsResponse> ListReferenceUnits(
    const ViewReader& view, const Actor& caller, const v1::ListReferenceUnitsRequest& request);
absl::StatusOr<v1::GetSkuResponse> GetSku(const ViewReader& view, const Actor& caller,
                                          const v1::GetSkuRequest& request);
absl::StatusOr<v1::ListSkusResponse> ListSkus(const ViewReader& view, const Actor& caller,
                                              const v1::ListSkusRequest& request);
absl::StatusOr<v1::ListPriceClassesResponse> ListPriceClasses(const ViewReader& view, const Actor& caller,
                                                              const v1::ListPriceClassesRequest& request);
absl::StatusOr<v1::GetCalendarResponse> GetCalendar(const ViewReader& view, const Actor& caller,
                                                    const v1::GetCalendarRequest& request);
absl::StatusOr<v1::GetPolicyResponse> GetPolicy(const ViewReader& view, const Actor& caller,
                                                const v1::GetPolicyRequest& request);
absl::StatusOr<v1::ListPoliciesResponse> ListPolicies(const ViewReader& view, const Actor& caller,
                                                      const v1::ListPoliciesRequest& request);

// Of a county's organisation and routes (organisation_queries.cc).
absl::StatusOr<v1::ListOrgUnitsResponse> ListOrgUnits(const ViewReader& view, const Actor& caller,
                                                      const v1::ListOrgUnitsRequest& request);
absl::StatusOr<v1::GetStaffResponse> GetStaff(const ViewReader& view, const Actor& caller,
                                              const v1::GetStaffRequest& request);
absl::StatusOr<v1::ListStaffResponse> ListStaff(const ViewReader& view, const Actor& caller,
                                                const v1::ListStaffRequest& request);
absl::StatusOr<v1::GetRouteResponse> GetRoute(const ViewReader& view, const Actor& caller,
                                              const v1::GetRouteRequest& request);
absl::StatusOr<v1::ListRoutesResponse> ListRoutes(const ViewReader& view, const Actor& caller,
                                                  const v1::ListRoutesRequest& request);

// Of its retailers (retailer_queries.cc).
absl::StatusOr<v1::GetRetailerResponse> GetRetailer(const ViewReader& view, const Actor& caller,
                                                    const v1::GetRetailerRequest& request);
absl::StatusOr<v1::ListRetailersResponse> ListRetailers(const ViewReader& view, const Actor& caller,
                                                        const v1::ListRetailersRequest& request);
absl::StatusOr<v1::GetProfileProposalResponse> GetProfileProposal(
    const ViewReader& view, const Actor& caller, const v1::GetProfileProposalRequest& request);
absl::StatusOr<v1::ListProfileProposalsResponse> ListProfileProposals(
    const ViewReader& view, const Actor& caller, const v1::ListProfileProposalsRequest& request);

// All of them by full method name.
const view::Queries& ReferenceQueries();
const view::Queries& RegistryQueries();

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_QUERIES_H_
