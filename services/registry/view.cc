#include "services/registry/view.h"

#include <fmt/format.h>

#include "common/state/codec.h"
#include "common/view/keys.h"
#include "services/registry/domain/reference_state.h"
#include "services/registry/domain/region.h"
#include "services/registry/domain/sku.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {
namespace {

using Rows = std::vector<view::ViewRow>;

// The entry of a changed row of a table: `EntryOf<decltype(State::units)>(change)`.
template <typename Table>
const typename Table::Entry& EntryOf(const state::Change& change) {
  return Table::EntryOf(change);
}

template <typename Table>
void PutLocal(std::string_view kind, const state::Change& change, Rows& rows) {
  const auto& entry = EntryOf<Table>(change);
  std::optional<std::string> value;
  if (!change.erased) value = state::Encode(entry.row);
  rows.push_back({view::Key({kind, CountyText(entry.key.county), entry.key.code.view()}), std::move(value)});
}

template <typename Table>
void PutProposal(std::string_view kind, const state::Change& change, Rows& rows) {
  const auto& entry = EntryOf<Table>(change);
  std::optional<std::string> value;
  if (!change.erased) value = state::Encode(entry.row);
  rows.push_back({view::Key({kind, CountyText(entry.key.county), entry.key.proposal_id}), std::move(value)});
}

}  // namespace

std::string PolicyPrefix(v1::PolicyKind kind, std::string_view county_prefix) {
  return view::Prefix({"policy", fmt::format("{:02}", static_cast<int>(kind)), county_prefix});
}

std::string PolicyTimeText(int64_t effective_from_us) {
  // Times before 1970 sort too.
  return fmt::format("{:020}", static_cast<uint64_t>(effective_from_us) ^ (uint64_t{1} << 63));
}

void ReferenceProjection::Project(const state::Change& change, Rows& rows) const {
  const std::string& table = change.table->name();
  if (table == "counties") {
    const auto& entry = EntryOf<decltype(ReferenceState::counties)>(change);
    rows.push_back(
        {view::Key({"county", entry.key.code.view()}), CountyOf(entry.key, entry.row).SerializeAsString()});
  } else if (table == "units") {
    const auto& entry = EntryOf<decltype(ReferenceState::units)>(change);
    rows.push_back({view::Key({"unit", entry.key.code.view()}),
                    UnitOf(entry.key.code.view(), entry.row).SerializeAsString()});
  } else if (table == "price_classes") {
    const auto& entry = EntryOf<decltype(ReferenceState::price_classes)>(change);
    rows.push_back({view::Key({"class", entry.key.code.view()}),
                    PriceClassOf(entry.key, entry.row).SerializeAsString()});
  } else if (table == "skus") {
    const auto& entry = EntryOf<decltype(ReferenceState::skus)>(change);
    rows.push_back(
        {view::Key({"sku", entry.key.code.view()}), SkuOf(entry.key, entry.row).SerializeAsString()});
  } else if (table == "calendars") {
    const auto& entry = EntryOf<reference::CalendarTable::Rows>(change);
    rows.push_back({view::Key({"calendar", std::to_string(entry.key.year)}),
                    reference::CalendarOf(entry.key, entry.row).SerializeAsString()});
  } else if (table == "policies") {
    const auto& entry = EntryOf<reference::PolicyTable::Rows>(change);
    const std::string bytes = reference::PolicyBytes(*entry.row.policy);
    rows.push_back(
        {PolicyPrefix(entry.key.kind, entry.key.county_prefix) + PolicyTimeText(entry.key.effective_from_us),
         bytes});
    rows.push_back({view::Key({"policy-version", entry.row.policy->version()}), bytes});
  }
}

void RegistryProjection::Project(const state::Change& change, Rows& rows) const {
  const std::string& table = change.table->name();
  if (table == "units") {
    PutLocal<decltype(State::units)>("unit", change, rows);
  } else if (table == "staff") {
    PutLocal<decltype(State::staff)>("staff", change, rows);
  } else if (table == "staff_private") {
    PutLocal<decltype(State::staff_private)>("staff-private", change, rows);
  } else if (table == "routes") {
    PutLocal<decltype(State::routes)>("route", change, rows);
  } else if (table == "retailers_private") {
    PutLocal<decltype(State::retailers_private)>("retailer-private", change, rows);
  } else if (table == "retailers") {
    PutLocal<decltype(State::retailers)>("retailer", change, rows);
    const auto& entry = EntryOf<decltype(State::retailers)>(change);
    const std::string county = CountyText(entry.key.county);
    const std::string_view licence = entry.key.code.view();
    if (!entry.row.route.empty()) {
      rows.push_back({view::Key({"retailer-of-route", county, entry.row.route.view(), licence}), ""});
    }
    if (!entry.row.am.empty()) {
      rows.push_back({view::Key({"retailer-of-am", county, entry.row.am.view(), licence}), ""});
    }
  } else if (table == "proposals_private") {
    PutProposal<decltype(State::proposals_private)>("proposal-private", change, rows);
  } else if (table == "proposals") {
    PutProposal<decltype(State::proposals)>("proposal", change, rows);
    const auto& entry = EntryOf<decltype(State::proposals)>(change);
    rows.push_back({view::Key({"proposal-of", CountyText(entry.key.county), entry.row.licence.view(),
                               entry.key.proposal_id}),
                    ""});
  }
}

}  // namespace sanyuan::registry
