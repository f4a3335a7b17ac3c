#include "services/order_intake/domain/state.h"

#include "common/state/table_rows.h"

namespace sanyuan::order_intake {

State::State() {
  closings.HoldsPlaces([](Closing& row) { row.page_heights.clear(); });
  windows.Track();
  participations.Track();
  orders.Track();
  allowances.Track();
  attempts.Track();
  allowances_complete.Track();
  retailers.Track();
  tight_lists.Track();
  rations.Track();
}

}  // namespace sanyuan::order_intake

namespace sanyuan {
template class state::Table<order_intake::WindowId, order_intake::Window>;
template class state::Table<order_intake::RetailerInWindow, order_intake::Participation>;
template class state::Table<order_intake::OrderId, order_intake::Order>;
template class state::Table<order_intake::AllowanceKey, order_intake::Allowance>;
template class state::Table<order_intake::AttemptKey, order_intake::Attempt>;
template class state::Table<order_intake::WindowTimerKey, order_intake::Nothing>;
template class state::Table<order_intake::WindowId, order_intake::Closing>;
template class state::Table<order_intake::UnpaidKey, order_intake::Nothing>;
template class state::Table<order_intake::MonthKey, order_intake::Nothing>;
template class state::Table<order_intake::CountyKey, order_intake::Nothing>;
template class state::Table<order_intake::RetailerKey, order_intake::Retailer>;
template class state::Table<order_intake::StaffKey, order_intake::StaffDevices>;
template class state::Table<order_intake::DeviceKey, order_intake::DeviceHolders>;
template class state::Table<order_intake::SkuKey, order_intake::Sku>;
template class state::Table<order_intake::PolicyKey, order_intake::OrderingPolicy>;
template class state::Table<order_intake::PolicyKey, order_intake::Nothing>;
template class state::Table<order_intake::VersionKey, order_intake::TightList>;
template class state::Table<order_intake::VersionKey, order_intake::RationTable>;
}  // namespace sanyuan
