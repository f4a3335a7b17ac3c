// Clues that delivery tracking raises: a suspected proxy receipt (R65) opens one clue for its receipt; what is found
// about the same receipt later is added to that clue, in whatever state it is.
// Pure functions.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DETECTOR_CLUE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DETECTOR_CLUE_H_

#include <string>

#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "services/three_member_interaction/domain/clue.h"

namespace sanyuan::three_member_interaction {

// The same for all that is ever found about the receipt of this stop.
std::string ReceiptClueId(County county, const std::string& stop_id);

// nullptr when nothing of it is new, or while no interaction policy of the county is in force.
partition::EventPtr OpenDetectorClue(const State& state,
                                     const delivery_tracking::v1::ProxyReceiptSuspected& suspected,
                                     const Stamp& stamp);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_DETECTOR_CLUE_H_
