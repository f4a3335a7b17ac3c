// Which partition an event belongs to, as the event itself says: to that of a county, or to all of them, because each keeps
// its own copy of what belongs to no county. Pure functions, any thread.
#ifndef SANYUAN_COMMON_RESHARD_SCOPE_H_
#define SANYUAN_COMMON_RESHARD_SCOPE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/state/code.h"
#include "google/protobuf/message.h"

namespace sanyuan::reshard {

// Whether every partition of the context holds events of this type: copies of what registry.reference decided.
bool StandsEverywhere(const google::protobuf::Descriptor& type);

// Nothing: it stands in every partition. Else the county that its field `county_code` names, or without one its first id
// (`..._id`) that is a county's code and a hyphen with something behind. `inner` is what the context's Event holds
// (events::InnerEvent). InvalidArgument: it names none.
absl::StatusOr<std::optional<County>> ScopeOf(const google::protobuf::Message& inner);

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_SCOPE_H_
