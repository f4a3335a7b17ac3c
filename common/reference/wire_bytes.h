// Messages as bytes that can be compared. Pure functions, any thread.
#ifndef SANYUAN_COMMON_REFERENCE_WIRE_BYTES_H_
#define SANYUAN_COMMON_REFERENCE_WIRE_BYTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"

namespace sanyuan::reference {

// Equal messages give equal bytes (the project's messages have no maps).
std::string CanonicalBytes(const google::protobuf::Message& message);

// Paths of the fields in which two messages of one type differ, in field order. Messages inside are gone into
// down to `depth` levels; repeated fields are compared as a whole.
std::vector<std::string> ChangedPaths(const google::protobuf::Message& before,
                                      const google::protobuf::Message& after, int depth = 2);

// "a, b, c".
std::string JoinPaths(const std::vector<std::string>& paths);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_WIRE_BYTES_H_
