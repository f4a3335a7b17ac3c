// Numbers that policies set: their start values and ranges stand in the proto, beside each field, as the option
// (sanyuan.common.v1.setting). Pure functions, any thread.
#ifndef SANYUAN_COMMON_REFERENCE_SETTINGS_H_
#define SANYUAN_COMMON_REFERENCE_SETTINGS_H_

#include <string>

#include "common/reference/refusals.h"
#include "google/protobuf/message.h"

namespace sanyuan::reference {

// Gives every field with a setting its start value. Messages inside are left alone.
void SetStartValues(google::protobuf::Message& message);

// Appends INVALID_FIELD for each value outside its range, in `message` and all messages inside, with limit and
// value. `path` is the message's own path: "policy.ordering". A field that was left out counts as 0.
void CheckSettings(const google::protobuf::Message& message, const std::string& path, Refusals& refusals);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_SETTINGS_H_
