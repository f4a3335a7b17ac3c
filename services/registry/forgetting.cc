#include "services/registry/forgetting.h"

#include <fmt/format.h>

#include <string_view>

#include "common/state/code.h"
#include "common/view/keys.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {
namespace {

constexpr std::string_view kView = "registry";
constexpr std::string_view kKind = "forgotten";

constexpr std::string_view kLicence = "licence ";
constexpr std::string_view kStaff = "staff ";

view::ViewRow RowOf(std::string_view what, const LocalKey& key) {
  const std::string county = CountyText(key.county);
  return {view::Key({kKind, county, key.code.view()}), fmt::format("{}{}/{}", what, county, key.code.view())};
}

}  // namespace

void ForgettingProjection::Project(const state::Change& change, std::vector<view::ViewRow>& rows) const {
  if (others_ != nullptr) others_->Project(change, rows);
  if (change.erased) return;
  const std::string& table = change.table->name();
  if (table == "staff") {
    const auto& entry = decltype(State::staff)::EntryOf(change);
    if (entry.row.forgotten) rows.push_back(RowOf(kStaff, entry.key));
  } else if (table == "retailers") {
    const auto& entry = decltype(State::retailers)::EntryOf(change);
    if (entry.row.forgotten) rows.push_back(RowOf(kLicence, entry.key));
  }
}

absl::Status ForgettingViewStore::Forget(std::string_view row) const {
  const bool licence = row.starts_with(kLicence);
  if (!licence && !row.starts_with(kStaff)) return absl::DataLossError("a row of the view can't be read");
  return forget_(std::string(row.substr(licence ? kLicence.size() : kStaff.size())), licence);
}

absl::Status ForgettingViewStore::Apply(const view::ViewName& view,
                                        const std::optional<view::ViewPosition>& from,
                                        const view::ViewPosition& to, absl::Span<const view::ViewRow> rows) {
  if (view.context == kView) {
    for (const view::ViewRow& row : rows) {
      if (!row.value || !row.key.starts_with(view::Prefix({kKind}))) continue;
      if (absl::Status forgotten = Forget(*row.value); !forgotten.ok()) return forgotten;
    }
  }
  return views_.Apply(view, from, to, rows);
}

absl::Status ForgettingViewStore::ForgetAgain(const std::vector<state::Change>& rows) const {
  const ForgettingProjection forgotten(nullptr);
  std::vector<view::ViewRow> names;
  for (const state::Change& row : rows) forgotten.Project(row, names);
  for (const view::ViewRow& name : names) {
    if (absl::Status again = Forget(*name.value); !again.ok()) return again;
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::registry
