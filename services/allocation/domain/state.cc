#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

State::State() {
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
