// The folded state of three-member interaction: what its own journal says, and nothing else.
// Thread safety: as state::Store.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_STATE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_STATE_H_

#include "common/reference/calendar_table.h"
#include "common/reference/policy_table.h"
#include "common/state/store.h"
#include "common/state/table.h"
#include "sanyuan/three_member_interaction/v1/clue.pb.h"
#include "sanyuan/three_member_interaction/v1/inspection.pb.h"
#include "sanyuan/three_member_interaction/v1/ticket.pb.h"
#include "services/three_member_interaction/domain/rows.h"

namespace sanyuan::three_member_interaction {

struct State : state::Store {
  State();

  state::Table<ThingKey, MessageRow<v1::Clue>> clues{*this, "clues", state::Content::kBusiness};
  state::Table<ThingKey, MessageRow<v1::Ticket>> tickets{*this, "tickets", state::Content::kBusiness};
  state::Table<ThingKey, MessageRow<v1::Inspection>> inspections{*this, "inspections",
                                                                 state::Content::kBusiness};
  state::Table<ThingKey, MessageRow<v1::InspectionPlan>> inspection_plans{*this, "inspection_plans",
                                                                          state::Content::kBusiness};

  // The sealed texts, and nothing else of the same: a person's key may go, and sealing twice differs, so what is
  // compared between systems does not hold them.
  state::Table<ThingKey, MessageRow<v1::Clue>> clue_texts{*this, "clue_texts", state::Content::kInternal};
  state::Table<ThingKey, MessageRow<v1::Ticket>> ticket_texts{*this, "ticket_texts",
                                                              state::Content::kInternal};
  state::Table<ThingKey, MessageRow<v1::Inspection>> inspection_texts{*this, "inspection_texts",
                                                                      state::Content::kInternal};
  state::Table<PlannedShopKey, Present> planned_shops{*this, "planned_shops", state::Content::kInternal};
  state::Table<DuplicateKey, Present> duplicates{*this, "duplicates", state::Content::kInternal};
  state::Table<TimerKey, Present> timers{*this, "timers", state::Content::kInternal};
  state::Table<CodeKey, Retailer> retailers{*this, "retailers", state::Content::kBusiness};
  state::Table<CodeKey, Staff> staff{*this, "staff", state::Content::kBusiness};
  reference::PolicyTable policies{*this, state::Content::kInternal};
  reference::CalendarTable calendars{*this, state::Content::kInternal};
};

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_STATE_H_
