#include "services/three_member_interaction/queries.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/three_member_interaction/query_support.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: roles.

// What one caller may see of one clue.
enum class Sight {
  kNothing,
  kOwnReport,  // How it stands and what the reporter was told.
  kMasked,     // Everything but the reporter.
  kAll,
};

bool IsOn(const v1::ClueVerification& look, const std::string& staff_id) {
  return std::find(look.officer_ids().begin(), look.officer_ids().end(), staff_id) !=
         look.officer_ids().end();
}

Sight SightOf(const Actor& caller, const Staff& staff, const v1::Clue& clue) {
  if (!clue.reporter_id().empty() && clue.reporter_id() == caller.id) return Sight::kOwnReport;
  switch (caller.role) {
    case ROLE_COUNTY_MANAGER:
      return Sight::kAll;
    case ROLE_AUDITOR:
      return Sight::kMasked;
    case ROLE_INSPECTOR:
    case ROLE_SQUAD_HEAD: {
      const bool kin = std::any_of(staff.relatives.begin(), staff.relatives.end(),
                                   [&](const Code& licence) { return licence.view() == clue.licence(); });
      const bool assigned = !clue.first().squad_id().empty();
      const bool own = clue.first().squad_id() == staff.unit || clue.second().squad_id() == staff.unit;
      if (kin || (assigned && !own)) return Sight::kNothing;
      const bool officer = IsOn(clue.first(), caller.id) || IsOn(clue.second(), caller.id);
      return officer || caller.role == ROLE_SQUAD_HEAD ? Sight::kAll : Sight::kMasked;
    }
    default:
      return Sight::kNothing;
  }
}

void Mask(Sight sight, v1::Clue& clue) {
  if (sight == Sight::kMasked) {
    clue.clear_reporter_id();
    // Its key would tell.
    if (clue.text().sealed_for() != clue.licence()) clue.clear_text();
    clue.clear_feedback();
    clue.clear_objection();
  } else if (sight == Sight::kOwnReport) {
    clue.clear_first();
    clue.clear_second();
    clue.clear_accepted_by();
    clue.clear_staff_ids();
    // Until the feedback nothing is said.
    if (!clue.has_feedback_at()) clue.clear_result();
  }
}

absl::Status AddOriginal(const ViewReader& view, v1::Clue& clue) {
  if (clue.duplicate_of().empty()) return absl::OkStatus();
  auto original = ReadMessage<v1::Clue>(view, view::Key({"clue", clue.county_code(), clue.duplicate_of()}));
  if (!original.ok()) return original.status();
  if (!*original || !(*original)->has_feedback_at()) return absl::OkStatus();
  clue.set_result((*original)->result());
  *clue.mutable_feedback_at() = (*original)->feedback_at();
  return absl::OkStatus();
}

bool IsWanted(const v1::ListCluesRequest& request, const v1::Clue& clue) {
  return (request.state() == v1::CLUE_STATE_UNSPECIFIED || request.state() == clue.state()) &&
         (request.grade() == v1::CLUE_GRADE_UNSPECIFIED || request.grade() == clue.grade()) &&
         (request.source() == v1::CLUE_SOURCE_UNSPECIFIED || request.source() == clue.source()) &&
         (request.squad_id().empty() || request.squad_id() == clue.first().squad_id() ||
          request.squad_id() == clue.second().squad_id()) &&
         (request.licence().empty() || request.licence() == clue.licence()) &&
         (!request.overdue_only() || !clue.overdue().empty());
}

}  // namespace

absl::StatusOr<v1::GetClueResponse> GetClue(const ViewReader& view, const Actor& caller,
                                            const v1::GetClueRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  auto clue = ReadMessage<v1::Clue>(view, view::Key({"clue", request.county_code(), request.clue_id()}));
  if (!clue.ok()) return clue.status();
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  const Sight sight = *clue ? SightOf(caller, *staff, **clue) : Sight::kNothing;
  if (sight == Sight::kNothing) return absl::NotFoundError("there is no clue " + request.clue_id());
  auto texts = ReadMessage<v1::Clue>(view, view::Key({"cluetext", request.county_code(), request.clue_id()}));
  if (!texts.ok()) return texts.status();
  v1::GetClueResponse response;
  v1::Clue& out = *response.mutable_clue();
  out = **std::move(clue);
  if (*texts) out.MergeFrom(**texts);
  if (absl::Status added = AddOriginal(view, out); !added.ok()) return added;
  Mask(sight, out);
  return response;
}

absl::StatusOr<v1::ListCluesResponse> ListClues(const ViewReader& view, const Actor& caller,
                                                const v1::ListCluesRequest& request) {
  if (absl::Status county = CheckCountyCode(request.county_code()); !county.ok()) return county;
  const auto staff = StaffOf(view, request.county_code(), caller.id);
  if (!staff.ok()) return staff.status();
  const bool reporter = caller.role == ROLE_RETAILER || caller.role == ROLE_ACCOUNT_MANAGER ||
                        caller.role == ROLE_DELIVERY_STAFF;
  const std::string prefix = reporter ? view::Prefix({"reporter", request.county_code(), caller.id})
                                      : view::Prefix({"clue", request.county_code()});
  v1::ListCluesResponse response;
  view::Pager pager(view, request.page_size(), request.page_token());
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    v1::Clue clue;
    if (reporter) {
      auto loaded = ReadMessage<v1::Clue>(view, view::Key({"clue", request.county_code(), id}));
      if (!loaded.ok()) return loaded.status();
      if (!*loaded) return false;
      clue = **std::move(loaded);
    } else if (!clue.ParseFromString(value)) {
      return absl::DataLossError("a row of the view can't be read");
    }
    const Sight sight = SightOf(caller, *staff, clue);
    if (sight == Sight::kNothing) return false;
    if (absl::Status added = AddOriginal(view, clue); !added.ok()) return added;
    Mask(sight, clue);
    if (!IsWanted(request, clue)) return false;
    *response.add_clues() = std::move(clue);
    return true;
  };
  if (absl::Status read = pager.Read(prefix, "", visit); !read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

const view::Queries& ThreeMemberInteractionQueries() {
  static const view::Queries queries = {
      {"/sanyuan.three_member_interaction.v1.ClueService/GetClue", AsQuery(&GetClue)},
      {"/sanyuan.three_member_interaction.v1.ClueService/ListClues", AsQuery(&ListClues)},
      {"/sanyuan.three_member_interaction.v1.InspectionService/GetInspection", AsQuery(&GetInspection)},
      {"/sanyuan.three_member_interaction.v1.InspectionService/ListInspections", AsQuery(&ListInspections)},
      {"/sanyuan.three_member_interaction.v1.InspectionService/GetInspectionPlan",
       AsQuery(&GetInspectionPlan)},
      {"/sanyuan.three_member_interaction.v1.InspectionService/ListInspectionPlans",
       AsQuery(&ListInspectionPlans)},
      {"/sanyuan.three_member_interaction.v1.TicketService/GetTicket", AsQuery(&GetTicket)},
      {"/sanyuan.three_member_interaction.v1.TicketService/ListTickets", AsQuery(&ListTickets)},
  };
  return queries;
}

}  // namespace sanyuan::three_member_interaction
