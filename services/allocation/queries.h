// The query RPCs of allocation, answered from the view. That the county is the caller's is checked at the edge; a
// retailer sees his own licence alone (PERMISSION_DENIED for another one), tight lists and rations are for
// everybody. Results of a run are shown from its publication on. InvalidArgument names the field.
// Thread safety: any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_QUERIES_H_
#define SANYUAN_SERVICES_ALLOCATION_QUERIES_H_

#include "absl/status/statusor.h"
#include "common/view/query.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/allocation/v1/tie_key.pb.h"

namespace sanyuan::allocation {

using view::ViewReader;

absl::StatusOr<v1::GetAgreementResponse> GetAgreement(const ViewReader& view, const partition::Actor& caller,
                                                      const v1::GetAgreementRequest& request);
absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(const ViewReader& view,
                                                          const partition::Actor& caller,
                                                          const v1::ListAgreementsRequest& request);
absl::StatusOr<v1::GetAllowanceResponse> GetAllowance(const ViewReader& view, const partition::Actor& caller,
                                                      const v1::GetAllowanceRequest& request);
absl::StatusOr<v1::GetMonthResponse> GetMonth(const ViewReader& view, const partition::Actor& caller,
                                              const v1::GetMonthRequest& request);
absl::StatusOr<v1::ListTightSkusResponse> ListTightSkus(const ViewReader& view,
                                                        const partition::Actor& caller,
                                                        const v1::ListTightSkusRequest& request);
absl::StatusOr<v1::ListRationsResponse> ListRations(const ViewReader& view, const partition::Actor& caller,
                                                    const v1::ListRationsRequest& request);
absl::StatusOr<v1::GetSupplyResponse> GetSupply(const ViewReader& view, const partition::Actor& caller,
                                                const v1::GetSupplyRequest& request);
absl::StatusOr<v1::ListWindowSupplyResponse> ListWindowSupply(const ViewReader& view,
                                                              const partition::Actor& caller,
                                                              const v1::ListWindowSupplyRequest& request);
absl::StatusOr<v1::GetTieKeyResponse> GetTieKey(const ViewReader& view, const partition::Actor& caller,
                                                const v1::GetTieKeyRequest& request);

// Runs and their results (run_queries.cc).
absl::StatusOr<v1::GetAllocationResponse> GetAllocation(const ViewReader& view,
                                                        const partition::Actor& caller,
                                                        const v1::GetAllocationRequest& request);
absl::StatusOr<v1::ListAllocationsResponse> ListAllocations(const ViewReader& view,
                                                            const partition::Actor& caller,
                                                            const v1::ListAllocationsRequest& request);
absl::StatusOr<v1::ExplainLineResponse> ExplainLine(const ViewReader& view, const partition::Actor& caller,
                                                    const v1::ExplainLineRequest& request);
absl::StatusOr<v1::GetRunResponse> GetRun(const ViewReader& view, const partition::Actor& caller,
                                          const v1::GetRunRequest& request);
absl::StatusOr<v1::ListRunsResponse> ListRuns(const ViewReader& view, const partition::Actor& caller,
                                              const v1::ListRunsRequest& request);

// All of them, by full method name.
const view::Queries& AllocationQueries();

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_QUERIES_H_
