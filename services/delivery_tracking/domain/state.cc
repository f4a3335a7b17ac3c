#include "services/delivery_tracking/domain/state.h"

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
