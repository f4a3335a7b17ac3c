// What the queries of this context share: who the caller is. Any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/view/answer.h"
#include "services/three_member_interaction/domain/rows.h"
#include "services/three_member_interaction/view.h"

namespace sanyuan::three_member_interaction {

using view::AsQuery;
using view::CheckCountyCode;
using view::ReadMessage;

// The caller's record as the registry has it; default values for who is no staff.
inline absl::StatusOr<Staff> StaffOf(const view::ViewReader& view, const std::string& county_code,
                                     const std::string& id) {
  auto staff = view::ReadRow<Staff>(view, StaffViewKey(county_code, id));
  if (!staff.ok()) return staff.status();
  return std::move(*staff).value_or(Staff());
}

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_
