// What queries read of three-member interaction, projected row by row from its folded state:
//
//   clue/<county>/<clue id>                  v1::Clue without texts
//   cluetext/<county>/<clue id>              v1::Clue with its sealed texts alone
//   reporter/<county>/<reporter>/<clue id>   (empty) what somebody reported
//   ticket/<county>/<ticket id>              v1::Ticket without texts
//   tickettext/<county>/<ticket id>          v1::Ticket with its sealed texts alone
//   inspection/<county>/<inspection id>      v1::Inspection without texts
//   inspectiontext/<county>/<inspection id>  v1::Inspection with its sealed texts alone
//   shopinspection/<county>/<licence>/<inspection id>   (empty) what the shop may know of
//   inspectionplan/<county>/<plan id>        v1::InspectionPlan
//   shop/<county>/<licence>                  Retailer (domain/rows.h), for whose account manager a caller is
//   staff/<county>/<staff id>                Staff (domain/rows.h), for whose squad and kin a caller is
//
// Every row is written whole, so projecting a change again changes nothing. Thread safety: any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_VIEW_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/view/view_store.h"
#include "sanyuan/three_member_interaction/v1/inspection.pb.h"

namespace sanyuan::three_member_interaction {

class ThreeMemberInteractionProjection final : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;
};

// Announced, or begun.
bool MayBeKnownOutside(const v1::Inspection& inspection);

std::string ShopViewKey(std::string_view county_code, std::string_view licence);
std::string StaffViewKey(std::string_view county_code, std::string_view staff_id);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_VIEW_H_
