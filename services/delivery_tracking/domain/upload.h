// Taking a batch of a device's events: each exactly once, each with a result of its own (R60, R63, R65).
//
// The new events of a batch are folded in the order of their numbers; then receipts are judged, those that
// had waited for an earlier event too, and ledgers of runs that were judged before. An event with wrong
// content takes its number, is kept with its refusals and has no effect. Only a number that is out of range
// is not taken. When events of one device come in several uploads the end is the same in whatever order those
// come, except that of two reports that contradict each other (two arrivals at a stop, receipt and absence)
// the first to come counts, that an arrival reported by another device than the receipt's must come first, and
// that an event's time is proved by what is known of its start when it is taken (device_stream.h). Pure
// functions.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPLOAD_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPLOAD_H_

#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

constexpr size_t kMaximumUploadBytes = 256 * 1024;

// Refuses the whole upload when the device is not registered for the caller (DEVICE_UNKNOWN), when it is too
// large, or when its own clock makes no sense; nothing is taken then. Not ready while no delivery policy is
// known.
Outcome DecideUploadDeviceEvents(const State& state, const v1::UploadDeviceEventsRequest& request,
                                 const Stamp& stamp);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPLOAD_H_
