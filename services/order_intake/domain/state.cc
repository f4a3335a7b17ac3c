#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {

State::State() {
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
