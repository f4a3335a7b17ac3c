#include "services/allocation/domain/state.h"

#include "common/state/table_rows.h"

namespace sanyuan::allocation {

State::State() {
  progress.HoldsPlaces([](RunProgress& row) { row.page_heights.clear(); });
  agreements.Track();
  months.Track();
  allowances.Track();
  adjustments.Track();
  tight_lists.Track();
  rations.Track();
  supplies.Track();
  window_supplies.Track();
  releases.Track();
  tie_keys.Track();
  runs.Track();
  window_skus.Track();
  results.Track();
}

}  // namespace sanyuan::allocation

namespace sanyuan {
template class state::Table<allocation::LicenceKey, allocation::Retailer>;
template class state::Table<allocation::SkuKey, allocation::SkuInfo>;
template class state::Table<allocation::PolicyKey, allocation::Policy>;
template class state::Table<allocation::WindowKey, allocation::Window>;
template class state::Table<allocation::IdKey, allocation::Agreement>;
template class state::Table<allocation::LicenceIdKey, allocation::NoRow>;
template class state::Table<allocation::MonthKey, allocation::Month>;
template class state::Table<allocation::MonthKey, allocation::Opening>;
template class state::Table<allocation::MonthKey, allocation::OpenAt>;
template class state::Table<allocation::AllowanceKey, allocation::Allowance>;
template class state::Table<allocation::IdKey, allocation::Adjustment>;
template class state::Table<allocation::VersionKey, allocation::TightList>;
template class state::Table<allocation::VersionKey, allocation::RationTable>;
template class state::Table<allocation::SupplyKey, allocation::Supply>;
template class state::Table<allocation::WindowSkuKey, allocation::WindowSupply>;
template class state::Table<allocation::WindowKey, allocation::Release>;
template class state::Table<allocation::WindowKey, allocation::TieKeySecret>;
template class state::Table<allocation::RunKey, allocation::Run>;
template class state::Table<allocation::RunKey, allocation::RunProgress>;
template class state::Table<allocation::RunKey, allocation::NoRow>;
template class state::Table<allocation::WindowKey, allocation::WindowSkus>;
template class state::Table<allocation::RunLicenceKey, allocation::RunInput>;
template class state::Table<allocation::RunLicenceKey, allocation::RunResult>;
template class state::Table<allocation::TimerKey, allocation::NoRow>;
template class state::Table<allocation::WindowKey, allocation::DueAt>;
}  // namespace sanyuan
