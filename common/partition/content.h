// Reading the content of accepted records. A reader must not misread what a newer version wrote: an unknown
// field, enum value or event type anywhere in it is an error, and the reader halts. Pure, any thread.
#ifndef SANYUAN_COMMON_PARTITION_CONTENT_H_
#define SANYUAN_COMMON_PARTITION_CONTENT_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/partition/domain.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::partition {

// What journals may hold, as a number. A journal begins with the first format; a FormatRaised in it lets it hold what a newer
// one adds, to records and to how they fold (Stamp::format). 2: FormatRaised itself, InputSkipped, journals that are copied
// from older ones.
inline constexpr uint32_t kFirstFormat = 1;
inline constexpr uint32_t kNewestFormat = 2;  // Of this version.

// True when every field and enum value of the message, and of all messages in it, is known to this version.
bool IsKnown(const google::protobuf::Message& message);

// DataLoss when the bytes are not a message of this type, or IsKnown is false for it.
absl::Status ParseKnown(std::string_view bytes, google::protobuf::Message& message);
// ... nor when it raises the format above what this version knows.
absl::Status ParseKnown(std::string_view bytes, journal::v1::Decision& decision);

// The events of a decision, each parsed into what `new_event` gives.
absl::StatusOr<std::vector<EventPtr>> ParseEvents(const journal::v1::Decision& decision,
                                                  const std::function<EventPtr()>& new_event);

// What the decision was stamped with. `height` is left at zero.
Stamp StampOf(const journal::v1::Decision& decision);

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_CONTENT_H_
