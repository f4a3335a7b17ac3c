// The numbering and the clock of a device.
//
// Exactly once: a device numbers its events 1, 2, 3, ... for each key, installation and county, and the
// server keeps the numbers that it has taken as ranges. So an upload may come twice, late, out of order or
// split in any way: a number takes effect once. A gap stays a gap; what comes after it is processed. For the
// last weeks a hash of each event's content is kept, so that a number used for two different things is
// noticed.
//
// Time: each upload says how long the device has been running (a counter that nobody can set), so server time
// minus counter is when it was started, and every event of that start has a time on the server's clock,
// however late it comes: off by no more than the duration of the fastest call of that start. An event of
// another start of which no upload is known has no provable time. The calendar clock of the device only says
// whether it agreed (SYNCED) or not (OFFSET_KNOWN).
// Pure functions.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DEVICE_STREAM_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DEVICE_STREAM_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/delivery_tracking/domain/decision.h"

namespace sanyuan::delivery_tracking {

using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;

// Sequence numbers are 1 to this; a device that sends a thousand events a day gets there in no lifetime.
constexpr uint64_t kMaximumSequence = uint64_t{1} << 40;
// A stream with more gaps than this must fill some first.
constexpr size_t kMaximumRanges = 1000;

bool Contains(const Ranges& ranges, uint64_t sequence);
// REQUIRES: !Contains(ranges, sequence).
void Insert(Ranges& ranges, uint64_t sequence);
// True when every number from 1 to `sequence` is in.
bool HasAllUpTo(const Ranges& ranges, uint64_t sequence);

uint64_t ContentHash(const v1::DeviceEvent& event);
// The content that the number was taken with; 0 when it was not taken, or too long ago to say.
uint64_t TakenContent(const Draft& draft, County county, const Stream& stream, uint64_t sequence);

int64_t SinceBootMicros(const v1::DeviceClock& clock);

// REQUIRES: the upload that brings the event is folded into `draft` (DeviceEventsTaken).
Moment MomentOf(const Draft& draft, County county, const Stream& stream, const v1::DeviceClock& clock,
                absl::Time received_at, int32_t tolerance_seconds);

absl::Status Fold(Draft& draft, const v1::DeviceEventsTaken& event, const Stamp& stamp);
absl::Status Fold(Draft& draft, const v1::DeviceEventRejected& event);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DEVICE_STREAM_H_
