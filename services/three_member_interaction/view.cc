#include "services/three_member_interaction/view.h"

#include <utility>

#include "common/state/codec.h"
#include "common/view/keys.h"
#include "services/three_member_interaction/domain/state.h"

namespace sanyuan::three_member_interaction {
namespace {

template <typename Table>
const typename Table::Entry& EntryOf(const state::Change& change) {
  return Table::EntryOf(change);
}

}  // namespace

std::string StaffViewKey(std::string_view county_code, std::string_view staff_id) {
  return view::Key({"staff", county_code, staff_id});
}

void ThreeMemberInteractionProjection::Project(const state::Change& change,
                                               std::vector<view::ViewRow>& rows) const {
  const std::string& table = change.table->name();
  if (table == "clues") {
    const auto& entry = EntryOf<decltype(State::clues)>(change);
    const v1::Clue& clue = entry.row.get();
    rows.push_back({view::Key({"clue", clue.county_code(), entry.key.id}), clue.SerializeAsString()});
    if (!clue.reporter_id().empty()) {
      rows.push_back({view::Key({"reporter", clue.county_code(), clue.reporter_id(), entry.key.id}), ""});
    }
  } else if (table == "clue_texts") {
    const auto& entry = EntryOf<decltype(State::clue_texts)>(change);
    rows.push_back({view::Key({"cluetext", CountyText(entry.key.county), entry.key.id}),
                    entry.row.get().SerializeAsString()});
  } else if (table == "staff") {
    const auto& entry = EntryOf<decltype(State::staff)>(change);
    rows.push_back(
        {StaffViewKey(CountyText(entry.key.county), entry.key.code.view()), state::Encode(entry.row)});
  }
}

}  // namespace sanyuan::three_member_interaction
