#include "services/allocation/view.h"

#include <fmt/format.h>

#include "common/state/codec.h"
#include "common/view/keys.h"
#include "services/allocation/resources.h"

namespace sanyuan::allocation {
namespace {

using Rows = std::vector<view::ViewRow>;

void Put(Rows& rows, std::string key, std::string value, bool erased) {
  if (erased) {
    rows.push_back({std::move(key), std::nullopt});
  } else {
    rows.push_back({std::move(key), std::move(value)});
  }
}

std::string OfWindow(const std::string& kind, const WindowKey& window, std::string_view last) {
  return view::Key({kind, CountyText(window.county), WindowText(window), last});
}

}  // namespace

std::string Padded(int64_t number) { return fmt::format("{:012}", number); }
std::string AgreementRow(County county, const std::string& id) {
  return view::Key({"agreement", CountyText(county), id});
}
std::string AgreementOfRow(County county, const std::string& licence, const std::string& id) {
  return view::Key({"agreement_of", CountyText(county), licence, id});
}
std::string MonthRow(County county, const std::string& month) {
  return view::Key({"month", CountyText(county), month});
}
std::string AllowanceRow(County county, const std::string& month, const std::string& licence) {
  return view::Key({"allowance", CountyText(county), month, licence});
}
std::string SupplyRow(County county, const std::string& month, const std::string& sku) {
  return view::Key({"supply", CountyText(county), month, sku});
}
std::string WindowRow(const std::string& kind, const WindowKey& window) {
  return view::Key({kind, CountyText(window.county), WindowText(window)});
}
std::string RunRow(const RunKey& run) { return OfWindow("run", run.window(), Padded(run.sequence)); }
std::string ResultRow(const WindowKey& window, const std::string& licence, int32_t sequence) {
  return view::Key({"result", CountyText(window.county), WindowText(window), licence, Padded(sequence)});
}

template <typename Key, typename Row>
void AllocationView::Add(const state::Table<Key, Row>& table,
                         std::function<void(const Key&, const Row&, bool, Rows&)> project) {
  tables_[table.name()] = [project = std::move(project)](const state::Change& change, Rows& rows) {
    const auto& entry = state::Table<Key, Row>::EntryOf(change);
    project(entry.key, entry.row, change.erased, rows);
  };
}

AllocationView::AllocationView(const State& state) {
  Add<IdKey, Agreement>(
      state.agreements, [](const IdKey& key, const Agreement& row, bool erased, Rows& rows) {
        Put(rows, AgreementRow(key.county, key.id), ToMessage(key, row).SerializeAsString(), erased);
        Put(rows, AgreementOfRow(key.county, row.licence.str(), key.id), "", erased);
      });
  Add<MonthKey, Month>(state.months, [](const MonthKey& key, const Month& row, bool erased, Rows& rows) {
    Put(rows, MonthRow(key.county, MonthText(key.month)), ToMessage(key, row).SerializeAsString(), erased);
  });
  Add<AllowanceKey, Allowance>(state.allowances,
                               [](const AllowanceKey& key, const Allowance& row, bool erased, Rows& rows) {
                                 Put(rows, AllowanceRow(key.county, MonthText(key.month), key.licence.str()),
                                     ToMessage(key, row).SerializeAsString(), erased);
                               });
  Add<IdKey, Adjustment>(state.adjustments, [](const IdKey& key, const Adjustment& row, bool erased,
                                               Rows& rows) {
    Put(rows,
        view::Key({"adjustment", CountyText(key.county), MonthText(row.month), row.licence.view(), key.id}),
        ToMessage(key, row).SerializeAsString(), erased);
  });
  Add<VersionKey, TightList>(state.tight_lists,
                             [](const VersionKey& key, const TightList& row, bool erased, Rows& rows) {
                               Put(rows, view::Key({"tight", CountyText(key.county), Padded(key.number)}),
                                   ToMessage(key, row).SerializeAsString(), erased);
                             });
  Add<VersionKey, RationTable>(state.rations,
                               [](const VersionKey& key, const RationTable& row, bool erased, Rows& rows) {
                                 Put(rows, view::Key({"ration", CountyText(key.county), Padded(key.number)}),
                                     ToMessage(key, row).SerializeAsString(), erased);
                               });
  Add<SupplyKey, Supply>(state.supplies,
                         [](const SupplyKey& key, const Supply& row, bool erased, Rows& rows) {
                           Put(rows, SupplyRow(key.county, MonthText(key.month), key.sku.str()),
                               ToMessage(key, row).SerializeAsString(), erased);
                         });
  Add<WindowSkuKey, WindowSupply>(
      state.window_supplies, [](const WindowSkuKey& key, const WindowSupply& row, bool erased, Rows& rows) {
        Put(rows, OfWindow("window_supply", key.window(), key.sku.view()),
            ToMessage(key, row).SerializeAsString(), erased);
      });
  Add<WindowKey, Release>(state.releases,
                          [](const WindowKey& key, const Release& row, bool erased, Rows& rows) {
                            v1::SupplyReleased release;
                            release.set_mode(row.mode);
                            release.set_complete(row.complete);
                            Put(rows, WindowRow("release", key), release.SerializeAsString(), erased);
                          });
  Add<WindowKey, TieKeySecret>(
      state.tie_keys, [](const WindowKey& key, const TieKeySecret& row, bool erased, Rows& rows) {
        Put(rows, WindowRow("tie_key", key), ToMessage(key, row).SerializeAsString(), erased);
      });
  Add<RunKey, Run>(state.runs, [](const RunKey& key, const Run& row, bool erased, Rows& rows) {
    Put(rows, RunRow(key), state::Encode(row), erased);
  });
  Add<WindowKey, WindowSkus>(state.window_skus,
                             [](const WindowKey& key, const WindowSkus& row, bool erased, Rows& rows) {
                               Put(rows, WindowRow("window_skus", key), state::Encode(row), erased);
                             });
  Add<RunLicenceKey, RunResult>(
      state.results, [](const RunLicenceKey& key, const RunResult& row, bool erased, Rows& rows) {
        Put(rows, ResultRow(key.run().window(), key.licence.str(), key.sequence), state::Encode(row), erased);
      });
}

void AllocationView::Project(const state::Change& change, Rows& rows) const {
  const auto table = tables_.find(change.table->name());
  if (table != tables_.end()) table->second(change, rows);
}

}  // namespace sanyuan::allocation
