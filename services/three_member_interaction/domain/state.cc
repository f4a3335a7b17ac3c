#include "services/three_member_interaction/domain/state.h"

#include "common/state/table_rows.h"

namespace sanyuan::three_member_interaction {

State::State() {
  clues.Track();
  clue_texts.Track();
  tickets.Track();
  ticket_texts.Track();
  inspections.Track();
  inspection_texts.Track();
  inspection_plans.Track();
  retailers.Track();
  staff.Track();
}

}  // namespace sanyuan::three_member_interaction

namespace sanyuan {
template class state::Table<three_member_interaction::ThingKey,
                            three_member_interaction::MessageRow<three_member_interaction::v1::Clue>>;
template class state::Table<three_member_interaction::ThingKey,
                            three_member_interaction::MessageRow<three_member_interaction::v1::Ticket>>;
template class state::Table<three_member_interaction::ThingKey,
                            three_member_interaction::MessageRow<three_member_interaction::v1::Inspection>>;
template class state::Table<
    three_member_interaction::ThingKey,
    three_member_interaction::MessageRow<three_member_interaction::v1::InspectionPlan>>;
template class state::Table<three_member_interaction::PlannedShopKey, three_member_interaction::Present>;
template class state::Table<three_member_interaction::DuplicateKey, three_member_interaction::Present>;
template class state::Table<three_member_interaction::TimerKey, three_member_interaction::Present>;
template class state::Table<three_member_interaction::CodeKey, three_member_interaction::Retailer>;
template class state::Table<three_member_interaction::CodeKey, three_member_interaction::Staff>;
}  // namespace sanyuan
