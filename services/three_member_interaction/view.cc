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

void Put(std::string_view kind, const ThingKey& key, const google::protobuf::Message& value,
         std::vector<view::ViewRow>& rows) {
  rows.push_back({view::Key({kind, CountyText(key.county), key.id}), value.SerializeAsString()});
}

}  // namespace

bool MayBeKnownOutside(const v1::Inspection& inspection) {
  return !inspection.unannounced() || inspection.has_started();
}

std::string ShopViewKey(std::string_view county_code, std::string_view licence) {
  return view::Key({"shop", county_code, licence});
}

std::string StaffViewKey(std::string_view county_code, std::string_view staff_id) {
  return view::Key({"staff", county_code, staff_id});
}

void ThreeMemberInteractionProjection::Project(const state::Change& change,
                                               std::vector<view::ViewRow>& rows) const {
  const std::string& table = change.table->name();
  if (table == "clues") {
    const auto& entry = EntryOf<decltype(State::clues)>(change);
    const v1::Clue& clue = entry.row.get();
    Put("clue", entry.key, clue, rows);
    if (!clue.reporter_id().empty()) {
      rows.push_back({view::Key({"reporter", clue.county_code(), clue.reporter_id(), entry.key.id}), ""});
    }
  } else if (table == "clue_texts") {
    const auto& entry = EntryOf<decltype(State::clue_texts)>(change);
    Put("cluetext", entry.key, entry.row.get(), rows);
  } else if (table == "tickets") {
    const auto& entry = EntryOf<decltype(State::tickets)>(change);
    Put("ticket", entry.key, entry.row.get(), rows);
  } else if (table == "ticket_texts") {
    const auto& entry = EntryOf<decltype(State::ticket_texts)>(change);
    Put("tickettext", entry.key, entry.row.get(), rows);
  } else if (table == "inspections") {
    const auto& entry = EntryOf<decltype(State::inspections)>(change);
    const v1::Inspection& inspection = entry.row.get();
    Put("inspection", entry.key, inspection, rows);
    if (MayBeKnownOutside(inspection)) {
      rows.push_back(
          {view::Key({"shopinspection", inspection.county_code(), inspection.licence(), entry.key.id}), ""});
    }
  } else if (table == "inspection_texts") {
    const auto& entry = EntryOf<decltype(State::inspection_texts)>(change);
    Put("inspectiontext", entry.key, entry.row.get(), rows);
  } else if (table == "inspection_plans") {
    const auto& entry = EntryOf<decltype(State::inspection_plans)>(change);
    Put("inspectionplan", entry.key, entry.row.get(), rows);
  } else if (table == "retailers") {
    const auto& entry = EntryOf<decltype(State::retailers)>(change);
    rows.push_back(
        {ShopViewKey(CountyText(entry.key.county), entry.key.code.view()), state::Encode(entry.row)});
  } else if (table == "staff") {
    const auto& entry = EntryOf<decltype(State::staff)>(change);
    rows.push_back(
        {StaffViewKey(CountyText(entry.key.county), entry.key.code.view()), state::Encode(entry.row)});
  }
}

}  // namespace sanyuan::three_member_interaction
