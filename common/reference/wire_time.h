// Times on the wire (google.protobuf.Timestamp) and in folded state. Pure functions, any thread.
#ifndef SANYUAN_COMMON_REFERENCE_WIRE_TIME_H_
#define SANYUAN_COMMON_REFERENCE_WIRE_TIME_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sanyuan::reference {

// From 1970 to 2199 and with whole microseconds, as everything in a journal: a finer time would not survive
// being stored, and two equal requests would differ.
bool IsWireTime(const google::protobuf::Timestamp& time);
// REQUIRES: IsWireTime(time).
absl::Time FromWireTime(const google::protobuf::Timestamp& time);
// Rounds down to microseconds.
google::protobuf::Timestamp ToWireTime(absl::Time time);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_WIRE_TIME_H_
