#include "services/delivery_tracking/domain/state.h"

#include "common/state/table_rows.h"
#include "services/delivery_tracking/domain/overlay_rows.h"

namespace sanyuan::delivery_tracking {

State::State() {
  runs.Track();
  run_skus.Track();
  stops.Track();
  receipts.Track();
  pool.Track();
  streams.Track();
  rejected.Track();
}

}  // namespace sanyuan::delivery_tracking

namespace sanyuan {
template class state::Table<delivery_tracking::RunKey, delivery_tracking::Run>;
template class state::Table<delivery_tracking::RunSkuKey, delivery_tracking::RunSku>;
template class state::Table<delivery_tracking::StopKey, delivery_tracking::Stop>;
template class state::Table<delivery_tracking::StopKey, delivery_tracking::Receipt>;
template class state::Table<delivery_tracking::StopKey, delivery_tracking::ReceiptPhone>;
template class state::Table<delivery_tracking::PoolKey, delivery_tracking::PoolRow>;
template class state::Table<delivery_tracking::StreamKey, delivery_tracking::StreamRow>;
template class state::Table<delivery_tracking::RejectedKey, delivery_tracking::RejectedRow>;
template class state::Table<delivery_tracking::PlannedOrderKey, delivery_tracking::StopKey>;
template class state::Table<delivery_tracking::HashBlockKey, delivery_tracking::HashBlock>;
template class state::Table<delivery_tracking::BootKey, delivery_tracking::BootRow>;
template class state::Table<delivery_tracking::UseKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::MomentKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::WaitingKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::TimerKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::RetailerKey, delivery_tracking::Retailer>;
template class state::Table<delivery_tracking::MemberKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::StaffKey, delivery_tracking::Staff>;
template class state::Table<delivery_tracking::StaffPhoneKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::DeviceKey, delivery_tracking::Present>;
template class state::Table<delivery_tracking::RouteKey, delivery_tracking::Route>;
template class state::Table<delivery_tracking::PolicyKey, delivery_tracking::Policy>;
template class state::Table<delivery_tracking::YearKey, delivery_tracking::CalendarYear>;

template class delivery_tracking::Overlay<delivery_tracking::RunKey, delivery_tracking::Run>;
template class delivery_tracking::Overlay<delivery_tracking::RunSkuKey, delivery_tracking::RunSku>;
template class delivery_tracking::Overlay<delivery_tracking::StopKey, delivery_tracking::Stop>;
template class delivery_tracking::Overlay<delivery_tracking::StopKey, delivery_tracking::Receipt>;
template class delivery_tracking::Overlay<delivery_tracking::StopKey, delivery_tracking::ReceiptPhone>;
template class delivery_tracking::Overlay<delivery_tracking::PoolKey, delivery_tracking::PoolRow>;
template class delivery_tracking::Overlay<delivery_tracking::StreamKey, delivery_tracking::StreamRow>;
template class delivery_tracking::Overlay<delivery_tracking::RejectedKey, delivery_tracking::RejectedRow>;
template class delivery_tracking::Overlay<delivery_tracking::PlannedOrderKey, delivery_tracking::StopKey>;
template class delivery_tracking::Overlay<delivery_tracking::HashBlockKey, delivery_tracking::HashBlock>;
template class delivery_tracking::Overlay<delivery_tracking::BootKey, delivery_tracking::BootRow>;
template class delivery_tracking::Overlay<delivery_tracking::UseKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::MomentKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::WaitingKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::TimerKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::RetailerKey, delivery_tracking::Retailer>;
template class delivery_tracking::Overlay<delivery_tracking::MemberKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::StaffKey, delivery_tracking::Staff>;
template class delivery_tracking::Overlay<delivery_tracking::StaffPhoneKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::DeviceKey, delivery_tracking::Present>;
template class delivery_tracking::Overlay<delivery_tracking::RouteKey, delivery_tracking::Route>;
template class delivery_tracking::Overlay<delivery_tracking::PolicyKey, delivery_tracking::Policy>;
template class delivery_tracking::Overlay<delivery_tracking::YearKey, delivery_tracking::CalendarYear>;
}  // namespace sanyuan
