#include "services/three_member_interaction/domain/state.h"

namespace sanyuan::three_member_interaction {

State::State() {
  clues.Track();
  clue_texts.Track();
  staff.Track();
}

}  // namespace sanyuan::three_member_interaction
