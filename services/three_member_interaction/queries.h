// The queries of three-member interaction, over the rows that view.h names. What a caller may see of clues:
//
//   reporters           what they reported: how it stands and what they were told, not who looked into it
//   inspectors, heads   what is with the own squad or with none yet, unless the shop is a relative's
//   county manager      all of the county
//   auditor             all of the county, reporters masked
//
// Who reported a clue is shown to the reporter, to the officers who look into it, to squad heads and to the county
// manager; the shop that it is about never learns of the clue here. A duplicate shows the result of the clue that
// it repeats, once that one's reporter was told.
//
// Tickets are seen by their raiser and their owner, and by those who watch over them: marketing managers, squad
// heads, the service desk, the county manager and auditors.
//
// Inspections are seen by the squad whose they are, unless the shop is a relative's, by the county manager and by
// auditors. The shop, its account manager and marketing managers see when one is and what the shop is told of it,
// never who was sent, why, or that a clue or a case came of it; one that is unannounced is not there for them until
// it has begun.
//
// Results: NotFound for what is not there or not the caller's to see; InvalidArgument for a malformed county, page
// size or page token. Thread safety: any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERIES_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERIES_H_

#include "absl/status/statusor.h"
#include "common/view/query.h"
#include "sanyuan/three_member_interaction/v1/clue.pb.h"
#include "sanyuan/three_member_interaction/v1/inspection.pb.h"
#include "sanyuan/three_member_interaction/v1/ticket.pb.h"

namespace sanyuan::three_member_interaction {

using partition::Actor;
using view::ViewReader;

absl::StatusOr<v1::GetClueResponse> GetClue(const ViewReader& view, const Actor& caller,
                                            const v1::GetClueRequest& request);
// Without texts.
absl::StatusOr<v1::ListCluesResponse> ListClues(const ViewReader& view, const Actor& caller,
                                                const v1::ListCluesRequest& request);
absl::StatusOr<v1::GetTicketResponse> GetTicket(const ViewReader& view, const Actor& caller,
                                                const v1::GetTicketRequest& request);
// Without texts.
absl::StatusOr<v1::ListTicketsResponse> ListTickets(const ViewReader& view, const Actor& caller,
                                                    const v1::ListTicketsRequest& request);
absl::StatusOr<v1::GetInspectionResponse> GetInspection(const ViewReader& view, const Actor& caller,
                                                        const v1::GetInspectionRequest& request);
// Without texts.
absl::StatusOr<v1::ListInspectionsResponse> ListInspections(const ViewReader& view, const Actor& caller,
                                                            const v1::ListInspectionsRequest& request);
absl::StatusOr<v1::GetInspectionPlanResponse> GetInspectionPlan(const ViewReader& view, const Actor& caller,
                                                                const v1::GetInspectionPlanRequest& request);
// Without their logs of changes.
absl::StatusOr<v1::ListInspectionPlansResponse> ListInspectionPlans(
    const ViewReader& view, const Actor& caller, const v1::ListInspectionPlansRequest& request);

// All of them by full method name.
const view::Queries& ThreeMemberInteractionQueries();

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERIES_H_
